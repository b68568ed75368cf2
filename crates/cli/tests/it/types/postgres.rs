//! What comes of the values of PostgreSQL, in databases of several encodings and with settings that alter what is shown?

use causeway_testkit::server;

use super::holding::{Holding, script, server as reached};
use super::scene::{PASSWORD, Scene};
use super::*;
use crate::script::carry_out;

const UTC: &str = "timestamp %Y-%m-%d %H:%M:%S%.f";

const EDGES: &[Edge] = &[
    ("text", "text", "'Zuri'", As("Zuri")),
    ("text", "text", "''", As("")),
    ("text", "text", "NULL", Nothing),
    ("text", "text", "' Zuri '", As(" Zuri ")),
    ("text", "text", "'NULL'", As("NULL")),
    ("text", "text", "'\\N'", As("\\N")),
    ("text", "text", "'Zuri, \"the second\"'", As("Zuri, \"the second\"")),
    ("text", "text", "E'two\\nlines'", As("two\nlines")),
    ("text", "text", "E'carriage\\r\\nreturn\\r'", As("carriage\r\nreturn\r")),
    ("text", "text", "E'\\ttab'", As("\ttab")),
    ("text", "text", "E'\\x01\\x1b[31m'", As("\u{1}\u{1b}[31m")),
    ("text", "text", "'=1+1'", As("=1+1")),
    ("text", "text", "'''Zuri'", As("'Zuri")),
    ("text", "text", "'+254 700 000 000'", As("+254 700 000 000")),
    ("text", "text", "'-12.5'", As("-12.5")),
    ("text", "text", "'@Zuri'", As("@Zuri")),
    ("text", "text", "U&'\\2028 and \\2029'", As("\u{2028} and \u{2029}")),
    ("text", "text", "U&'\\FEFFZuri'", As("\u{feff}Zuri")),
    ("text", "text", "U&'Zoe\\0308'", As("Zoe\u{308}")),
    ("text", "text", "U&'Zo\\00EB'", As("Zo\u{eb}")),
    ("text", "text", "'زوري ዙሪ 祖里 🕊'", As("زوري ዙሪ 祖里 🕊")),
    ("text", "text", "U&'\\+10FFFF'", As("\u{10ffff}")),
    ("text", "text", "repeat('ዙ', 500)", As("ዙ*500")),
    ("text", "text", "repeat('ዙ', 501)", OVERSIZE),
    ("varchar(9)", "text", "'Zuri'", As("Zuri")),
    ("char(9)", "text", "' Zuri '", As(" Zuri")),
    ("char(9)", "text", "''", As("")),
    ("citext", "text", "'ZuRi'", As("ZuRi")),
    ("name", "text", "'zuri'", As("zuri")),
    ("mood", "text", "'très, glad'", As("très, glad")),
    ("mood_of_somebody", "text", "'F'", As("F")),
    ("json", "text", "'{\"a\":  1}'", As("{\"a\":  1}")),
    ("jsonb", "text", "'{\"a\":  1, \"b\": \"ä\"}'", As("{\"a\": 1, \"b\": \"ä\"}")),
    ("xml", "text", "'<a>ä</a>'", As("<a>ä</a>")),
    ("inet", "text", "'192.0.2.1'", As("192.0.2.1")),
    ("time", "text", "'10:30:00.5'", As("10:30:00.5")),
    ("interval", "text", "'1 year 2 days'", As("P1Y2D")),
    ("bit(3)", "text", "B'101'", As("101")),
    ("int4range", "text", "'[1,3)'", As("[1,3)")),
    ("uuid", "text", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("bigint", "text", "-9223372036854775808", As("-9223372036854775808")),
    ("boolean", "boolean", "true", As("true")),
    ("boolean", "boolean", "false", As("false")),
    ("boolean", "boolean", "NULL", Nothing),
    ("smallint", "boolean", "1", As("true")),
    ("smallint", "boolean", "2", WRONG),
    ("text", "boolean", "'TRUE'", As("true")),
    ("text", "boolean", "'yes'", WRONG),
    ("smallint", "integer", "-32768", As("-32768")),
    ("integer", "integer", "2147483647", As("2147483647")),
    ("bigint", "integer", "9223372036854775807", As("9223372036854775807")),
    ("bigint", "integer", "-9223372036854775808", As("-9223372036854775808")),
    ("bigint", "integer", "9007199254740993", As("9007199254740993")),
    ("oid", "integer", "4294967295", As("4294967295")),
    ("years", "integer", "7", As("7")),
    ("numeric", "integer", "9223372036854775807", As("9223372036854775807")),
    ("numeric", "integer", "9223372036854775808", WRONG),
    ("numeric", "integer", "12.000", As("12")),
    ("numeric", "integer", "12.5", WRONG),
    ("text", "integer", "'12'", As("12")),
    ("text", "integer", "'012'", WRONG),
    ("text", "integer", "'1e3'", WRONG),
    ("text", "integer", "''", Nothing),
    ("double precision", "integer", "9007199254740992", As("9007199254740992")),
    ("double precision", "integer", "0.5", WRONG),
    ("double precision", "integer", "'NaN'", WRONG),
    ("numeric", "decimal(9,2)", "-0.01", As("-0.01")),
    ("numeric", "decimal(9,2)", "0", As("0.00")),
    ("numeric", "decimal(9,2)", "1234567.80", As("1234567.80")),
    ("numeric", "decimal(9,2)", "1.1000000000000000000000000000000000000000", As("1.10")),
    ("numeric", "decimal(9,2)", "1.005", WRONG),
    ("numeric", "decimal(9,2)", "10000000", WRONG),
    ("numeric", "decimal(9,2)", "'NaN'", WRONG),
    ("numeric", "decimal(9,2)", "'Infinity'", WRONG),
    ("numeric", "decimal(9,2)", "'-Infinity'", WRONG),
    ("numeric", "decimal(9,2)", "NULL", Nothing),
    (
        "numeric",
        "decimal(38,0)",
        "99999999999999999999999999999999999999",
        As("99999999999999999999999999999999999999"),
    ),
    (
        "numeric",
        "decimal(38,0)",
        "-99999999999999999999999999999999999999",
        As("-99999999999999999999999999999999999999"),
    ),
    ("numeric", "decimal(38,0)", "100000000000000000000000000000000000000", WRONG),
    (
        "numeric",
        "decimal(38,38)",
        "0.00000000000000000000000000000000000001",
        As("0.00000000000000000000000000000000000001"),
    ),
    ("numeric", "decimal(38,2)", "1e131071", WRONG),
    ("numeric(40,0)", "decimal(38,0)", "1234567890123456789012345678901234567890", WRONG),
    ("numeric(6,-3)", "decimal(9,2)", "12000", As("12000.00")),
    ("real", "decimal(9,2)", "12.5", As("12.50")),
    ("real", "decimal(9,2)", "0.1", WRONG),
    ("double precision", "decimal(9,2)", "'-0'", As("0.00")),
    ("double precision", "decimal(9,2)", "1e300", WRONG),
    ("bigint", "decimal(9,2)", "-7", As("-7.00")),
    ("date", "date", "'2000-02-29'", As("2000-02-29")),
    ("date", "date", "'1969-12-31'", As("1969-12-31")),
    ("date", "date", "'0001-01-01'", As("0001-01-01")),
    ("date", "date", "'9999-12-31'", As("9999-12-31")),
    ("date", "date", "'10000-01-01'", IMPOSSIBLE),
    ("date", "date", "'0001-12-31 BC'", IMPOSSIBLE),
    ("date", "date", "'infinity'", IMPOSSIBLE),
    ("date", "date", "'-infinity'", IMPOSSIBLE),
    ("date", "date", "NULL", Nothing),
    ("text", "date", "'2011-02-30'", IMPOSSIBLE),
    ("text", "date", "'17.02.2011'", WRONG),
    ("text", "date %d.%m.%Y", "'17.02.2011'", As("2011-02-17")),
    ("text", "date %d.%m.%Y", "'30.02.2011'", IMPOSSIBLE),
    ("date", "partial-date", "'2011-02-17'", As("2011-02-17")),
    ("date", "partial-date", "'infinity'", IMPOSSIBLE),
    ("integer", "partial-date", "2011", As("2011")),
    ("text", "partial-date", "'2011'", As("2011")),
    ("text", "partial-date", "'2011-02'", As("2011-02")),
    ("text", "partial-date", "'2011-02-17'", As("2011-02-17")),
    ("text", "partial-date", "'2011-13'", IMPOSSIBLE),
    ("text", "partial-date", "'0000'", IMPOSSIBLE),
    ("text", "partial-date", "'spring 2011'", WRONG),
    ("timestamptz", "timestamp", "'2026-01-01 01:30:00.000001+03'", As("2025-12-31T22:30:00.000001Z")),
    ("timestamptz", "timestamp", "'1969-12-31 23:59:59.999999+00'", As("1969-12-31T23:59:59.999999Z")),
    ("timestamptz", "timestamp", "'2026-01-01 00:00:00+05:45'", As("2025-12-31T18:15:00Z")),
    ("timestamptz", "timestamp", "'0001-01-01 00:00:00+00'", As("0001-01-01T00:00:00Z")),
    ("timestamptz", "timestamp", "'9999-12-31 23:59:59.999999+00'", As("9999-12-31T23:59:59.999999Z")),
    ("timestamptz", "timestamp", "'0044-03-15 12:00:00+00 BC'", IMPOSSIBLE),
    ("timestamptz", "timestamp", "'infinity'", IMPOSSIBLE),
    ("timestamptz", "timestamp", "'-infinity'", IMPOSSIBLE),
    ("timestamptz", "timestamp", "NULL", Nothing),
    ("timestamp", UTC, "'2026-01-01 10:00:00.5'", As("2026-01-01T10:00:00.500000Z")),
    ("timestamp", UTC, "'infinity'", IMPOSSIBLE),
    ("text", "timestamp", "'2026-01-01T10:00:00+03:00'", As("2026-01-01T07:00:00Z")),
    ("text", "timestamp", "'2026-01-01T10:00:00'", WRONG),
    ("text", "timestamp", "'2026-06-30T23:59:60Z'", IMPOSSIBLE),
    ("uuid", "uuid", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("uuid", "uuid", "NULL", Nothing),
    ("text", "uuid", "'{0A0B0C0D-0000-4000-8000-000000000001}'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("text", "uuid", "'0a0b0c0d00004000800000000000001'", WRONG),
    ("bytea", "bytes", "'\\x00ff27'", As("AP8n")),
    ("bytea", "bytes", "'\\xfb'", As("+w==")),
    ("bytea", "bytes", "''", As("")),
    ("bytea", "bytes", "NULL", Nothing),
    ("bytea", "bytes", "decode(repeat('00', 501), 'hex')", OVERSIZE),
    ("text", "code(sex)", "'F'", As("F")),
    ("text", "code(sex)", "'f'", UNKNOWN),
    ("text", "code(sex)", "'F '", UNKNOWN),
    ("text", "code(sex)", "''", Nothing),
    ("char(4)", "code(sex)", "'M'", As("M")),
    ("mood", "code(sex)", "'F'", As("F")),
    ("mood", "code(sex)", "'très, glad'", UNKNOWN),
    ("smallint", "code(number)", "-2", As("-2")),
    ("smallint", "code(number)", "3", UNKNOWN),
    ("text", "place(2,5,8)", "'KE106322'", As("KE106322")),
    ("integer", "place(2,5,8)", "106322", As("106322")),
];

/// What LATIN1 can hold.
const WEST: &[Edge] = &[
    ("text", "text", "'Zoë «Ñ» ÿ'", As("Zoë «Ñ» ÿ")),
    ("varchar(9)", "text", "''", As("")),
    ("char(9)", "text", "'Zoë'", As("Zoë")),
    ("text", "text", "repeat('ë', 500)", As("ë*500")),
    ("text", "text", "repeat('ë', 501)", OVERSIZE),
    ("text", "code(sex)", "'É'", UNKNOWN),
];

/// What WIN1256 can hold.
const ARABIC: &[Edge] =
    &[("text", "text", "'زوري، المثال'", As("زوري، المثال")), ("text", "text", "'Zoé €'", As("Zoé €"))];

/// What EUC_JP can hold.
const JAPANESE: &[Edge] =
    &[("text", "text", "'ズーリ 祖里'", As("ズーリ 祖里")), ("text", "code(sex)", "'女'", UNKNOWN)];

/// A database that does not know what its bytes mean.
const NOBODY_KNOWS: &[Edge] = &[
    ("text", "text", "'Zoë 🕊'", As("Zoë 🕊")),
    ("text", "text", "E'Zo\\xEB'", Not("invalid-utf8")),
    ("text", "code(sex)", "E'\\xFF'", Not("invalid-utf8")),
    ("varchar(9)", "text", "'Zuri'", As("Zuri")),
];

fn fill(name: &str, statements: &str) {
    let mut client = server::postgres().psql(name);
    // In a database without an encoding any byte is stored as it is sent.
    client.env("PGCLIENTENCODING", if name == "ascii" { "SQL_ASCII" } else { "UTF8" });
    carry_out(client, statements);
}

/// A database in an encoding, and its reader.
fn database(name: &str, encoding: &str) {
    let made = format!("CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
    fill("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}';\n{made};\n"));
    fill(name, &format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {name};\n"));
}

#[test]
fn values_of_postgresql_come_exactly_or_are_quarantined() {
    let stores = [
        ("utf8", "UTF8", EDGES),
        ("latin1", "LATIN1", WEST),
        ("win1256", "WIN1256", ARABIC),
        ("euc", "EUC_JP", JAPANESE),
        ("ascii", "SQL_ASCII", NOBODY_KNOWS),
    ];
    for (name, encoding, edges) in stores {
        database(name, encoding);
        let prelude = "CREATE TYPE mood AS ENUM ('très, glad', 'F'); CREATE DOMAIN mood_of_somebody AS mood;
             CREATE DOMAIN years AS int CHECK (value < 150);
             CREATE EXTENSION IF NOT EXISTS citext;\n";
        fill(name, &(if name == "utf8" { prelude.to_owned() } else { String::new() } + &script(edges)));
        // What the server shows to others is not what we are told.
        for setting in [
            "TimeZone = 'Asia/Kathmandu'",
            "DateStyle = 'German'",
            "IntervalStyle = 'sql_standard'",
            "bytea_output = 'escape'",
            "extra_float_digits = -15",
        ] {
            fill("postgres", &format!("ALTER DATABASE {name} SET {setting};\n"));
        }
        let connect = reached("postgres", server::postgres().port(), name);
        Scene::new().holds(&Holding { name, connect, is_database: true, empty_is_text: false, edges });
    }
}
