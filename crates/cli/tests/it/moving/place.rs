//! Where do people live: two databases with three tables each, and an installation that reads both?

use std::fs;
use std::os::unix::fs::PermissionsExt;

use causeway_testkit::server::{Mariadb, Postgres};
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

use super::documents;
use super::writer::Writers;

/// Households, people, cards of each, writers of each database.
pub(super) const HOUSEHOLDS: usize = 40;
pub(super) const PEOPLE: usize = 400;
pub(super) const CARDS: usize = 2;
pub(super) const WRITERS: usize = 2;

const PASSWORD: &str = "invented word";

/// Tables of each database: households, people, cards.
const IN_POSTGRES: [&str; 3] = ["household", "person", "card"];
const IN_MARIADB: [&str; 3] = ["ration_group", "collector", "voucher"];

/// Both databases, and the installation.
pub(super) struct Place {
    pub(super) street: Street,
    postgres: Postgres,
    mariadb: Mariadb,
    _removed: Box<dyn std::any::Any>,
}

impl Place {
    /// `apart`: each database is declared as two stores, people in the one, households and cards in the other.
    pub(super) fn new(apart: bool) -> Self {
        let (postgres, mariadb) = (Postgres::start(&[]).unwrap(), Mariadb::start(&[]).unwrap());
        postgres.database("homes", PASSWORD).unwrap();
        mariadb.database("homes", PASSWORD).unwrap();
        postgres.sql("homes", &tables(IN_POSTGRES)).unwrap();
        mariadb.sql("homes", &tables(IN_MARIADB)).unwrap();
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        fs::create_dir_all(street.sources()).unwrap();
        let password = street.sources().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        documents::write(&into, postgres.port(), mariadb.port(), apart);
        street.set_up_with(&["lantern-relief"], &["moving"], &[("moving", "exchange.yaml")]).unwrap();
        Self { street, postgres, mariadb, _removed: Box::new(dir) }
    }

    /// Writers of both databases begin.
    pub(super) fn writers(&self) -> Writers {
        let postgres = (0..WRITERS).map(|share| (self.postgres.psql("homes"), IN_POSTGRES, share));
        let mariadb = (0..WRITERS).map(|share| {
            let mut client = self.mariadb.client("homes");
            client.arg("--unbuffered");
            (client, IN_MARIADB, share)
        });
        Writers::start(postgres.chain(mariadb).collect())
    }
}

/// The tables, filled so that person and household agree by their numbers.
fn tables([households, people, cards]: [&str; 3]) -> String {
    let row = |count: usize, row: &dyn Fn(usize) -> String| (0..count).map(row).collect::<Vec<_>>().join(",");
    let share = PEOPLE / HOUSEHOLDS;
    let of_households = row(HOUSEHOLDS, &|no| format!("({no},'household {no}',{share})"));
    let of_people = row(PEOPLE, &|no| format!("({no},'person {no}',{})", no % HOUSEHOLDS));
    let of_cards = row(PEOPLE * CARDS, &|no| format!("({no},'card {no}',{})", no / CARDS % HOUSEHOLDS));
    format!(
        "CREATE TABLE {households} (household_no int PRIMARY KEY, name varchar(20) NOT NULL, size int NOT NULL);
         CREATE TABLE {people} (person_no int PRIMARY KEY, name varchar(20) NOT NULL, household_no int NOT NULL);
         CREATE TABLE {cards} (card_no int PRIMARY KEY, name varchar(20) NOT NULL, household_no int NOT NULL);
         INSERT INTO {households} VALUES {of_households}; INSERT INTO {people} VALUES {of_people};
         INSERT INTO {cards} VALUES {of_cards};"
    )
}
