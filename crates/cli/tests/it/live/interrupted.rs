//! Is a transfer whose database sessions are ended at 60 per cent refused, with nothing visible and nothing left open?

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use causeway_testkit::population::{Plant, Spec};

use super::stores::Kind;
use super::{DOCUMENTS, EXCHANGE, Installed};

const PEOPLE: u64 = 1_500;
const OUTSIDE: u32 = 100;
/// Each document so many times: they are read first, and at 60 per cent of all rows the server is asked for them. What is
/// on its way then may still arrive; the people cannot.
const TIMES: u64 = 6;
/// So slow that seconds pass between 60 per cent and the last document.
const LIMITS: &str = "limits: { statement_timeout_s: 60, rows_per_second: 1200 }";

#[test]
fn pg_terminate_backend_at_60_per_cent_is_refused_and_the_next_run_succeeds() {
    interrupted(Kind::Postgres);
}

#[test]
fn kill_at_60_per_cent_is_refused_and_the_next_run_succeeds() {
    interrupted(Kind::Mariadb);
}

fn interrupted(kind: Kind) {
    let limited = |text: &str| text.replacen("limits: { statement_timeout_s: 60 }", LIMITS, 1);
    let people = Spec::of(PEOPLE as u32).plant(Plant { outside: OUTSIDE, ..Plant::none() });
    let installed = Installed::new(kind, &people, limited, DOCUMENTS);
    let (street, live) = (&installed.street, installed.live);
    let columns = "individual_id, document_type, document_number, issuing_country, issue_date, expiry_date";
    for copy in 1..TIMES {
        let from = format!("SELECT document_id + {copy}000000, {columns} FROM document WHERE document_id < 1000000");
        live.sql(&format!("INSERT INTO document (document_id, {columns}) {from}"));
    }
    live.sql(if kind == Kind::Postgres { "ANALYZE" } else { "ANALYZE TABLE document" });
    let documents: u64 = live.sql("SELECT count(*) FROM document").trim().parse().unwrap();
    let inside = PEOPLE - u64::from(OUTSIDE);
    let all = documents + inside;

    let mut command = street.command(&["transfer", "run", EXCHANGE, "--progress", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut said, mut ended) = (String::new(), 0);
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if ended == 0
            && let Some(read) = rows_read(&line).filter(|read| read * 10 >= all * 6)
        {
            assert!(read < documents, "too late: {read} of {all} rows were read when it was looked");
            ended = live.end_our_sessions();
        }
        said.push_str(&line);
        said.push('\n');
    }
    let output = child.wait_with_output().unwrap();
    assert!(ended > 0, "there was no session to end: {said}");
    assert_eq!(output.status.code(), Some(4), "{said}");
    // It says which source, what happened there, and what to do.
    for words in ["source-ended-early", "`progres`", "help: "] {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
    assert!(installed.packages().is_empty(), "something is visible");
    for folder in ["data/staging", "data/packages"] {
        assert_eq!(fs::read_dir(street.home().join(folder)).unwrap().count(), 0, "{folder}");
    }
    live.nothing_stays_open();
    let status = street.good(&["status"]).unwrap();
    assert_eq!(status.lines().filter(|line| line.contains("refused")).count(), 1, "{status}");

    let sent = street.transfer(EXCHANGE).unwrap();
    assert_eq!(sent.counts, [inside, 0, 0]);
    assert_eq!(installed.lines(&sent.package).len() as u64, inside + 1, "a header, and a line for everybody");
    assert_eq!(installed.packages().len(), 1);
    live.nothing_stays_open();
    street.good(&["ledger", "verify"]).unwrap();
}

fn rows_read(line: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(line).ok()?.get("rows_read")?.as_u64()
}
