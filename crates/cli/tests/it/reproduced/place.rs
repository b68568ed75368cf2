//! Who is in the two stores, and what may their readers read?

use std::fs;
use std::os::unix::fs::PermissionsExt;

use causeway_testkit::server::{Mariadb, Postgres};
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

use super::documents;
use crate::script::carry_out;

const PASSWORD: &str = "invented word";

/// Stands in every note.
pub(super) const MARKER: &str = "Invented-Canary-Note";

/// Somebody: a reference that another's equals to a collation, a programme.
pub(super) struct Person {
    pub(super) reference: String,
    pub(super) programme: &'static str,
}

/// References in groups that collations take for equal, and none of them is.
const ALIKE: [&[&str]; 5] = [
    &["strasse", "straße", "STRASSE"],
    &["zoe", "zoë", "Zoë", "zoe\u{308}"],
    &["trail", "trail ", "Trail"],
    &["ﬁne", "fine"],
    &["ａ1", "a1", "A1"],
];

/// Everybody, in the order in which they are numbered.
pub(super) fn people() -> Vec<Person> {
    // Most are in other programmes, so that few are asked for.
    let programme = |number: usize| match number % 40 {
        0 => "p3",
        1 => "P3",
        2 => "p3 ",
        3 => "ｐ3",
        _ => "q",
    };
    let pairs = (0..1_000).flat_map(|number| [format!("p{number}"), format!("P{number}")]);
    let alike = ALIKE.iter().flat_map(|group| group.iter().map(|reference| (*reference).to_owned()));
    let all = pairs.chain(alike).enumerate();
    all.map(|(number, reference)| Person { reference, programme: programme(number) }).collect()
}

/// Both stores, and the installation that reads them.
pub(super) struct Place {
    pub(super) street: Street,
    postgres: Postgres,
    mariadb: Mariadb,
    _removed: Box<dyn std::any::Any>,
}

impl Place {
    pub(super) fn new() -> Self {
        let (postgres, mariadb) = (Postgres::start(&[]).unwrap(), Mariadb::start(&[]).unwrap());
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        fs::create_dir_all(street.sources()).unwrap();
        let password = street.sources().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        let place = Self { street, postgres, mariadb, _removed: Box::new(dir) };
        place.fill();
        documents::write(&into, place.postgres.port(), place.mariadb.port());
        let exchanges = documents::EXCHANGES.map(|(name, ..)| (name, format!("exchange-{name}.yaml")));
        let exchanges: Vec<(&str, &str)> = exchanges.iter().map(|(name, file)| (*name, file.as_str())).collect();
        place.street.set_up_with(&["lantern-relief"], &["reproduced"], &exchanges).unwrap();
        place
    }

    pub(super) fn postgres_says(&self, sql: &str) -> String {
        self.postgres.sql("people", sql).unwrap().trim().to_owned()
    }

    pub(super) fn mariadb_says(&self, sql: &str) -> String {
        self.mariadb.sql("aids", sql).unwrap().trim().to_owned()
    }

    fn fill(&self) {
        let people = people();
        let rows = |row: &dyn Fn(usize, &Person) -> String| {
            people.iter().enumerate().map(|(number, person)| row(number, person)).collect::<Vec<_>>().join(",")
        };
        let persons = rows(&|number, Person { reference, programme }| {
            format!("('{reference}', {number}, 'person {number}', '{programme}', 'secret')")
        });
        self.postgres.sql("postgres", &format!("CREATE ROLE people LOGIN PASSWORD '{PASSWORD}'")).unwrap();
        self.postgres.sql("postgres", "CREATE DATABASE people").unwrap();
        let script = format!(
            "CREATE COLLATION folds (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
             CREATE TABLE person (person_ref varchar(40) COLLATE folds, number int, name text, programme text COLLATE folds, secret text);
             CREATE INDEX ON person (person_ref); CREATE INDEX ON person (programme);
             GRANT SELECT (person_ref, number, name, programme) ON person TO people;
             INSERT INTO person VALUES {persons}; ANALYZE;\n"
        );
        carry_out(self.postgres.psql("people"), &script);
        self.mariadb
            .sql("mysql", &format!("CREATE DATABASE aids; CREATE USER aids@'%' IDENTIFIED BY '{PASSWORD}'"))
            .unwrap();
        let key = "person_ref varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, KEY (person_ref)";
        let mut script = format!(
            "CREATE TABLE contact (phone varchar(20), secret text, {key});
             CREATE TABLE aid (aid_no int PRIMARY KEY, programme varchar(9) COLLATE utf8mb4_general_ci, amount int, note text, secret text, {key});
             GRANT SELECT (phone, person_ref) ON contact TO aids@'%';
             GRANT SELECT (aid_no, programme, amount, note, person_ref) ON aid TO aids@'%';\n"
        );
        let contacts = rows(&|number, person| format!("('phone {number}', 'secret', '{}')", person.reference));
        script += &format!("INSERT INTO contact VALUES {contacts};\n");
        for turn in 0..3 {
            let aids = rows(&|number, person| {
                let programme = ["p3", "P3", "p3 "][(number + turn) % 3];
                let (no, amount, reference) = (number * 3 + turn, number * 10 + turn, &person.reference);
                format!(
                    "({no}, '{programme}', {amount}, CONCAT('{MARKER} {no} ', REPEAT('x', 1500)), 'secret', '{reference}')"
                )
            });
            script += &format!("INSERT INTO aid VALUES {aids};\n");
        }
        script += "ANALYZE TABLE aid, contact;";
        carry_out(self.mariadb.client("aids"), &script);
    }
}
