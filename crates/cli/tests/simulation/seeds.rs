//! Which histories are lived through? `CAUSEWAY_SEED=n` replays one and prints it; `CAUSEWAY_SEEDS=FROM..TO` says which a soak lives through.

use std::ops::Range;
use std::time::Instant;

use super::history::{Broken, live};
use super::missing::named;
use super::place::Kind;

/// Lives through all; panics with those that broke, each with its history.
fn all(seeds: Range<u64>, kind: Kind) {
    let (begun, mut broken) = (Instant::now(), Vec::new());
    let count = seeds.end - seeds.start;
    for seed in seeds {
        if let Err(Broken { what, log }) = live(seed, kind, None) {
            println!("seed {seed} on {kind:?}: {what}\n  {}\n", log.join("\n  "));
            broken.push(seed);
        }
        if std::env::var("CAUSEWAY_SEEDS").is_ok() && seed % 100 == 99 {
            eprintln!("{kind:?}: up to {seed}, {} broken, {:.0} s", broken.len(), begun.elapsed().as_secs_f64());
        }
    }
    println!("{count} histories on {kind:?} in {:.1} s", begun.elapsed().as_secs_f64());
    assert!(broken.is_empty(), "on {kind:?} these seeds broke an invariant: {broken:?}; CAUSEWAY_SEED=n replays one");
}

#[test]
fn invariants_hold_in_200_histories_on_sqlite() {
    all(0..200, Kind::Sqlite);
}

#[test]
fn invariants_hold_in_200_other_histories_on_sqlite() {
    all(200..400, Kind::Sqlite);
}

#[test]
fn invariants_hold_in_100_histories_on_postgres() {
    all(400..500, Kind::Postgres);
}

#[test]
#[ignore = "for `cargo xtask soak`"]
fn soak() {
    let said = std::env::var("CAUSEWAY_SEEDS").unwrap_or_else(|_| "500..10500".to_owned());
    let (from, to) = said.split_once("..").unwrap();
    let kind =
        if std::env::var("CAUSEWAY_ON").is_ok_and(|on| on == "postgres") { Kind::Postgres } else { Kind::Sqlite };
    all(from.parse().unwrap()..to.parse().unwrap(), kind);
}

#[test]
fn a_seed_is_replayed() {
    let Some(seed) = std::env::var("CAUSEWAY_SEED").ok().map(|seed| seed.parse().unwrap()) else { return };
    let kind =
        if std::env::var("CAUSEWAY_ON").is_ok_and(|on| on == "postgres") { Kind::Postgres } else { Kind::Sqlite };
    let without = std::env::var("CAUSEWAY_WITHOUT").ok();
    let without = without.map(|name| named(&name).unwrap());
    match live(seed, kind, without) {
        Ok(log) => println!("seed {seed} on {kind:?} holds\n  {}", log.join("\n  ")),
        Err(Broken { what, log }) => panic!("seed {seed} on {kind:?}: {what}\n  {}", log.join("\n  ")),
    }
}
