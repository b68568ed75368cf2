//! Is a PostgreSQL database read whole, from one snapshot, however many streams are open and whoever writes meanwhile?

use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use causeway_flow::Batch;
use causeway_flow::source::Watch;
use causeway_model::Code;

use crate::fixture::{faults, now, rows, scan, texts};
use crate::postgres_fixture::Store;

const COLUMNS: &[(&str, &str)] =
    &[("id", "uuid"), ("no", "integer"), ("name", "text"), ("sex", "code(sex)"), ("born", "date")];

fn sum(batches: &[Batch], column: usize) -> i64 {
    let columns = batches.iter().map(|batch| batch.records.column(column).as_primitive::<Int64Type>());
    columns.flat_map(|numbers| numbers.iter().flatten()).sum()
}

#[test]
fn every_row_comes_once_and_only_what_was_asked_for() {
    let store = Store::new();
    store.people("person", 20_000);
    let watch = Watch::default();
    let mut snapshot = store.snapshot(&watch);
    assert_eq!((snapshot.info().kind.as_str(), snapshot.info().taken_at), ("exported-snapshot", now()));
    let batches: Vec<Batch> = snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.iter().map(|b| b.records.num_rows()).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
    assert_eq!((faults(&batches).len(), sum(&batches, 1)), (0, 20_000 * 20_001 / 2));
    assert_eq!(texts(&batches, 0)[0], "00000000-0000-4000-8000-000000000001");
    let nothing: Vec<Batch> = snapshot.scan(&scan(Some("person"), &[])).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!((rows(&nothing), nothing[0].records.num_columns()), (20_000, 0));
    store.sql("CREATE TABLE empty (no int); GRANT SELECT ON empty TO refuge");
    assert_eq!(rows(&store.read(&scan(Some("empty"), &[("no", "integer")])).unwrap()), 0);
    drop(snapshot);
    assert!(store.is_clean());
}

#[test]
fn names_are_only_names() {
    let store = Store::new();
    store.sql(
        r#"CREATE SCHEMA "Camp"; GRANT USAGE ON SCHEMA "Camp" TO refuge;
           CREATE TABLE "Camp"."Person" ("Name" text); INSERT INTO "Camp"."Person" VALUES ('Ana');
           CREATE TABLE "or""der; --" ("sel""ect" text); INSERT INTO "or""der; --" VALUES ('Zoe');
           CREATE TABLE "a.b" (c text); INSERT INTO "a.b" VALUES ('Lia');
           GRANT SELECT ON ALL TABLES IN SCHEMA "Camp" TO refuge;
           CREATE SCHEMA refuge; GRANT USAGE ON SCHEMA refuge TO refuge;
           CREATE TABLE refuge."a.b" (c text); INSERT INTO refuge."a.b" VALUES ('not the one of public')"#,
    );
    for (table, column, value) in [
        ("Camp.Person", "Name", "Ana"),
        ("or\"der; --", "sel\"ect", "Zoe"),
        ("\"Camp\".\"Person\"", "Name", "Ana"),
        ("\"a.b\"", "c", "Lia"),
        ("public.\"a.b\"", "c", "Lia"),
    ] {
        let read = store.read(&scan(Some(table), &[(column, "text")]));
        assert_eq!(texts(&read.unwrap_or_else(|error| panic!("{table}: {error}")), 0), [value]);
    }
    for table in ["camp.person", "Person", "a.b", "person\0x", ""] {
        let error = store.read(&scan(Some(table), &[("name", "text")])).unwrap_err();
        assert_eq!(error.code, Code::ColumnMissing, "{table:?}: {error}");
    }
}

#[test]
fn two_tables_that_are_written_together_are_read_together_over_parallel_streams() {
    let store = Store::new();
    store.sql(
        "CREATE TABLE household (no int PRIMARY KEY, size int NOT NULL);
         CREATE TABLE person (no int PRIMARY KEY, household int NOT NULL);
         INSERT INTO household SELECT n, 10 FROM generate_series(1, 100) AS n;
         INSERT INTO person SELECT n, (n - 1) / 10 + 1 FROM generate_series(1, 1000) AS n;
         ANALYZE",
    );
    /// The writer stops, whatever becomes of the readers.
    struct Stop<'s>(&'s AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stopped = Stop(&stop);
        scope.spawn(|| {
            let mut writer = store.session();
            let mut turn = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                // Somebody is born into a household, somebody moves; sizes follow in the same transaction.
                turn += 1;
                let (from, to) = (turn % 100 + 1, turn * 7 % 100 + 1);
                writer.sql(&format!(
                    "BEGIN; INSERT INTO person VALUES ({}, {from}); UPDATE household SET size = size + 1 WHERE no = {from};
                     WITH moved AS (UPDATE person SET household = {to} WHERE no = (SELECT min(no) FROM person WHERE household = {from}) RETURNING no)
                     UPDATE household SET size = size + CASE no WHEN {to} THEN 1 ELSE 0 END - CASE no WHEN {from} THEN 1 ELSE 0 END WHERE no IN ({from}, {to});
                     COMMIT",
                    1_000 + turn
                ));
            }
        });
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..20 {
            let mut snapshot = store.snapshot(&Watch::default());
            assert_eq!(snapshot.streams(), 3);
            let people = scan(Some("person"), &[("no", "integer"), ("household", "integer")]);
            let households = scan(Some("household"), &[("no", "integer"), ("size", "integer")]);
            let mut streams = [&people, &households, &people].map(|wanted| snapshot.scan(wanted).unwrap());
            let [one, sizes, again] = streams.each_mut().map(|stream| stream.map(Result::unwrap).collect::<Vec<_>>());
            assert_eq!(rows(&one) as i64, sum(&sizes, 1), "as many people as the households say");
            assert_eq!((rows(&one), sum(&one, 1)), (rows(&again), sum(&again, 1)));
            seen.insert(rows(&one));
        }
        drop(stopped);
        assert!(seen.len() > 3, "the writer wrote meanwhile: {seen:?}");
    });
    assert!(store.is_clean());
}

#[test]
fn a_table_that_is_truncated_or_rewritten_after_the_snapshot_is_not_taken_for_empty() {
    let store = Store::new();
    let wanted = |table| scan(Some(table), &[("no", "integer"), ("name", "text")]);
    for (change, table) in [
        ("TRUNCATE person", "person"),
        ("TRUNCATE person", "seen"),
        ("ALTER TABLE person ALTER born TYPE text", "person"),
        ("DROP VIEW seen; ALTER TABLE person ALTER no TYPE bigint USING no + 1", "person"),
        ("TRUNCATE aid_a", "aid"),
    ] {
        store.people("person", 1_000);
        store.sql(
            "CREATE VIEW seen AS SELECT no, name FROM person;
             CREATE TABLE aid (no int, name text) PARTITION BY LIST (name);
             CREATE TABLE aid_a PARTITION OF aid FOR VALUES IN ('A');
             CREATE TABLE aid_b PARTITION OF aid FOR VALUES IN ('B');
             INSERT INTO aid VALUES (1, 'A'), (2, 'B');
             GRANT SELECT ON seen, aid TO refuge",
        );
        let mut snapshot = store.snapshot(&Watch::default());
        store.sql(change);
        let read: Result<Vec<Batch>, _> = snapshot.scan(&wanted(table)).and_then(Iterator::collect);
        let error = read.map(|batches| rows(&batches)).expect_err(change);
        assert!(matches!(error.code, Code::SourceEndedEarly | Code::ColumnRetyped), "{change}, {table}: {error}");
        drop(snapshot);
        assert!(store.read(&wanted(table)).is_ok(), "a new snapshot sees what is there");
        store.sql("DROP TABLE person CASCADE; DROP TABLE aid");
    }
    assert!(store.is_clean());
}

#[test]
fn partitions_and_inheritance_are_read_once_and_other_encodings_come_as_utf8() {
    let store = Store::new();
    store.sql(
        "CREATE TABLE aid (no int, camp text) PARTITION BY LIST (camp);
         CREATE TABLE aid_a PARTITION OF aid FOR VALUES IN ('A');
         CREATE TABLE aid_b PARTITION OF aid FOR VALUES IN ('B');
         INSERT INTO aid VALUES (1, 'A'), (2, 'B'), (3, 'A');
         CREATE MATERIALIZED VIEW counted AS SELECT camp, count(*) AS n FROM aid GROUP BY camp;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO refuge",
    );
    let read = store.read(&scan(Some("aid"), &[("no", "integer"), ("camp", "text")])).unwrap();
    assert_eq!((rows(&read), sum(&read, 0)), (3, 6));
    let read = store.read(&scan(Some("counted"), &[("n", "integer")])).unwrap();
    assert_eq!((rows(&read), sum(&read, 0)), (2, 3));
    store.server.sql("postgres", "CREATE DATABASE west ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").unwrap();
    store
        .server
        .sql(
            "west",
            "CREATE TABLE person (name text); INSERT INTO person VALUES (convert_from('\\x5ac3bc726921'::bytea, 'UTF8'));
             GRANT SELECT ON person TO refuge",
        )
        .unwrap();
    let mut source = store.source();
    if let causeway_model::catalogue::Connection::Postgres(server) = &mut source.connect {
        server.database = "west".into();
    }
    assert_eq!(texts(&store.read_from(&source, &scan(Some("person"), &[("name", "text")])).unwrap(), 0), ["Züri!"]);
}
