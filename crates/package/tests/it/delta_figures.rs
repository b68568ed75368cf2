//! What does a delta cost beside sealing everything? Measured on invented records; run by hand, on a quiet machine.

use std::time::Duration;

use causeway_package::delta::{Base, BaseRef, Compared, Comparison, StateKey, Verdict};
use causeway_package::inner::{Compression, Format};
use causeway_package::seal::Leads;

use crate::support::{House, facts};

/// Processor time that this process has used.
fn used() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind = text.rsplit(')').next().unwrap();
    let fields: Vec<u64> = behind.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect();
    // User and system time, in hundredths of a second.
    Duration::from_millis((fields[11] + fields[12]) * 10)
}

fn record(number: u64, holds: u64) -> Vec<u8> {
    format!(
        "case-{number:08}\u{1f}Invented Nobody {number}\u{1f}{}\u{1f}household {}\u{1f}{holds}",
        1940 + number % 80,
        number / 5
    )
    .into_bytes()
}

struct Run {
    compared: Option<Compared>,
    time: Duration,
}

/// Seals records, whole or as what differs from a base; the street before it is the same for both.
fn seal(
    house: &House,
    seed: u8,
    records: u64,
    changed_every: u64,
    following: Option<(&StateKey, Base, Option<BaseRef>)>,
) -> Run {
    let began = used();
    let mut writer = house.writer(Compression::Zstd, 64 << 20, seed);
    let mut comparison = following.map(|(key, base, on)| {
        writer.keyed_by(key);
        (Comparison::new(key, vec![0], base, if on.is_none() { records as usize } else { 0 }), key, on)
    });
    for number in 0..records {
        let canonical = record(number, u64::from(number % changed_every == 0) * u64::from(seed));
        match &mut comparison {
            None => {
                writer.write(&canonical).unwrap();
                writer.end_record(&canonical).unwrap();
            }
            Some((comparison, ..)) => {
                let judged = comparison.judge(&canonical).unwrap();
                if judged.verdict != Verdict::Same {
                    writer.write(&canonical).unwrap();
                    writer.end_judged(&judged.value).unwrap();
                }
            }
        }
    }
    let compared = comparison.map(|(comparison, key, base)| {
        let compared = comparison.finish().unwrap();
        let state = compared.state.clone();
        writer.lead_to(Leads { key, fields: vec!["name".to_owned()], base, state }, std::iter::empty()).unwrap();
        compared
    });
    let mut about = facts(Format::Jsonl);
    about.sequence = u64::from(seed);
    writer.finish(about, &house.sender).unwrap();
    Run { compared, time: used() - began }
}

#[test]
#[ignore = "a measurement: run it by hand, with --release, on a quiet machine"]
fn a_delta_costs_less_than_it_saves() {
    let records = std::env::var("RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let (house, key) = (House::new(), StateKey::new([9; 32]));
    let plain = seal(&house, 1, records, 200, None);
    let full = seal(&house, 2, records, 200, Some((&key, Base::nobody(), None)));
    let began = used();
    let compared = full.compared.unwrap();
    let state = compared.state.clone();
    let set = house.path("set.age");
    let kept = compared.set.seal(&set, &house.recipient()).unwrap();
    let sealed = used() - began;
    let began = used();
    let base = Base::read(&set, &house.identities(), &kept).unwrap();
    let read = used() - began;
    let delta = seal(&house, 3, records, 200, Some((&key, base, Some(BaseRef { sequence: 2, state }))));
    let compared = delta.compared.unwrap();
    println!("{records} records, {} changed", compared.changed);
    println!("sealed whole, without states: {:?}", plain.time);
    println!(
        "sealed whole, as a state: {:?}, its set: {sealed:?} ({} bytes)",
        full.time,
        std::fs::metadata(&set).unwrap().len()
    );
    println!("sealed as a delta: {:?}, reading its base: {read:?}", delta.time);
}
