//! How fast are programs of partners answered? One person after another, beside a plain service on the same database; and ten thousand
//! records page by page, as clients of PING's own API take them.

mod desk;

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use desk::{Desk, posted};
use serde_json::{Value, json};

use super::helper::Built;
use super::measure::process;
use super::options::{Options, Size};
use super::shared::Shared;
use super::stores::Stores;
use crate::{Outcome, shell, test};

const LUA: &str = include_str!("look_up.lua");

/// Connections that ask side by side: for the time that an answer takes, and for how many there are.
const CONNECTIONS: [u32; 2] = [8, 64];

/// What is fetched: a page, and at least so many records.
const PAGE: u64 = 1_000;
const RECORDS: u64 = 10_000;

/// Hard targets: look-ups against the peer's; milliseconds of the slowest of a hundred at eight connections; rows a second.
const TIMES: f64 = 3.0;
const SLOWEST: f64 = 10.0;
const ROWS: f64 = 50_000.0;

/// What was measured of look-ups.
struct Asked {
    a_second: f64,
    /// Milliseconds, of the middle one and of the slowest of a hundred.
    middle: f64,
    slowest: f64,
    /// Microseconds of the processor for one, by process.
    spent: Vec<(&'static str, f64)>,
}

/// Measures a population.
pub fn measure(
    root: &Path,
    built: &Built,
    options: &Options,
    size: &Size,
    stores: &Stores,
    shared: Option<&Shared>,
) -> Outcome {
    test::installed(&[("wrk", "wrk")])?;
    let desk = Desk::open(root, built, size, stores)?;
    right(&desk, size)?;
    let peer = shared.map(|shared| Service::begin(shared, size)).transpose()?;
    let postgres = stores.servers.postgres;
    let mut missed = Vec::new();
    println!("\nlook-ups of one person among {}, 18 elements of two tables, 10 s each", size.label);
    println!("{:>11} {:>16} {:>9} {:>8} {:>8}  cpu of one", "connections", "", "a second", "middle", "p99");
    for connections in CONNECTIONS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=options.runs {
            let url = format!("http://{}/api/v1/exchanges/desk-look-up/look-ups", desk.address);
            let [work, serve] = desk.processes();
            let asked = ask(&url, Some(&desk.bearer), size, connections, &[work, serve, ("postgres", postgres)])?;
            let plain = peer.as_ref().map(|peer| {
                ask(&peer.url(), None, size, connections, &[("service", peer.0.id()), ("postgres", postgres)])
            });
            if round > 0 {
                ours.push(asked);
                theirs.extend(plain.transpose()?);
            }
        }
        let ours = middle(ours).ok_or("nothing was measured")?;
        line(connections, "causeway", &ours);
        if connections == 8 && ours.slowest >= SLOWEST {
            missed.push(format!("p99 at 8 connections is {:.1} ms, not below {SLOWEST} ms", ours.slowest));
        }
        if let Some(theirs) = middle(theirs) {
            line(connections, "starlette", &theirs);
            let times = ours.a_second / theirs.a_second;
            println!("{connections:11} {:16} {times:8.2}×", "");
            if times < TIMES {
                missed.push(format!("{times:.2} × the service's look-ups at {connections} connections, not {TIMES} ×"));
            }
        }
    }
    let mut rates = Vec::new();
    for round in 0..=options.runs {
        let (records, seconds, first) = fetch(&desk)?;
        let rate = records as f64 / seconds;
        println!(
            "fetch {round}: {records} records in pages of {PAGE}: {seconds:.3} s, the first page after {first:.3} s, {rate:.0} rows/s"
        );
        if round > 0 {
            rates.push(rate);
        }
    }
    rates.sort_by(f64::total_cmp);
    let rate = rates.get(rates.len() / 2).copied().unwrap_or_default();
    if rate < ROWS {
        missed.push(format!("{rate:.0} rows a second are fetched, not {ROWS:.0}"));
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n").into()) }
}

/// One answer must be right before any is counted.
fn right(desk: &Desk, size: &Size) -> Outcome {
    let number = format!("KEN-{:08}", size.people / 2);
    let mut stream = TcpStream::connect(&desk.address)?;
    let headers = [
        ("authorization".into(), format!("Bearer {}", desk.bearer)),
        ("content-type".into(), "application/json".into()),
    ];
    let body = json!({ "by": { "individual_no": number } }).to_string();
    let sealed = posted(&mut stream, "/api/v1/exchanges/desk-look-up/look-ups", &headers, &body)?;
    let answer = desk.open_answer(&String::from_utf8(sealed)?)?;
    let record = answer.get("record").and_then(Value::as_object);
    let is_right =
        record.is_some_and(|record| record.len() == 18 && record.get("individual_no") == Some(&json!(number)));
    if is_right { Ok(()) } else { Err("WRONG: the answer to a look-up is another's, or lacks something".into()) }
}

/// Has `wrk` ask for ten seconds.
fn ask(
    url: &str,
    bearer: Option<&str>,
    size: &Size,
    connections: u32,
    processes: &[(&'static str, u32)],
) -> Outcome<Asked> {
    let script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    std::fs::write(script.path(), LUA)?;
    let path = url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--connections", &connections.to_string(), "--duration", "10s", "--timeout", "10s"]);
    wrk.arg("--script").arg(script.path()).arg(url).env("PEOPLE", size.people.to_string()).env("LOOK_UP", path);
    if let Some(bearer) = bearer {
        wrk.env("BEARER", bearer);
    }
    let ticks = super::measure::ticks()?;
    let before: Vec<f64> = processes.iter().map(|(_, pid)| whole(*pid)).collect();
    let said = shell::output(&mut wrk)?;
    let after = processes.iter().map(|(_, pid)| whole(*pid));
    let figures = said.lines().find_map(|line| line.strip_prefix("FIGURES ")).unwrap_or_default();
    let figures: Vec<f64> = figures.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [count, micros, middle, slowest, refused, failed] = figures.as_slice() else {
        return Err(format!("wrk said something else: {said}").into());
    };
    if *refused + *failed > 0.0 || *count == 0.0 {
        return Err(format!("of {count} look-ups {refused} were refused and {failed} failed at {url}").into());
    }
    let spent = after.zip(before).map(|(after, before)| (after - before) / ticks * 1e6 / count);
    let spent = processes.iter().map(|(name, _)| *name).zip(spent).collect();
    Ok(Asked { a_second: count / micros * 1e6, middle: middle / 1e3, slowest: slowest / 1e3, spent })
}

/// Ticks of a process and of those that it began.
fn whole(pid: u32) -> f64 {
    process(pid) + super::measure::children(pid).into_iter().map(process).sum::<f64>()
}

/// The one of the middle, by how many were answered.
fn middle(mut all: Vec<Asked>) -> Option<Asked> {
    all.sort_by(|one, other| one.a_second.total_cmp(&other.a_second));
    let at = all.len() / 2;
    all.into_iter().nth(at)
}

fn line(connections: u32, who: &str, asked: &Asked) {
    let spent: Vec<String> = asked.spent.iter().map(|(name, micros)| format!("{name} {micros:.0} µs")).collect();
    let Asked { a_second, middle, slowest, .. } = asked;
    println!("{connections:11} {who:16} {a_second:9.0} {middle:5.2} ms {slowest:5.2} ms  {}", spent.join(", "));
}

/// Takes every page; how many records, in how many seconds, and after how many the first page was there.
fn fetch(desk: &Desk) -> Outcome<(u64, f64, f64)> {
    let mut stream = TcpStream::connect(&desk.address)?;
    let mut headers = desk.ping.clone();
    headers.push(("content-type".into(), "application/json".into()));
    let (begun, mut first, mut pages) = (Instant::now(), None, Vec::new());
    let mut body = json!({ "ShippingProcessId": "SHP-1000", "PartnerId": "PNR-1000", "InteropID": "INT-1000" });
    loop {
        let page = posted(&mut stream, "/primes/fetch/paging/v3/retrievedatawithpaging", &headers, &body.to_string())?;
        first.get_or_insert_with(|| begun.elapsed().as_secs_f64());
        // The cookie alone is read while time counts: what stands behind the rows is short.
        let tail = page.get(page.len().saturating_sub(2_048)..).unwrap_or_default();
        let cookie = String::from_utf8_lossy(tail)
            .split("\"PagingCookie\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next().map(str::to_owned));
        pages.push(page);
        let Some(cookie) = cookie.filter(|cookie| !cookie.is_empty()) else { break };
        body = json!({ "ShippingProcessId": "SHP-1000", "PartnerId": "PNR-1000", "InteropID": "INT-1000", "PagingCookie": cookie });
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut ids = std::collections::BTreeSet::new();
    for page in pages {
        let page: Value = serde_json::from_slice(&page)?;
        let rows = rows(&page).ok_or("a page has no rows")?;
        ids.extend(
            rows.iter().filter_map(|row| row.get("person.individual_id").and_then(Value::as_str)).map(str::to_owned),
        );
    }
    let records = ids.len() as u64;
    if records < RECORDS {
        return Err(format!("only {records} records are there to be fetched: measure 100,000 people or more").into());
    }
    Ok((records, seconds, first.unwrap_or_default()))
}

/// The rows of a page, wherever they stand.
fn rows(page: &Value) -> Option<&Vec<Value>> {
    match page {
        Value::Array(all) if all.iter().any(|one| one.get("person.individual_id").is_some()) => Some(all),
        Value::Object(members) => members.values().find_map(rows),
        _ => None,
    }
}

/// The plain service of the optional shared benchmark, which ends with this value.
struct Service(Child, u16);

impl Service {
    fn begin(shared: &Shared, size: &Size) -> Outcome<Self> {
        if size.label != "1m" {
            return Err("the shared benchmark's service answers about a million people: `--size 1m`".into());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let script = format!(
            ". ./env.sh; exec \"$BENCH/venv/bin/uvicorn\" req_app:app --port {port} --loop uvloop --http httptools \
             --no-access-log --log-level warning"
        );
        let child =
            Command::new("bash").args(["-c", &script]).current_dir(&shared.folder).stdin(Stdio::null()).spawn()?;
        let service = Self(child, port);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(service);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("the shared benchmark's service does not begin".into())
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/person/", self.1)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}
