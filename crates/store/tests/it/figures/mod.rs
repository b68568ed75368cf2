//! How long do lists and details take in a database that has been at work for years? What every list and detail of the command
//! line asks is timed; a p95 of 20 ms or more fails.
//!
//! Run by hand: `cargo test -p causeway-store --release --test it -- --ignored --nocapture figures`.

mod fill;

use std::time::{Duration, Instant};

use causeway_store::change::DocumentKind;
use causeway_store::query::TransferFilter;
use causeway_store::{Kind, Store};
use fill::{ARRANGEMENTS, EXCHANGES, OFFICERS, PARTNERS, SETS, TRANSFERS};

use crate::house::{House, at};

/// What 95 of 100 askings must stay within.
const WITHIN: Duration = Duration::from_millis(20);

/// Rows of a page, as the command line asks for them: one more than it shows.
const PAGE: u32 = 101;

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
    let page = |filter: TransferFilter| TransferFilter { limit: Some(PAGE), ..filter };
    let exchange = |i| Some(format!("exchange-{}", i % EXCHANGES));
    let arrangement = |i: i64| format!("arrangement-{}", i * 37 % ARRANGEMENTS);
    let transfer = |i: i64| format!("transfer-{}", i * 991);
    let slowest = [
        times!(_i, store.transfers(&page(TransferFilter::default()))).tell("list: newest transfers"),
        times!(i, store.transfers(&page(TransferFilter { after: Some(transfer(i)), ..Default::default() })))
            .tell("list: transfers behind one"),
        times!(i, store.transfers(&page(TransferFilter { exchange: exchange(i), ..Default::default() })))
            .tell("list: transfers of an exchange"),
        times!(i, store.transfers(&page(TransferFilter { arrangement: Some(arrangement(i)), ..Default::default() })))
            .tell("list: transfers of an arrangement"),
        times!(_i, store.transfers(&page(TransferFilter { state: Some("requested"), ..Default::default() })))
            .tell("list: transfers in a state"),
        times!(i, store.transfers(&page(TransferFilter { moved_since: Some(at(i * 60_000)), ..Default::default() })))
            .tell("list: transfers since"),
        times!(_i, store.unfinished_transfers()).tell("list: unfinished transfers (50)"),
        times!(_i, store.requests_awaiting_approval()).tell("list: requests that wait for an officer (50)"),
        times!(_i, store.held_packages()).tell("list: packages held (1000)"),
        times!(_i, store.open_deliveries()).tell("list: open deliveries"),
        times!(_i, store.standing_stops()).tell("list: stops that stand"),
        times!(_i, store.pending_leaves()).tell("count: leaves that wait for a checkpoint"),
        times!(i, store.partners_after(Some(&format!("partner-{}", i % PARTNERS)), PAGE)).tell("list: partners"),
        times!(i, store.officers_after(Some(&format!("officer-{}", i * 7 % OFFICERS)), PAGE)).tell("list: officers"),
        times!(i, store.arrangement_lives_after(Some((&arrangement(i), 1)), PAGE)).tell("list: arrangements"),
        times!(_i, store.arrangements_ending_by("2032-03-31".parse().unwrap()))
            .tell("list: arrangements that end within 90 days (333)"),
        times!(i, store.documents_after(DocumentKind::Arrangement, Some((&arrangement(i), 1)), PAGE))
            .tell("list: documents"),
        times!(i, store.assessments_after(Some(&format!("dpia-{i}")), PAGE)).tell("list: assessments"),
        times!(i, store.refused_requests_after(Some(&format!("rr-{i}")), PAGE)).tell("list: refused requests"),
        times!(i, store.set_history(Some(&format!("set-{}", i % SETS)), PAGE))
            .tell("list: history of the configuration"),
        times!(i, store.releases_since(&arrangement(i), at(0))).tell("list: releases of an arrangement"),
        times!(i, store.requests_of(&format!("exchange-{i}"))).tell("list: requests of an exchange (143)"),
        times!(i, store.transfer(&transfer(i))).tell("detail: transfer"),
        times!(i, store.request(&transfer(i))).tell("detail: request of a transfer"),
        times!(i, store.consents(&transfer(i))).tell("detail: consents to a transfer"),
        times!(i, store.deliveries(&transfer(i))).tell("detail: deliveries of a transfer"),
        times!(i, store.leaves_of(&transfer(i))).tell("detail: history of a transfer"),
        times!(i, store.package(&format!("p-{}", i * 991))).tell("detail: package"),
        times!(i, store.receipt(&format!("p-{}", i * 991))).tell("detail: receipt"),
        times!(i, store.partner(&format!("partner-{i}"))).tell("detail: partner"),
        times!(i, store.partner_life(&format!("partner-{i}"))).tell("detail: life of a partner"),
        times!(i, store.attestations(&format!("partner-{i}"))).tell("detail: attestations of a partner"),
        times!(i, store.officer(&format!("officer-{i}"))).tell("detail: officer"),
        times!(i, store.arrangement_lives(&arrangement(i))).tell("detail: versions of an arrangement"),
        times!(i, store.arrangement_events(&arrangement(i))).tell("detail: history of an arrangement"),
        times!(i, store.arrangement_signatures(&arrangement(i), 1)).tell("detail: signatures of an arrangement"),
        times!(i, store.assessments(&arrangement(i))).tell("detail: assessments of an arrangement"),
        times!(_i, store.thresholds()).tell("detail: thresholds"),
        times!(i, store.staged_documents(&format!("set-{i}"))).tell("detail: documents of a set"),
        times!(i, store.last_receipted(&format!("exchange-{i}"))).tell("detail: last receipted of an exchange"),
        times!(i, store.next_sequence(&format!("exchange-{i}"))).tell("detail: next sequence number"),
    ]
    .into_iter()
    .max()
    .unwrap();
    let begun = Instant::now();
    crate::house::record(store, 500).await;
    println!("  a change                                     mean {:>7.2} ms", begun.elapsed().as_secs_f64() * 2.0);
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run by hand"]
async fn figures() {
    println!("{TRANSFERS} transfers, {ARRANGEMENTS} arrangements, {PARTNERS} partners");
    let mut slowest = Duration::ZERO;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let house = House::new(kind);
        let store = house.open().await;
        fill::fill(&house).await;
        slowest = slowest.max(measured(&house, &store).await);
    }
    assert!(slowest < WITHIN, "the slowest p95 is {slowest:?}");
}
