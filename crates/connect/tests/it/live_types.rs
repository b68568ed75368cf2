//! Is every type of a live server read exactly, or told as a fault of its value?

use crate::live::{Kind, Live, column, scan};

/// Type in the server, type in the catalogue, what is stored, what is read.
type Case = (&'static str, &'static str, &'static str, &'static str);

const POSTGRES: &[Case] = &[
    ("boolean", "boolean", "true", "true"),
    ("smallint", "integer", "-32768", "-32768"),
    ("integer", "integer", "2147483647", "2147483647"),
    ("bigint", "integer", "-9223372036854775808", "-9223372036854775808"),
    ("bigint", "decimal(20,1)", "7", "7.0"),
    ("integer", "code(sex)", "7", "! code-unknown"),
    ("numeric", "decimal(12,2)", "118.51", "118.51"),
    ("numeric", "decimal(12,2)", "-0.05", "-0.05"),
    ("numeric", "decimal(12,2)", "0.001", "! wrong-type"),
    ("numeric", "decimal(12,2)", "10000000000.00", "! wrong-type"),
    ("numeric", "decimal(12,2)", "'NaN'", "! wrong-type"),
    ("numeric", "decimal(12,2)", "'Infinity'", "! wrong-type"),
    ("numeric(40,0)", "decimal(38,0)", "1234567890123456789012345678901234567890", "! wrong-type"),
    ("numeric", "decimal(38,10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
    ("numeric", "integer", "12", "12"),
    ("double precision", "decimal(5,2)", "12.25", "12.25"),
    ("double precision", "decimal(5,2)", "0.1", "! wrong-type"),
    ("double precision", "decimal(5,2)", "'NaN'", "! wrong-type"),
    ("real", "decimal(5,2)", "0.5", "0.50"),
    ("text", "text", "'ሰላም, \"Zuri\"'", "ሰላም, \"Zuri\""),
    ("varchar(10)", "text", "''", ""),
    ("char(6)", "text", "'ab'", "ab"),
    ("char(3)", "code(sex)", "'F'", "F"),
    ("name", "text", "'n'", "n"),
    ("uuid", "uuid", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("uuid", "text", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("text", "uuid", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("date", "date", "'1969-12-31'", "1969-12-31"),
    ("date", "date", "'0001-01-01'", "0001-01-01"),
    ("date", "date", "'infinity'", "! date-impossible"),
    ("date", "date", "'0044-03-15 BC'", "! date-impossible"),
    ("date", "partial-date", "'2011-02-17'", "2011-02-17"),
    ("date", "text", "'2011-02-17'", "! wrong-type"),
    ("timestamptz", "timestamp", "'2011-02-17 03:00:00.000001+03'", "2011-02-17T00:00:00.000001Z"),
    ("timestamptz", "timestamp", "'infinity'", "! date-impossible"),
    ("timestamptz", "timestamp", "'-infinity'", "! date-impossible"),
    ("timestamptz", "timestamp", "'0044-03-15 00:00:00+00 BC'", "! date-impossible"),
    ("timestamp", "timestamp", "'2011-02-17 03:00:00'", "! wrong-type"),
    ("time", "text", "'03:04:05'", "03:04:05"),
    ("interval", "text", "'1 day'", "P1D"),
    ("bytea", "bytes", "'\\x00ff'", "00ff"),
    ("json", "text", "'{\"a\": 1}'", "{\"a\": 1}"),
    ("jsonb", "text", "'{\"a\":1}'", "{\"a\": 1}"),
    ("inet", "text", "'10.0.0.1'", "10.0.0.1"),
    ("text[]", "text", "'{a,b}'", "! wrong-type"),
    ("integer[]", "integer", "'{1}'", "! wrong-type"),
    ("mood", "text", "'glad'", "glad"),
    ("mood_of_somebody", "text", "'sad'", "sad"),
    ("positive", "integer", "5", "5"),
];

const MARIADB: &[Case] = &[
    ("tinyint(1)", "boolean", "1", "true"),
    ("tinyint", "integer", "-128", "-128"),
    ("smallint unsigned", "integer", "65535", "65535"),
    ("mediumint", "integer", "-8388608", "-8388608"),
    ("bigint", "integer", "-9223372036854775808", "-9223372036854775808"),
    ("bigint unsigned", "integer", "18446744073709551615", "! wrong-type"),
    ("bigint unsigned", "decimal(20,0)", "18446744073709551615", "18446744073709551615"),
    ("decimal(65,30)", "decimal(38,2)", "118.51", "118.51"),
    ("decimal(65,30)", "decimal(38,2)", "118.511", "! wrong-type"),
    ("decimal(12,2)", "decimal(12,2)", "-0.05", "-0.05"),
    ("double", "decimal(5,2)", "12.25", "12.25"),
    ("double", "decimal(5,2)", "0.1", "! wrong-type"),
    ("bit(10)", "integer", "b'1000000001'", "513"),
    ("set('a','b')", "text", "'a,b'", "a,b"),
    ("enum('F','M','Q')", "code(sex)", "'F'", "F"),
    ("enum('F','M','Q')", "code(sex)", "'Q'", "! code-unknown"),
    ("varchar(50)", "text", "'ሰላም, \"Zuri\"'", "ሰላም, \"Zuri\""),
    ("varchar(50) character set latin1", "text", "'Zoë'", "Zoë"),
    ("char(6)", "text", "'ab'", "ab"),
    (
        "char(36) character set ascii",
        "uuid",
        "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ),
    ("binary(16)", "uuid", "x'6ba7b8109dad11d180b400c04fd430c8'", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("uuid", "uuid", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("varbinary(20)", "bytes", "x'00ff'", "00ff"),
    ("blob", "bytes", "x'ff'", "ff"),
    ("date", "date", "'1969-12-31'", "1969-12-31"),
    ("date", "date", "'0000-00-00'", "! date-impossible"),
    ("date", "date", "'2011-00-00'", "! date-impossible"),
    ("datetime", "timestamp", "'2011-02-17 03:00:00'", "! wrong-type"),
    ("timestamp", "timestamp", "'2011-02-17 03:00:00'", "2011-02-17T03:00:00Z"),
    ("timestamp(6)", "timestamp", "'2011-02-17 03:00:00.000001'", "2011-02-17T03:00:00.000001Z"),
    ("time", "text", "'03:04:05'", "03:04:05"),
    ("year", "integer", "2011", "2011"),
    ("json", "text", "'{\"a\": 1}'", "{\"a\": 1}"),
    ("text", "text", "''", ""),
];

fn holds(kind: Kind, prelude: &str, cases: &[Case]) {
    let live = Live::new(kind);
    live.sql(prelude);
    for (number, (stored, declared, value, expected)) in cases.iter().enumerate() {
        let table = format!("t{number}");
        let zone = if kind == Kind::Mariadb { "SET time_zone = '+00:00', sql_mode = '';" } else { "" };
        live.sql(&format!("CREATE TABLE {table} (v {stored}, n {stored} NULL);"));
        live.sql(&format!("{zone} INSERT INTO {table} VALUES ({value}, NULL)"));
        let batches = live.read(&scan(&table, &[("v", declared), ("n", declared)])).unwrap();
        let found = column(&batches, 0);
        assert_eq!(found, [Some((*expected).to_owned())], "{kind:?} {stored} as {declared}: {value}");
        // MariaDB's timestamps are never missing unless they are made so.
        if !stored.starts_with("timestamp") || kind == Kind::Postgres {
            assert_eq!(column(&batches, 1), [None], "{kind:?} {stored} as {declared}: no value");
        }
    }
    live.nothing_stays_open();
}

#[test]
fn postgres_types_are_exact_or_faults() {
    let prelude = "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN mood_of_somebody AS mood; \
                   CREATE DOMAIN positive AS integer CHECK (value > 0)";
    holds(Kind::Postgres, prelude, POSTGRES);
}

#[test]
fn mariadb_types_are_exact_or_faults() {
    holds(Kind::Mariadb, "SELECT 1", MARIADB);
}

#[test]
fn a_table_without_rows_and_a_scan_without_columns_are_whole() {
    for kind in [Kind::Postgres, Kind::Mariadb] {
        let live = Live::new(kind);
        live.sql("CREATE TABLE person (name varchar(50)); CREATE TABLE three (name varchar(50))");
        live.sql("INSERT INTO three VALUES ('a'), ('b'), (NULL)");
        assert_eq!(live.read(&scan("person", &[("name", "text")])).unwrap().len(), 0);
        let rows =
            |batches: Vec<causeway_flow::Batch>| batches.iter().map(|batch| batch.records.num_rows()).sum::<usize>();
        assert_eq!(rows(live.read(&scan("three", &[])).unwrap()), 3, "{kind:?}");
    }
}
