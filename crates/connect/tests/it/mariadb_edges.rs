//! Does every type of MariaDB come out exactly, or as a fault with its code, at its edges?

use arrow::array::Array;
use arrow::util::display::array_value_to_string;
use causeway_flow::Batch;
use causeway_model::Code;

use crate::fixture::{faults, scan};
use crate::mariadb::{Place, place};

/// A column's type, the element's, its notation, and what comes out of what was put in: a value after `=`, a fault's code,
/// or `-` where there is nothing.
type Case = (&'static str, &'static str, Option<&'static str>, &'static [(&'static str, &'static str)]);

const NUMBERS: &[Case] = &[
    ("TINYINT", "integer", None, &[("-128", "=-128"), ("127", "=127"), ("NULL", "-")]),
    ("TINYINT UNSIGNED", "integer", None, &[("255", "=255")]),
    ("TINYINT(1)", "boolean", None, &[("0", "=false"), ("1", "=true"), ("2", "wrong-type"), ("-1", "wrong-type")]),
    ("SMALLINT", "integer", None, &[("-32768", "=-32768")]),
    ("SMALLINT UNSIGNED ZEROFILL", "integer", None, &[("7", "=7"), ("65535", "=65535"), ("0", "=0")]),
    ("MEDIUMINT", "integer", None, &[("-8388608", "=-8388608")]),
    ("INT UNSIGNED", "integer", None, &[("4294967295", "=4294967295")]),
    (
        "BIGINT",
        "integer",
        None,
        &[("-9223372036854775808", "=-9223372036854775808"), ("9223372036854775807", "=9223372036854775807")],
    ),
    (
        "BIGINT UNSIGNED",
        "integer",
        None,
        &[("9223372036854775807", "=9223372036854775807"), ("18446744073709551615", "wrong-type")],
    ),
    ("BIGINT UNSIGNED", "decimal(20,0)", None, &[("18446744073709551615", "=18446744073709551615")]),
    ("INT", "decimal(5,2)", None, &[("12", "=12.00"), ("1000", "wrong-type")]),
    ("INT", "text", None, &[("-12", "=-12")]),
    ("INT", "date", None, &[("20110217", "wrong-type")]),
    ("BIT(1)", "boolean", None, &[("b'0'", "=false"), ("b'1'", "=true")]),
    ("BIT(12)", "integer", None, &[("b'101010101010'", "=2730"), ("0", "=0")]),
    (
        "BIT(64)",
        "integer",
        None,
        &[("0x7fffffffffffffff", "=9223372036854775807"), ("0x8000000000000000", "wrong-type")],
    ),
    ("BIT(64)", "decimal(20,0)", None, &[("0xffffffffffffffff", "=18446744073709551615")]),
    (
        "DECIMAL(65,30)",
        "decimal(38,30)",
        None,
        &[
            ("12345678.123456789012345678901234567890", "=12345678.123456789012345678901234567890"),
            ("-0.000000000000000000000000000001", "=-0.000000000000000000000000000001"),
            ("99999999999999999999999999999999999", "wrong-type"),
        ],
    ),
    (
        "DECIMAL(65,0)",
        "decimal(38,0)",
        None,
        &[
            ("99999999999999999999999999999999999999", "=99999999999999999999999999999999999999"),
            ("100000000000000000000000000000000000000", "wrong-type"),
        ],
    ),
    ("DECIMAL(10,4)", "decimal(10,4)", None, &[("0", "=0.0000"), ("-5.1234", "=-5.1234")]),
    ("DECIMAL(10,0) ZEROFILL", "decimal(10,0)", None, &[("42", "=42")]),
    ("DECIMAL(10,0)", "integer", None, &[("42", "=42")]),
    // A binary fraction is taken only where it is exactly the decimal one.
    (
        "DOUBLE",
        "decimal(20,4)",
        None,
        &[("12.5", "=12.5000"), ("0.1", "wrong-type"), ("1e300", "wrong-type"), ("-0.0", "=0.0000")],
    ),
    (
        "DOUBLE",
        "integer",
        None,
        &[("9007199254740993", "=9007199254740992"), ("1e18", "=1000000000000000000"), ("0.5", "wrong-type")],
    ),
    // A float is not what the server shows of it: 16777217 has no float, 16777216 is shown as 16777200.
    ("FLOAT", "integer", None, &[("16777216", "=16777216"), ("123456789", "=123456792")]),
    ("FLOAT", "decimal(20,10)", None, &[("0.5", "=0.5000000000"), ("0.1", "wrong-type"), ("0.333333", "wrong-type")]),
    ("YEAR", "integer", None, &[("1999", "=1999"), ("2155", "=2155")]),
    ("YEAR", "partial-date", None, &[("1999", "=1999"), ("0", "date-impossible")]),
];

const TEXTS: &[Case] = &[
    (
        "VARCHAR(40) CHARACTER SET utf8mb4",
        "text",
        None,
        &[
            ("'  Zuri  '", "=  Zuri  "),
            ("''", "="),
            ("NULL", "-"),
            ("'😀 አማርኛ عربى'", "=😀 አማርኛ عربى"),
            ("_binary 'a\\0b'", "=a\0b"),
        ],
    ),
    // The blanks that fill a CHAR are not part of the value, for any reader of the server.
    ("CHAR(10) CHARACTER SET utf8mb4", "text", None, &[("'Zuri'", "=Zuri"), ("' Zuri  '", "= Zuri"), ("''", "=")]),
    ("VARCHAR(9) CHARACTER SET latin1", "text", None, &[("'Zoë €'", "=Zoë €")]),
    ("VARCHAR(9) CHARACTER SET ucs2", "text", None, &[("'አማርኛ'", "=አማርኛ")]),
    ("VARCHAR(9) CHARACTER SET utf16", "text", None, &[("'😀'", "=😀")]),
    ("VARCHAR(9) CHARACTER SET cp1256", "text", None, &[("'سلام'", "=سلام")]),
    ("VARCHAR(9) CHARACTER SET koi8r", "text", None, &[("'Жанна'", "=Жанна")]),
    (
        "TEXT CHARACTER SET utf8mb3",
        "text",
        None,
        &[("'Ärger'", "=Ärger"), ("REPEAT('ä', 501)", "value-oversize"), ("REPEAT('ä', 500) ", "=…500")],
    ),
    ("VARCHAR(9)", "code(sex)", None, &[("'F'", "=F"), ("'f'", "code-unknown"), ("''", "-"), ("'F '", "code-unknown")]),
    ("ENUM('F','M','x')", "code(sex)", None, &[("'F'", "=F"), ("3", "code-unknown"), ("NULL", "-")]),
    ("ENUM('F','M') CHARACTER SET latin1", "text", None, &[("2", "=M")]),
    ("SET('food','cash')", "text", None, &[("'cash,food'", "=food,cash"), ("''", "="), ("'cash'", "=cash")]),
    ("JSON", "text", None, &[("'{\"a\": [1, \"ä\"]}'", "={\"a\": [1, \"ä\"]}")]),
    (
        "UUID",
        "uuid",
        None,
        &[("'0AA1B2C3-0000-4000-8000-00000000000f'", "=0aa1b2c3-0000-4000-8000-00000000000f"), ("NULL", "-")],
    ),
    ("UUID", "text", None, &[("'0aa1b2c3-0000-4000-8000-00000000000f'", "=0aa1b2c3-0000-4000-8000-00000000000f")]),
    (
        "CHAR(36)",
        "uuid",
        None,
        &[
            ("'0AA1B2C3-0000-4000-8000-00000000000f'", "=0aa1b2c3-0000-4000-8000-00000000000f"),
            ("'no uuid'", "wrong-type"),
        ],
    ),
    ("BINARY(16)", "uuid", None, &[("0x0aa1b2c300004000800000000000000f", "=0aa1b2c3-0000-4000-8000-00000000000f")]),
    ("BINARY(20)", "uuid", None, &[("0x0a", "wrong-type")]),
    ("INET6", "text", None, &[("'2001:db8::1'", "=2001:db8::1")]),
    ("INET4", "text", None, &[("'192.0.2.1'", "=192.0.2.1")]),
    ("VARBINARY(9)", "bytes", None, &[("0x00ff27", "=00ff27"), ("''", "="), ("NULL", "-")]),
    ("BLOB", "bytes", None, &[("0xfffe", "=fffe"), ("REPEAT('x', 501)", "value-oversize")]),
    ("BINARY(3)", "bytes", None, &[("0x01", "=010000")]),
    // Bytes are no text until somebody says in which notation.
    ("VARBINARY(9)", "text", None, &[("'Zuri'", "wrong-type")]),
    ("POINT", "text", None, &[("POINT(1,2)", "wrong-type")]),
    ("GEOMETRY", "bytes", None, &[("POINT(1,2)", "wrong-type")]),
];

const MOMENTS: &[Case] = &[
    (
        "DATE",
        "date",
        None,
        &[
            ("'2011-02-17'", "=2011-02-17"),
            ("'0000-00-00'", "date-impossible"),
            ("'2011-00-00'", "date-impossible"),
            ("'2011-02-30'", "date-impossible"),
            ("'9999-12-31'", "=9999-12-31"),
            ("'0001-01-01'", "=0001-01-01"),
            ("NULL", "-"),
        ],
    ),
    ("DATE", "partial-date", None, &[("'2011-02-17'", "=2011-02-17"), ("'2011-00-00'", "date-impossible")]),
    ("DATE", "timestamp", None, &[("'2011-02-17'", "wrong-type")]),
    // Nobody wrote down whose clock it was, until the catalogue does.
    ("DATETIME", "timestamp", None, &[("'2011-02-17 10:00:00'", "wrong-type")]),
    (
        "DATETIME",
        "timestamp",
        Some("%Y-%m-%d %H:%M:%S"),
        &[("'2011-02-17 10:00:00'", "=2011-02-17T10:00:00Z"), ("'0000-00-00 00:00:00'", "date-impossible")],
    ),
    (
        "DATETIME(6)",
        "timestamp",
        Some("%Y-%m-%d %H:%M:%S%.f"),
        &[("'2011-02-17 10:00:00.000001'", "=2011-02-17T10:00:00.000001Z")],
    ),
    (
        "TIMESTAMP NULL",
        "timestamp",
        None,
        &[
            ("FROM_UNIXTIME(1)", "=1970-01-01T00:00:01Z"),
            ("FROM_UNIXTIME(2147483647)", "=2038-01-19T03:14:07Z"),
            ("'0000-00-00 00:00:00'", "date-impossible"),
            ("NULL", "-"),
        ],
    ),
    ("TIMESTAMP(6) NULL", "timestamp", None, &[("FROM_UNIXTIME(1.000001)", "=1970-01-01T00:00:01.000001Z")]),
    (
        "TIMESTAMP(3) NULL",
        "timestamp",
        Some("%Y-%m-%d %H:%M:%S%.f"),
        &[("FROM_UNIXTIME(1.5)", "=1970-01-01T00:00:01.500Z")],
    ),
    ("TIME(3)", "text", None, &[("'-838:59:59'", "=-838:59:59.000"), ("'12:34:56.789'", "=12:34:56.789")]),
];

fn outcomes(batches: &[Batch], column: usize, subject: &str) -> Vec<String> {
    let mut out = Vec::new();
    for batch in batches {
        let array = batch.records.column(column);
        for row in 0..array.len() {
            let fault = batch.faults.iter().filter(|(at, _)| *at == row).flat_map(|(_, faults)| faults);
            let fault: Vec<&str> =
                fault.filter(|fault| fault.subject == subject).map(|fault| fault.code.as_str()).collect();
            out.push(match fault.as_slice() {
                [] if array.is_null(row) => "-".to_owned(),
                [] => format!("={}", array_value_to_string(array, row).unwrap()),
                codes => codes.join("+"),
            });
        }
    }
    out
}

fn check(place: &Place, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (number, (kind, element, format, values)) in cases.iter().enumerate() {
        let table = format!("t{number}");
        let values_sql: Vec<String> =
            values.iter().enumerate().map(|(at, (value, _))| format!("({at}, {value})")).collect();
        place.sql(&format!(
            "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'; SET time_zone = '+05:00';
             CREATE TABLE {table} (id INT PRIMARY KEY, v {kind}) ENGINE=InnoDB; INSERT INTO {table} VALUES {}",
            values_sql.join(", ")
        ));
        let mut wanted = scan(Some(&table), &[("id", "integer"), ("v", element)]);
        wanted.columns[1].format = format.map(str::to_owned);
        // A type that can never be the element's refuses; all others are judged value by value.
        let found = match place.read(&wanted) {
            Ok(batches) => outcomes(&batches, 1, "person.v"),
            Err(error) if error.code == Code::ColumnRetyped => vec!["column-retyped".to_owned(); values.len()],
            Err(error) => panic!("{kind} as {element}: {error}"),
        };
        assert_eq!(found.len(), values.len(), "{kind} as {element}");
        for ((value, expected), found) in values.iter().zip(found) {
            let same = match *expected {
                "=…500" => found.chars().count() == 501,
                // A whole column of a type that cannot be the element's is refused before its values are looked at.
                "wrong-type" => matches!(found.as_str(), "wrong-type" | "column-retyped"),
                expected => expected == found,
            };
            if !same {
                wrong.push(format!("{kind} as {element}: {value} came as {found}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn numbers_are_exact_or_faulty() {
    check(&place("numbers", ""), NUMBERS);
}

#[test]
fn texts_and_bytes_are_exact_or_faulty() {
    check(&place("texts", ""), TEXTS);
}

#[test]
fn dates_and_moments_are_exact_or_faulty() {
    check(&place("moments", ""), MOMENTS);
}

#[test]
fn a_fault_shows_the_value_as_it_came_to_the_report_only() {
    let place = place(
        "shown",
        "SET sql_mode = ''; CREATE TABLE t (a DATE, b BIGINT UNSIGNED, c BIT(64)) ENGINE=InnoDB;
         INSERT INTO t VALUES ('2011-00-00', 18446744073709551615, 0xffffffffffffffff)",
    );
    let batches = place.read(&scan(Some("t"), &[("a", "date"), ("b", "integer"), ("c", "integer")])).unwrap();
    let shown: Vec<_> = faults(&batches).into_iter().map(|(_, code, value)| (code, value.unwrap())).collect();
    assert_eq!(shown[0], (Code::DateImpossible, "2011-00-00".to_owned()));
    assert_eq!(shown[1], (Code::WrongType, "18446744073709551615".to_owned()));
    assert!(shown[2].1.starts_with("18446744073709551615"), "{shown:?}");
    assert!(!format!("{batches:?}").contains("2011-00-00"), "faults cannot be printed");
}

#[test]
fn rows_longer_than_one_packet_are_joined() {
    let place = place("longest", "CREATE TABLE t (id INT, v LONGBLOB) ENGINE=InnoDB");
    place.sql("SET GLOBAL max_allowed_packet = 64 << 20");
    // Around the length of a full packet (16,777,215 bytes), with what stands before the value: 2 + 4 bytes.
    for (id, length) in [(1, 16_777_208), (2, 16_777_209), (3, 16_777_210), (4, 40_000_000), (5, 3)] {
        place.sql(&format!("INSERT INTO t VALUES ({id}, REPEAT('x', {length}))"));
    }
    let mut wanted = scan(Some("t"), &[("id", "integer"), ("v", "bytes")]);
    wanted.columns[1].max_length = u32::MAX;
    let batches = place.read(&wanted).unwrap();
    let mut found = Vec::new();
    for batch in &batches {
        let array = batch.records.column(1).as_any().downcast_ref::<arrow::array::BinaryArray>().unwrap();
        found.extend(array.iter().map(|value| value.unwrap().len()));
        assert!(array.iter().all(|value| value.unwrap().iter().all(|byte| *byte == b'x')));
    }
    found.sort_unstable();
    assert_eq!(found, [3, 16_777_208, 16_777_209, 16_777_210, 40_000_000]);
}
