//! Fifty deltas from two live databases while somebody writes: does the partner hold what a full package would give it?

use std::fs;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use causeway_package::{InnerManifest, canonical};
use causeway_testkit::server::{Mariadb, Postgres};
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use serde_json::Value;

use super::documents::{self, LIST, WHOLE};
use super::partner::{Partner, lines, send};
use super::writer::{Statements, Writer};

const PASSWORD: &str = "invented word";
/// How many are compared with a full package of the same moment.
const COMPARED: usize = 50;
/// After which of them the receipt is lost: two in a row, and one.
const LOST: [usize; 3] = [10, 11, 30];
/// How often somebody writes all the while.
const UNDER_FIRE: usize = 6;
/// Everything is sent every so many transfers.
const FULL_EVERY: u32 = 20;

struct Place {
    street: Street,
    postgres: Postgres,
    mariadb: Mariadb,
    _removed: Box<dyn std::any::Any + Send + Sync>,
}

impl Place {
    fn new(writer: &mut Writer) -> Self {
        let (postgres, mariadb) = (Postgres::start(&[]).unwrap(), Mariadb::start(&[]).unwrap());
        postgres.database("homes", PASSWORD).unwrap();
        mariadb.database("homes", PASSWORD).unwrap();
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        fs::create_dir_all(street.sources()).unwrap();
        let password = street.sources().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        let connect = |kind: &str, port: u16| {
            format!(
                "{kind}: {{ host: 127.0.0.1, port: {port}, database: homes, user: homes, password: {{ file: password }}, tls: {{ mode: off }} }}"
            )
        };
        let (registration, distribution) = (connect("postgres", postgres.port()), connect("mariadb", mariadb.port()));
        documents::write(&into, &registration, &distribution, FULL_EVERY);
        let place = Self { street, postgres, mariadb, _removed: Box::new(dir) };
        place.write(&writer.begin());
        let exchanges = [(LIST, "exchange-list.yaml"), (WHOLE, "exchange-whole.yaml")];
        place.street.set_up_with(&["lantern-relief"], &["lists"], &exchanges).unwrap();
        place
    }

    fn write(&self, statements: &Statements) {
        if !statements.registration.is_empty() {
            self.postgres.sql("homes", &statements.registration).unwrap();
        }
        if !statements.distribution.is_empty() {
            self.mariadb.sql("homes", &statements.distribution).unwrap();
        }
    }
}

/// Number, count and digest that a held state says of itself.
fn described(state: &Path) -> (u64, u64, String, Value) {
    let value: Value = serde_json::from_slice(&fs::read(state.with_extension("json")).unwrap()).unwrap();
    let of = value["delta"]["state"].clone();
    let number = value["about"]["sequence"].as_u64().unwrap();
    (number, of["count"].as_u64().unwrap(), of["digest"].as_str().unwrap().to_owned(), value)
}

/// The digest of a full package's records, under the key of the states.
fn digested(opened: &Path, held: &Value) -> (u64, String) {
    let mut inner: Value = serde_json::from_slice(&fs::read(opened.join("inner-manifest.json")).unwrap()).unwrap();
    inner["record_digest"]["key"] = held["digest_key"].clone();
    let inner = InnerManifest::parse(&serde_json::to_vec(&inner).unwrap()).unwrap();
    let mut data = BufReader::new(fs::File::open(opened.join("data.jsonl")).unwrap());
    let digest = canonical::digest_of_file(&mut data, &inner).unwrap().unwrap();
    (digest.records(), digest.to_hex())
}

#[test]
fn after_each_of_fifty_deltas_the_partner_holds_what_a_full_package_gives() {
    let mut writer = Writer::new(11);
    let place = Place::new(&mut writer);
    let (street, partner) = (&place.street, Partner::of(&place.street));
    let (mut confirmed, mut fulls, mut sizes) = (None::<u64>, 0, Vec::new());
    for run in 0..COMPARED {
        let sent = send(street, LIST);
        let state = partner.applies(&sent.package);
        let (number, count, digest, held) = described(&state);
        let full = sent.said.starts_with("full: ");
        fulls += usize::from(full);
        if full {
            let shown = street.good(&["transfer", "show", &sent.transfer]).unwrap();
            assert!(shown.contains(&format!("sent: {}", sent.said)), "run {run}: {shown}");
        }
        match confirmed {
            Some(base) if !full => {
                assert!(sent.said.starts_with(&format!("a delta on number {base}: ")), "run {run}: {}", sent.said);
            }
            _ => assert!(full, "run {run}: {}", sent.said),
        }
        // Nobody has written since: a full package of the same moment, line by line and digest for digest.
        let whole = send(street, WHOLE);
        let opened = street.open(&whole.package, &street.home().join(format!("partner/whole-{run}"))).unwrap();
        assert_eq!(lines(&state), lines(&opened.join("data.jsonl")), "run {run}");
        assert_eq!(digested(&opened, &held), (count, digest), "run {run}");
        let weight =
            fs::read_dir(&sent.package).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>();
        sizes.push((full, weight));
        if !LOST.contains(&run) {
            partner.confirms(&sent.package);
            confirmed = Some(number);
            assert_eq!(partner.holds().last(), Some(&number), "run {run}");
            // Nothing starts before it any more, on either side.
            assert_eq!(fs::read_dir(street.home().join("data/states")).unwrap().count(), 1, "run {run}");
        }
        place.write(&writer.burst());
    }
    assert_eq!(fulls, COMPARED.div_ceil(FULL_EVERY as usize), "the first, and every so many");
    println!("packages, full or not, and their bytes: {sizes:?}");
}

#[test]
fn under_fire_the_state_is_of_one_moment_and_the_next_follows_from_it() {
    let mut writer = Writer::new(12);
    let place = Place::new(&mut writer);
    let (street, partner) = (&place.street, Partner::of(&place.street));
    for _ in 0..UNDER_FIRE {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let sent = std::thread::scope(|threads| {
            let (place, writer, stop) = (&place, &mut writer, &stop);
            threads.spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    place.write(&writer.burst());
                }
            });
            let sent = send(street, LIST);
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            sent
        });
        partner.confirms(&sent.package);
    }
    let sent = send(street, LIST);
    let state = partner.confirms(&sent.package);
    let whole = send(street, WHOLE);
    let opened = street.open(&whole.package, &street.home().join("partner/whole")).unwrap();
    assert_eq!(lines(&state), lines(&opened.join("data.jsonl")));
}
