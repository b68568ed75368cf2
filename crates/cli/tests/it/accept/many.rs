//! Of a great file, do exactly the good ones stand in the registry, is each bad one told by field and reason, is a replay nothing, and is
//! no more held than a batch?

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::documents::{NUMBERS, with_new_people};
use super::registry::Store;
use super::scene::{Scene, id, sealed};
use super::sent::{self, BAD, ROUND, Sent};

/// So many come unless `cargo xtask accept` says another number.
const USUALLY: usize = 1_000;

/// Bytes of memory for each record, at most: by these duplicates are known.
const EACH: u64 = 16;

/// What an allocator may hold besides, at one time and not at another.
const GIVE: u64 = 6 << 20;

/// How long somebody worked, and the most memory that was held meanwhile, in bytes.
#[derive(Debug)]
struct Worked {
    took: Duration,
    held: u64,
}

/// Works until an intake has come to its end. A database that was silent for too long is tried again: that is a while more.
fn taken(scene: &Scene, intake: &str) -> Worked {
    let work = || scene.street.command(&["work", "--until-idle"]);
    let mut all = worked(work());
    while !["acknowledged", "rejected"].iter().any(|state| scene.shown(intake).contains(state)) {
        assert!(all.took < Duration::from_secs(7_200), "{}", scene.shown(intake));
        std::thread::sleep(Duration::from_secs(1));
        let more = worked(work());
        all = Worked { took: all.took + more.took, held: all.held.max(more.held) };
    }
    all
}

fn worked(mut command: Command) -> Worked {
    let begun = Instant::now();
    let mut work = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", work.id());
    let mut held = 0;
    let ended = loop {
        if let Some(ended) = work.try_wait().unwrap() {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let most = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        held = most.map_or(held, |kibibytes: u64| kibibytes << 10);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{ended}");
    Worked { took: begun.elapsed(), held }
}

fn lines(sent: &[Sent]) -> Vec<u8> {
    sent.iter().map(|one| one.line.as_slice()).collect::<Vec<_>>().join(&b"\n"[..])
}

/// Whether the partner is told of every record what must have come of it.
fn told(scene: &Scene, intake: &str, sent: &[Sent], outcome: impl Fn(&Sent) -> &'static str) {
    let told = scene.outcomes(intake);
    assert_eq!(told.len(), sent.len());
    for (at, (told, sent)) in told.iter().zip(sent).enumerate() {
        let text = |name: &str| told[name].as_str();
        assert_eq!(
            (told["record"].as_u64(), text("external_id"), text("outcome")),
            (Some(at as u64 + 1), sent.message.as_deref(), Some(outcome(sent))),
            "{told}"
        );
        let fields = told["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let part = |field: &'_ Value, name: &str| field[name].as_str().unwrap().to_owned();
        let why: Vec<_> = fields.iter().map(|field| (part(field, "field"), part(field, "code"))).collect();
        let due: Vec<_> = sent.why.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
        assert_eq!(why, due, "{told}");
    }
}

/// Everything that stands in the registry, our own table with it.
fn everything(scene: &Scene) -> Vec<String> {
    scene.tables().into_iter().chain(scene.registry.markers()).collect()
}

/// Shows one row of which there are too many to show all.
fn same(found: &[String], due: &[String]) {
    if found != due {
        let at = (0..).find(|at| found.get(*at) != due.get(*at)).unwrap();
        panic!("row {at} of {} is {:?}, and of {} {:?} is due", found.len(), found.get(at), due.len(), due.get(at));
    }
}

/// Whether exactly what must stands in the registry's own tables.
fn stands_as(scene: &Scene, sent: &[Sent]) {
    let mut due: Vec<String> = sent.iter().flat_map(|one| one.stands.clone()).collect();
    let mut found = scene.tables();
    found.sort_unstable();
    due.sort_unstable();
    same(&found, &due);
}

fn taken_in(store: Store) {
    let each = std::env::var("CAUSEWAY_EACH").ok().and_then(|each| each.parse().ok()).unwrap_or(USUALLY);
    assert_eq!(each % ROUND, 0, "of every {ROUND} records each kind of bad one is one: give a multiple of it");
    // A tenth before, all of it good, to see what a file of ten times as many costs.
    let few: Vec<Sent> = (each..each + each / 10).map(sent::good).collect();
    let many: Vec<Sent> = (0..each).map(sent::record).collect();
    let of_few = (each..each + each / 10).filter(|at| at % 2 == 0).map(|at| (id(at), None));
    let people: Vec<_> = (0..each).filter_map(sent::known).chain(of_few).collect();
    let scene = Scene::on(store, &with_new_people(), &people);

    let first = scene.submitted(&sealed(&scene.street, NUMBERS, 1, &lines(&few)));
    let before = taken(&scene, &first);
    told(&scene, &first, &few, |sent| sent.outcome);
    let envelope = sealed(&scene.street, NUMBERS, 2, &lines(&many));
    let intake = scene.submitted(&envelope);
    let then = taken(&scene, &intake);
    let shown = scene.shown(&intake);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    many.iter().for_each(|sent| *counts.entry(sent.outcome).or_default() += 1);
    assert_eq!(counts["quarantined"] * 100, each * BAD);
    for (name, count) in &counts {
        assert!(shown.contains(&format!("    {name:<10} {count}\n")), "{name} {count}: {shown}");
    }
    assert!(shown.contains("acknowledged"), "{shown}");
    told(&scene, &intake, &many, |sent| sent.outcome);
    let all: Vec<Sent> = many.into_iter().chain(few).collect();
    stands_as(&scene, &all);
    let many = &all[..each];
    let good = all.iter().filter(|sent| ["inserted", "updated"].contains(&sent.outcome)).count();
    assert_eq!(scene.registry.markers().len(), good, "a marker each");

    // The very same file is the same intake; another one of that number is refused; the same records under the next number are known.
    let before_it = everything(&scene);
    assert_eq!(scene.submitted(&envelope), intake);
    std::fs::remove_file(&envelope).unwrap();
    let again = scene.submitted(&sealed(&scene.street, NUMBERS, 2, &lines(many)));
    let next = scene.submitted(&sealed(&scene.street, NUMBERS, 3, &lines(many)));
    let after = taken(&scene, &next);
    assert!(scene.shown(&again).contains("number-not-above"), "{}", scene.shown(&again));
    let known = |sent: &Sent| if sent.outcome == "quarantined" { "quarantined" } else { "duplicate" };
    told(&scene, &next, many, known);
    // A replay changes nothing.
    same(&everything(&scene), &before_it);
    scene.street.good(&["ledger", "verify"]).unwrap();

    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "{store:?}: {each} records in {:.1} s, {:.0} a second; at most {:.1} MiB held, {:.1} MiB with a tenth of them; once more in {:.1} s",
        then.took.as_secs_f64(),
        each as f64 / then.took.as_secs_f64(),
        mebibytes(then.held),
        mebibytes(before.held),
        after.took.as_secs_f64()
    );
    // Of less than some batches, a batch is all that is held.
    if each >= 10 * ROUND {
        let may = before.held + GIVE + EACH * (each - each / 10) as u64;
        assert!(then.held <= may, "{} bytes are held, and {may} may be", then.held);
    }
}

#[test]
fn of_many_records_exactly_the_good_ones_are_taken_in_on_sqlite() {
    taken_in(Store::Sqlite);
}

#[test]
fn of_many_records_exactly_the_good_ones_are_taken_in_on_postgres() {
    taken_in(Store::Postgres);
}

#[test]
fn of_many_records_exactly_the_good_ones_are_taken_in_on_mariadb() {
    taken_in(Store::Mariadb);
}
