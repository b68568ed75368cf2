//! Do keys of each type meet across two live databases, whatever either stores them as, and meet nobody else's?
//!
//! Three people have a key of each case, and in the other database something that belongs to it. They are read whole and
//! looked up, and asked for by lists of keys; and both the other way round.

use std::fs;
use std::path::Path;

use causeway_testkit::server;

use super::holding::server as reached;
use super::scene::{ARRANGEMENT, PASSWORD, Scene};
use crate::script::carry_out;

/// Type of the keys; in PostgreSQL and in MariaDB: type of the column, and the key of each of three people.
type Case = (&'static str, (&'static str, [&'static str; 3]), (&'static str, [&'static str; 3]));

const CASES: &[Case] = &[
    ("integer", ("bigint", ["1", "-42", "9223372036854775807"]), ("bigint", ["1", "-42", "9223372036854775807"])),
    ("integer", ("numeric", ["1", "7.00", "4294967295"]), ("int(12) unsigned zerofill", ["1", "7", "4294967295"])),
    ("integer", ("text", ["'1'", "'7'", "'2049'"]), ("bit(12)", ["1", "7", "b'100000000001'"])),
    (
        "decimal(20,2)",
        ("numeric", ["0.5", "-7", "123456789012345678.25"]),
        ("decimal(30,4)", ["0.5000", "-7", "123456789012345678.2500"]),
    ),
    (
        "uuid",
        (
            "uuid",
            [
                "'0a0b0c0d-0000-4000-8000-00000000000a'",
                "'0a0b0c0d-0000-4000-8000-00000000000b'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
        ),
        (
            "binary(16)",
            [
                "x'0a0b0c0d00004000800000000000000a'",
                "x'0a0b0c0d00004000800000000000000b'",
                "x'ffffffffffffffffffffffffffffffff'",
            ],
        ),
    ),
    (
        "uuid",
        (
            "text",
            [
                "'{0A0B0C0D-0000-4000-8000-00000000000A}'",
                "'0a0b0c0d00004000800000000000000b'",
                "'FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF'",
            ],
        ),
        (
            "char(36)",
            [
                "'0a0b0c0d-0000-4000-8000-00000000000a'",
                "'0A0B0C0D-0000-4000-8000-00000000000B'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
        ),
    ),
    (
        "uuid",
        (
            "uuid",
            [
                "'0a0b0c0d-0000-4000-8000-00000000000a'",
                "'0a0b0c0d-0000-4000-8000-00000000000b'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
        ),
        (
            "uuid",
            [
                "'0A0B0C0D-0000-4000-8000-00000000000A'",
                "'0a0b0c0d-0000-4000-8000-00000000000b'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
        ),
    ),
    (
        "text",
        ("text", ["'p3'", "'P3'", "'p3 '"]),
        ("varchar(40) collate utf8mb4_general_ci", ["'p3'", "'P3'", "'p3 '"]),
    ),
    (
        "text",
        ("citext", ["'straße'", "'strasse'", "'STRASSE'"]),
        ("varchar(40) character set utf16", ["'straße'", "'strasse'", "'STRASSE'"]),
    ),
    (
        "text",
        ("text", ["'زوري'", "'祖里, \"x\"'", "'a\\''b'"]),
        ("varchar(40)", ["'زوري'", "'祖里, \"x\"'", "'a\\\\''b'"]),
    ),
    ("text", ("bigint", ["1", "7", "42"]), ("varchar(40)", ["'1'", "'7'", "'42'"])),
    ("code(sex)", ("char(4)", ["'F'", "'M'", "'X'"]), ("enum('M','X','F')", ["'F'", "'M'", "'X'"])),
    (
        "place(2,5,8)",
        ("text", ["'KE106322'", "'KE10632'", "'ke106322'"]),
        ("char(40)", ["'KE106322'", "'KE10632'", "'ke106322'"]),
    ),
    (
        "date",
        ("date", ["'0001-01-01'", "'2000-02-29'", "'9999-12-31'"]),
        ("date", ["'0001-01-01'", "'2000-02-29'", "'9999-12-31'"]),
    ),
    (
        "date",
        ("text", ["'2000-02-29'", "'2000-03-01'", "'1969-12-31'"]),
        ("date", ["'2000-02-29'", "'2000-03-01'", "'1969-12-31'"]),
    ),
    ("partial-date", ("integer", ["1999", "2011", "2155"]), ("year", ["1999", "2011", "2155"])),
    (
        "partial-date",
        ("text", ["'2011'", "'2011-02'", "'2011-02-17'"]),
        ("varchar(40)", ["'2011'", "'2011-02'", "'2011-02-17'"]),
    ),
    (
        "timestamp",
        ("timestamptz", ["'1970-01-01 03:00:01+03'", "'1970-01-01 00:00:01.000001+00'", "'2038-01-19 03:14:07Z'"]),
        ("timestamp(6) NULL", ["FROM_UNIXTIME(1)", "FROM_UNIXTIME(1.000001)", "FROM_UNIXTIME(2147483647)"]),
    ),
];

/// Records that belong to nobody, so that asking by key is worth it.
const OTHERS: usize = 400;

/// People in the one database, with the column of each case; what belongs to them in the other, a table a case.
fn scripts(people_in_postgres: bool) -> [String; 2] {
    let of = |case: &Case, postgres: bool| if postgres { case.1 } else { case.2 };
    let columns: String =
        CASES.iter().enumerate().map(|(at, case)| format!(", k{at} {}", of(case, people_in_postgres).0)).collect();
    let mut people = format!("CREATE TABLE person (no int PRIMARY KEY{columns});\n");
    for person in 0..3 {
        let keys: String = CASES.iter().map(|case| format!(", {}", of(case, people_in_postgres).1[person])).collect();
        people += &format!("INSERT INTO person VALUES ({person}{keys});\n");
    }
    people += if people_in_postgres { "ANALYZE;\n" } else { "ANALYZE TABLE person;\n" };
    let mut belongings = String::new();
    for (at, case) in CASES.iter().enumerate() {
        let (kind, keys) = of(case, !people_in_postgres);
        belongings += &format!("CREATE TABLE t{at} (no int PRIMARY KEY, k {kind});\n");
        for (person, key) in keys.iter().enumerate() {
            belongings += &format!("INSERT INTO t{at} VALUES ({}, {key});\n", person + 1);
        }
        let others: Vec<String> = (0..OTHERS).map(|other| format!("({}, NULL)", 1_000 + other)).collect();
        belongings += &format!("INSERT INTO t{at} VALUES {};\n", others.join(","));
        belongings += &if people_in_postgres { format!("ANALYZE TABLE t{at};\n") } else { format!("ANALYZE t{at};\n") };
    }
    [people, belongings]
}

fn documents(into: &Path, people: &str, belongings: &str) {
    let element = |name: &str, kind: &str| {
        format!(
            "      - {{ name: {name}, type: \"{kind}\", sensitivity: 2, description: An example, from: [{{ table: main, column: {name} }}] }}\n"
        )
    };
    let cases = || CASES.iter().enumerate();
    let keys: String = cases().map(|(at, case)| element(&format!("k{at}"), case.0)).collect();
    let unique: Vec<String> = cases().map(|(at, _)| format!("[k{at}]")).collect();
    let mut catalogue = format!(
        "catalogue: keys\nversion: 1\nsources:\n  - {{ name: people, connect: {people} }}\n  - {{ name: belongings, connect: {belongings} }}\n\
         code_lists: [{{ name: sex, description: Sex, codes: [{{ code: F }}, {{ code: M }}, {{ code: X }}] }}]\nentities:\n  \
         - name: person\n    description: A person\n    key: [no]\n    unique: [{}]\n    subject: {{}}\n    \
         tables: [{{ name: main, source: people, table: person }}]\n    elements:\n{}{keys}",
        unique.join(", "),
        element("no", "integer")
    );
    let (mut relations, mut agreed, mut fields) = (String::new(), String::new(), String::new());
    for (at, (kind, ..)) in cases() {
        catalogue += &format!(
            "  - name: t{at}\n    description: What belongs to somebody\n    key: [no]\n    tables: [{{ name: main, source: belongings, table: t{at} }}]\n    elements:\n{}{}",
            element("no", "integer"),
            element("k", kind)
        );
        relations +=
            &format!("  - {{ name: owner{at}, inverse: all{at}, many: t{at}, one: person, on: {{ k: k{at} }} }}\n");
        agreed +=
            &format!("  - {{ element: t{at}.no, form: aggregate-only, necessity: to see what belongs together }}\n");
        fields += &format!("  - {{ name: f{at}, reduce: sum, of: all{at}.no }}\n");
    }
    fs::write(into.join("catalogue.yaml"), format!("{catalogue}relations:\n{relations}")).unwrap();
    let arrangement = ARRANGEMENT.replace("AGREED", &agreed).replace("may_select_by: []", "may_select_by: [person.no]");
    fs::write(into.join("arrangement-edges.yaml"), arrangement).unwrap();
    for (name, population) in [("all", ""), ("one", "population: { in: { element: no, values: [1] } }\n")] {
        let exchange = format!(
            "exchange: {name}\nversion: 1\narrangement: edges-2026\nroot: person\n{population}fields:\n{fields}\
             format: {{ kind: csv, audience: machine }}\ndeliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n"
        );
        fs::write(into.join(format!("exchange-{name}.yaml")), exchange).unwrap();
    }
}

fn meet(people_in_postgres: bool) {
    let (postgres, mariadb) = (server::postgres(), server::mariadb());
    postgres.database("meeting", PASSWORD).unwrap();
    mariadb.database("meeting", PASSWORD).unwrap();
    postgres.sql("meeting", "CREATE EXTENSION citext").unwrap();
    let [people, belongings] = scripts(people_in_postgres);
    let prelude = "SET sql_mode = 'STRICT_ALL_TABLES';\n";
    let (in_postgres, in_mariadb) = if people_in_postgres { (&people, &belongings) } else { (&belongings, &people) };
    carry_out(postgres.psql("meeting"), in_postgres);
    carry_out(mariadb.client("meeting"), &format!("{prelude}{in_mariadb}"));
    let (one, other) = (reached("postgres", postgres.port(), "meeting"), reached("mariadb", mariadb.port(), "meeting"));
    let scene = Scene::new();
    let (people, belongings) = if people_in_postgres { (one, other) } else { (other, one) };
    documents(&scene.documents, &people, &belongings);
    let exchanges = [("all", "exchange-all.yaml"), ("one", "exchange-one.yaml")];
    scene.street.set_up_with(&["lantern-relief"], &["edges"], &exchanges).unwrap();
    let explained = scene.street.good(&["exchange", "explain", "one"]).unwrap();
    assert_eq!(explained.matches("looked up by key").count(), CASES.len(), "{explained}");
    for (exchange, owners) in [("all", vec![1, 2, 3]), ("one", vec![2])] {
        let package = scene.street.transfer(exchange).unwrap().package;
        let opened = scene.street.open(&package, &scene.street.partner().join(exchange)).unwrap();
        let mut reader = csv::Reader::from_path(opened.join("data.csv")).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        for (at, case) in CASES.iter().enumerate() {
            let mut found: Vec<i64> = rows.iter().map(|row| row[at].parse().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, owners, "{exchange}, people in PostgreSQL {people_in_postgres}: {case:?}");
        }
        // What belongs to one person stands in one record.
        assert!(rows.iter().all(|row| row.iter().all(|cell| cell == &row[0])), "{exchange}: {rows:?}");
    }
}

#[test]
fn keys_of_people_in_postgresql_find_what_is_theirs_in_mariadb() {
    meet(true);
}

#[test]
fn keys_of_people_in_mariadb_find_what_is_theirs_in_postgresql() {
    meet(false);
}
