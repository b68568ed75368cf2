//! Does a connection that stays open read as one that is new, and does it leave nothing open between two readings?

use causeway_connect::source;
use causeway_flow::Personal;
use causeway_flow::source::{KeyList, KeyValue, Scan, Source, SourceError, Watch};
use causeway_model::Code;

use crate::fixture::{now, scan, texts};
use crate::postgres_fixture::Store;

fn held(store: &Store) -> Box<dyn Source> {
    source::open(&store.source(), store.dir.path()).unwrap().held().unwrap()
}

fn of(numbers: &[i64]) -> Scan {
    let mut wanted = scan(Some("person"), &[("no", "integer"), ("name", "text")]);
    let values: Vec<_> = numbers.iter().map(|number| KeyValue::Integer(Personal::new(*number))).collect();
    wanted.hint.keys = Some(KeyList { column: "c0".into(), values: values.into() });
    wanted
}

fn read(source: &dyn Source, numbers: &[i64]) -> Result<Vec<String>, SourceError> {
    let mut snapshot = source.snapshot(now(), &Watch::default())?;
    let batches = snapshot.scan(&of(numbers))?.collect::<Result<Vec<_>, _>>()?;
    Ok(texts(&batches, 1))
}

fn sessions(store: &Store) -> String {
    store.sql("SELECT count(*) || ' ' || count(DISTINCT pid) || ' ' || coalesce(max(state), '') FROM pg_stat_activity WHERE application_name = 'causeway'")
}

#[test]
fn one_connection_reads_again_and_again_what_is_there_each_time() {
    let store = Store::new();
    store.people("person", 1_000);
    let source = held(&store);
    assert_eq!(read(&*source, &[1, 5, 5, 2_000]).unwrap(), ["Zuri invented 1", "Zuri invented 5"]);
    let first = store.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'causeway'");
    for changed in 0..20 {
        store.sql(&format!("UPDATE person SET name = 'Zuri {changed}' WHERE no = 7"));
        assert_eq!(read(&*source, &[7]).unwrap(), [format!("Zuri {changed}")]);
    }
    assert_eq!(store.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'causeway'"), first);
    assert_eq!(sessions(&store), "1 1 idle", "no transaction is left open");
    drop(source);
    assert!(store.is_clean());
}

#[test]
fn one_snapshot_sees_one_state_and_two_at_once_have_a_connection_each() {
    let store = Store::new();
    store.people("person", 10);
    let source = held(&store);
    let mut one = source.snapshot(now(), &Watch::default()).unwrap();
    let names = |batches: Vec<Result<causeway_flow::Batch, SourceError>>| {
        texts(&batches.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), 1)
    };
    assert_eq!(names(one.scan(&of(&[1])).unwrap().collect()), ["Zuri invented 1"]);
    store.sql("UPDATE person SET name = 'changed'");
    let mut two = source.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!(names(two.scan(&of(&[1])).unwrap().collect()), ["changed"]);
    assert_eq!(names(one.scan(&of(&[1])).unwrap().collect()), ["Zuri invented 1"]);
}

#[test]
fn a_killed_connection_a_changed_table_and_lost_rights_are_met_with_a_new_one() {
    let store = Store::new();
    store.people("person", 10);
    let source = held(&store);
    assert_eq!(read(&*source, &[1]).unwrap().len(), 1);
    store.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'causeway'");
    assert_eq!(read(&*source, &[1]).unwrap().len(), 1, "the server had ended the connection");
    store.sql("ALTER TABLE person ALTER no TYPE bigint");
    let after = (0..2).map(|_| read(&*source, &[1])).collect::<Vec<_>>();
    assert_eq!(after.last().unwrap().as_ref().unwrap().len(), 1, "the second finds what the table is now");
    store.sql("REVOKE ALL ON person FROM refuge");
    assert!(read(&*source, &[1]).is_err());
    assert_eq!(read(&*source, &[1]).unwrap_err().code, Code::SourceUnreachable);
}

#[test]
fn what_is_not_asked_for_by_keys_is_not_read() {
    let store = Store::new();
    store.people("person", 10);
    let source = held(&store);
    let mut snapshot = source.snapshot(now(), &Watch::default()).unwrap();
    let refused = snapshot.scan(&scan(Some("person"), &[("no", "integer")])).err().unwrap();
    assert_eq!(refused.code, Code::SourceLimit);
}
