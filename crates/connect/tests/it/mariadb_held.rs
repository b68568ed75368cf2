//! Is MariaDB, of which no connection is kept, read by keys again and again as it is each time, with nothing left open between?

use causeway_connect::source;
use causeway_flow::Personal;
use causeway_flow::source::{KeyList, KeyValue, Scan, Source, SourceError, Watch};
use causeway_model::Code;

use crate::fixture::{now, scan, texts};
use crate::mariadb_fixture::Live;

const PEOPLE: &str = "CREATE TABLE person (no INT PRIMARY KEY, name VARCHAR(80), secret TEXT) ENGINE=InnoDB;
    INSERT INTO person SELECT seq, concat('Zuri invented ', seq), 'not asked for' FROM seq_1_to_1000;";

fn of(numbers: &[i64]) -> Scan {
    let mut wanted = scan(Some("person"), &[("no", "integer"), ("name", "text")]);
    let values: Vec<_> = numbers.iter().map(|number| KeyValue::Integer(Personal::new(*number))).collect();
    wanted.hint.keys = Some(KeyList { column: "c0".into(), values: values.into() });
    wanted
}

fn opened(live: &Live) -> Box<dyn Source> {
    let opened = source::open(&live.source(), live.path()).unwrap();
    // As whoever answers asks: what is not held is opened each time.
    opened.held().unwrap_or(opened)
}

fn read(source: &dyn Source, numbers: &[i64]) -> Result<Vec<String>, SourceError> {
    let mut snapshot = source.snapshot(now(), &Watch::default())?;
    let batches = snapshot.scan(&of(numbers))?.collect::<Result<Vec<_>, _>>()?;
    let mut names = texts(&batches, 1);
    names.sort_unstable();
    Ok(names)
}

#[test]
fn what_is_there_is_read_each_time_and_nothing_stays_open() {
    let live = Live::start(&[], PEOPLE);
    let source = opened(&live);
    assert_eq!(read(&*source, &[1, 5, 5, 2_000]).unwrap(), ["Zuri invented 1", "Zuri invented 5"]);
    for changed in 0..20 {
        live.sql(&format!("UPDATE person SET name = 'Zuri {changed}' WHERE no = 7"));
        assert_eq!(read(&*source, &[7]).unwrap(), [format!("Zuri {changed}")]);
        live.nothing_is_open();
    }
}

#[test]
fn one_snapshot_sees_one_state_and_two_at_once_see_each_its_own() {
    let live = Live::start(&[], PEOPLE);
    let source = opened(&live);
    let names = |snapshot: &mut dyn causeway_flow::source::Snapshot| {
        texts(&snapshot.scan(&of(&[1])).unwrap().collect::<Result<Vec<_>, _>>().unwrap(), 1)
    };
    let mut one = source.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!(names(&mut *one), ["Zuri invented 1"]);
    live.sql("UPDATE person SET name = 'changed'");
    let mut two = source.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!(names(&mut *two), ["changed"]);
    assert_eq!(names(&mut *one), ["Zuri invented 1"]);
    drop((one, two));
    live.nothing_is_open();
}

#[test]
fn a_changed_table_and_lost_rights_are_met_at_once() {
    let live = Live::start(&[], PEOPLE);
    let source = opened(&live);
    assert_eq!(read(&*source, &[1]).unwrap().len(), 1);
    live.sql("ALTER TABLE person MODIFY no BIGINT");
    assert_eq!(read(&*source, &[1]).unwrap(), ["Zuri invented 1"]);
    live.sql("ALTER TABLE person DROP COLUMN name");
    let error = read(&*source, &[1]).unwrap_err();
    assert!(!error.to_string().contains("Zuri"), "{error}");
    live.sql("ALTER TABLE person ADD COLUMN name VARCHAR(80); REVOKE ALL PRIVILEGES, GRANT OPTION FROM camp@'%'");
    assert_eq!(read(&*source, &[1]).unwrap_err().code, Code::SourceUnreachable);
}
