//! Does a client that was written for PING's own API, by its description alone, do its work against the example without changing a line?

mod door;
pub mod place;
mod queue;
pub mod wire;

use std::fs;

use insta::assert_snapshot;
use serde_json::json;

use crate::referrals::place::{Store, id};
use place::Place;

/// The four flows of production, and what goes wrong at their edges.
fn walked(store: Store) -> Place {
    let place = Place::new(store);
    let edges = place.runs("edges", Some(&[place::referral(30)]));
    assert_eq!(edges["pages"], 2, "{edges}");
    let out = place.runs("referrals-out", None);
    assert_eq!((&out["listed_rows"], &out["detail_rows"], &out["identical_rows"]), (&json!(2), &json!(4), &json!(0)));
    assert_eq!(out["listed_again_rows"], 0, "{out}");
    let decided = json!({ "ExternalId": "decision-3", "Fields": {
        "progres_lpinterventionid": id(3), "progres_interoperabilityreferralstatus": "125080001",
        "progres_decisiondate": "2026-03-01",
    }});
    place.runs("decisions-in", Some(&[decided]));
    let new = place.runs("referrals-in", Some(&[place::referral(20), place::referral(21)]));
    assert_eq!(new["outcomes_again"], json!({ "Duplicate": 2 }), "{new}");
    place.runs("decisions-out", None);
    let states = "SELECT concat(direction, ' ', status, ' ', coalesce(transfer_status, '-')) FROM referral \
                  WHERE referral_id IN (ID) ORDER BY referral_id";
    let ids: Vec<String> = [1, 2, 3, 7, 8, 20, 21, 30].map(|of| format!("'{}'", id(of))).to_vec();
    let expected = [
        "out sent acknowledged",
        "out sent acknowledged",
        "out accepted acknowledged",
        "in closed -",
        "in closed -",
        "in sent -",
        "in sent -",
    ];
    assert_eq!(place.referrals.asked(&states.replace("ID", &ids.join(", "))), expected, "every write is in the tables");
    place
}

#[test]
fn the_flows_of_production_are_walked_on_postgres_call_by_call_as_reviewed() {
    let place = walked(Store::Postgres);
    for call in place.transcripts() {
        let name = format!("{}", call.strip_prefix(place.folder()).unwrap().display()).replace(['/', '.'], "-");
        assert_snapshot!(name, fs::read_to_string(&call).unwrap());
    }
    place.ended();
}

#[test]
fn the_flows_of_production_are_walked_on_mariadb() {
    walked(Store::Mariadb).ended();
}

#[test]
fn the_flows_of_production_are_walked_on_sqlite() {
    walked(Store::Sqlite).ended();
}

#[test]
fn no_word_of_the_wire_is_known_elsewhere() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let ours = entry.components().any(|part| part.as_os_str() == "ping");
            if entry.is_dir() {
                folders.push(entry);
            } else if !ours && entry.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                for word in ["ShippingProcess", "SPHTransaction", "PagingCookie", "Ocp-Apim", "ocp-apim"] {
                    assert!(!text.contains(word), "{word} in {}", entry.display());
                }
            }
        }
    }
}
