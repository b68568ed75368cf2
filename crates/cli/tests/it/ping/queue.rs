//! Are records that were queued in great number applied once each, whoever dies meanwhile?

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use super::place::{self, Place};
use crate::referrals::place::Store;

/// So many are queued unless `cargo xtask queue` says another number.
const USUALLY: u32 = 60;

/// Somebody at work who says nothing.
fn at_work(place: &Place) -> Child {
    let socket = place.referrals.street.home().join("run/work.sock");
    let _of_one_who_died = fs::remove_file(&socket);
    let mut work = place.referrals.street.command(&["work"]);
    let worker = work.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    waited(Duration::from_secs(30), || socket.exists());
    worker
}

fn waited(most: Duration, until: impl Fn() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < most, "it did not come in {most:?}");
        sleep(Duration::from_millis(20));
    }
}

/// How many are in the table.
fn applied(place: &Place) -> u32 {
    let count = "SELECT CAST(count(*) AS varchar(20)) FROM referral WHERE partner_case LIKE 'case-40-%'";
    place.referrals.asked(count)[0].trim().parse().unwrap()
}

#[test]
fn queued_records_are_none_lost_and_none_applied_twice() {
    let count = std::env::var("CAUSEWAY_EACH").ok().and_then(|each| each.parse().ok()).unwrap_or(USUALLY);
    let mut place = Place::new(Store::Postgres);
    place.gateway.worker.end();
    let mut worker = at_work(&place);
    let mut record = place::referral(40);
    record["ExternalGUID"] = json!("{guid}");
    let ids = place.folder().join("ids").display().to_string();
    let queued = place.loads("load", &["--count", &count.to_string(), "--ids", &ids], Some(&[record]));
    assert_eq!(queued["count"], count);
    for part in [1, 2] {
        waited(Duration::from_secs(1_800), || applied(&place) >= count * part / 3);
        worker.kill().unwrap();
        worker.wait().unwrap();
        worker = at_work(&place);
    }
    let told = place.loads("load-check", &["--ids", &ids, "--timeout", "1800"], None);
    println!("{count} were queued in {} s, and applied: {told}", queued["seconds"]);
    assert_eq!((&told["statuses"], &told["outcomes"]), (&json!({ "Completed": count }), &json!({ "Accepted": count })));
    assert_eq!(applied(&place), count, "each once");
    worker.kill().unwrap();
    worker.wait().unwrap();
    place.gateway.serve.end();
    place.referrals.street.good(&["ledger", "verify"]).unwrap();
}
