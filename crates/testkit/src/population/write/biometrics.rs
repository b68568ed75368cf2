//! What does the biometrics store look like, and how is it filled?

use std::path::Path;

use rusqlite::params;

use super::super::codes;
use super::super::day::{AS_OF, Day};
use super::super::draw::{Draw, Stream};
use super::super::error::PopulationError;
use super::super::people::Person;
use super::super::truth::Truth;
use super::in_new_store;

/// Biometrics are taken from this age on.
pub(in super::super) const ENROLMENT_AGE: i32 = 5;

const SCHEMA: &str = "
    CREATE TABLE enrolment (
        enrolment_id INTEGER PRIMARY KEY, individual_id TEXT NOT NULL, modality TEXT NOT NULL, status TEXT NOT NULL,
        reason_missing TEXT, quality INTEGER, captured_on TEXT, template BLOB
    ) STRICT;";

/// Writes `bims.sqlite`. A template is random bytes: it resembles nobody.
pub(in super::super) fn write(
    path: &Path,
    seed: u64,
    persons: &[Person],
    truth: &mut Truth,
) -> Result<(), PopulationError> {
    let mut draw = Draw::new(seed, Stream::Enrolments);
    in_new_store(path, |store| {
        store.execute_batch(SCHEMA)?;
        let mut insert = store.prepare("INSERT INTO enrolment VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
        for person in persons {
            let old_enough = person.born.age() >= ENROLMENT_AGE;
            for (modality, per_mille) in codes::MODALITY.into_iter().zip([950, 800, 600]) {
                if !draw.chance(per_mille) {
                    continue;
                }
                truth.enrolments += 1;
                let id = truth.enrolments;
                if old_enough && !draw.chance(40) {
                    let quality = draw.between(20, 100);
                    let captured = Day(draw.between(person.registered.0, AS_OF.0)).to_string();
                    let template: [u8; 32] = draw.bytes();
                    insert.execute(params![
                        id,
                        person.id,
                        modality,
                        "enrolled",
                        None::<&str>,
                        quality,
                        captured,
                        template.as_slice()
                    ])?;
                } else {
                    let reason = match old_enough {
                        true => draw.pick(&["injury", "declined", "equipment"]),
                        false => "too-young",
                    };
                    insert.execute(params![
                        id,
                        person.id,
                        modality,
                        "missing",
                        reason,
                        None::<i32>,
                        None::<&str>,
                        None::<&[u8]>
                    ])?;
                }
            }
        }
        store.execute_batch("CREATE INDEX enrolment_by_individual ON enrolment (individual_id);")
    })
}
