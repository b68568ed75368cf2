//! Do four workers that are killed again and again deliver everything once, and nothing long after the rest?

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use causeway_engine::command::{Manner, request_transfer};
use causeway_engine::{Home, House};
use causeway_model::request::TransferRequest;
use causeway_testkit::random;
use jiff::Timestamp;
use rand::Rng;
use rand::seq::index::sample;

use super::documents::CROWD;
use super::history::alone;
use super::partner::Partner;
use super::place::{Kind, Place};
use super::stage::{self, surroundings};
use super::world::runtime;

/// How many work at once.
const WORKERS: usize = 4;

#[test]
fn four_workers_that_are_killed_deliver_60_transfers_once() {
    crowd(60, Duration::from_secs(2));
}

#[test]
#[ignore = "for `cargo xtask soak --workers`"]
fn four_workers_that_are_killed_deliver_1000_transfers_once() {
    crowd(1_000, Duration::from_secs(3));
}

/// Lets four processes deliver so many transfers, and kills two of them every so often.
#[expect(clippy::disallowed_methods, reason = "real processes have the real clock")]
fn crowd(transfers: usize, every: Duration) {
    let _alone = alone();
    let place = Place::today(Kind::Postgres);
    stage::set(Timestamp::now(), 1);
    let house = runtime().block_on(async {
        let house = House::beside(Home::open(&place.home).unwrap(), surroundings(None)).await.unwrap();
        for number in 0..transfers {
            let exchange = format!("plain-{}", number % CROWD);
            let asked = TransferRequest { exchange, cycle: None, place: None, cut_off: None, note: None };
            let manner = Manner { expect_fewer: true, exceptionally: false };
            request_transfer(&house, "registration", asked, manner).await.unwrap();
        }
        house
    });
    let (began, begun) = (Timestamp::now(), Instant::now());
    let mut draw = random::seeded(60);
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| worker(&place)).collect();
    let (mut killed, mut last) = (0, Instant::now());
    while !runtime().block_on(house.store.unfinished_transfers()).unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(3_600), "it comes to no end");
        std::thread::sleep(Duration::from_millis(200));
        if last.elapsed() < every.mul_f64(draw.random_range(0.5..1.5)) {
            continue;
        }
        last = Instant::now();
        for number in sample(&mut draw, WORKERS, 2) {
            workers[number].kill().unwrap();
            workers[number].wait().unwrap();
            workers[number] = worker(&place);
            killed += 1;
        }
    }
    for mut worker in workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let mut partner = Partner::new(&place.home);
    // Two packages of one transfer are an error there.
    partner.take_in().unwrap();
    assert_eq!(partner.taken.len(), transfers, "packages by the partner's own count");
    let mut seconds: Vec<f64> = runtime().block_on(async {
        let mut done = BTreeMap::new();
        for taken in partner.taken.values() {
            let transfer = &taken.inner.about.transfer;
            let delivered = house.store.deliveries(transfer).await.unwrap().pop().unwrap().outcome_at.unwrap();
            done.insert(transfer.clone(), delivered.duration_since(began).as_secs_f64());
        }
        house.sequence().await.unwrap();
        house.store.ledger().await.unwrap().verify(None).await.unwrap();
        done.into_values().collect()
    });
    seconds.sort_by(f64::total_cmp);
    let (first, median, last) = (seconds[0], seconds[seconds.len() / 2], seconds[seconds.len() - 1]);
    println!(
        "{transfers} delivered once, {killed} workers killed; first {first:.1} s, median {median:.1} s, last {last:.1} s"
    );
    assert!(killed > 0, "nobody was killed");
    assert!(last - first <= 3.0 * median, "first {first:.1} s, median {median:.1} s, last {last:.1} s");
}

fn worker(place: &Place) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.arg("--home").arg(&place.home).args(["--as", "registration", "work"]);
    command.env("CAUSEWAY_LOG", "error").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
