//! Who inserts, updates, deletes and moves people, their vouchers too, so that no timestamp tells of it?

use std::fmt::Write as _;

use causeway_testkit::random;
use rand::{Rng, RngCore};

/// People at the beginning, with two vouchers each.
const PEOPLE: u32 = 120;
const SETTLEMENTS: [&str; 3] = ["north", "south", "elsewhere"];
const NAMES: [&str; 5] = ["Zuri ምሳሌ", "سلمى مثال", "ဥပမာ", "উদাহরণ", "Пример"];

/// Draws what is written, from a seed.
pub(super) struct Writer {
    chance: Box<dyn RngCore + Send>,
    people: Vec<u32>,
    next_person: u32,
    vouchers: Vec<u32>,
    next_voucher: u32,
}

/// Statements for the store of people, and for that of vouchers.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) registration: String,
    pub(super) distribution: String,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Box::new(random::seeded(seed)),
            people: Vec::new(),
            next_person: 0,
            vouchers: Vec::new(),
            next_voucher: 0,
        }
    }

    /// Both tables, filled. `touched` is what a source would tell changes by: half of the writers forget it.
    pub(super) fn begin(&mut self) -> Statements {
        let mut statements = Statements {
            registration: "CREATE TABLE person (person_no int PRIMARY KEY, name varchar(40) NOT NULL, settlement varchar(20) NOT NULL, \
                           touched int NOT NULL);\n"
                .to_owned(),
            distribution: "CREATE TABLE voucher (voucher_no int PRIMARY KEY, person_no int NOT NULL, amount int NOT NULL);\n"
                .to_owned(),
        };
        (0..PEOPLE).for_each(|_| self.insert(&mut statements));
        statements
    }

    /// A few changes of every kind.
    pub(super) fn burst(&mut self) -> Statements {
        let mut statements = Statements::default();
        for _ in 0..self.chance.random_range(1..8) {
            match self.chance.random_range(0..7) {
                0 => self.insert(&mut statements),
                1 => self.delete(&mut statements),
                2 => self.rename(&mut statements),
                3 | 4 => self.settle(&mut statements),
                5 => self.pay(&mut statements),
                _ => self.hand_over(&mut statements),
            }
        }
        statements
    }

    fn insert(&mut self, into: &mut Statements) {
        let (person, name) = (self.next_person, self.name());
        let settlement = self.settlement();
        writeln!(into.registration, "INSERT INTO person VALUES ({person}, '{name} {person}', '{settlement}', 1);")
            .unwrap();
        for _ in 0..2 {
            let (voucher, amount) = (self.next_voucher, self.chance.random_range(1..1000));
            writeln!(into.distribution, "INSERT INTO voucher VALUES ({voucher}, {person}, {amount});").unwrap();
            self.vouchers.push(voucher);
            self.next_voucher += 1;
        }
        self.people.push(person);
        self.next_person += 1;
    }

    fn delete(&mut self, into: &mut Statements) {
        let at = self.chance.random_range(0..self.people.len());
        let person = self.people.swap_remove(at);
        writeln!(into.registration, "DELETE FROM person WHERE person_no = {person};").unwrap();
        writeln!(into.distribution, "DELETE FROM voucher WHERE person_no = {person};").unwrap();
    }

    fn rename(&mut self, into: &mut Statements) {
        let (person, name) = (self.person(), self.name());
        let touched = if self.chance.random_bool(0.5) { ", touched = touched + 1" } else { "" };
        writeln!(into.registration, "UPDATE person SET name = '{name}'{touched} WHERE person_no = {person};").unwrap();
    }

    /// Into what is shared, out of it, or from place to place within it, of which the list says nothing.
    fn settle(&mut self, into: &mut Statements) {
        let (person, settlement) = (self.person(), self.settlement());
        writeln!(into.registration, "UPDATE person SET settlement = '{settlement}' WHERE person_no = {person};")
            .unwrap();
    }

    fn pay(&mut self, into: &mut Statements) {
        let (voucher, amount) = (self.voucher(), self.chance.random_range(1..1000));
        writeln!(into.distribution, "UPDATE voucher SET amount = {amount} WHERE voucher_no = {voucher};").unwrap();
    }

    fn hand_over(&mut self, into: &mut Statements) {
        let (voucher, person) = (self.voucher(), self.person());
        writeln!(into.distribution, "UPDATE voucher SET person_no = {person} WHERE voucher_no = {voucher};").unwrap();
    }

    fn person(&mut self) -> u32 {
        self.people[self.chance.random_range(0..self.people.len())]
    }

    fn voucher(&mut self) -> u32 {
        self.vouchers[self.chance.random_range(0..self.vouchers.len())]
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.chance.random_range(0..NAMES.len())]
    }

    fn settlement(&mut self) -> &'static str {
        SETTLEMENTS[self.chance.random_range(0..SETTLEMENTS.len())]
    }
}
