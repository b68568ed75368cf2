//! Whom does `cargo xtask bench` share? A population of any size in two databases and a file, made from a seed, and the
//! answer that the gateway must give.
//!
//! | where | table | rows for 1,000 people |
//! |---|---|--:|
//! | PostgreSQL | `registration_group` (households) | 230 |
//! | PostgreSQL | `individual` | 1,000 |
//! | PostgreSQL | `document` | 1,230 |
//! | PostgreSQL | `specific_need` | 1,380 |
//! | MariaDB | `biometric_enrolment`, half of the faces with a template of 1.5 KB | 2,380 |
//! | file | `assistance.csv` | 460 |
//!
//! A person's data depends on the seed and the person's number alone and is written as it is made, so that five million
//! people need no more memory than five. The expected [`Answers`] are worked out from the people themselves, without any
//! of the gateway. Everybody is invented.

mod answer;
mod codes;
mod draw;
mod load;
mod names;
mod people;
mod tables;
mod workload;

use std::io::{self, Write};

pub use answer::{Answer, Row};
pub use load::load;
pub use tables::Tables;
pub use workload::COLUMNS;

/// How many people, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// How many.
    pub people: u64,
    /// The same seed makes the same people.
    pub seed: u64,
}

impl Spec {
    /// So many people from the usual seed.
    #[must_use]
    pub fn of(people: u64) -> Self {
        Self { people, seed: 20_260_630 }
    }
}

/// What the gateway must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answers {
    /// Of everybody.
    pub everybody: Answer,
    /// Of those in the three camps of the narrow variant, a tenth of them.
    pub narrow: Answer,
}

/// Writes a population and works out what the gateway must give of it.
///
/// # Errors
/// A table cannot be written.
pub fn generate<W: Write>(spec: &Spec, tables: &mut Tables<W>) -> io::Result<Answers> {
    let pseudonyms = workload::Pseudonyms::new();
    let (mut answers, mut row) = (Answers::default(), Row::default());
    let mut writer = tables::Writer::new(tables, spec.seed)?;
    let (mut people, mut households) = (0, 0);
    while people < spec.people {
        let household = people::household(spec.seed, households, spec.people - people);
        let reference = pseudonyms.household(&household);
        let narrow = codes::NARROW.contains(&codes::code(codes::CAMPS, household.camp));
        for place in 0..household.size {
            let person = people::person(spec.seed, people, &household, place);
            if place == 0 {
                writer.household(&household, &person, households)?;
            }
            writer.person(&person, &household)?;
            workload::row(&person, &household, &reference, &pseudonyms, &mut row);
            answers.everybody.add(&row);
            if narrow {
                answers.narrow.add(&row);
            }
            people += 1;
        }
        households += 1;
    }
    for table in [
        &mut tables.registration_group,
        &mut tables.individual,
        &mut tables.document,
        &mut tables.specific_need,
        &mut tables.biometric_enrolment,
        &mut tables.assistance,
    ] {
        table.flush()?;
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(people: u64, seed: u64) -> (Answers, Tables<Vec<u8>>) {
        let mut tables = Tables {
            registration_group: Vec::new(),
            individual: Vec::new(),
            document: Vec::new(),
            specific_need: Vec::new(),
            biometric_enrolment: Vec::new(),
            assistance: Vec::new(),
        };
        let answers = generate(&Spec { people, seed }, &mut tables).unwrap();
        (answers, tables)
    }

    fn records(csv: &[u8], header: bool) -> Vec<csv::StringRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(header).from_reader(csv);
        reader.records().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_seed_alone_decides() {
        let (answers, tables) = made(400, 7);
        let (again, same) = made(400, 7);
        assert_eq!((answers, &tables.individual), (again, &same.individual));
        assert_eq!(tables.biometric_enrolment, same.biometric_enrolment);
        assert_ne!(answers.everybody, made(400, 8).0.everybody);
    }

    #[test]
    fn tables_are_as_wide_and_as_full_as_they_say() {
        let (answers, tables) = made(5_000, 20_260_630);
        assert_eq!(answers.everybody.rows, 5_000);
        assert!((300..700).contains(&answers.narrow.rows), "{} in the three camps", answers.narrow.rows);
        let widths = [
            (records(&tables.registration_group, false), 11, 1_000..1_350),
            (records(&tables.individual, false), 42, 5_000..5_001),
            (records(&tables.document, false), 8, 5_900..6_400),
            (records(&tables.specific_need, false), 7, 6_600..7_200),
            (records(&tables.assistance, true), 9, 2_000..2_700),
        ];
        for (records, width, many) in widths {
            assert!(many.contains(&records.len()), "{} records where {many:?} should be", records.len());
            assert!(records.iter().all(|record| record.len() == width));
        }
        let enrolments = String::from_utf8(tables.biometric_enrolment).unwrap();
        assert!(enrolments.lines().all(|line| line.split('\t').count() == 8));
        assert!((11_500..12_300).contains(&enrolments.lines().count()));
    }

    #[test]
    fn what_breaks_careless_software_occurs() {
        let (_, tables) = made(5_000, 1);
        let people = records(&tables.individual, false);
        let column = |place: usize| people.iter().map(move |record| record[place].to_owned());
        assert!(column(7).any(|name| name.contains(',')) && column(7).any(|name| name.contains('"')));
        assert!(column(6).any(|name| name.is_empty()) && column(12).any(|born| born.is_empty()));
        assert!(column(29).any(|phone| phone == "not known") && column(29).any(|phone| phone.starts_with("07")));
        assert!(column(40).any(|note| note.contains('\n')));
    }
}
