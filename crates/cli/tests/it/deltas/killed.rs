//! Does dying on the way of a delta, on either side, leave nothing that is not known, and lose nothing?

use std::fs;

use super::documents::LIST;
use super::partner::{Partner, lines, send, text};
use super::small::{Small, names};

/// Where the making of a delta and the taking of its receipt are killed: marks of their own, and those around them.
pub const MARKS: [&str; 2] = ["prepare-state-sealed", "receipt-accepted"];

#[test]
fn dying_on_the_way_of_a_delta_loses_nothing_and_leaves_nothing() {
    let mut small = Small::new(31, 50);
    Partner::of(&small.street).confirms(&send(&small.street, LIST).package);
    let on_the_way = [
        "prepare-attempt-begun",
        "prepare-package-in-staging",
        "prepare-disclosure-sealed",
        MARKS[0],
        "prepare-package-moved",
        "prepare-sealed",
    ];
    for (round, mark) in on_the_way.into_iter().enumerate() {
        small.burst();
        let street = &small.street;
        let died = street.command(&["transfer", "run", LIST]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        let said = street.good(&["transfer", "resume"]).unwrap();
        let package = causeway_testkit::street::delivered(&said).unwrap().package;
        let partner = Partner::of(street);
        let state = partner.confirms(&package);
        assert_eq!(small.sets().len(), 1, "{mark}: {:?}", small.sets());
        assert_eq!(names(&small.street.home().join("data/staging")), [""; 0], "{mark}");
        assert_eq!(lines(&state), small.whole(&format!("whole-{round}")), "{mark}");
    }
    // A receipt that counts, and older sets that were not purged: the next one does it.
    small.burst();
    let sent = send(&small.street, LIST);
    let partner = Partner::of(&small.street);
    partner.applies(&sent.package);
    let receipt = text(&partner.signs(&sent.package));
    let died = small.street.command(&["receipt", "add", &receipt]).env("CAUSEWAY_CRASH_AT", MARKS[1]).output().unwrap();
    assert_eq!(died.status.code(), None, "{}", String::from_utf8_lossy(&died.stderr));
    assert_eq!(small.sets().len(), 2);
    let said = small.street.good(&["receipt", "add", &receipt]).unwrap();
    assert!(said.contains("as before"), "{said}");
    assert_eq!(small.sets().len(), 1);
    small.street.good(&["ledger", "verify"]).unwrap();
}

/// A dispute that is entered while a delta is made: nothing is sealed on a state that the partner does not hold.
#[test]
fn a_dispute_meanwhile_keeps_a_delta_from_being_sealed() {
    let mut small = Small::new(32, 50);
    Partner::of(&small.street).confirms(&send(&small.street, LIST).package);
    small.burst();
    let sent = send(&small.street, LIST);
    let partner = Partner::of(&small.street);
    let state = partner.applies(&sent.package);
    let held = fs::read_to_string(&state).unwrap();
    fs::write(&state, held.replacen("\"total\":", "\"total\":1", 1)).unwrap();
    let receipt = text(&partner.signs(&sent.package));
    small.burst();
    let script = small.street.home().join("meanwhile.sh");
    let binary = env!("CARGO_BIN_EXE_causeway");
    let home = text(small.street.home());
    fs::write(&script, format!("{binary} --home {home} --as registration receipt add {receipt}\n")).unwrap();
    let at = format!("prepare-package-in-staging={}", text(&script));
    let ended = small.street.command(&["transfer", "run", LIST]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("confirmed state of exchange"), "{said}");
    assert_eq!(small.sets().len(), 1, "that of the base: nothing starts from what is disputed");
    let ended = small.street.run(&["transfer", "resume"]).unwrap();
    assert!(ended.err.contains("state-disputed"), "{}", ended.err);
}

/// Somebody withdraws while a delta is made in which nothing of theirs is: they are not in the state that it leads to.
#[test]
fn whoever_withdraws_while_a_delta_is_made_is_not_in_its_state() {
    let small = Small::new(33, 50);
    let partner = Partner::of(&small.street);
    let mut state = partner.confirms(&send(&small.street, LIST).package);
    for (number, mark) in ["prepare-package-in-staging", "prepare-package-moved"].into_iter().enumerate() {
        let record = lines(&state)[0].clone();
        let person = serde_json::from_str::<serde_json::Value>(&record).unwrap()["id"].to_string();
        let (key, script) = (small.street.home().join("person.key"), small.street.home().join("meanwhile.sh"));
        fs::write(&key, person).unwrap();
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let (binary, home) = (env!("CARGO_BIN_EXE_causeway"), text(small.street.home()));
        let object = format!("person object --key-file {} --reason 'said so at the desk'", text(&key));
        fs::write(&script, format!("{binary} --home {home} --as registration {object}\n")).unwrap();
        let at = format!("{mark}={}", text(&script));
        let ended = small.street.command(&["transfer", "run", LIST]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{mark}: {said}{}", String::from_utf8_lossy(&ended.stderr));
        let base = number + 1;
        assert!(said.contains(&format!("a delta on number {base}: 0 added, 0 changed, 1 removed")), "{mark}: {said}");
        let package = causeway_testkit::street::delivered(&said).unwrap().package;
        state = partner.confirms(&package);
        assert!(!lines(&state).contains(&record), "{mark}");
        assert_eq!(names(&small.street.home().join("data/staging")), [""; 0], "{mark}");
    }
}
