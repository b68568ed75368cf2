//! Does the check of a catalogue find what is wrong in a PostgreSQL database, and print rights that are enough and no more?

use std::collections::BTreeSet;

use causeway_connect::catalogue_check::{check_against_sources, least_privilege};
use causeway_connect::inspect;
use causeway_model::catalogue::{Catalogue, Connection, Limits};
use causeway_model::document::{Document, Severity};
use causeway_model::{Code, ElementRef};

use crate::fixture::{now, rows, scan};
use crate::postgres_fixture::Store;

const ELEMENTS: [&str; 7] = ["id", "name", "sex", "born", "camp", "seen", "weight"];

/// The catalogue of `store`, with a table in the usual schema and one in another.
fn catalogue(store: &Store) -> (Document, Catalogue) {
    let text = format!(
        r#"
catalogue: small
version: 1
sources:
  - {{ name: store, connect: {{ postgres: {{ host: 127.0.0.1, port: {}, database: refuge, user: refuge, password: {{ file: password }}, tls: {{ mode: off }} }} }} }}
code_lists:
  - {{ name: sex, codes: [ {{ code: F }}, {{ code: M }} ] }}
entities:
  - name: person
    key: [id]
    tables:
      - {{ name: main, source: store, table: person }}
      - {{ name: seen, source: store, table: Health.seen, key: [person] }}
    subject: {{ }}
    elements:
      - {{ name: id, type: uuid, sensitivity: 2, from: [ {{ table: main, column: id }} ] }}
      - {{ name: name, type: text, sensitivity: 2, from: [ {{ table: main, column: name }} ] }}
      - {{ name: sex, type: code(sex), sensitivity: 2, from: [ {{ table: main, column: sex }} ] }}
      - {{ name: born, type: date, sensitivity: 2, from: [ {{ table: main, column: born }} ] }}
      - {{ name: camp, type: text, sensitivity: 2, from: [ {{ table: main, column: Camp }} ] }}
      - {{ name: seen, type: timestamp, sensitivity: 2, from: [ {{ table: seen, column: at }} ] }}
      - {{ name: weight, type: "decimal(5,2)", sensitivity: 3, from: [ {{ table: seen, column: weight }} ] }}
"#,
        store.server.port()
    );
    let document = Document::parse("c.yaml", &text).unwrap();
    let catalogue = document.read().unwrap();
    (document, catalogue)
}

const SOUND: &str =
    "CREATE TABLE person (id uuid PRIMARY KEY, name text, sex char(1), born date, \"Camp\" varchar(20), secret text);
    INSERT INTO person VALUES ('00000000-0000-4000-8000-000000000001', 'Zuri', 'F', '1990-01-31', 'A', 'unasked');
    CREATE SCHEMA \"Health\";
    CREATE TABLE \"Health\".seen (person uuid, at timestamptz, weight numeric, note text)";

fn needed(elements: &[&str]) -> BTreeSet<ElementRef> {
    elements.iter().map(|name| ElementRef::new("person", *name)).collect()
}

/// Line, code and message of each finding.
fn findings(store: &Store, elements: &[&str]) -> Vec<(usize, String, String)> {
    let (document, catalogue) = catalogue(store);
    let found = check_against_sources(&catalogue, store.dir.path(), &needed(elements), now());
    assert!(found.iter().all(|finding| !finding.help.is_empty()));
    found.located(&document).into_iter().map(|(at, f)| (at.line, f.code.clone(), f.message.clone())).collect()
}

fn places(found: &[(usize, String, String)]) -> Vec<(usize, &str)> {
    found.iter().map(|(line, code, _)| (*line, code.as_str())).collect()
}

#[test]
fn the_printed_rights_are_enough_and_no_more() {
    let store = Store::new();
    store.sql(SOUND);
    store.sql("REVOKE ALL ON person, \"Health\".seen FROM refuge");
    let found = findings(&store, &ELEMENTS);
    let unreadable = found.iter().filter(|f| f.1 == "column-unreadable").map(|f| f.0).collect::<Vec<_>>();
    assert_eq!(unreadable, [13, 16, 17, 18, 19, 20, 21, 22], "{found:#?}");
    let (_, model) = catalogue(&store);
    let grants = least_privilege(&model, &needed(&ELEMENTS));
    store.sql(&grants);
    assert_eq!(findings(&store, &ELEMENTS), []);
    let read = |table: &str, column: &str| store.read(&scan(Some(table), &[(column, "text")]));
    assert_eq!(rows(&read("person", "name").unwrap()), 1);
    for (table, column) in [("person", "secret"), ("Health.seen", "note")] {
        assert_eq!(read(table, column).map(|read| rows(&read)).unwrap_err().code, Code::SourceUnreachable, "{column}");
    }
    // What an exchange does not need may be missing rights, and is taken away.
    let fewer = least_privilege(&model, &needed(&["born"]));
    assert!(fewer.contains("GRANT SELECT (\"born\", \"id\") ON \"public\".\"person\" TO \"refuge\";"), "{fewer}");
    assert!(!fewer.contains("Health"), "{fewer}");
    store.sql(&fewer);
    let found = findings(&store, &["born"]);
    assert_eq!(places(&found), [(13, "column-unneeded")], "{found:#?}");
    assert!(found[0].2.contains("`person`, `at`, `weight`"), "{found:#?}");
}

#[test]
fn what_differs_is_found_where_it_stands() {
    let store = Store::new();
    store.sql(
        "CREATE EXTENSION citext; CREATE COLLATION folds (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE SCHEMA \"Health\"; GRANT USAGE ON SCHEMA \"Health\" TO refuge;
         CREATE TABLE person (id uuid, name text COLLATE folds, sex text, born date, \"Camp\" citext, secret text);
         INSERT INTO person (id, sex) SELECT NULL, unnest('{F,Q,Q,X,Ms Invented}'::text[]);
         CREATE TABLE \"Health\".seen (person text COLLATE \"en-x-icu\", at timestamptz, size int);
         GRANT SELECT ON \"Health\".seen TO refuge",
    );
    let found = findings(&store, &ELEMENTS);
    let expected = [
        (12, "column-unneeded"),
        (13, "column-unneeded"),
        (17, "column-recollated"),
        (18, "code-unknown"),
        (20, "column-recollated"),
        (22, "column-missing"),
    ];
    assert_eq!(places(&found), expected, "{found:#?}");
    assert!(found[0].2.ends_with("can be read: `secret`") && found[1].2.ends_with("can be read: `size`"), "{found:#?}");
    assert!(found[2].2.contains("`folds`") && found[4].2.contains("`citext`"), "{found:#?}");
    assert!(found[3].2.ends_with("not in its list: `Q` (2), `X` (1)"), "{found:#?}");
    assert!(found[5].2.contains("table `Health.seen`, has no column `weight`"), "{found:#?}");

    store.sql("DROP TABLE \"Health\".seen");
    let found = findings(&store, &ELEMENTS);
    assert!(found.iter().any(|f| f.0 == 13 && f.1 == "column-missing" && f.2.contains("`Health.seen`")), "{found:#?}");
}

#[test]
fn whoever_could_write_or_sees_less_is_found() {
    let store = Store::new();
    store.sql(SOUND);
    store.sql("GRANT USAGE ON SCHEMA \"Health\" TO refuge; GRANT SELECT ON \"Health\".seen TO refuge");
    let all = [&ELEMENTS[..], &[]].concat();
    let written =
        || -> Vec<usize> { findings(&store, &all).iter().filter(|f| f.1 == "source-writable").map(|f| f.0).collect() };
    assert!(written().is_empty());
    for (give, take, lines) in [
        ("GRANT INSERT ON person TO refuge", "REVOKE INSERT ON person FROM refuge", vec![12]),
        ("GRANT TRUNCATE ON person TO refuge", "REVOKE TRUNCATE ON person FROM refuge", vec![12]),
        ("GRANT UPDATE (name) ON person TO refuge", "REVOKE UPDATE (name) ON person FROM refuge", vec![12]),
        ("GRANT DELETE ON \"Health\".seen TO PUBLIC", "REVOKE DELETE ON \"Health\".seen FROM PUBLIC", vec![13]),
        (
            "ALTER TABLE person OWNER TO refuge; REVOKE ALL ON person FROM refuge; GRANT SELECT ON person TO refuge",
            "ALTER TABLE person OWNER TO postgres; GRANT SELECT ON person TO refuge",
            vec![12],
        ),
        ("GRANT pg_write_all_data TO refuge", "REVOKE pg_write_all_data FROM refuge", vec![12, 13]),
        (
            "CREATE ROLE writer; GRANT UPDATE ON person TO writer; ALTER ROLE refuge NOINHERIT; GRANT writer TO refuge",
            "REVOKE writer FROM refuge; ALTER ROLE refuge INHERIT",
            vec![12],
        ),
        ("GRANT postgres TO refuge", "REVOKE postgres FROM refuge", vec![5]),
        ("ALTER ROLE refuge SUPERUSER", "ALTER ROLE refuge NOSUPERUSER", vec![5]),
    ] {
        store.sql(give);
        assert_eq!(written(), lines, "{give}");
        store.sql(take);
        assert!(written().is_empty(), "{take}");
    }
    store.sql("ALTER TABLE person ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON person TO refuge USING (false)");
    let found = findings(&store, &all);
    assert!(found.iter().any(|f| f.0 == 12 && f.1 == "rows-filtered"), "{found:#?}");
    let (_, model) = catalogue(&store);
    let found = check_against_sources(&model, store.dir.path(), &needed(&all), now());
    let filtered = found.iter().find(|f| f.code == "rows-filtered").unwrap();
    assert_eq!((filtered.severity, filtered.pointer.as_str()), (Severity::Warning, "/entities/0/tables/0"));
}

#[test]
fn tables_are_shown_where_they_stand_and_are_found_by_every_name_that_means_them() {
    let store = Store::new();
    store.sql(SOUND);
    store.sql(
        r#"CREATE VIEW "a.b" AS SELECT id, born FROM person; CREATE DOMAIN age AS int; CREATE TABLE "or""der" (a age NOT NULL, b numeric(4,1)[]);
           CREATE TABLE person_a (a int) PARTITION BY LIST (a); CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM person"#,
    );
    let source = store.source();
    let shape = inspect::inspect(&source, store.dir.path()).unwrap();
    assert_eq!((shape.user.as_deref(), shape.writable), (Some("refuge"), false));
    let named =
        |name: &str| shape.table(Some(name)).map(|table| table.columns.iter().map(|c| c.declared.as_str()).collect());
    let uuid_date = Some(vec!["uuid", "date"]);
    for name in ["\"a.b\"", "public.\"a.b\"", "\"public\".\"a.b\""] {
        assert_eq!(named(name), uuid_date, "{name}");
    }
    assert_eq!(named("or\"der"), None, "a quote is written twice within quotes");
    assert_eq!(named("\"or\"\"der\""), Some(vec!["age", "numeric(4,1)[]"]));
    assert_eq!((named("counted"), named("person_a")), (Some(vec!["bigint"]), Some(vec!["integer"])));
    for name in ["a.b", "Person", "seen", "health.seen", "pg_class", "pg_catalog.pg_class", ""] {
        assert_eq!(named(name), None, "{name}");
    }
    let seen = shape.table(Some("Health.seen")).unwrap();
    assert!(seen.columns.iter().all(|column| !column.readable), "no right to enter the schema");
    let person = shape.table(Some("person")).unwrap();
    assert!(person.columns.iter().all(|column| column.readable && column.exact));
    assert_eq!(
        person.columns.iter().map(|column| column.nullable).collect::<Vec<_>>(),
        [false, true, true, true, true, true]
    );
    assert!(store.is_clean());

    let unlimited = store.limited(Limits { statement_timeout_s: Some(0), ..Limits::default() });
    assert_eq!(inspect::inspect(&unlimited, store.dir.path()).unwrap_err().code, Code::SourceLimit);
    let mut away = source;
    if let Connection::Postgres(server) = &mut away.connect {
        server.user = "nobody".into();
    }
    assert_eq!(inspect::inspect(&away, store.dir.path()).unwrap_err().code, Code::SourceUnreachable);
}

#[test]
fn a_check_waits_for_whoever_holds_a_table_for_a_moment() {
    let store = Store::new();
    store.sql(SOUND);
    let (_, model) = catalogue(&store);
    store.sql(&least_privilege(&model, &needed(&ELEMENTS)));
    let mut beside = store.session();
    beside.sql("BEGIN; LOCK TABLE person IN ACCESS EXCLUSIVE MODE");
    std::thread::scope(|scope| {
        let check = scope.spawn(|| findings(&store, &ELEMENTS));
        store.wait_until(
            "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'causeway' AND wait_event_type = 'Lock')",
        );
        beside.sql("ROLLBACK");
        assert_eq!(check.join().unwrap(), []);
    });
    assert!(store.is_clean());
}

#[test]
fn what_the_reader_cannot_read_as_declared_is_retyped() {
    let store = Store::new();
    store.sql(
        "CREATE TABLE person (id int, name bytea, sex text[], born timestamptz, \"Camp\" double precision);
         CREATE SCHEMA \"Health\"; GRANT USAGE ON SCHEMA \"Health\" TO refuge;
         CREATE TABLE \"Health\".seen (person uuid, at timestamp, weight boolean);
         GRANT SELECT ON \"Health\".seen TO refuge",
    );
    let found = findings(&store, &ELEMENTS);
    let expected = [16, 17, 18, 19, 20, 21, 22].map(|line| (line, "column-retyped"));
    assert_eq!(places(&found), expected, "{found:#?}");
}
