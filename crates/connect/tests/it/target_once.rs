//! Is a group applied once, as a whole, over nobody's change, and can it be undone as far as it still stands?

use std::sync::Arc;

use causeway_flow::accept::target::{Datum, Group, Onto, Outcome, Place, Raiser, RowUndone, Session, Undone, Version};
use causeway_model::Code;

use crate::target_fixture::{Registry, Sealer, apply, event, group, layout, on_each, onto, person, row, text, turned};

on_each!(
    a_group_is_applied_once,
    the_newest_is_told_by_its_number,
    an_older_message_never_overwrites_a_newer_one,
    what_somebody_changed_meanwhile_is_not_overwritten,
    a_version_that_is_empty_guards_nothing,
    a_new_row_is_new_when_it_is_written,
    a_group_is_undone,
    what_was_changed_since_is_left_alone,
);

/// A person with two events.
fn family(code: &str) -> causeway_flow::accept::target::Write {
    let mut record = person(code, "Zuri invented");
    record.nested = vec![event("served"), event("referred")];
    record
}

fn a_group_is_applied_once(registry: &Registry) {
    let mut session = registry.open();
    let first = group("i", 1, "x", 1, family("A-1"));
    let answer = apply(&mut *session, &first);
    assert_eq!((&answer.outcome, answer.repeated), (&Outcome::Inserted, false));
    assert_eq!(registry.sql("SELECT person, kind FROM event ORDER BY id"), "1|served\n1|referred");
    let tables = registry.tables();
    // The same again: on this connection, on another, as another intake with another number.
    for session in [&mut *session, &mut *registry.open()] {
        let again = apply(session, &first);
        assert_eq!((again.outcome, again.repeated, &again.key), (Outcome::Inserted, true, &answer.key));
        let replayed = apply(session, &group("j", 7, "x", 1, family("A-2")));
        assert_eq!((replayed.outcome, replayed.repeated, &replayed.key), (Outcome::Duplicate, false, &answer.key));
    }
    assert_eq!(registry.tables(), tables);
    // Another record under its number is a mistake of ours, and not one of the record.
    let mixed = session.apply(&group("i", 1, "x", 2, family("A-3")), &mut Sealer::default());
    assert_eq!(mixed.unwrap_err().code, Code::RuleFailed);
    // What came since is no replay, and neither is what came before that.
    let read = row(&mut *session, "A-1");
    assert_eq!(
        apply(&mut *session, &group("j", 1, "x", 2, onto(&read, person("A-1", "Zuri")))).outcome,
        Outcome::Updated
    );
    let read = row(&mut *session, "A-1");
    let back = group("k", 1, "x", 1, onto(&read, person("A-1", "Zuri invented")));
    assert_eq!(apply(&mut *session, &back).outcome, Outcome::Updated);
    assert_eq!(session.latest("x").unwrap().unwrap().place, Place { intake: "k".into(), group: 1 });
    assert_eq!(session.latest("y").unwrap(), None);
    // Another exchange has its own ids.
    let mut other = crate::target_fixture::layout();
    other.exchange = "others".into();
    let mut session = registry.try_open(&other).unwrap();
    assert_eq!(apply(&mut *session, &group("i", 1, "x", 1, person("A-9", "Zuri"))).outcome, Outcome::Inserted);
}

fn the_newest_is_told_by_its_number(registry: &Registry) {
    let mut session = registry.open();
    // Ten of them, so that the last one is before the others in the order of letters.
    for number in 0..11 {
        let digest = u8::try_from(number).unwrap() + 1;
        let write = match number {
            0 => person("A-1", "0"),
            _ => onto(&row(&mut *session, "A-1"), person("A-1", &number.to_string())),
        };
        apply(&mut *session, &group("i", number, "x", digest, write));
    }
    assert_eq!(session.latest("x").unwrap().unwrap().place.group, 10);
    let groups: Vec<u64> = session.markers("i", Some(11)).unwrap().iter().map(|marker| marker.place.group).collect();
    assert_eq!(groups, (0..11).rev().collect::<Vec<u64>>());
    for number in 1..12 {
        apply(&mut *session, &group("j", number, &format!("y{number}"), 1, person(&format!("B-{number}"), "many")));
    }
    let found = session.find(0, &[("name".to_owned(), Datum::Text("many".into()))]).unwrap();
    let codes: Vec<String> = found.rows.iter().map(|row| row.values[0].clone().unwrap().written().unwrap()).collect();
    assert_eq!(codes, (1..12).map(|number| format!("B-{number}")).collect::<Vec<_>>());
}

fn an_older_message_never_overwrites_a_newer_one(registry: &Registry) {
    let mut session = registry.open();
    let at = |intake: &str, digest: u8, sequence: i64, mut record: causeway_flow::accept::target::Write| {
        record.values[9] = Some(Datum::Integer(sequence));
        let mut at = group(intake, 1, "x", digest, record);
        at.message.sequence = Some(Datum::Integer(sequence));
        at
    };
    assert_eq!(apply(&mut *session, &at("i", 1, 5, person("A-1", "five"))).outcome, Outcome::Inserted);
    let read = row(&mut *session, "A-1");
    assert_eq!(apply(&mut *session, &at("j", 2, 4, onto(&read, person("A-1", "four")))).outcome, Outcome::Superseded);
    // 10 is above 9, whatever their letters are.
    assert_eq!(apply(&mut *session, &at("k", 3, 10, onto(&read, person("A-1", "ten")))).outcome, Outcome::Updated);
    let read = row(&mut *session, "A-1");
    assert_eq!(apply(&mut *session, &at("l", 4, 9, onto(&read, person("A-1", "nine")))).outcome, Outcome::Superseded);
    // Of two that are equally old, and of two that say nothing of it, that one is older whose intake came before.
    let mut retried = at("a", 6, 10, onto(&read, person("A-1", "as old")));
    retried.message.later = Arc::new(["k".to_owned()].into());
    assert_eq!(apply(&mut *session, &retried).outcome, Outcome::Superseded);
    retried.message.sequence = None;
    assert_eq!(apply(&mut *session, &retried).outcome, Outcome::Superseded);
    // Where no column holds it, the marker does.
    let mut silent = at("l", 6, 9, onto(&read, person("A-1", "nine")));
    silent.record.values[9] = None;
    assert_eq!(apply(&mut *session, &silent).outcome, Outcome::Superseded);
    // Somebody entered a newer one by hand.
    registry.sql("UPDATE person SET sent = 20");
    let read = row(&mut *session, "A-1");
    assert_eq!(
        apply(&mut *session, &at("m", 5, 11, onto(&read, person("A-1", "eleven")))).outcome,
        Outcome::Superseded
    );
    assert_eq!(registry.sql("SELECT name, sent FROM person"), "ten|20");
}

fn what_somebody_changed_meanwhile_is_not_overwritten(registry: &Registry) {
    let mut session = registry.open();
    apply(&mut *session, &group("i", 1, "x", 1, family("A-1")));
    let read = row(&mut *session, "A-1");
    // Another column is nobody's matter; a mapped one is.
    registry.sql("UPDATE person SET secret = 'theirs'");
    assert_eq!(
        apply(&mut *session, &group("i", 2, "x", 2, onto(&read, person("A-1", "Zuri")))).outcome,
        Outcome::Updated
    );
    let read = row(&mut *session, "A-1");
    registry.sql("UPDATE person SET note = 'theirs'");
    let before = registry.tables();
    let late = group("i", 3, "x", 3, onto(&read, person("A-1", "ours")));
    assert_eq!(apply(&mut *session, &late).outcome, Outcome::Conflict);
    assert_eq!(registry.tables(), before);
    // Matched once more, it goes.
    let read = row(&mut *session, "A-1");
    assert_eq!(
        apply(&mut *session, &group("i", 3, "x", 3, onto(&read, person("A-1", "ours")))).outcome,
        Outcome::Updated
    );
    assert_eq!(registry.sql("SELECT name, note, secret FROM person"), "ours|theirs|theirs");

    // By its version: a change of any column is one, and ours raises it.
    let events = |session: &mut dyn Session| {
        session.find(1, &[("kind".to_owned(), Datum::Text("served".into()))]).unwrap().rows.remove(0)
    };
    let stale = events(&mut *session);
    registry.sql("UPDATE event SET version = version + 1 WHERE kind = 'served'");
    let changed = |row: &_| {
        let mut change = onto(row, event("served"));
        change.values = vec![None, text("done")];
        let mut record = onto(&read_again(registry), person("A-1", "family"));
        record.nested = vec![change];
        record
    };
    let before = registry.tables();
    assert_eq!(apply(&mut *session, &group("i", 4, "x", 4, changed(&stale))).outcome, Outcome::Conflict);
    assert_eq!(registry.tables(), before, "the record around it is not changed either");
    let fresh = events(&mut *session);
    assert_eq!(apply(&mut *session, &group("i", 4, "x", 4, changed(&fresh))).outcome, Outcome::Updated);
    assert_eq!(registry.sql("SELECT status, version FROM event WHERE kind = 'served'"), "done|2");
    // Somebody else's event is not ours to change.
    registry.sql("INSERT INTO person (code) VALUES ('B-1')");
    registry.sql("UPDATE event SET person = (SELECT id FROM person WHERE code = 'B-1') WHERE kind = 'served'");
    let moved = events(&mut *session);
    assert_eq!(apply(&mut *session, &group("i", 5, "x", 5, changed(&moved))).outcome, Outcome::Conflict);
    // Gone is not as it was read either.
    let read = row(&mut *session, "B-1");
    registry.sql("DELETE FROM event WHERE kind = 'served'");
    registry.sql("DELETE FROM person WHERE code = 'B-1'");
    assert_eq!(
        apply(&mut *session, &group("i", 6, "y", 6, onto(&read, person("B-1", "late")))).outcome,
        Outcome::Conflict
    );
    assert_eq!(session.row(0, &read.key).unwrap(), None);
}

fn a_version_that_is_empty_guards_nothing(registry: &Registry) {
    let mut layout = layout();
    let person_of = &mut layout.mappings[0];
    let version = person_of.columns.pop().unwrap();
    (person_of.version, person_of.sequence) = (Some(Version { column: version, raised_by: Raiser::Writer }), None);
    let mut session = registry.try_open(&layout).unwrap();
    let person = |name: &str| {
        let mut record = person("A-1", name);
        record.values.pop();
        record
    };
    apply(&mut *session, &group("i", 1, "x", 1, person("Zuri")));
    let read = row(&mut *session, "A-1");
    // Who enters it by hand raises no version.
    registry.sql("UPDATE person SET note = 'theirs'");
    let late = group("i", 2, "x", 2, onto(&read, person("ours")));
    assert_eq!(apply(&mut *session, &late).outcome, Outcome::Conflict);
    let read = row(&mut *session, "A-1");
    assert_eq!(apply(&mut *session, &group("i", 2, "x", 2, onto(&read, person("ours")))).outcome, Outcome::Updated);
    assert_eq!(registry.sql("SELECT name, note, sent FROM person"), "ours|theirs|1");
}

/// A new person, unless one of that name is there.
fn newcomer(intake: &str, name: &str, code: &str) -> Group {
    let mut record = person(code, name);
    record.onto = Onto::Insert(vec![vec![("name".to_owned(), Datum::Text(name.to_owned()))]]);
    group(intake, 1, intake, 1, record)
}

fn a_new_row_is_new_when_it_is_written(registry: &Registry) {
    let mut session = registry.open();
    // A caseworker enters her after she was looked for, and before she is written.
    registry.sql("INSERT INTO person (code, name) VALUES ('C-1', 'Zuri')");
    let before = registry.tables();
    assert_eq!(apply(&mut *session, &newcomer("i", "Zuri", "A-1")).outcome, Outcome::Conflict);
    assert_eq!(registry.tables(), before);
    // Two workers with files of two exchanges: the second waits for the first, and finds what it wrote.
    std::thread::scope(|scope| {
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let other = scope.spawn(move || {
            let mut session = registry.open();
            asked.recv().unwrap();
            apply(&mut *session, &newcomer("j", "Imani", "A-2")).outcome
        });
        // It was asked whether she is there, and she is not written yet.
        let begin = Box::new(move || {
            ask.send(()).unwrap();
            std::thread::sleep(std::time::Duration::from_secs(1));
        });
        let mut sealer = Sealer { at: Some((1, begin)), ..Sealer::default() };
        let first = session.apply(&newcomer("i", "Imani", "A-1"), &mut sealer).unwrap();
        assert_eq!((first.outcome, other.join().unwrap()), (Outcome::Inserted, Outcome::Conflict));
    });
    assert_eq!(registry.sql("SELECT code FROM person ORDER BY code"), "A-1\nC-1");
    // Nothing is held any more.
    assert_eq!(apply(&mut *registry.open(), &newcomer("k", "Amal", "A-3")).outcome, Outcome::Inserted);
}

fn read_again(registry: &Registry) -> causeway_flow::accept::target::Row {
    row(&mut *registry.open(), "A-1")
}

fn place(intake: &str, group: u64) -> Place {
    Place { intake: intake.into(), group }
}

/// Undoes a group with the plan that lies in the target.
fn undo(session: &mut dyn Session, place: &Place) -> Undone {
    let sealed = session.sealed(place).unwrap().unwrap();
    assert!(std::str::from_utf8(&sealed).is_err(), "old values are not in the clear");
    session.undo(place, &turned(&sealed), &mut Sealer::default()).unwrap()
}

fn a_group_is_undone(registry: &Registry) {
    let mut session = registry.open();
    let mut old = person("A-1", "old");
    (old.values[2], old.values[7], old.values[4]) =
        (Some(Datum::Date(0)), Some(Datum::Bytes(vec![255, 0])), Some(Datum::Decimal(7, 2)));
    apply(&mut *session, &group("h", 1, "x", 1, old));
    let before = row(&mut *session, "A-1");
    let mut record = onto(&before, person("A-1", "new"));
    (record.values[2], record.values[7], record.values[4]) =
        (Some(Datum::Null), Some(Datum::Null), Some(Datum::Decimal(8, 2)));
    record.nested = vec![event("served")];
    apply(&mut *session, &group("i", 1, "x", 2, record));
    // The second group of the same intake changes the same row: undone the newest first, both go.
    let read = row(&mut *session, "A-1");
    apply(&mut *session, &group("i", 2, "x", 3, onto(&read, person("A-1", "newer"))));
    let groups: Vec<u64> = session.markers("i", None).unwrap().iter().map(|marker| marker.place.group).collect();
    assert_eq!(groups, [2, 1]);
    assert_eq!(session.markers("i", Some(2)).unwrap().len(), 1);

    assert_eq!(undo(&mut *session, &place("i", 2)).rows, [("person".to_owned(), RowUndone::PutBack)]);
    let sealed = session.sealed(&place("i", 1)).unwrap().unwrap();
    let undone = undo(&mut *session, &place("i", 1));
    let expected = [("person".to_owned(), RowUndone::PutBack), ("event".to_owned(), RowUndone::Retired)];
    assert!(undone.is_whole() && undone.rows == expected);
    assert!(row(&mut *session, "A-1") == before);
    assert_eq!(registry.sql("SELECT kind, status, version FROM event"), "served|void|1");
    // Asked again, it answers the same and does nothing; the plan is gone.
    let tables = registry.tables();
    assert_eq!(session.undo(&place("i", 1), &turned(&sealed), &mut Sealer::default()).unwrap(), undone);
    assert_eq!(session.sealed(&place("i", 1)).unwrap(), None);
    assert_eq!(registry.tables(), tables);
    // What was undone counts no more: the message before it is the newest, and the same may come again.
    assert_eq!(session.latest("x").unwrap().unwrap().place, place("h", 1));
    let again = session.apply(&group("i", 1, "x", 2, person("A-1", "new")), &mut Sealer::default());
    assert_eq!(again.unwrap_err().code, Code::WrongState);
    assert_eq!(
        apply(&mut *session, &group("j", 1, "x", 2, onto(&before, person("A-1", "new")))).outcome,
        Outcome::Updated
    );
    // The same message as one that was undone is applied again by its own intake alone.
    let read = row(&mut *session, "A-1");
    apply(&mut *session, &group("k", 1, "y", 7, onto(&read, person("A-1", "other"))));
    assert!(undo(&mut *session, &place("k", 1)).is_whole());
    let read = row(&mut *session, "A-1");
    let replayed = apply(&mut *session, &group("l", 1, "y", 7, onto(&read, person("A-1", "other"))));
    assert_eq!(replayed.outcome, Outcome::Duplicate);
    assert_eq!(
        apply(&mut *session, &group("l", 2, "y", 8, onto(&read, person("A-1", "mended")))).outcome,
        Outcome::Updated
    );
    assert!(undo(&mut *session, &place("l", 2)).is_whole());
    let read = row(&mut *session, "A-1");
    let retried = apply(&mut *session, &group("l/1", 2, "y", 8, onto(&read, person("A-1", "mended"))));
    assert_eq!(retried.outcome, Outcome::Updated);
    let nothing = session.undo(&place("i", 9), &turned(&sealed), &mut Sealer::default());
    assert_eq!(nothing.unwrap_err().code, Code::WrongState);
}

fn what_was_changed_since_is_left_alone(registry: &Registry) {
    let mut session = registry.open();
    apply(&mut *session, &group("h", 1, "x", 1, person("A-1", "old")));
    let read = row(&mut *session, "A-1");
    let mut record = onto(&read, person("A-1", "new"));
    record.nested = vec![event("served"), event("referred"), event("closed")];
    apply(&mut *session, &group("i", 1, "x", 2, record));
    registry.sql("UPDATE event SET kind = 'theirs' WHERE kind = 'referred'");
    registry.sql("DELETE FROM event WHERE kind = 'closed'");
    registry.sql("UPDATE person SET note = 'theirs'");
    let undone = undo(&mut *session, &place("i", 1));
    let what: Vec<RowUndone> = undone.rows.iter().map(|(_, row)| *row).collect();
    // Another column of a row is no matter: what we wrote there still stands, and is put back.
    assert_eq!(what, [RowUndone::PutBack, RowUndone::Retired, RowUndone::Changed, RowUndone::Gone]);
    assert!(!undone.is_whole());
    assert_eq!(registry.sql("SELECT name, note FROM person"), "old|theirs");
    assert_eq!(registry.sql("SELECT kind, COALESCE(status, '-') FROM event ORDER BY id"), "served|void\ntheirs|-");
    let marker = session.markers("i", None).unwrap().remove(0);
    assert_eq!((marker.outcome.as_str(), marker.is_undone()), ("undone-in-part", true));
}
