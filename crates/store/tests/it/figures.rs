//! How long do lists and details take in a database that has been at work for years?
//!
//! Run by hand: `cargo test -p causeway-store --release --test it -- --ignored --nocapture figures`.

use std::time::{Duration, Instant};

use causeway_store::change::DocumentKind;
use causeway_store::query::TransferFilter;
use causeway_store::{Kind, Store};

use crate::house::{House, at};

const TRANSFERS: i64 = 100_000;
const ARRANGEMENTS: i64 = 5_000;
const PARTNERS: i64 = 500;

/// Rows as the changes write them, made by the database itself.
async fn fill(house: &House) {
    let sha256 = "a".repeat(64);
    let first = at(0).as_microsecond();
    let numbers =
        |upto: i64| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {upto})");
    let package = "'{\"state\":\"receipted\",\"package\":\"p-' || i || '\"}'";
    let sealed =
        format!("'{{\"released\":100,\"digest\":\"d\",\"manifest_sha256\":\"{sha256}\",\"purge_by\":\"2031-10-01\"}}'");
    for statement in [
        format!(
            "INSERT INTO partner SELECT 'partner-' || i, 'Invented Agency ' || i, 'age1invented', 'invented key', 'f' || i, \
             'active', {first}, 'officer-a' FROM n"
        ),
        format!(
            "INSERT INTO document SELECT 'arrangement', 'arrangement-' || i, 1, 'arrangement: ' || i, '{sha256}', {first}, \
             'officer-a' FROM n"
        ),
        format!(
            "INSERT INTO transfer SELECT 'transfer-' || i, 'exchange-' || (i % 700), 1, 'arrangement-' || (i % {ARRANGEMENTS}), 1, \
             'officer-a', {first} + i * 60000000, 0, CASE WHEN i % 2000 = 0 THEN 'requested' ELSE 'receipted' END, \
             CASE WHEN i % 2000 = 0 THEN '{{\"state\":\"requested\"}}' ELSE {package} END, {first} + i * 60000000, 'token', i, {sealed} FROM n"
        ),
        format!(
            "INSERT INTO package SELECT 'p-' || i, 'transfer-' || i, '{sha256}', '{sha256}', {first} + i * 60000000, \
             CASE WHEN i % 100 = 0 THEN NULL ELSE {first} + i * 60000001 END FROM n"
        ),
        format!("INSERT INTO delivery SELECT 'transfer-' || i, 1, {first}, {first}, 'arrived', 'there' FROM n"),
        format!("INSERT INTO receipt SELECT 'p-' || i, '{{}}', 'signature', 'accepted', 100, {first} FROM n"),
        format!(
            "INSERT INTO ledger_leaf SELECT i, {first}, 'officer-a', 'transfer.requested', 'transfer-' || (i % {TRANSFERS}), '{{}}', {0}, {0} FROM n",
            house.raw().zeroes(32)
        ),
    ] {
        let upto = match &statement {
            s if s.contains("INTO partner") => PARTNERS,
            s if s.contains("INTO document") => ARRANGEMENTS,
            s if s.contains("INTO ledger_leaf") => 5 * TRANSFERS,
            _ => TRANSFERS,
        };
        let (insert, select) = statement.split_once(" SELECT ").unwrap();
        let numbered = match house.kind() {
            Kind::Sqlite => format!("{insert} {} SELECT {select}", numbers(upto)),
            Kind::Postgres => {
                format!(
                    "{insert} SELECT {} generate_series(1, {upto}::bigint) AS n(i)",
                    select.replace(" FROM n", " FROM")
                )
            }
        };
        house.sql(&numbered).await;
    }
    house.sql("ANALYZE").await;
}

struct Times(Vec<Duration>);

impl Times {
    fn tell(mut self, what: &str) -> Duration {
        self.0.sort();
        let at = |share: usize| self.0[(self.0.len() * share / 100).min(self.0.len() - 1)];
        let (p50, p95) = (at(50), at(95));
        println!("  {what:44} p50 {:>8.2} ms  p95 {:>8.2} ms", p50.as_secs_f64() * 1e3, p95.as_secs_f64() * 1e3);
        p95
    }
}

/// Times 100 askings of an expression that has the number of the asking as `$i`.
macro_rules! times {
    ($i:ident, $ask:expr) => {{
        let mut times = Vec::new();
        for $i in 1..=100_i64 {
            let begun = Instant::now();
            $ask.await.unwrap();
            times.push(begun.elapsed());
        }
        Times(times)
    }};
}

async fn measured(house: &House, store: &Store) -> Duration {
    println!("{}", house.kind().name());
    let page = |filter: TransferFilter| TransferFilter { limit: Some(100), ..filter };
    let exchange = |i| Some(format!("exchange-{}", i % 700));
    let arrangement = |i: i64| Some(format!("arrangement-{}", i * 37 % ARRANGEMENTS));
    let slowest = [
        times!(_i, store.transfers(&page(TransferFilter::default()))).tell("list: newest 100 transfers"),
        times!(i, store.transfers(&page(TransferFilter { exchange: exchange(i), ..Default::default() })))
            .tell("list: 100 transfers of an exchange"),
        times!(i, store.transfers(&page(TransferFilter { arrangement: arrangement(i), ..Default::default() })))
            .tell("list: transfers of an arrangement"),
        times!(_i, store.transfers(&page(TransferFilter { state: Some("requested"), ..Default::default() })))
            .tell("list: 100 transfers in a state"),
        times!(i, store.transfers(&page(TransferFilter { since: Some(at(i * 60_000)), ..Default::default() })))
            .tell("list: 100 transfers since"),
        times!(_i, store.unfinished_transfers()).tell("list: unfinished transfers (50)"),
        times!(_i, store.held_packages()).tell("list: packages held (1000)"),
        times!(_i, store.open_deliveries()).tell("list: open deliveries"),
        times!(_i, store.partners()).tell("list: partners (500)"),
        times!(i, store.documents_after(DocumentKind::Arrangement, Some((&format!("arrangement-{i}"), 1)), 100))
            .tell("list: 100 arrangements after one"),
        times!(i, store.releases_since(&format!("arrangement-{i}"), at(0))).tell("list: releases of an arrangement"),
        times!(i, store.transfer(&format!("transfer-{}", i * 991))).tell("detail: transfer"),
        times!(i, store.deliveries(&format!("transfer-{}", i * 991))).tell("detail: deliveries of a transfer"),
        times!(i, store.package(&format!("p-{}", i * 991))).tell("detail: package"),
        times!(i, store.receipt(&format!("p-{}", i * 991))).tell("detail: receipt"),
        times!(i, store.partner(&format!("partner-{i}"))).tell("detail: partner"),
        times!(i, store.last_receipted(&format!("exchange-{i}"))).tell("detail: last receipted of an exchange"),
        times!(i, store.next_sequence(&format!("exchange-{i}"))).tell("detail: next sequence number"),
        times!(i, store.leaves_of(&format!("transfer-{}", i * 991))).tell("detail: history of a transfer"),
    ]
    .into_iter()
    .max()
    .unwrap();
    times!(_i, store.documents(DocumentKind::Arrangement)).tell("all 5000 arrangements at once (no screen)");
    let begun = Instant::now();
    crate::house::record(store, 500).await;
    println!("  a change                                     mean {:>7.2} ms", begun.elapsed().as_secs_f64() * 2.0);
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run by hand"]
async fn figures() {
    let mut slowest = Duration::ZERO;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let house = House::new(kind);
        let store = house.open().await;
        fill(&house).await;
        slowest = slowest.max(measured(&house, &store).await);
    }
    assert!(slowest < Duration::from_millis(20), "the slowest p95 is {slowest:?}");
}
