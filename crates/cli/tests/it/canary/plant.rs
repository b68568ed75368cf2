//! Which element of whom holds which canary, and in which exchange's package may it stand?
//!
//! Values of closed code lists (religion, legal status, consent and the like) and small integers are shared by thousands
//! and can hold no canary: the property test of lineage stands for them. Dates, keys, amounts and large integers hold a
//! rare value; texts hold one in ASCII and one in Ethiopic letters.

use std::path::Path;

use causeway_testkit::population::{self, Plant, Planting, RawText, Spec, Truth};
use rusqlite::{Connection, ToSql, params};

use super::search::{Search, integer};

/// Begins every text canary: it is looked for by itself too, so that a piece of a value is found.
const LATIN: &str = "QZKANARIE";
const ETHIOPIC: &str = "ቅዝቃናርዬ";

/// A value that stands in one element of one person.
pub struct Canary {
    /// Element, and whose.
    pub name: String,
    /// What is looked for; each alone betrays the value.
    pub spellings: Vec<Vec<u8>>,
    /// Exchanges whose package must hold it; everywhere else it must not be.
    pub agreed: Vec<&'static str>,
}

/// All canaries of a population.
#[derive(Default)]
pub struct Canaries(pub Vec<Canary>);

impl Canaries {
    /// A search for all of them.
    pub fn search(&self) -> Search {
        let values =
            self.0.iter().flat_map(|canary| canary.spellings.iter().map(|bytes| (canary.name.as_str(), bytes.clone())));
        let pieces = [LATIN, ETHIOPIC].map(|piece| ("piece of a canary", piece.as_bytes().to_vec()));
        Search::of(values.chain(pieces))
    }

    /// Names of those that an exchange's package must hold.
    pub fn agreed(&self, exchange: &str) -> Vec<&str> {
        self.0.iter().filter(|canary| canary.agreed.contains(&exchange)).map(|canary| canary.name.as_str()).collect()
    }

    /// A new text, agreed for some exchanges.
    fn text(&mut self, name: &str, agreed: &[&'static str]) -> String {
        // The number is closed by a letter, so that none is the beginning of another.
        let number = format!("{:03}X", self.0.len());
        let parts = [format!("{LATIN}{number}"), format!("{ETHIOPIC}{number}")];
        self.add(name, parts.iter().map(|part| part.clone().into_bytes()).collect(), agreed);
        parts.join(" ")
    }

    /// A given value, agreed for some exchanges.
    fn value<'a>(&mut self, name: &str, value: &'a str, agreed: &[&'static str]) -> &'a str {
        self.add(name, vec![value.as_bytes().to_vec()], agreed);
        value
    }

    /// An integer that is agreed for no exchange.
    fn integer(&mut self, name: &str) -> i64 {
        let number = 7_719_283_746_500 + self.0.len() as i64;
        self.add(name, integer(number), &[]);
        number
    }

    fn add(&mut self, name: &str, spellings: Vec<Vec<u8>>, agreed: &[&'static str]) {
        assert!(self.0.iter().all(|other| other.name != name), "{name} twice");
        self.0.push(Canary { name: name.to_owned(), spellings, agreed: agreed.to_vec() });
    }
}

const PEOPLE: &str = "food-people";
const NESTED: &str = "food-nested";
const HOUSEHOLDS: &str = "food-households";

/// Writes a population with canaries into `sources`. The stores stay writable: that nothing writes them is for `strace` to see.
/// A text that is not UTF-8 is among them if `raw`: no server that holds UTF-8 would take it.
pub fn plant(sources: &Path, people: u32, raw: bool) -> (Canaries, Truth) {
    // One of each kind of broken record: households are few, and past 5 per cent a transfer refuses.
    let plant = Plant {
        unknown_code: 1,
        impossible_date: 1,
        invalid_utf8: u32::from(raw),
        oversize: 1,
        unparseable_phone: 1,
        outside: 60,
        ..Plant::default()
    };
    let truth = population::generate(sources, &Spec::of(people).plant(plant)).unwrap();
    let mut planting = Planter {
        canaries: Canaries::default(),
        registration: Connection::open(sources.join("progres.sqlite")).unwrap(),
        biometrics: Connection::open(sources.join("bims.sqlite")).unwrap(),
        assistance: std::fs::read_to_string(sources.join("assistance.csv")).unwrap(),
        verification: std::fs::read_to_string(sources.join("verification.jsonl")).unwrap(),
    };
    let (first, second) = planting.sound(&truth);
    planting.released(&first);
    planting.belongings(&first);
    planting.household(&first);
    planting.verified(&second);
    planting.left_out(&truth);
    std::fs::write(sources.join("assistance.csv"), &planting.assistance).unwrap();
    std::fs::write(sources.join("verification.jsonl"), &planting.verification).unwrap();
    (planting.canaries, truth)
}

struct Planter {
    canaries: Canaries,
    registration: Connection,
    biometrics: Connection,
    assistance: String,
    verification: String,
}

impl Planter {
    /// Two people in families of whom nobody is planted: one whom no tablet verified, one who told a tablet a number.
    fn sound(&self, truth: &Truth) -> (String, String) {
        let mut statement =
            self.registration.prepare("SELECT individual_id, household_no FROM individual ORDER BY 1").unwrap();
        let all: Vec<(String, String)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        let planted = |id: &str| Planting::ALL.iter().any(|kind| truth.planted(*kind).iter().any(|other| other == id));
        let families: Vec<&str> = all.iter().filter(|(id, _)| planted(id)).map(|(_, family)| family.as_str()).collect();
        let sound = || all.iter().filter(|(_, family)| !families.contains(&family.as_str()));
        let first = sound().find(|(id, _)| !self.verification.contains(id.as_str())).unwrap();
        let told =
            |id: &str| self.verification.lines().any(|line| line.contains(id) && !line.contains("\"telephone\":null"));
        let second = sound().find(|(id, family)| told(id) && *family != first.1).unwrap();
        (first.0.clone(), second.0.clone())
    }

    fn set(&self, id: &str, column: &str, value: impl ToSql) {
        let update = format!("UPDATE individual SET \"{column}\" = ?2 WHERE individual_id = ?1");
        assert_eq!(self.registration.execute(&update, params![id, value]).unwrap(), 1, "{column}");
    }

    fn set_text(&mut self, whose: &str, id: &str, column: &str, agreed: &[&'static str]) {
        let text = self.canaries.text(&format!("{column} of {whose}"), agreed);
        self.set(id, column, text);
    }

    fn released(&mut self, id: &str) {
        let raw = uuid_bytes(id);
        let spellings = vec![id.as_bytes().to_vec(), id.replace('-', "").into_bytes(), raw];
        self.canaries.add("individual_id of the first", spellings, &[]);
        for column in ["individual_no", "ethnicity", "father_name", "mother_name", "occupation", "caseworker_note"] {
            self.set_text("the first", id, column, &[]);
        }
        self.set_text("the first", id, "given_name", &[PEOPLE, NESTED, HOUSEHOLDS]);
        self.set_text("the first", id, "middle_name", &[PEOPLE, NESTED]);
        self.set_text("the first", id, "family_name", &[PEOPLE, NESTED, HOUSEHOLDS]);
        // These may leave as an age band and as a year; the day must stay.
        for (column, day) in
            [("date_of_birth", "1913-03-17"), ("arrival_date", "1917-04-23"), ("registration_date", "1919-05-29")]
        {
            self.canaries.value(&format!("{column} of the first"), day, &[]);
            self.set(id, column, day);
        }
        self.canaries.value("phone of the first", "+254719283745", &[PEOPLE]);
        self.set(id, "phone", "0719 283 745");
    }

    /// Documents, needs, a mark against somebody else, an enrolment.
    fn belongings(&mut self, id: &str) {
        for table in ["document", "specific_need"] {
            self.registration.execute(&format!("DELETE FROM {table} WHERE individual_id = ?"), [id]).unwrap();
        }
        for (which, agreed, issued, expires) in [
            ("older", &[NESTED][..], "1931-01-07", "1932-02-11"),
            ("newer", &[PEOPLE, NESTED], "1933-03-13", "1934-04-17"),
        ] {
            let key = self.canaries.integer(&format!("document_id of the {which} document"));
            let number = self.canaries.text(&format!("document_number of the {which} document"), agreed);
            self.canaries.value(&format!("issue_date of the {which} document"), issued, &[]);
            self.canaries.value(&format!("expiry_date of the {which} document"), expires, &[]);
            let row = params![key, id, number, issued, expires];
            self.registration
                .execute("INSERT INTO document VALUES (?1, ?2, 'permit', ?3, 'KEN', ?4, ?5)", row)
                .unwrap();
        }
        for (status, assessed) in [("active", "1935-05-19"), ("closed", "1936-06-23")] {
            let key = self.canaries.integer(&format!("need_id of the {status} need"));
            let subcategory = self.canaries.text(&format!("subcategory of the {status} need"), &[]);
            let description = self.canaries.text(&format!("description of the {status} need"), &[]);
            self.canaries.value(&format!("assessed_on of the {status} need"), assessed, &[]);
            let row = params![key, id, subcategory, status, assessed, description];
            self.registration.execute("INSERT INTO specific_need VALUES (?1, ?2, 'DS', ?3, ?4, ?5, ?6)", row).unwrap();
        }
        let (key, partner) = (self.canaries.integer("mark_id"), self.canaries.text("withheld_from of a mark", &[]));
        let row = params![key, id, partner];
        self.registration.execute("INSERT INTO confidentiality_mark VALUES (?1, ?2, ?3, 'family')", row).unwrap();

        let (key, template) =
            (self.canaries.integer("enrolment_id"), self.canaries.text("template of an enrolment", &[]));
        let captured = self.canaries.value("captured_on of an enrolment", "1937-07-29", &[]);
        self.biometrics.execute("DELETE FROM enrolment WHERE individual_id = ?", [id]).unwrap();
        // The catalogue does not even declare this column.
        let undeclared = self.canaries.text("reason_missing of an enrolment", &[]);
        let insert = "INSERT INTO enrolment (enrolment_id, individual_id, modality, status, quality, captured_on, template, reason_missing)
                      VALUES (?1, ?2, 'face', 'enrolled', 71, ?3, ?4, ?5)";
        self.biometrics.execute(insert, params![key, id, captured, template.as_bytes(), undeclared]).unwrap();
    }

    /// The household's number leaves as a pseudonym only, amounts as a sum only.
    fn household(&mut self, id: &str) {
        let find = "SELECT household_no FROM individual WHERE individual_id = ?";
        let old: String = self.registration.query_row(find, [id], |row| row.get(0)).unwrap();
        let number = self.canaries.text("household_no", &[]);
        let size = self.canaries.integer("group_size");
        let registered = self.canaries.value("registered_on of a household", "1938-08-03", &[]);
        let rename =
            "UPDATE household SET household_no = ?2, group_size = ?3, registered_on = ?4 WHERE household_no = ?1";
        assert_eq!(self.registration.execute(rename, params![old, number, size, registered]).unwrap(), 1);
        self.registration
            .execute("UPDATE individual SET household_no = ?2 WHERE household_no = ?1", [&old, &number])
            .unwrap();
        self.assistance = self.assistance.replace(&old, &number);
        for (amount, day) in [("7391846.27", "1939-09-07"), ("2846193.51", "1940-10-11")] {
            self.canaries.value(&format!("amount {amount}"), amount, &[]);
            self.canaries.value(&format!("delivered_on of {amount}"), day, &[]);
            self.assistance.push_str(&format!("{number},food,cash,{amount},USD,DELIVERED,{day}\n"));
        }
    }

    /// What a tablet says of the telephone wins: the number of the registration store must then be nowhere.
    fn verified(&mut self, id: &str) {
        self.canaries.value("phone of the second, which lost", "719283746", &[]);
        self.set(id, "phone", "+254719283746");
        self.canaries.value("telephone of the second, which won", "+254719283747", &[PEOPLE]);
        let day = self.canaries.value("verified_on of the second", "1941-11-13", &[]);
        let line = format!(
            "{{\"individual_id\":\"{id}\",\"verified_on\":\"{day}\",\"method\":\"phone\",\"telephone\":\"+254719283747\"}}"
        );
        let lines: Vec<&str> =
            self.verification.lines().map(|old| if old.contains(id) { line.as_str() } else { old }).collect();
        self.verification = lines.join("\n") + "\n";
    }

    /// People who are withheld, outside or quarantined: what is agreed about others must not leave about them.
    fn left_out(&mut self, truth: &Truth) {
        use Planting::{
            ConsentRefused, ImpossibleDate, InvalidUtf8, MarkedForEveryone, MarkedForPartner, Outside, Oversize,
            UnknownCode, UnparseablePhone,
        };
        for kind in [MarkedForEveryone, MarkedForPartner, ConsentRefused, Outside] {
            let (id, whose) = (&truth.planted(kind)[0], format!("{kind:?}"));
            for column in ["given_name", "middle_name", "family_name"] {
                self.set_text(&whose, id, column, &[]);
            }
            let (key, number) = (
                self.canaries.integer(&format!("document_id of {whose}")),
                self.canaries.text(&format!("document_number of {whose}"), &[]),
            );
            let row = params![key, id, number];
            self.registration
                .execute("INSERT INTO document VALUES (?1, ?2, 'permit', ?3, 'KEN', '2020-01-01', NULL)", row)
                .unwrap();
        }
        // An exchange that does not ask for the broken element has no reason to leave the person out.
        for (kind, broken, elsewhere) in [
            (UnknownCode, "sex", &[NESTED, HOUSEHOLDS][..]),
            (ImpossibleDate, "date_of_birth", &[NESTED]),
            (UnparseablePhone, "phone", &[NESTED, HOUSEHOLDS]),
        ] {
            let (id, whose) = (&truth.planted(kind)[0], format!("{kind:?}"));
            self.set_text(&whose, id, broken, &[]);
            self.set_text(&whose, id, "given_name", elsewhere);
        }
        if let Some(id) = truth.planted(InvalidUtf8).first() {
            let text = self.canaries.text("given_name of InvalidUtf8", &[]);
            self.set(id, "given_name", RawText(&[text.as_bytes(), b"\xff\xfe"].concat()));
        }
        let id = &truth.planted(Oversize)[0];
        let text = self.canaries.text("family_name of Oversize", &[]);
        self.set(id, "family_name", format!("{text} {}", "long ".repeat(2000)));
        self.set_text("Oversize", id, "given_name", &[]);
    }
}

fn uuid_bytes(id: &str) -> Vec<u8> {
    let digits = id.replace('-', "");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
