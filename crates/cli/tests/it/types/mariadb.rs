//! What comes of the values of MariaDB, with settings of the server that alter what sessions see?

use std::process::Stdio;

use causeway_testkit::server::Mariadb;

use super::holding::{Holding, script, server};
use super::scene::{PASSWORD, Scene};
use super::*;

const UTC: &str = "timestamp %Y-%m-%d %H:%M:%S%.f";

const EDGES: &[Edge] = &[
    ("varchar(600)", "text", "'Zuri'", As("Zuri")),
    ("varchar(600)", "text", "''", As("")),
    ("varchar(600)", "text", "NULL", Nothing),
    ("varchar(600)", "text", "' Zuri '", As(" Zuri ")),
    ("varchar(600)", "text", "'Zuri, \"the second\"'", As("Zuri, \"the second\"")),
    ("varchar(600)", "text", "'two\\nlines\\r\\n'", As("two\nlines\r\n")),
    ("varchar(600)", "text", "'\\ttab'", As("\ttab")),
    ("varchar(600)", "text", "_binary 'a\\0b'", As("a\0b")),
    ("varchar(600)", "text", "'=1+1'", As("=1+1")),
    ("varchar(600)", "text", "'''Zuri'", As("'Zuri")),
    ("varchar(600)", "text", "'\\\\N'", As("\\N")),
    ("varchar(600)", "text", "'زوري ዙሪ 祖里 🕊'", As("زوري ዙሪ 祖里 🕊")),
    ("varchar(600)", "text", "REPEAT('ዙ', 500)", As("ዙ*500")),
    ("varchar(600)", "text", "REPEAT('ዙ', 501)", OVERSIZE),
    ("char(9)", "text", "' Zuri '", As(" Zuri")),
    ("char(9)", "text", "''", As("")),
    ("varchar(9) character set latin1", "text", "'Zoë €'", As("Zoë €")),
    ("varchar(9) character set utf16", "text", "'ዙሪ 🕊'", As("ዙሪ 🕊")),
    ("varchar(9) character set ucs2", "text", "'ዙሪ'", As("ዙሪ")),
    ("varchar(9) character set cp1256", "text", "'زوري'", As("زوري")),
    ("varchar(9) character set gbk", "text", "'祖里'", As("祖里")),
    ("varchar(9) character set koi8r", "text", "'Жанна'", As("Жанна")),
    ("varchar(9) character set utf8mb3", "text", "'ዙሪ'", As("ዙሪ")),
    ("longtext", "text", "REPEAT('ä', 500)", As("ä*500")),
    ("set('food','cash')", "text", "'cash,food'", As("food,cash")),
    ("set('food','cash')", "text", "''", As("")),
    ("enum('F','M','x')", "text", "2", As("M")),
    ("json", "text", "'{\"a\":  [1, \"ä\"]}'", As("{\"a\":  [1, \"ä\"]}")),
    ("inet6", "text", "'2001:db8::1'", As("2001:db8::1")),
    ("time(3)", "text", "'-838:59:58.999'", As("-838:59:58.999")),
    ("bigint", "text", "-9223372036854775808", As("-9223372036854775808")),
    ("int(6) zerofill", "text", "42", As("42")),
    ("bit(12)", "text", "b'101010101010'", As("2730")),
    ("tinyint(1)", "boolean", "1", As("true")),
    ("tinyint(1)", "boolean", "0", As("false")),
    ("tinyint(1)", "boolean", "2", WRONG),
    ("bit(1)", "boolean", "b'1'", As("true")),
    ("bit(1)", "boolean", "NULL", Nothing),
    ("tinyint", "integer", "-128", As("-128")),
    ("tinyint unsigned", "integer", "255", As("255")),
    ("mediumint", "integer", "-8388608", As("-8388608")),
    ("int unsigned", "integer", "4294967295", As("4294967295")),
    ("int(6) zerofill", "integer", "42", As("42")),
    ("bigint", "integer", "-9223372036854775808", As("-9223372036854775808")),
    ("bigint unsigned", "integer", "9223372036854775807", As("9223372036854775807")),
    ("bigint unsigned", "integer", "18446744073709551615", WRONG),
    ("bigint unsigned", "decimal(20,0)", "18446744073709551615", As("18446744073709551615")),
    ("bit(64)", "integer", "x'7fffffffffffffff'", As("9223372036854775807")),
    ("bit(64)", "integer", "x'ffffffffffffffff'", WRONG),
    ("bit(64)", "decimal(20,0)", "x'ffffffffffffffff'", As("18446744073709551615")),
    ("year", "integer", "2011", As("2011")),
    ("year", "partial-date", "2011", As("2011")),
    ("year", "partial-date", "0", IMPOSSIBLE),
    ("decimal(12,2)", "integer", "5.00", As("5")),
    ("decimal(12,2)", "integer", "5.50", WRONG),
    ("decimal(12,2)", "decimal(12,2)", "-0.05", As("-0.05")),
    ("decimal(12,2)", "decimal(12,2)", "0", As("0.00")),
    (
        "decimal(65,30)",
        "decimal(38,30)",
        "12345678.123456789012345678901234567890",
        As("12345678.123456789012345678901234567890"),
    ),
    ("decimal(65,30)", "decimal(38,30)", "-0.000000000000000000000000000001", As("-0.000000000000000000000000000001")),
    ("decimal(65,30)", "decimal(38,30)", "100000000", WRONG),
    (
        "decimal(65,0)",
        "decimal(38,0)",
        "99999999999999999999999999999999999999",
        As("99999999999999999999999999999999999999"),
    ),
    ("decimal(65,0)", "decimal(38,0)", "100000000000000000000000000000000000000", WRONG),
    ("decimal(12,4)", "decimal(12,2)", "123.4500", As("123.45")),
    ("decimal(12,4)", "decimal(12,2)", "123.4501", WRONG),
    ("float", "integer", "16777216", As("16777216")),
    ("float", "decimal(5,2)", "0.5", As("0.50")),
    ("float", "decimal(5,2)", "0.1", WRONG),
    ("double", "decimal(5,2)", "-12.5", As("-12.50")),
    ("double", "decimal(5,2)", "0.1", WRONG),
    ("double", "integer", "1e300", WRONG),
    ("date", "date", "'2000-02-29'", As("2000-02-29")),
    ("date", "date", "'0001-01-01'", As("0001-01-01")),
    ("date", "date", "'9999-12-31'", As("9999-12-31")),
    ("date", "date", "'0000-00-00'", IMPOSSIBLE),
    ("date", "date", "'2011-00-00'", IMPOSSIBLE),
    ("date", "date", "'2011-02-00'", IMPOSSIBLE),
    ("date", "date", "'2011-02-31'", IMPOSSIBLE),
    ("date", "date", "'0000-05-05'", IMPOSSIBLE),
    ("date", "date", "NULL", Nothing),
    ("date", "partial-date", "'2011-02-17'", As("2011-02-17")),
    ("date", "partial-date", "'2011-02-00'", IMPOSSIBLE),
    ("varchar(99)", "date", "'2011-02-30'", IMPOSSIBLE),
    ("varchar(99)", "date %d/%m/%Y", "'17/02/2011'", As("2011-02-17")),
    ("varchar(99)", "partial-date", "'2011-02'", As("2011-02")),
    ("timestamp NULL", "timestamp", "FROM_UNIXTIME(1)", As("1970-01-01T00:00:01Z")),
    ("timestamp NULL", "timestamp", "FROM_UNIXTIME(2147483647)", As("2038-01-19T03:14:07Z")),
    ("timestamp NULL", "timestamp", "'2011-02-17 03:00:00'", As("2011-02-17T00:00:00Z")),
    ("timestamp NULL", "timestamp", "0", IMPOSSIBLE),
    ("timestamp NULL", "timestamp", "NULL", Nothing),
    ("timestamp(6) NULL", "timestamp", "FROM_UNIXTIME(1.000001)", As("1970-01-01T00:00:01.000001Z")),
    ("datetime", "timestamp", "'2011-02-17 10:00:00'", WRONG),
    ("datetime(6)", UTC, "'2011-02-17 10:00:00.000001'", As("2011-02-17T10:00:00.000001Z")),
    ("datetime(6)", UTC, "'9999-12-31 23:59:59.999999'", As("9999-12-31T23:59:59.999999Z")),
    ("datetime(6)", UTC, "'0000-00-00'", IMPOSSIBLE),
    ("uuid", "uuid", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("uuid", "text", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("binary(16)", "uuid", "x'0a0b0c0d000040008000000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("binary(16)", "uuid", "NULL", Nothing),
    ("varbinary(16)", "uuid", "x'01'", WRONG),
    ("char(36)", "uuid", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("char(36)", "uuid", "'no uuid'", WRONG),
    ("blob", "bytes", "x'00ff27'", As("AP8n")),
    ("blob", "bytes", "''", As("")),
    ("blob", "bytes", "REPEAT('x', 501)", OVERSIZE),
    ("binary(4)", "bytes", "x'00ff'", As("AP8AAA==")),
    ("varchar(99)", "code(sex)", "'F'", As("F")),
    ("varchar(99)", "code(sex)", "'f'", UNKNOWN),
    ("varchar(99)", "code(sex)", "'F '", UNKNOWN),
    ("varchar(99)", "code(sex)", "''", Nothing),
    ("enum('F','M','x')", "code(sex)", "'F'", As("F")),
    ("enum('F','M','x')", "code(sex)", "'x'", UNKNOWN),
    ("enum('F','M','x')", "code(sex)", "'nothing of these'", Nothing),
    ("tinyint", "code(number)", "-2", As("-2")),
    ("tinyint", "code(number)", "3", UNKNOWN),
    ("varchar(99)", "place(2,5,8)", "'KE106322'", As("KE106322")),
];

#[test]
fn values_of_mariadb_come_exactly_or_are_quarantined() {
    use std::io::Write;
    let options = [
        ("default-time-zone", "+03:00"),
        ("sql-mode", "PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL,ANSI_QUOTES,NO_BACKSLASH_ESCAPES"),
        ("character-set-server", "latin1"),
    ];
    let server_of_edges = Mariadb::start(&options).unwrap();
    server_of_edges.database("edges", PASSWORD).unwrap();
    // Not strict, so that it stores what it should not, as servers of old have done.
    let script =
        format!("ALTER DATABASE edges CHARACTER SET utf8mb4; SET sql_mode = 'ALLOW_INVALID_DATES';\n{}", script(EDGES));
    let mut client = server_of_edges.client("edges");
    let mut client = client.stdin(Stdio::piped()).spawn().unwrap();
    client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(client.wait().unwrap().success());
    let connect = server("mariadb", server_of_edges.port(), "edges");
    Scene::new().holds(&Holding { name: "store", connect, is_database: true, empty_is_text: false, edges: EDGES });
}
