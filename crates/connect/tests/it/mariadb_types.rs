//! Does every type of MariaDB, with its edges, come out exactly or as a fault, and never as something else?

use arrow::util::display::array_value_to_string;
use causeway_flow::Batch;
use causeway_flow::source::Scan;
use causeway_model::Code;

use crate::fixture::{faults, refused, rows, scan};
use crate::mariadb_fixture::Live;

/// Type of the column, value as SQL, type of the element, what comes out.
type Case = (&'static str, &'static str, &'static str, Result<&'static str, Code>);

const BAD: Result<&str, Code> = Err(Code::WrongType);
const NO_DAY: Result<&str, Code> = Err(Code::DateImpossible);

const CASES: &[Case] = &[
    ("tinyint", "-128", "integer", Ok("-128")),
    ("tinyint unsigned", "255", "integer", Ok("255")),
    ("smallint", "-32768", "integer", Ok("-32768")),
    ("mediumint", "8388607", "integer", Ok("8388607")),
    ("int(6) zerofill", "42", "integer", Ok("42")),
    ("int(6) zerofill", "42", "text", Ok("42")),
    ("int unsigned", "4294967295", "integer", Ok("4294967295")),
    ("bigint", "9223372036854775807", "integer", Ok("9223372036854775807")),
    ("bigint", "-9223372036854775808", "integer", Ok("-9223372036854775808")),
    ("bigint unsigned", "9223372036854775807", "integer", Ok("9223372036854775807")),
    ("bigint unsigned", "18446744073709551615", "integer", BAD),
    ("bigint unsigned", "18446744073709551615", "decimal(20,0)", Ok("18446744073709551615")),
    ("int", "7", "decimal(5,2)", Ok("7.00")),
    ("int", "1234", "decimal(5,2)", BAD),
    ("tinyint(1)", "0", "boolean", Ok("false")),
    ("tinyint(1)", "1", "boolean", Ok("true")),
    ("tinyint(1)", "2", "boolean", BAD),
    ("boolean", "NULL", "boolean", Ok("")),
    ("bit(1)", "b'1'", "boolean", Ok("true")),
    ("bit(12)", "b'100000000001'", "integer", Ok("2049")),
    ("bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'", "integer", BAD),
    ("bit(64)", "x'ffffffffffffffff'", "decimal(20,0)", Ok("18446744073709551615")),
    ("year", "2011", "integer", Ok("2011")),
    ("year", "2011", "partial-date", Ok("2011")),
    ("year", "0000", "integer", Ok("0")),
    ("year", "0000", "partial-date", NO_DAY),
    ("decimal(12,2)", "-0.10", "decimal(12,2)", Ok("-0.10")),
    ("decimal(12,4)", "123.4500", "decimal(12,2)", Ok("123.45")),
    ("decimal(12,4)", "123.4501", "decimal(12,2)", BAD),
    ("decimal(12,2)", "5.00", "integer", Ok("5")),
    ("decimal(12,2)", "5.50", "integer", BAD),
    (
        "decimal(65,30)",
        "12345678901234567890.000000000000000005",
        "decimal(38,18)",
        Ok("12345678901234567890.000000000000000005"),
    ),
    ("decimal(65,30)", "0.000000000000000000000000000001", "decimal(38,30)", Ok("0.000000000000000000000000000001")),
    ("decimal(65,0)", "99999999999999999999999999999999999999999999999999999999999999999", "decimal(38,0)", BAD),
    ("float", "16777216", "integer", Ok("16777216")),
    ("float", "0.5", "decimal(5,2)", Ok("0.50")),
    ("float", "0.1", "decimal(5,2)", BAD),
    ("double", "9007199254740993e0", "integer", Ok("9007199254740992")),
    ("double", "1e300", "integer", BAD),
    ("double(10,2)", "12.25", "decimal(5,2)", Ok("12.25")),
    ("double", "-12.5", "decimal(5,2)", Ok("-12.50")),
    ("char(8)", "'a  '", "text", Ok("a")),
    ("varchar(8)", "'a  '", "text", Ok("a  ")),
    ("varchar(8)", "''", "text", Ok("")),
    ("varchar(8) character set latin1", "'Zoë'", "text", Ok("Zoë")),
    ("varchar(8) character set utf16", "'ዙሪ 🕊'", "text", Ok("ዙሪ 🕊")),
    ("varchar(8) character set cp1256", "'زوري'", "text", Ok("زوري")),
    ("varchar(8) character set gbk", "'祖里'", "text", Ok("祖里")),
    ("varchar(12)", "'12345'", "integer", Ok("12345")),
    ("varchar(12)", "'007'", "integer", BAD),
    ("varchar(12)", "'2011-02-17'", "date", Ok("2011-02-17")),
    ("varchar(12)", "'2011-02-30'", "date", NO_DAY),
    ("longtext", "REPEAT('ä', 500)", "text", Ok("ä×500")),
    ("longtext", "REPEAT('ä', 501)", "text", Err(Code::ValueOversize)),
    ("enum('F','M','x')", "'F'", "code(sex)", Ok("F")),
    ("enum('F','M','x')", "'x'", "code(sex)", Err(Code::CodeUnknown)),
    ("enum('F','M')", "'nothing of these'", "code(sex)", Ok("")),
    ("smallint", "3", "code(sex)", Err(Code::CodeUnknown)),
    ("set('a','b','c')", "'c,a'", "text", Ok("a,c")),
    ("json", "'{\"a\": 1}'", "text", Ok("{\"a\": 1}")),
    ("inet6", "'2001:db8::1'", "text", Ok("2001:db8::1")),
    ("uuid", "'01234567-89AB-4DEF-8123-456789ABCDEF'", "uuid", Ok("01234567-89ab-4def-8123-456789abcdef")),
    ("char(36)", "'01234567-89AB-CDEF-0123-456789ABCDEF'", "uuid", Ok("01234567-89ab-cdef-0123-456789abcdef")),
    ("binary(16)", "x'0123456789abcdef0123456789abcdef'", "uuid", Ok("01234567-89ab-cdef-0123-456789abcdef")),
    ("varbinary(16)", "x'01'", "uuid", BAD),
    ("binary(4)", "x'00ff'", "bytes", Ok("00ff0000")),
    ("blob", "x'00ff27'", "bytes", Ok("00ff27")),
    ("blob", "''", "bytes", Ok("")),
    ("date", "'2011-02-17'", "date", Ok("2011-02-17")),
    ("date", "'9999-12-31'", "date", Ok("9999-12-31")),
    ("date", "'1000-01-01'", "date", Ok("1000-01-01")),
    ("date", "'0000-00-00'", "date", NO_DAY),
    ("date", "'2011-00-00'", "date", NO_DAY),
    ("date", "'2011-02-00'", "partial-date", NO_DAY),
    ("date", "'2011-02-31'", "date", NO_DAY),
    ("date", "'0000-05-05'", "date", NO_DAY),
    ("date", "'2012-02-29'", "partial-date", Ok("2012-02-29")),
    ("datetime", "'2011-02-17 10:20:30'", "timestamp", BAD),
    ("timestamp(6)", "'2011-02-17 10:20:30.000001'", "timestamp", Ok("2011-02-17T10:20:30.000001Z")),
    ("timestamp", "'2038-01-19 03:14:07'", "timestamp", Ok("2038-01-19T03:14:07Z")),
    ("timestamp", "0", "timestamp", NO_DAY),
    ("timestamp NULL", "NULL", "timestamp", Ok("")),
    ("time(3)", "'-838:59:58.999'", "text", Ok("-838:59:58.999")),
];

fn shown(batches: &[Batch]) -> Result<String, Code> {
    assert_eq!(rows(batches), 1);
    if let Some((_, code, _)) = faults(batches).first() {
        return Err(*code);
    }
    let shown = array_value_to_string(batches[0].records.column(0), 0).unwrap();
    Ok(if shown == "ä".repeat(500) { "ä×500".to_owned() } else { shown })
}

fn one(table: &str, element: &str) -> Scan {
    scan(Some(table), &[("v", element)])
}

#[test]
fn every_type_comes_out_exactly_or_as_a_fault() {
    // Strict, so that the server stores exactly what is written here; `nothing` is let in as the empty value that it becomes.
    let mut script = "SET sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES', time_zone = '+00:00';".to_owned();
    for (place, (column, value, ..)) in CASES.iter().enumerate() {
        let ignore = if value.contains("nothing") { "IGNORE" } else { "" };
        script.push_str(&format!(
            "CREATE TABLE t{place} (v {column}); INSERT {ignore} INTO t{place} VALUES ({value});\n"
        ));
    }
    script.push_str(
        "CREATE TABLE moments (v datetime(6)); INSERT INTO moments VALUES ('2011-02-17 10:20:30.5'), ('0000-00-00');
         CREATE TABLE shapes (v point); CREATE TABLE years (v year);",
    );
    let live = Live::start(&[("default-time-zone", "+03:00")], &script);
    let mut snapshot = live.snapshot();
    for (place, (column, value, element, expected)) in CASES.iter().enumerate() {
        let scan = one(&format!("t{place}"), element);
        let batches: Vec<Batch> = snapshot.scan(&scan).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(shown(&batches), expected.map(str::to_owned), "{column} {value} as {element}");
    }

    // A datetime is read where the catalogue says how, by its own notation or by ours.
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d  %H:%M:%S%.f"] {
        let mut scan = one("moments", "timestamp");
        scan.columns[0].format = Some(format.into());
        let batches: Vec<Batch> = snapshot.scan(&scan).unwrap().collect::<Result<_, _>>().unwrap();
        let read = array_value_to_string(batches[0].records.column(0), 0).unwrap();
        assert_eq!(read, "2011-02-17T10:20:30.500Z");
        assert_eq!(faults(&batches)[0].1, Code::DateImpossible);
    }

    // What no value of could be read is refused before it is read.
    let mut read = |table: &str, element: &str| {
        let scan = one(table, element);
        snapshot.scan(&scan).and_then(Iterator::collect)
    };
    refused(read("shapes", "text"), Code::ColumnRetyped, "column `v` of table `shapes`");
    refused(read("years", "text"), Code::ColumnRetyped, "is a year, and the element is text");
    drop(snapshot);
    live.nothing_is_open();
}

#[test]
fn rows_of_16_mib_and_more_are_joined() {
    let lengths = [0xff_fffa, 0xff_fffb, 0xff_fffc, 17 << 20, 33 << 20, 3];
    let mut script = "CREATE TABLE photo (id int, v longblob);".to_owned();
    for (id, length) in lengths.iter().enumerate() {
        script.push_str(&format!("INSERT INTO photo VALUES ({id}, REPEAT('z', {length}));"));
    }
    let options = [("max-allowed-packet", "67108864"), ("innodb-log-file-size", "512M")];
    let live = Live::start(&options, &script);
    let mut scan = scan(Some("photo"), &[("id", "integer"), ("v", "bytes")]);
    scan.columns[1].max_length = 64 << 20;
    let batches = live.read(&scan).unwrap();
    let mut found = Vec::new();
    for batch in &batches {
        let bytes = batch.records.column(1).as_any().downcast_ref::<arrow::array::BinaryArray>().unwrap().clone();
        found.extend(bytes.iter().map(|value| {
            let value = value.unwrap();
            assert!(value.iter().all(|byte| *byte == b'z'));
            value.len()
        }));
    }
    assert_eq!(found, lengths);
    live.nothing_is_open();
}
