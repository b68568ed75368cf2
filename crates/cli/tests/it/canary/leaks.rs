//! Would the search see a leak? A build that leaks on purpose, in each place and encoding, is caught.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::throw_away;

use super::Watched;
use super::search::Search;

#[test]
fn a_planted_leak_is_found_in_each_place() {
    let dir = throw_away::directory().unwrap();
    let mut watched = Watched::new(dir.path());
    watched.street.people(&Spec::of(400).plant(Plant::none())).unwrap();
    watched.street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();

    let cases = [
        ("output", "raw", "output of"),
        ("output", "percent", "output of"),
        ("log", "raw", "log of"),
        ("log", "hex", "log of"),
        ("data", "raw", "/data/"),
        ("data", "base64", "/data/"),
        ("data", "zstd raw", "/data/"),
        ("data", "gzip raw", "/data/"),
        ("tmp", "raw", "/temporary/"),
        ("tmp", "utf-16", "/temporary/"),
        ("wal", "raw", "/data/causeway.sqlite-wal"),
        ("ledger", "raw", "/ledger.export"),
    ];
    for (number, (place, form, expected)) in cases.into_iter().enumerate() {
        let value = format!("QZLEAK{number:02} ቅዝቃ");
        let hex: String = encoded(&value, form).iter().map(|byte| format!("{byte:02x}")).collect();
        watched.said.clear();
        watched
            .run_with(&["transfer", "run", "food-people"], &[("CAUSEWAY_LEAK", place), ("CAUSEWAY_LEAK_VALUE", &hex)]);
        let last = watched.said.last().unwrap();
        // The build that leaks into the write-ahead log dies, or that file might be gone.
        let ended = if place == "wal" { None } else { Some(0) };
        assert_eq!(last.code, ended, "{place}: {}", String::from_utf8_lossy(&last.err));
        if place == "ledger" {
            let export = watched.street.home().join("ledger.export");
            watched.good(&["ledger", "export", "--out", &export.display().to_string()]);
        }
        let found = watched.found(&Search::of([("leak", value.into_bytes())]));
        assert!(
            found.iter().any(|found| found.place.contains(expected) && found.form == form),
            "{place}, {form}: {found:#?}"
        );
        // And nowhere else; what stands in the ledger stands in our own database too.
        let elsewhere = |place: &str| {
            !(place.contains(expected) || expected.ends_with("export") && place.contains("/data/causeway.sqlite"))
        };
        assert!(found.iter().all(|found| !elsewhere(&found.place)), "{place}, {form}: {found:#?}");
    }
}

fn encoded(value: &str, form: &str) -> Vec<u8> {
    let bytes = value.as_bytes();
    match form {
        "percent" => bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>().into_bytes(),
        "hex" => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
        "base64" => STANDARD.encode(format!("x{value}y")).into_bytes(),
        "utf-16" => value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "zstd raw" => [b"before", &zstd::encode_all(bytes, 3).unwrap()[..]].concat(),
        "gzip raw" => {
            let mut packed = b"before".to_vec();
            flate2::read::GzEncoder::new(bytes, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
            packed
        }
        _ => bytes.to_vec(),
    }
}
