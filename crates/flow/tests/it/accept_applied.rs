//! What is told of records that meet a registry in which something stands: what was applied before, twins, somebody's changes?

use std::path::Path;
use std::sync::Arc;

use causeway_flow::accept::target::{Keeper, Session};
use causeway_flow::accept::{Applied, Known, Mapped, Place};
use causeway_model::catalogue::{Target, TargetConnection};
use causeway_model::environment::DataKind;
use rusqlite::Connection;

use super::accept::{House, lines};

const INBOUND: &str = r#"
exchange: numbers
version: 1
direction: accept
arrangement: a
format: { kind: json-lines }
record:
  - { name: message, type: text, required: true, max_length: 40 }
  - { name: nin, type: text, element: person.nin, max_length: 6 }
  - { name: asked_on, type: date, element: person.asked_on }
  - { name: decided_on, type: date, element: person.decided_on }
  - { name: cards, at_most: 3, fields: [ { name: number, type: text, element: card.number, required: true, max_length: 4 } ] }
rules:
  - { name: undecided, holds: "!has(current.decided_on) || current.decided_on == null", reads: [current.decided_on] }
external_id: message
match: [ [nin, asked_on] ]
apply:
  target: registry
  tables:
    - table: person
      key: [ { column: id, type: integer } ]
      columns:
        - { column: nin, from: nin }
        - { column: asked_on, from: asked_on }
        - { column: decided_on, from: decided_on }
      unmatched: insert
      retire: { column: status, value: void }
    - table: card
      each: cards
      key: [ { column: id, type: integer } ]
      belongs: [person_id]
      columns: [ { column: number, from: number } ]
      match: [ [number] ]
      unmatched: insert
      retire: { column: status, value: void }
collect: [ upload ]
refuse_above_percent: 100
"#;

const TABLES: &str = "
    CREATE TABLE person (id INTEGER PRIMARY KEY, nin TEXT, asked_on TEXT, decided_on TEXT, decision TEXT, status TEXT);
    CREATE TABLE card (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id), number TEXT, status TEXT);";

/// A registry, and who writes in it by an exchange.
struct Scene {
    dir: tempfile::TempDir,
    house: House,
    mapped: Mapped,
    session: Box<dyn Session>,
}

struct Open;

impl Keeper for Open {
    fn seal(&mut self, before: &[u8]) -> Result<Vec<u8>, String> {
        Ok(before.to_vec())
    }
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let registry = Connection::open(dir.path().join("registry.sqlite")).unwrap();
        registry.execute_batch(TABLES).unwrap();
        registry.execute_batch(&causeway_connect::target::prepare(&target(), &[])).unwrap();
        let (house, mapped, session) = by(dir.path(), INBOUND);
        Self { dir, house, mapped, session }
    }

    /// The same registry, written by another version of the exchange from now on.
    fn by(&mut self, exchange: &str) {
        (self.house, self.mapped, self.session) = by(self.dir.path(), exchange);
    }

    fn sql(&self, statements: &str) {
        Connection::open(self.dir.path().join("registry.sqlite")).unwrap().execute_batch(statements).unwrap();
    }

    fn people(&self) -> Vec<String> {
        let registry = Connection::open(self.dir.path().join("registry.sqlite")).unwrap();
        let people = "SELECT id || ' ' || ifnull(nin, '-') || ' ' || ifnull(asked_on, '-') || ' ' || ifnull(decided_on, '-') \
                      FROM person ORDER BY id";
        let mut people = registry.prepare(people).unwrap();
        people.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// What is told of each record of an intake, those that are not sound first.
    fn walked(&mut self, intake: &str, records: &[&str]) -> Vec<String> {
        self.walked_before(intake, &[], records)
    }

    /// The same of an intake after which others came.
    fn walked_before(&mut self, intake: &str, later: &[&str], records: &[&str]) -> Vec<String> {
        let later = Arc::new(later.iter().map(|id| (*id).to_owned()).collect());
        let text = lines(records);
        let mut told = Vec::new();
        let validated = self.house.judged(&text, &mut told).unwrap();
        let (house, mapped, session) = (&self.house, &self.mapped, &mut self.session);
        let mut take = |sound: causeway_flow::accept::Sound| {
            for head in &sound.batch().heads {
                let place = Place { batch: sound.batch(), head };
                let known = Known { intake, sequence: None, later: &later };
                let applied =
                    Applied::of(session.as_mut(), &mut Open, (&house.checks, mapped), place, known, &[]).unwrap();
                let why: Vec<String> = applied.why.iter().map(|(field, code)| format!(" {field} {code}")).collect();
                let rows = applied.unclear.as_ref().map_or(0, |unclear| unclear.candidates.len());
                told.push(format!("{} {}{} {rows}", head.number, applied.outcome, why.concat()));
            }
            Ok(())
        };
        validated.each(&house.opened(&text), &house.checks, &mut house.reading(), &[7; 32], &mut take).unwrap();
        told
    }
}

fn target() -> Target {
    let connect = TargetConnection::Sqlite { path: "registry.sqlite".into() };
    let (name, description) = ("registry".to_owned(), String::new());
    Target { name, description, data: DataKind::Real, connect, statement_timeout_s: None }
}

fn by(dir: &Path, exchange: &str) -> (House, Mapped, Box<dyn Session>) {
    let house = House::of(exchange);
    let mapped = Mapped::compile(&house.inbound, &house.checks).unwrap();
    let session = causeway_connect::target::open(&target(), dir).open(mapped.layout()).unwrap();
    (house, mapped, session)
}

#[test]
fn what_was_applied_is_told_so_whatever_stands_there_since() {
    let mut scene = Scene::new();
    scene.sql("INSERT INTO person (nin, asked_on) VALUES ('N1', '2026-01-01')");
    // Applied, it breaks the rule by which it could be: asked again, it is told as it was, and its replay is a duplicate.
    let decided = r#"{"message":"a","nin":"N1","asked_on":"2026-01-01","decided_on":"2026-02-01"}"#;
    assert_eq!(scene.walked("i", &[decided]), ["1 updated 0"]);
    assert_eq!(scene.walked("i", &[decided]), ["1 updated 0"]);
    assert_eq!(scene.walked("j", &[decided]), ["1 duplicate 0"]);
    // So does a twin of it that somebody entered since.
    scene.sql("INSERT INTO person (nin, asked_on) VALUES ('N1', '2026-01-01')");
    assert_eq!(scene.walked("i", &[decided]), ["1 updated 0"]);
    assert_eq!(scene.walked("j", &[decided]), ["1 duplicate 0"]);
    let other = r#"{"message":"b","nin":"N1","asked_on":"2026-01-01"}"#;
    assert_eq!(scene.walked("k", &[other]), ["1 waiting record ambiguous 2"]);
    assert_eq!(scene.people(), ["1 N1 2026-01-01 2026-02-01", "2 N1 2026-01-01 -"]);
}

#[test]
fn a_record_stays_the_same_when_the_exchange_learns_another_field() {
    let mut scene = Scene::new();
    let record = r#"{"message":"a","nin":"N1","asked_on":"2026-01-01","cards":[{"number":"1"}]}"#;
    assert_eq!(scene.walked("i", &[record]), ["1 inserted 0"]);
    let nin = "  - { name: nin,";
    let more = "  - { name: decision, type: code(decision), element: person.decision, vocabulary: registry }\n  - { name: nin,";
    scene.by(&INBOUND.replace("version: 1", "version: 2").replace(nin, more).replace(
        "        - { column: nin, from: nin }",
        "        - { column: decision, from: decision }\n        - { column: nin, from: nin }",
    ));
    assert_eq!(scene.walked("i", &[record]), ["1 inserted 0"]);
    assert_eq!(scene.walked("j", &[record]), ["1 duplicate 0"]);
    // What does not come is another thing than what comes empty.
    let emptied = r#"{"message":"a","nin":"N1","asked_on":"2026-01-01","decision":null,"cards":[{"number":"1"}]}"#;
    assert_eq!(scene.walked("k", &[emptied]), ["1 updated 0"]);
}

#[test]
fn an_intake_that_is_read_once_more_overwrites_nothing_that_came_after_it() {
    let mut scene = Scene::new();
    scene.sql("INSERT INTO person (nin, asked_on) VALUES ('N1', '2026-01-01')");
    let newer = r#"{"message":"a","nin":"N1","asked_on":"2026-01-01","cards":[{"number":"2"}]}"#;
    let older = r#"{"message":"a","nin":"N1","asked_on":"2026-01-01","decided_on":"2026-02-01"}"#;
    assert_eq!(scene.walked("second", &[newer]), ["1 updated 0"]);
    assert_eq!(scene.walked_before("first", &["second"], &[older]), ["1 superseded 0"]);
    assert_eq!(scene.people(), ["1 N1 2026-01-01 -"]);
    // What comes anew is newer than either.
    assert_eq!(scene.walked_before("third", &[], &[older]), ["1 updated 0"]);
}

#[test]
fn an_id_that_has_a_row_gets_no_second_one() {
    let mut scene = Scene::new();
    assert_eq!(scene.walked("i", &[r#"{"message":"a","nin":"N1","asked_on":"2026-01-01"}"#]), ["1 inserted 0"]);
    // What she is found by was mended: the row is hers all the same, and a person says so.
    let mended = r#"{"message":"a","nin":"N1","asked_on":"2026-01-02"}"#;
    assert_eq!(scene.walked("j", &[mended]), ["1 waiting record unmatched 1"]);
    scene.sql("DELETE FROM person");
    assert_eq!(scene.walked("j", &[mended]), ["1 waiting record unmatched 0"]);
    assert_eq!(scene.walked("j", &[r#"{"message":"b","nin":"N1","asked_on":"2026-01-02"}"#]), ["1 inserted 0"]);
}

#[test]
fn an_id_is_one_however_it_is_spelt() {
    let mut scene = Scene::new();
    scene.by(&INBOUND
        .replace("type: text, required: true, max_length: 40 }", "type: uuid, required: true, max_length: 60 }"));
    let spelt = |id: &str, asked_on: &str| format!(r#"{{"message":"{id}","nin":"N1","asked_on":"{asked_on}"}}"#);
    let id = "00000000-0000-4000-8000-00000000000a";
    assert_eq!(scene.walked("i", &[&spelt(id, "2026-01-01")]), ["1 inserted 0"]);
    let (upper, bare) = (id.to_uppercase(), id.replace('-', ""));
    for other in [upper.clone(), bare.clone(), format!("{{{id}}}"), format!("urn:uuid:{id}")] {
        assert_eq!(scene.walked("j", &[&spelt(&other, "2026-01-02")]), ["1 waiting record unmatched 1"], "{other}");
    }
    let twice = [spelt(&upper, "2026-01-02"), spelt(&bare, "2026-01-03")];
    let expected = ["1", "2"].map(|number| format!("{number} {id}: record external-id-twice"));
    assert_eq!(scene.walked("k", &[&twice[0], &twice[1]]), expected);
}

#[test]
fn twins_in_a_list_of_nested_records_are_nobodys() {
    let mut scene = Scene::new();
    let cards = |numbers: [&str; 2]| {
        let [one, other] = numbers;
        format!(
            r#"{{"message":"{one}{other}","nin":"N1","asked_on":"2026-01-01","cards":[{{"number":"{one}"}},{{"number":"{other}"}}]}}"#
        )
    };
    // Of a new person as of one who is there.
    assert_eq!(scene.walked("i", &[&cards(["1", "1"])]), ["1 quarantined cards external-id-twice 0"]);
    assert_eq!(scene.walked("i", &[&cards(["1", "2"])]), ["1 inserted 0"]);
    assert_eq!(scene.walked("j", &[&cards(["3", "3"])]), ["1 quarantined cards external-id-twice 0"]);
    assert_eq!(scene.walked("k", &[&cards(["2", "3"])]), ["1 updated 0"]);
}
