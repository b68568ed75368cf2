//! Are the two services small while nothing is to be done, and soon ready, in an installation that has been at work for years?

use std::path::Path;
use std::time::{Duration, Instant};

use causeway_testkit::street::Street;
use serde_json::Value;

use crate::copied::{Copy, Original};
use crate::governance::place::{Kind, examples};
use crate::serve::{Process, ask};

/// What lies in it.
const TRANSFERS: u32 = 100_000;

/// Both together hold less, in mebibytes. Pages of the program, which both of them have, count once: of a build for tests, which is not
/// optimised, they are the larger part.
const SMALL: u64 = 100;

/// Transfers as the changes write them, with their packages, deliveries and receipts; one in a thousand is not receipted yet.
const FILL: &str = "
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $TRANSFERS) SELECT i FROM n;
    INSERT INTO transfer (id, exchange, exchange_version, arrangement, arrangement_version, requested_by, requested_at, expect_fewer, state,
        state_json, updated_at, attempt_token, sequence, sealed_json)
    SELECT 'tr-' || i, 'food-people', 1, 'food-2026', 1, 'registration', 1700000000000000 + i * 60000000, 0,
        iif(i % 1000 = 0, 'delivered', 'receipted'),
        '{\"state\":\"' || iif(i % 1000 = 0, 'delivered', 'receipted') || '\",\"package\":\"pk-' || i || '\"}',
        1700000000000000 + i * 60000000, 'token', 1000 + i,
        '{\"released\":100,\"digest\":\"d\",\"manifest_sha256\":\"a\",\"purge_by\":\"2031-10-01\"}' FROM n;
    INSERT INTO package (id, transfer, manifest_sha256, receipt_token_sha256, sealed_at, erased_at)
    SELECT 'pk-' || i, 'tr-' || i, printf('%064d', i), printf('%064d', i), 1700000000000000, iif(i % 100 = 0, NULL, 1700000000000000) FROM n;
    INSERT INTO package_content (package, subject, people, exchange_version, catalogue, catalogue_version, elements_json)
    SELECT 'pk-' || i, 'individual', 100, 1, 'kenya-example', 1, '[]' FROM n;
    INSERT INTO delivery (transfer, attempt, intent_at, outcome_at, outcome, detail)
    SELECT 'tr-' || i, 1, 1700000000000000, 1700000000000000, 'arrived', 'there' FROM n;
    INSERT INTO receipt (package, text, signature, outcome, records_loaded, accepted_at)
    SELECT 'pk-' || i, '{}', 'signature', 'accepted', 100, 1700000000000000 FROM n WHERE i % 1000 <> 0;
    ANALYZE;";

fn original() -> Original {
    Original::new(Kind::Sqlite, |street| {
        street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
        let database = rusqlite::Connection::open(street.home().join("data/causeway.sqlite")).unwrap();
        database.execute_batch(&FILL.replace("$TRANSFERS", &TRANSFERS.to_string())).unwrap();
    })
}

/// Mebibytes of memory that a process holds.
fn held(process: &Process) -> u64 {
    let rolled = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id())).unwrap();
    let line = rolled.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() >> 10
}

struct Figures {
    serve_ready: Duration,
    work_ready: Duration,
    all_ready: Duration,
    figures: Duration,
    status: Duration,
    serve: u64,
    work: u64,
}

/// Starts both, asks everything a few times, and lets them be idle for a while.
fn measured(street: &Street) -> Figures {
    let begun = Instant::now();
    let mut work = Process::begin(street, &["work"], |_| {});
    work.says("at work");
    let work_ready = begun.elapsed();
    let serving = Instant::now();
    let mut serve = Process::begin(street, &["--log", "json", "serve", "--listen", "127.0.0.1:0"], |_| {});
    let line: Value = serde_json::from_str(&serve.says("serving")).unwrap();
    let serve_ready = serving.elapsed();
    let address = line["fields"]["address"].as_str().unwrap().to_owned();
    while ask(&address, "/health/ready").0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(300), "it is never ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    let all_ready = begun.elapsed();
    let asked = Instant::now();
    let (_, text) = ask(&address, "/metrics");
    let figures = asked.elapsed();
    let delivered = TRANSFERS / 1000;
    assert!(text.contains(&format!("causeway_transfers{{state=\"delivered\"}} {delivered}")), "{text}");
    assert!(text.contains(&format!("causeway_receipts_overdue {delivered}")), "{text}");
    let asked = Instant::now();
    street.good(&["status"]).unwrap();
    let status = asked.elapsed();
    for _ in 0..5 {
        std::thread::sleep(Duration::from_secs(1));
        ask(&address, "/health/ready");
        ask(&address, "/metrics");
    }
    let (serve_held, work_held) = (held(&serve), held(&work));
    work.ended();
    serve.ended();
    Figures { serve_ready, work_ready, all_ready, figures, status, serve: serve_held, work: work_held }
}

fn tell(figures: &Figures) {
    let Figures { serve_ready, work_ready, all_ready, figures, status, serve, work } = figures;
    println!(
        "{TRANSFERS} transfers: serve ready after {serve_ready:?}, work after {work_ready:?}, all after {all_ready:?}; \
         figures in {figures:?}, status in {status:?}; serve holds {serve} MiB, work {work} MiB"
    );
}

#[test]
fn both_services_are_small_while_nothing_is_to_be_done() {
    let original = original();
    let copy: Copy = original.copy();
    let figures = measured(&copy.street);
    tell(&figures);
    assert!(figures.serve + figures.work < SMALL, "{} + {} MiB", figures.serve, figures.work);
}

/// Run by hand on a quiet machine: `CAUSEWAY_PROGRAM=FILE cargo test -p causeway --features test-hooks --test it -- --ignored --nocapture
/// soon_ready`, with a program that was built for release.
#[test]
#[ignore = "measures a program built for release; run by hand"]
fn both_services_are_soon_ready_and_small() {
    let original = original();
    let copy = original.copy();
    let program = std::env::var("CAUSEWAY_PROGRAM").expect("CAUSEWAY_PROGRAM names a program built for release");
    let street = Street::new(Path::new(&program), copy.street.home(), examples());
    let figures = measured(&street);
    tell(&figures);
    assert!(figures.serve + figures.work < SMALL);
    assert!(figures.all_ready < Duration::from_secs(2), "{:?}", figures.all_ready);
}
