//! Is a report readable by the operation only, whole, and never plain on disk?

use causeway_package::PackageError;
use causeway_package::key::{Identities, Identity};
use causeway_package::report::{ReportReader, ReportWriter};
use serde_json::{Value, json};

use crate::support::House;

fn line(number: u64) -> Value {
    json!({ "key": format!("NOB-{number:08}"), "element": "individual.date_of_birth", "reason": "impossible-date", "value": "1990-02-31" })
}

#[test]
fn lines_come_back_in_order_and_the_disk_shows_none() {
    let house = House::new();
    let path = house.path("quarantine.age");
    let mut writer = ReportWriter::create(&path, &house.recipient()).unwrap();
    for number in 0..5000 {
        writer.line(&line(number)).unwrap();
        if number % 1000 == 0 {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(4).any(|window| window == b"NOB-"));
        }
    }
    let sealed = writer.finish().unwrap();
    assert_eq!((sealed.lines, sealed.size), (5000, std::fs::metadata(&path).unwrap().len()));
    let reader = ReportReader::open(&path, &house.identities()).unwrap();
    for (number, read) in reader.lines::<Value>().enumerate() {
        assert_eq!(read.unwrap(), line(number as u64));
    }
    let stranger = Identities::new(vec![Identity::generate()]);
    assert!(matches!(ReportReader::open(&path, &stranger), Err(PackageError::WrongKey { .. })));
}

#[test]
fn an_unfinished_report_is_destroyed_and_a_cut_one_is_an_error_not_an_end() {
    let house = House::new();
    let path = house.path("dropped.age");
    let mut writer = ReportWriter::create(&path, &house.recipient()).unwrap();
    writer.line(&line(1)).unwrap();
    drop(writer);
    assert!(!path.exists());

    let path = house.path("cut.age");
    let mut writer = ReportWriter::create(&path, &house.recipient()).unwrap();
    for number in 0..200_000_u64 {
        writer.line(&json!([number, number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_string()])).unwrap();
    }
    let sealed = writer.finish().unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(sealed.size / 2).unwrap();
    let read: Vec<Result<Value, PackageError>> =
        ReportReader::open(&path, &house.identities()).unwrap().lines().collect();
    assert!(read.len() < 200_000);
    let error = read.last().unwrap().as_ref().unwrap_err();
    assert!(matches!(error, PackageError::PartUnreadable { .. }), "{error}");
}

#[test]
fn an_empty_report_is_a_report() {
    let house = House::new();
    let path = house.path("empty.age");
    assert_eq!(ReportWriter::create(&path, &house.recipient()).unwrap().finish().unwrap().lines, 0);
    assert_eq!(ReportReader::open(&path, &house.identities()).unwrap().lines::<Value>().count(), 0);
    assert!(matches!(ReportWriter::create(&path, &house.recipient()), Err(PackageError::OutputExists { .. })));
}

#[test]
fn a_line_of_another_shape_is_named_without_its_values() {
    let house = House::new();
    let path = house.path("report.age");
    let mut writer = ReportWriter::create(&path, &house.recipient()).unwrap();
    writer.line(&json!(1)).unwrap();
    writer.line(&json!("Salma Invented")).unwrap();
    writer.finish().unwrap();
    let mut reader = ReportReader::open(&path, &house.identities()).unwrap();
    assert_eq!(reader.next_line::<u64>().unwrap(), Some(1));
    let error = reader.next_line::<u64>().unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("Salma"), "{error}");
}
