//! Does `status` tell an administrator what to see to, and a partner's people what is theirs and no reasons?

use std::fs;

use causeway_testkit::population::{Plant, Spec};
use serde_json::Value;

use crate::copied::{Copy, Original};
use crate::governance::place::Kind;

const NOW: &str = "2026-05-04T09:00:00Z";
const LATER: &str = "2026-05-13T09:00:00Z";

fn original(kind: Kind) -> Original {
    Original::new(kind, |street| {
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        let exchanges = [("food-people", "exchange-people.yaml"), ("school-places", "exchange-school.yaml")];
        street.set_up_with(&["lantern-relief", "acacia-schools"], &["food", "school"], &exchanges).unwrap();
        let text = fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
        let asked = street.home().join("asked.yaml");
        let schedule = "schedule: { cron: \"0 6 1 1 *\", time_zone: Africa/Nairobi, catch_up: skip }\n";
        let text =
            text.replace("exchange: food-people", "exchange: food-asked") + "\nneeds_approval: true\n" + schedule;
        fs::write(&asked, text).unwrap();
        street.good(&["exchange", "import", &asked.display().to_string()]).unwrap();
    })
}

fn said(copy: &Copy, now: &str, words: &[&str]) -> String {
    let mut command = copy.street.command(words);
    let output = command.env("CAUSEWAY_NOW", now).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn json(copy: &Copy, now: &str, who: &str) -> Value {
    serde_json::from_str(&said(copy, now, &["--as", who, "status", "--json"])).unwrap()
}

fn exchanges(found: &Value) -> Vec<&str> {
    let mut exchanges: Vec<&str> =
        found.as_array().unwrap().iter().map(|one| one["exchange"].as_str().unwrap()).collect();
    exchanges.sort_unstable();
    exchanges
}

fn everybody_sees_what_is_to_be_seen_to(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    for exchange in ["food-people", "school-places"] {
        said(&copy, NOW, &["transfer", "run", exchange]);
    }
    said(&copy, NOW, &["transfer", "request", "food-asked"]);
    let quiet = said(&copy, NOW, &["status"]);
    assert!(
        !quiet.contains("OVERDUE") && !quiet.contains("IDLE"),
        "nothing is late, and nothing waits for a worker: {quiet}"
    );
    said(&copy, NOW, &["exchange", "pause", "food-asked", "--reason", "an inner matter"]);
    said(&copy, NOW, &["stop", "partner", "acacia-schools", "--reason", "another inner matter"]);
    let told = said(&copy, LATER, &["status"]);
    for line in [
        "STOPPED partner acacia-schools of kenya-example by registration",
        "PAUSED schedule of food-asked by registration",
        "of food-people: lantern-relief has not receipted it since 2026-05-04T09:00:00Z",
        "of school-places: acacia-schools has not receipted it since",
        "waits for an officer: `causeway transfer approve`",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let own = json(&copy, LATER, "registration");
    assert_eq!(exchanges(&own["overdue"]), ["food-people", "school-places"]);
    assert_eq!(exchanges(&own["awaiting_approval"]), ["food-asked"]);
    assert_eq!(own["house"]["transfers"]["delivered"], 2);
    assert!(own["house"]["free_bytes"].is_u64() && own["house"]["workers"].as_object().unwrap().is_empty());
    assert_eq!(own["stopped"][0]["reason"], "another inner matter");

    // A partner's people: their own, without reasons, and nothing of the house.
    let theirs = json(&copy, LATER, "lantern-relief-admin");
    assert_eq!(exchanges(&theirs["overdue"]), ["food-people"]);
    assert_eq!((exchanges(&theirs["list"]).len(), exchanges(&theirs["awaiting_approval"]).len()), (2, 1));
    assert!(theirs.get("house").is_none() && theirs["stopped"].as_array().unwrap().is_empty());
    assert_eq!(theirs["paused"][0]["what"], "food-asked");
    let others = json(&copy, LATER, "acacia-schools-admin");
    assert_eq!(exchanges(&others["list"]), ["school-places"]);
    assert_eq!(others["stopped"][0]["what"], "partner acacia-schools of kenya-example");
    assert!(others["paused"].as_array().unwrap().is_empty());
    for told in
        [theirs.to_string(), others.to_string(), said(&copy, LATER, &["--as", "acacia-schools-admin", "status"])]
    {
        assert!(!told.contains("inner matter"), "{told}");
    }

    // Newer ones that they may not see take no room from theirs.
    said(&copy, LATER, &["transfer", "request", "food-asked"]);
    let first = said(&copy, LATER, &["--as", "acacia-schools-admin", "status", "--limit", "1"]);
    assert!(first.contains("school-places") && first.contains("1 transfers"), "{first}");
    assert!(!first.contains("there are more"), "{first}");

    // Who is revoked, or was never registered, is nobody's staff.
    let revoke =
        ["--as", "representative", "officer", "revoke", "acacia-schools-admin", "--reason", "she left the school"];
    said(&copy, LATER, &revoke);
    for who in ["acacia-schools-admin", "somebody"] {
        let seen = json(&copy, LATER, who);
        for list in ["stopped", "paused", "overdue", "awaiting_approval", "list"] {
            assert!(seen[list].as_array().unwrap().is_empty(), "{who}, {list}: {seen}");
        }
        assert!(seen.get("house").is_none(), "{who}: {seen}");
        let listed = said(&copy, LATER, &["--as", who, "arrangement", "list"]);
        assert!(!listed.contains("2026"), "{who}: {listed}");
    }
}

#[test]
fn everybody_sees_what_is_to_be_seen_to_on_sqlite() {
    everybody_sees_what_is_to_be_seen_to(Kind::Sqlite);
}

#[test]
fn everybody_sees_what_is_to_be_seen_to_on_postgres() {
    everybody_sees_what_is_to_be_seen_to(Kind::Postgres);
}
