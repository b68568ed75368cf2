//! When is a transfer full, what is refused on either side, and what does a dispute hold up?

use std::fs;

use super::documents::LIST;
use super::partner::{Partner, lines, send, text};
use super::small::Small;

const OTHERS: &str =
    "the exchange, its arrangement, the catalogue, the place, the key or the pseudonyms are others than the base's";

#[test]
fn a_run_is_full_where_nothing_can_be_built_on_and_says_why() {
    let mut small = Small::new(21, 4);
    let full = |small: &Small, why: &str| {
        let sent = send(&small.street, LIST);
        assert_eq!(sent.said, format!("full: {why}"));
        let shown = small.street.good(&["transfer", "show", &sent.transfer]).unwrap();
        assert!(shown.contains(&format!("sent: full: {why}")), "{shown}");
        Partner::of(&small.street).confirms(&sent.package);
    };
    let delta = |small: &mut Small, base: u64| {
        small.burst();
        let sent = send(&small.street, LIST);
        assert!(sent.said.starts_with(&format!("a delta on number {base}: ")), "{}", sent.said);
        Partner::of(&small.street).confirms(&sent.package);
    };
    full(&small, "no earlier state is confirmed");
    for base in 1..4 {
        delta(&mut small, base);
    }
    full(&small, "everything is sent every so many transfers");
    delta(&mut small, 5);
    small.amend(2, 4);
    full(&small, OTHERS);
    // Words of the catalogue stand in every package: a partner would refuse a delta that has others.
    small.describe(2, "The name of the person");
    full(&small, OTHERS);
    let set = small.street.home().join("data/states").join(&small.sets()[0]);
    let kept = fs::read(&set).unwrap();
    fs::remove_file(&set).unwrap();
    full(&small, "the set of its base is missing");
    let set = small.street.home().join("data/states").join(&small.sets()[0]);
    fs::write(&set, &kept[..kept.len() - 7]).unwrap();
    full(&small, "the set of its base is damaged");
    delta(&mut small, 10);
    let late =
        small.street.command(&["transfer", "run", LIST]).env("CAUSEWAY_NOW", "2030-01-01T09:00:00Z").output().unwrap();
    let said = String::from_utf8_lossy(&late.stdout);
    assert!(said.contains("sent as full: the partner must have erased the base by now"), "{said}");
}

#[test]
fn a_lost_receipt_leaves_the_older_base_and_an_older_list_is_not_applied_again() {
    let mut small = Small::new(22, 50);
    let first = send(&small.street, LIST);
    let partner = Partner::of(&small.street);
    partner.confirms(&first.package);
    let mut lost = Vec::new();
    for _ in 0..3 {
        small.burst();
        let sent = send(&small.street, LIST);
        assert!(sent.said.starts_with("a delta on number 1: "), "{}", sent.said);
        let partner = Partner::of(&small.street);
        partner.applies(&sent.package);
        lost.push(sent);
    }
    assert_eq!(small.sets().len(), 4, "what is not confirmed may still be");
    for set in small.sets() {
        let bytes = fs::read(small.street.home().join("data/states").join(set)).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1\n"), "a set is sealed");
    }
    // The receipt of the second comes late.
    let partner = Partner::of(&small.street);
    let receipt = partner.signs(&lost[1].package);
    small.street.good(&["receipt", "add", &text(&receipt)]).unwrap();
    assert_eq!(small.sets().len(), 2, "what is before it is purged");
    small.burst();
    let sent = send(&small.street, LIST);
    assert!(sent.said.starts_with("a delta on number 3: "), "{}", sent.said);
    let partner = Partner::of(&small.street);
    let state = partner.confirms(&sent.package);
    assert_eq!(lines(&state), small.whole("whole-a"));
    assert_eq!(partner.holds(), [3, 4, 5]);
    // An older list, full or not: refused, and nothing is changed.
    for older in [&first, &lost[0], &lost[2]] {
        let ended = partner.tries(&older.package);
        assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("it is an older list"), "{}", ended.err);
    }
    let identity = text(&small.street.partner().join("identity.txt"));
    let (sender, out) = (text(&small.street.sender()), text(&small.street.partner().join("out")));
    let words = ["package", "open", &text(&sent.package), "--sender", &sender, "--identity", &identity, "--out", &out];
    let ended = small.street.run(&words).unwrap();
    assert!(ended.code == Some(2) && ended.err.contains("holds only what differs"), "{}", ended.err);
    assert_eq!(partner.holds(), [3, 4, 5]);
    // A partner that lost its states cannot follow, and is told.
    fs::remove_dir_all(&partner.states).unwrap();
    let ended = partner.tries(&sent.package);
    assert!(ended.code == Some(3) && ended.err.contains("none is held"), "{}", ended.err);
}

#[test]
fn another_state_is_a_dispute_that_holds_the_exchange_up_until_somebody_decides() {
    let mut small = Small::new(23, 50);
    let first = send(&small.street, LIST);
    let partner = Partner::of(&small.street);
    partner.confirms(&first.package);
    small.burst();
    let sent = send(&small.street, LIST);
    let partner = Partner::of(&small.street);
    let state = partner.applies(&sent.package);
    // Without a word of the state there is no receipt.
    let bare = small.street.sign_receipt(&sent.package, "accepted").unwrap();
    let ended = small.street.run(&["receipt", "add", &text(&bare)]).unwrap();
    assert!(ended.code == Some(3) && ended.err.contains("does not say which state is held"), "{}", ended.err);
    // Somebody's hand was in the partner's file.
    let held = fs::read_to_string(&state).unwrap();
    let spoilt = held.replacen("\"total\":", "\"total\":1", 1);
    assert_ne!(held, spoilt);
    fs::write(&state, &spoilt).unwrap();
    let receipt = partner.signs(&sent.package);
    let said = small.street.good(&["receipt", "add", &text(&receipt)]).unwrap();
    assert!(said.contains("disputed: receipt-state-differs"), "{said}");
    for words in [&["transfer", "run", LIST][..], &["transfer", "resume"]] {
        let ended = small.street.run(words).unwrap();
        assert!(ended.code == Some(4) && ended.err.contains("state-disputed"), "{}{}", ended.out, ended.err);
    }
    small.whole("whole-b");
    let settle = ["transfer", "settle", &sent.transfer, "--reason", "an old copy was brought back"];
    assert_eq!(
        small
            .street
            .run(&["--as", "lantern-relief-admin", settle[0], settle[1], settle[2], settle[3], settle[4]])
            .unwrap()
            .code,
        Some(4)
    );
    small.street.good(&[&["--as", "protection"], &settle[..]].concat()).unwrap();
    let said = small.street.good(&[&["--as", "protection"], &settle[..]].concat()).unwrap();
    assert!(said.contains("settled already"), "{said}");
    let said = small.street.good(&["transfer", "resume"]).unwrap();
    assert!(said.contains("sent as full: a dispute came after the state that was confirmed last"), "{said}");
    small.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn a_partner_that_cannot_follow_rejects_and_begins_a_new_folder() {
    let mut small = Small::new(25, 50);
    let first = send(&small.street, LIST);
    Partner::of(&small.street).confirms(&first.package);
    small.burst();
    let sent = send(&small.street, LIST);
    let mut partner = Partner::of(&small.street);
    fs::remove_dir_all(&partner.states).unwrap();
    let ended = partner.tries(&sent.package);
    assert!(ended.code == Some(3) && ended.err.contains("`--outcome rejected`"), "{}", ended.err);
    // As it is told.
    let receipt = small.street.sign_receipt(&sent.package, "rejected").unwrap();
    let said = small.street.good(&["receipt", "add", &text(&receipt)]).unwrap();
    assert!(said.contains("rejected, 0 records loaded"), "{said}");
    let sent = send(&small.street, LIST);
    assert_eq!(sent.said, "full: a dispute came after the state that was confirmed last");
    partner = Partner::of(&small.street);
    partner.states = small.street.partner().join("states-2");
    let state = partner.confirms(&sent.package);
    assert_eq!(lines(&state), small.whole("whole-a"));
    small.burst();
    let sent = send(&small.street, LIST);
    assert!(sent.said.starts_with("a delta on number 3: "), "{}", sent.said);
}

#[test]
fn sets_from_which_nothing_starts_go_with_the_sweep() {
    let mut small = Small::new(26, 50);
    Partner::of(&small.street).confirms(&send(&small.street, LIST).package);
    small.burst();
    let died = small.street.command(&["transfer", "run", LIST]).env("CAUSEWAY_CRASH_AT", "prepare-sealed").output();
    assert_eq!(died.unwrap().status.code(), None);
    assert_eq!(small.sets().len(), 2);
    let listed = small.street.good(&["status"]).unwrap();
    let line = listed.lines().find(|line| line.split_whitespace().nth(1) == Some("sealed")).unwrap();
    let cancelled = line.split_whitespace().next().unwrap();
    small.street.good(&["transfer", "cancel", cancelled, "--reason", "not wanted any more"]).unwrap();
    let work = |now: Option<&str>| {
        let mut command = small.street.command(&["work", "--until-idle"]);
        let ended = command.envs(now.map(|now| ("CAUSEWAY_NOW", now))).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    work(None);
    assert_eq!(small.sets().len(), 1, "that of a cancelled transfer is gone, the base is not");
    // The day has come by which the partner erased the base.
    work(Some("2030-01-01T09:00:00Z"));
    assert_eq!(small.sets(), [""; 0]);
}

#[test]
fn records_that_cannot_be_told_apart_refuse_the_transfer() {
    let small = Small::new(24, 5);
    small.amend_to_names(2);
    for (sql, why) in [
        (
            "UPDATE person SET name = 'Same', settlement = 'north' WHERE person_no IN (1, 2)",
            "two records have the same values",
        ),
        ("UPDATE person SET name = '', settlement = 'north' WHERE person_no = 1", "a record has nothing"),
    ] {
        small.registered(sql);
        let ended = small.street.run(&["transfer", "run", LIST]).unwrap();
        assert!(ended.code == Some(4) && ended.err.contains("delta-key") && ended.err.contains(why), "{}", ended.err);
        assert_eq!(small.sets(), [""; 0]);
    }
    small.registered("UPDATE person SET name = 'Another' WHERE person_no = 1");
    send(&small.street, LIST);
}
