//! How fast is "who received this person's data" on a hundred transfers of a million people, what does it cost to keep, and how
//! many people would one lost key expose?
//!
//! `cargo test --release -p causeway-package --test it -- --ignored --nocapture disclosure_figures` prints the figures. `SETS` and
//! `PEOPLE` in the environment make it smaller.

use std::time::{Duration, Instant};

use causeway_package::disclosure::{DisclosureKey, DisclosureSet, SealedSet, Sets};
use causeway_package::key::{Identities, Identity};

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Keys as long as those of registries: the text of a UUID.
fn key(person: u64) -> String {
    format!("00000000-0000-4000-8000-{person:012x}")
}

/// Processor time of this process, user and system.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn highest_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
#[ignore = "writes 1.6 GB and takes minutes without --release"]
fn disclosure_figures() {
    let (transfers, people) = (number("SETS", 100), number("PEOPLE", 1_000_000));
    let dir = tempfile::tempdir_in(std::env::var("CARGO_TARGET_TMPDIR").unwrap_or_else(|_| "/tmp".into())).unwrap();
    let identity = Identity::generate();
    let recipient = identity.recipient();
    let identities = Identities::new(vec![identity]);
    let operation = DisclosureKey::new([7; 32]);
    let pseudonyms = operation.of("individual");
    // Each transfer has a half that the one before had too.
    let first_of = |transfer: u64| transfer * people / 2;
    let begun = (Instant::now(), processor());
    let mut sets = Vec::new();
    for transfer in 0..transfers {
        let path = dir.path().join(format!("{transfer}.people.age"));
        let mut set = DisclosureSet::expecting(people as usize);
        for person in first_of(transfer)..first_of(transfer) + people {
            set.add(pseudonyms.pseudonym(key(person).as_bytes()));
        }
        let count = set.seal(&path, &recipient).unwrap();
        assert_eq!(count, people);
        sets.push(SealedSet { path, people: Some(count) });
    }
    let (took, cost) = (begun.0.elapsed(), processor() - begun.1);
    let each = cost / transfers as u32;
    println!("writing a set of {people}: {each:?} processor time, {:?} elapsed", took / transfers as u32);
    assert!(each < Duration::from_millis(500 * people / 1_000_000 + 50), "five per cent of ten seconds: {each:?}");
    let size = std::fs::metadata(&sets[0].path).unwrap().len();
    let all: u64 = sets.iter().map(|set| std::fs::metadata(&set.path).unwrap().len()).sum();
    println!("storage: {size} bytes a transfer ({:.2} a person), {all} in all", size as f64 / people as f64);

    // Half present, half absent; every set is asked each time.
    let everybody = first_of(transfers - 1) + people;
    let (mut times, mut costs) = (Vec::new(), Vec::new());
    let memory = Sets::default();
    let asked = (Instant::now(), processor());
    memory.holding(&sets, &[0; 16], &identities).unwrap();
    println!("the first look-up: {:?}, {:?} processor time", asked.0.elapsed(), processor() - asked.1);
    let before = processor();
    for question in 0..1_000_u64 {
        let present = question % 2 == 0;
        let person = question.wrapping_mul(0x9e37_79b9_7f4a_7c15) % everybody + if present { 0 } else { everybody };
        let (asked, spent) = (Instant::now(), processor());
        let held = memory.holding(&sets, &pseudonyms.pseudonym(key(person).as_bytes()), &identities).unwrap();
        times.push(asked.elapsed());
        costs.push(processor() - spent);
        let expected =
            (0..transfers).map(|transfer| (first_of(transfer)..first_of(transfer) + people).contains(&person));
        assert!(held.into_iter().eq(expected));
    }
    println!("a look-up takes {:?} processor time", (processor() - before) / 1_000);
    times.sort_unstable();
    costs.sort_unstable();
    println!(
        "of 1,000 look-ups the processor time, to 10 ms: p50 {:?}, p95 {:?}, p99 {:?}",
        costs[499], costs[949], costs[989]
    );
    let at = |share: usize| times[(times.len() * share).div_ceil(100) - 1];
    println!(
        "1,000 look-ups over {transfers} sets: p50 {:?}, p95 {:?}, p99 {:?}, most {:?}",
        at(50),
        at(95),
        at(99),
        at(100)
    );

    let begun = Instant::now();
    let (union, each) = memory.distinct(&sets, &identities).unwrap();
    println!("{union} different people in {} entries: {:?}", each.iter().sum::<u64>(), begun.elapsed());
    assert_eq!(union, everybody);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let registry: Vec<_> = (0..people).map(|person| pseudonyms.pseudonym(key(person * 120).as_bytes())).collect();
    let begun = Instant::now();
    let found = memory.among(&sets, &registry, &identities).unwrap();
    println!(
        "{} of {people} of a registry are in any set: {:?}",
        found.iter().filter(|found| **found).count(),
        begun.elapsed()
    );
    assert!(found.iter().enumerate().all(|(at, found)| *found == ((at as u64) * 120 < everybody)));
    assert!(begun.elapsed() < Duration::from_secs(60));
    println!("memory, at most: {} MiB", highest_memory_mib());
    // Where others wait for the processors too, the time that a look-up waits with them says nothing about it.
    let load: f64 = std::fs::read_to_string("/proc/loadavg").unwrap().split(' ').next().unwrap().parse().unwrap();
    let processors = std::thread::available_parallelism().unwrap().get() as f64;
    match load <= processors + 0.5 {
        true => assert!(at(99) < Duration::from_millis(50), "{:?}", at(99)),
        false => println!("a load of {load} on {processors} processors: elapsed times are not judged"),
    }
    assert!(costs[989] < Duration::from_millis(50), "{:?}", costs[989]);
}
