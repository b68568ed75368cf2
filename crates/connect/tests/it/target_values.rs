//! Does exactly what came stand in a target afterwards, and is exactly what was asked for found there?

use causeway_flow::accept::target::{Column, Datum, Layout, MOST_CANDIDATES, Mapping, Onto, Outcome, Write};
use causeway_model::{Code, ValueType};

use crate::target_fixture::{Registry, apply, column, group, layout, on_each, onto, person, row, text};

on_each!(
    every_type_comes_back_exactly,
    absent_leaves_and_null_empties,
    what_a_target_takes_otherwise_is_refused,
    a_key_of_any_length_is_kept,
    rows_are_found_byte_for_byte,
    hostile_names_are_names,
);

const HOSTILE: &[&str] = &[
    "'; DROP TABLE person; --",
    "\\' OR 1=1 -- \\",
    "$1 ? :x %s {}",
    "ዙሪ invented \u{1F600} \u{202E}",
    "",
    " trailing blanks  ",
    "line\r\nline\ttab",
];

fn whole(name: &str, amount: i128, seen: i64) -> Vec<Option<Datum>> {
    vec![
        text("A-1"),
        text(name),
        Some(Datum::Date(-719_162 + 800_000)),
        Some(Datum::Boolean(true)),
        Some(Datum::Decimal(amount, 2)),
        Some(Datum::Timestamp(seen)),
        text("00000000-0000-4000-8000-00000000000a"),
        Some(Datum::Bytes(vec![0, 255, 39, 92, 10])),
        text("short"),
        Some(Datum::Integer(i64::from(i32::MIN))),
    ]
}

fn every_type_comes_back_exactly(registry: &Registry) {
    let mut session = registry.open();
    for (number, name) in (1..).zip(HOSTILE) {
        let values = whole(name, -5, 1_767_323_045_123_456);
        let code = text(&format!("A-{number}"));
        let values: Vec<_> = std::iter::once(code).chain(values.into_iter().skip(1)).collect();
        let record = Write { mapping: 0, values: values.clone(), onto: Onto::Insert(Vec::new()), nested: Vec::new() };
        let answer = apply(&mut *session, &group("i", number, name, 1, record));
        assert_eq!((answer.outcome, answer.repeated), (Outcome::Inserted, false), "hostile text {number}");
        let read = row(&mut *session, &format!("A-{number}"));
        assert_eq!(read.key, answer.key);
        let expected: Vec<_> = values.into_iter().map(|value| Ok(value.unwrap())).collect();
        assert!(read.values == expected, "hostile text {number}");
        // And as one's newest message, under that very id.
        assert_eq!(session.latest(name).unwrap().unwrap().key, read.key);
    }
    assert_eq!(registry.sql("SELECT COUNT(*) FROM person").trim(), HOSTILE.len().to_string());
    // As somebody else reads it.
    let others = "SELECT name, born, amount, status FROM person WHERE code = 'A-1'";
    assert_eq!(registry.sql(others), format!("{}|2191-04-30|-0.05|new", HOSTILE[0]));
    let seen = if registry.is_postgres() {
        "SELECT seen AT TIME ZONE 'UTC' FROM person WHERE code = 'A-1'"
    } else {
        "SELECT seen FROM person WHERE code = 'A-1'"
    };
    let expected = if registry.is_sqlite() { "2026-01-02T03:04:05.123456Z" } else { "2026-01-02 03:04:05.123456" };
    assert_eq!(registry.sql(seen), expected);
}

fn absent_leaves_and_null_empties(registry: &Registry) {
    let mut session = registry.open();
    let record = Write {
        mapping: 0,
        values: whole("Zuri invented", 1_250, 0),
        onto: Onto::Insert(Vec::new()),
        nested: Vec::new(),
    };
    apply(&mut *session, &group("i", 1, "x", 1, record));
    let read = row(&mut *session, "A-1");
    let mut change = onto(&read, person("A-1", "Zuri"));
    (change.values[0], change.values[2]) = (None, Some(Datum::Null));
    assert_eq!(apply(&mut *session, &group("i", 2, "x", 2, change)).outcome, Outcome::Updated);
    let after = row(&mut *session, "A-1");
    assert!(after.values[1] == Ok(Datum::Text("Zuri".into())) && after.values[2] == Ok(Datum::Null));
    for place in [0, 3, 4, 5, 6, 7, 8, 9] {
        assert!(after.values[place] == read.values[place], "column {place}");
    }
    assert_eq!(registry.sql("SELECT secret FROM person"), "not ours");
}

fn refused(registry: &Registry, number: u64, record: Write) -> (Code, Option<String>) {
    let mut session = registry.open();
    let before = registry.tables();
    let Outcome::Refused(refusal) = apply(&mut *session, &group("i", number, "x", 9, record)).outcome else {
        panic!("it was taken")
    };
    assert_eq!(registry.tables(), before);
    assert!(!refusal.detail.contains("Zuri"), "{}", refusal.detail);
    (refusal.code, refusal.column)
}

fn what_a_target_takes_otherwise_is_refused(registry: &Registry) {
    let mut session = registry.open();
    apply(&mut *session, &group("i", 1, "taken", 1, person("B-1", "Zuri invented")));
    // Its own rules: a unique key, a text that is too long.
    assert_eq!(refused(registry, 2, person("B-1", "Zuri invented")).0, Code::TargetRefused);
    let mut long = person("B-2", "Zuri invented");
    long.values[8] = text("Zuri invented, and twenty letters more");
    assert_eq!(refused(registry, 3, long.clone()).0, Code::TargetRefused);
    // In the middle of a group: what was written before it is gone too.
    let mut two = person("B-3", "Zuri invented");
    two.nested = vec![crate::target_fixture::event("served"), crate::target_fixture::event("served")];
    two.nested[1].values[0] = Some(Datum::Null);
    assert_eq!(refused(registry, 4, two).0, Code::TargetRefused);
    // What would silently be another value: rounded, turned into capitals.
    let trigger = if registry.is_sqlite() {
        "CREATE TRIGGER loud AFTER INSERT ON person BEGIN UPDATE person SET name = upper(name) WHERE id = new.id; END"
    } else if registry.is_postgres() {
        "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.name := upper(new.name); RETURN new; END';
         CREATE TRIGGER loud BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION loud()"
    } else {
        "CREATE TRIGGER loud BEFORE INSERT ON person FOR EACH ROW SET new.name = upper(new.name)"
    };
    registry.sql(trigger);
    let expected = (Code::TargetInexact, Some("name".to_owned()));
    assert_eq!(refused(registry, 5, person("B-4", "Zuri invented")), expected);
    if !registry.is_sqlite() {
        registry.sql("ALTER TABLE person ADD share decimal(6,1)");
        registry.sql(if registry.is_postgres() {
            "GRANT SELECT (share), INSERT (share), UPDATE (share) ON person TO writer"
        } else {
            "GRANT SELECT (share), INSERT (share), UPDATE (share) ON person TO writer@'%'"
        });
        let mut layout = layout();
        layout.mappings[0].columns.push(column("share", "decimal(6,2)"));
        let mut rounded = person("B-5", "ZURI");
        rounded.values.push(Some(Datum::Decimal(125, 2)));
        let mut session = registry.try_open(&layout).unwrap();
        let answer = apply(&mut *session, &group("i", 6, "y", 1, rounded.clone()));
        assert!(matches!(answer.outcome, Outcome::Refused(refusal) if refusal.code == Code::TargetInexact));
        rounded.values[10] = Some(Datum::Decimal(120, 2));
        assert_eq!(apply(&mut *session, &group("i", 6, "y", 1, rounded)).outcome, Outcome::Inserted);
    }
    if registry.is_sqlite() || registry.is_postgres() {
        // What is looked at last of all, when it would be settled; MariaDB looks with each statement.
        let table = "CREATE TABLE visit (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED)";
        registry.sql(&if registry.is_sqlite() {
            table.to_owned()
        } else {
            table.replace("person INTEGER", "person BIGINT")
        });
        let mapping = Mapping {
            table: "visit".into(),
            key: vec![column("id", "integer")],
            columns: vec![column("id", "integer"), column("person", "integer")],
            ..layout().mappings.remove(1)
        };
        let mapping = Mapping { parent: Vec::new(), version: None, retire: None, ..mapping };
        let layout = Layout { exchange: "visits".into(), mappings: vec![mapping] };
        registry.sql(&causeway_connect::target::prepare(&registry.target, std::slice::from_ref(&layout)));
        let mut session = registry.try_open(&layout).unwrap();
        let values = |person| vec![Some(Datum::Integer(1)), Some(Datum::Integer(person))];
        let visit =
            |person| Write { mapping: 0, values: values(person), onto: Onto::Insert(Vec::new()), nested: Vec::new() };
        let answer = apply(&mut *session, &group("i", 1, "z", 1, visit(999)));
        assert!(matches!(answer.outcome, Outcome::Refused(refusal) if refusal.code == Code::TargetRefused));
        assert_eq!(apply(&mut *session, &group("i", 1, "z", 1, visit(1))).outcome, Outcome::Inserted);
    }
    for id in ["x".repeat(1_001), "x\0y".to_owned()] {
        let unfit = group("i", 7, &id, 1, person("B-6", "ZURI"));
        assert_eq!(session.applied(&unfit.message).unwrap().unwrap().outcome.as_str(), "refused");
        assert_eq!(apply(&mut *session, &unfit).outcome.as_str(), "refused");
    }
}

fn a_key_of_any_length_is_kept(registry: &Registry) {
    registry.sql("CREATE TABLE place (name varchar(700) PRIMARY KEY, note varchar(20))");
    let mapping = Mapping {
        table: "place".into(),
        key: vec![column("name", "text")],
        columns: vec![column("name", "text"), column("note", "text")],
        ..layout().mappings.remove(1)
    };
    let mapping = Mapping { parent: Vec::new(), version: None, retire: None, ..mapping };
    let layout = Layout { exchange: "places".into(), mappings: vec![mapping] };
    registry.sql(&causeway_connect::target::prepare(&registry.target, std::slice::from_ref(&layout)));
    let mut session = registry.try_open(&layout).unwrap();
    // As a key is kept, it is longer than it is.
    let values = vec![Some(Datum::Text("ዙ".repeat(700))), None];
    let place = group("i", 1, "p", 1, Write { mapping: 0, values, onto: Onto::Insert(Vec::new()), nested: Vec::new() });
    let first = apply(&mut *session, &place);
    assert_eq!(first.outcome, Outcome::Inserted);
    let again = apply(&mut *session, &place);
    assert!(again.repeated && again.key == first.key);
}

fn rows_are_found_byte_for_byte(registry: &Registry) {
    let mut session = registry.open();
    for (number, name) in (1..).zip(["zuri", "Zuri", "Zuri ", "zurí", "Zuri"]) {
        apply(&mut *session, &group("i", number, &number.to_string(), 1, person(&format!("C-{number}"), name)));
    }
    let mut codes = |wanted: &[(&str, Datum)]| {
        let found = session
            .find(0, &wanted.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>())
            .unwrap();
        let code = |row: &causeway_flow::accept::target::Row| match &row.values[0] {
            Ok(Datum::Text(code)) => code.clone(),
            _ => panic!("a row without its code"),
        };
        (found.rows.iter().map(code).collect::<Vec<_>>(), found.more)
    };
    let named = |name: &str| ("name", Datum::Text(name.to_owned()));
    assert_eq!(codes(&[named("Zuri")]).0, ["C-2", "C-5"]);
    assert_eq!(codes(&[named("zuri")]).0, ["C-1"]);
    assert_eq!(codes(&[named("Zuri"), ("code", Datum::Text("C-5".into()))]).0, ["C-5"]);
    assert_eq!(codes(&[named("' OR '1' = '1")]).0, Vec::<String>::new());
    assert_eq!(codes(&[("name", Datum::Null)]).0, Vec::<String>::new());
    assert_eq!(codes(&[]).0, Vec::<String>::new());
    // A text that is no UUID stands in no column of them.
    assert_eq!(codes(&[("ref", Datum::Text("no uuid".into()))]).0, Vec::<String>::new());
    registry.sql("INSERT INTO person (code, name) SELECT code || '-x', 'many' FROM person WHERE code = ''");
    for number in 0..=MOST_CANDIDATES {
        registry.sql(&format!("INSERT INTO person (code, name) VALUES ('D-{number}', 'many')"));
    }
    let (many, more) = codes(&[named("many")]);
    assert_eq!((many.len(), more), (MOST_CANDIDATES, true));
    assert_eq!(session.find(0, &[("secret".to_owned(), Datum::Integer(1))]).unwrap_err().code, Code::RuleFailed);
}

/// Names that would be statements if they were not quoted; a table and its columns.
fn hostile_names_are_names(registry: &Registry) {
    let (quote, table, key) = if registry.is_sqlite() || registry.is_postgres() {
        ("\"", "or\"der; --", "i\"d")
    } else {
        ("`", "or`der; --", "i`d")
    };
    let name = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)));
    let columns = ["select", "x) VALUES (1); --", "naïve ዙሪ", "$1 ?"];
    let id = if registry.is_postgres() {
        "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
    } else if registry.is_sqlite() {
        "INTEGER PRIMARY KEY"
    } else {
        "bigint AUTO_INCREMENT PRIMARY KEY"
    };
    let kinds: Vec<String> = columns.iter().map(|column| format!("{} varchar(50)", name(column))).collect();
    registry.sql(&format!("CREATE TABLE {} ({} {id}, {})", name(table), name(key), kinds.join(", ")));
    let mapping = Mapping {
        table: table.into(),
        key: vec![column(key, "integer")],
        columns: columns.map(|name| Column::new(name, ValueType::Text)).into(),
        parent: Vec::new(),
        version: None,
        sequence: None,
        retire: None,
    };
    let layout = Layout { exchange: "hostile".into(), mappings: vec![mapping] };
    registry.sql(&causeway_connect::target::prepare(&registry.target, std::slice::from_ref(&layout)));
    let mut session = registry.try_open(&layout).unwrap();
    let write = |text: &str| Write {
        mapping: 0,
        values: vec![Some(Datum::Text(text.into())); 4],
        onto: Onto::Insert(Vec::new()),
        nested: Vec::new(),
    };
    assert_eq!(apply(&mut *session, &group("i", 1, "x", 1, write("Zuri"))).outcome, Outcome::Inserted);
    let found = session.find(0, &columns.map(|name| (name.to_owned(), Datum::Text("Zuri".into())))).unwrap();
    assert_eq!(found.rows.len(), 1);
    assert_eq!(
        apply(&mut *session, &group("i", 2, "x", 2, onto(&found.rows[0], write("Imani")))).outcome,
        Outcome::Updated
    );
    assert_eq!(registry.sql(&format!("SELECT * FROM {}", name(table))), "1|Imani|Imani|Imani|Imani");
}
