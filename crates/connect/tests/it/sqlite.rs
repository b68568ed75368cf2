//! Is a SQLite store read from one snapshot, and is everything that is not such a store refused?

use std::fs;

use causeway_connect::source;
use causeway_flow::Personal;
use causeway_flow::source::{KeyList, KeyValue, Watch};
use causeway_model::Code;

use crate::fixture::{faults, now, people, read, refused, rows, scan, sqlite, texts};

const COLUMNS: &[(&str, &str)] = &[("id", "integer"), ("name", "text"), ("sex", "code(sex)"), ("born", "date")];

#[test]
fn every_row_comes_once_in_batches() {
    let dir = tempfile::tempdir().unwrap();
    people(&dir.path().join("a.sqlite"), 20_000, "delete");
    let batches = read(&sqlite("a.sqlite"), dir.path(), &scan(Some("person"), COLUMNS)).unwrap();
    assert_eq!(batches.iter().map(|b| b.records.num_rows()).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
    let mut names = texts(&batches, 1);
    names.sort();
    names.dedup();
    assert_eq!((names.len(), faults(&batches).len()), (20_000, 0));
    let nothing = read(&sqlite("a.sqlite"), dir.path(), &scan(Some("person"), &[])).unwrap();
    assert_eq!((rows(&nothing), nothing[0].records.num_columns()), (20_000, 0));
}

#[test]
fn bad_cells_are_faults_and_no_errors() {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), 3, "delete");
    store
        .execute_batch(
            "UPDATE person SET name = CAST(x'5A75FF' AS TEXT), born = '2011-02-30' WHERE id = 1;
             UPDATE person SET sex = 'Q', born = x'00' WHERE id = 2;",
        )
        .unwrap();
    let batches = read(&sqlite("a.sqlite"), dir.path(), &scan(Some("person"), COLUMNS)).unwrap();
    let expected = [
        ("person.name", Code::InvalidUtf8, r"Zu\xFF"),
        ("person.born", Code::DateImpossible, "2011-02-30"),
        ("person.sex", Code::CodeUnknown, "Q"),
        ("person.born", Code::WrongType, "\0"),
    ];
    let expected = expected.map(|(subject, code, value)| (subject.to_owned(), code, Some(value.to_owned())));
    assert_eq!(faults(&batches), expected);
    assert!(!format!("{batches:?}").contains("Zu\\"), "faults cannot be printed");
}

#[test]
fn a_writer_that_commits_meanwhile_is_not_seen_by_any_scan_of_the_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), 30_000, "wal");
    let opened = source::open(&sqlite("a.sqlite"), dir.path()).unwrap();
    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!((snapshot.info().kind.as_str(), snapshot.info().taken_at), ("read-transaction", now()));
    // Before the first scan has read a single row: the snapshot must already be real.
    store.execute_batch("UPDATE person SET name = 'changed'; DELETE FROM person WHERE id < 100").unwrap();
    let wanted = scan(Some("person"), &[("name", "text")]);
    let mut stream = snapshot.scan(&wanted).unwrap();
    let mut first = vec![stream.next().unwrap().unwrap()];
    store.execute_batch("DELETE FROM person; DROP TABLE person").unwrap();
    first.extend(stream.map(Result::unwrap));
    let second: Vec<_> = snapshot.scan(&wanted).unwrap().map(Result::unwrap).collect();
    for batches in [&first, &second] {
        let names = texts(batches, 0);
        assert_eq!(names.len(), 30_000);
        assert!(names.iter().all(|name| name.starts_with("Zuri invented")));
    }
    drop(snapshot);
    refused(read(&sqlite("a.sqlite"), dir.path(), &wanted), Code::ColumnMissing, "no table or view `person`");
}

#[test]
fn dropping_the_snapshot_ends_the_transaction_and_its_stream() {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), 60_000, "delete");
    store.busy_timeout(std::time::Duration::ZERO).unwrap();
    let watch = Watch::default();
    let mut snapshot = source::open(&sqlite("a.sqlite"), dir.path()).unwrap().snapshot(now(), &watch).unwrap();
    let mut stream = snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().records.num_rows(), 8_192);
    store.execute_batch("UPDATE person SET sex = 'M'").expect_err("the snapshot holds the store still");
    assert_eq!(snapshot.scan(&scan(Some("person"), COLUMNS)).map(|_| ()).unwrap_err().code, Code::SourceLimit);
    drop(snapshot);
    store.execute_batch("UPDATE person SET sex = 'M'").expect("the transaction is over");
    let rest: Vec<_> = stream.collect();
    assert_eq!(rest.last().unwrap().as_ref().unwrap_err().code, Code::SourceEndedEarly);
}

#[test]
fn a_cancelled_run_ends_in_an_error() {
    let dir = tempfile::tempdir().unwrap();
    people(&dir.path().join("a.sqlite"), 60_000, "delete");
    let watch = Watch::default();
    let mut snapshot = source::open(&sqlite("a.sqlite"), dir.path()).unwrap().snapshot(now(), &watch).unwrap();
    let mut stream = snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap();
    stream.next().unwrap().unwrap();
    watch.cancel();
    assert_eq!(stream.next().unwrap().unwrap_err().code, Code::Cancelled);
    assert!(stream.next().is_none());
    drop(stream);
    let again = snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap().last().unwrap();
    assert_eq!(again.unwrap_err().code, Code::Cancelled);
}

#[test]
fn a_stream_that_is_dropped_frees_its_snapshot_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    people(&dir.path().join("a.sqlite"), 60_000, "delete");
    let opened = source::open(&sqlite("a.sqlite"), dir.path()).unwrap();
    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    drop(snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap());
    let whole: Vec<_> = snapshot.scan(&scan(Some("person"), COLUMNS)).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows(&whole), 60_000);
}

#[test]
fn what_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    people(&dir.path().join("a.sqlite"), 3, "delete");
    let read = |path: &str, table: &str, column: &str| {
        read(&sqlite(path), dir.path(), &scan(Some(table), &[("name", "text"), (column, "text")]))
    };
    // SQLite itself would read the text "nickname" three times.
    refused(read("a.sqlite", "person", "nickname"), Code::ColumnMissing, "table `person` has no column `nickname`");
    refused(read("a.sqlite", "people", "name"), Code::ColumnMissing, "no table or view `people`");
    refused(read("b.sqlite", "person", "name"), Code::SourceUnreachable, "`b.sqlite` cannot be opened");
    assert!(!dir.path().join("b.sqlite").exists(), "reading made no file");
    refused(read("a.sqlite", "person\" --", "name"), Code::ColumnMissing, "no table");
    fs::write(dir.path().join("empty"), "").unwrap();
    fs::write(dir.path().join("text"), "Zuri is no database, although this is long enough to hold a header of one")
        .unwrap();
    for other in ["empty", "text"] {
        refused(read(other, "person", "name"), Code::SourceUnreachable, "is not a SQLite database");
    }
    refused(read(".", "person", "name"), Code::SourceUnreachable, "is not a file");
}

#[test]
fn hostile_names_are_only_names() {
    let dir = tempfile::tempdir().unwrap();
    let store = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
    store
        .execute_batch(r#"CREATE TABLE "or""der; --" ("sel""ect" TEXT); INSERT INTO "or""der; --" VALUES ('Ana')"#)
        .unwrap();
    let batches = read(&sqlite("a.sqlite"), dir.path(), &scan(Some("or\"der; --"), &[("sel\"ect", "text")])).unwrap();
    assert_eq!(texts(&batches, 0), ["Ana"]);
}

#[test]
fn a_database_that_is_cut_at_60_percent_is_an_early_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sqlite");
    people(&path, 20_000, "delete").close().unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let result = read(&sqlite("a.sqlite"), dir.path(), &scan(Some("person"), COLUMNS));
    refused(result, Code::SourceEndedEarly, "damaged or cut off");
}

#[test]
fn nothing_is_written_beside_the_database() {
    let dir = tempfile::tempdir().unwrap();
    people(&dir.path().join("a.sqlite"), 10, "delete").close().unwrap();
    let before = fs::read(dir.path().join("a.sqlite")).unwrap();
    read(&sqlite("a.sqlite"), dir.path(), &scan(Some("person"), COLUMNS)).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(fs::read(dir.path().join("a.sqlite")).unwrap(), before);
}

#[test]
fn records_are_read_by_their_keys_where_sqlite_compares_as_we_do() {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), 3, "delete");
    store
        .execute_batch(
            "CREATE TABLE word (folds TEXT COLLATE NOCASE, loose, number INTEGER, name VARCHAR(9));
             INSERT INTO word VALUES ('a', 7, 7, '7'), ('A', '7', 8, '07'), ('b', 'x', 9, 'x''y');",
        )
        .unwrap();
    let columns = [("folds", "text"), ("loose", "text"), ("number", "integer"), ("name", "text")];
    let text = |text: &str| KeyValue::Text(Personal::new(text.to_owned()));
    let number = |number| KeyValue::Integer(Personal::new(number));
    for (column, keys, expected) in [
        ("c0", vec![text("a")], &["a"][..]),
        ("c1", vec![text("7")], &["a", "A", "b"]),
        ("c2", vec![number(7), number(9), number(7), number(70)], &["a", "b"]),
        ("c3", vec![text("7"), text("x'y"), text("\u{1f}\"]")], &["a", "b"]),
        ("c3", vec![text("7\0")], &["a", "A", "b"]),
        ("c3", vec![], &[]),
    ] {
        let mut wanted = scan(Some("word"), &columns);
        wanted.hint.keys = Some(KeyList { column: column.to_owned(), values: keys.into() });
        assert_eq!(texts(&read(&sqlite("a.sqlite"), dir.path(), &wanted).unwrap(), 0), expected, "{column}");
    }
}
