//! Whom does the gateway share in tests, previews and the demo? Invented families in a registration store, a biometrics
//! store and two files, made from a seed.
//!
//! | file | rows | key |
//! |---|---|---|
//! | `progres.sqlite` | `individual`, `household`, `document`, `specific_need`, `language`, `confidentiality_mark` | `individual_id`, `household_no` |
//! | `bims.sqlite` | `enrolment` | `individual_id` |
//! | `assistance.csv` | no, one or several a household | `household_no` |
//! | `verification.jsonl` | at most one a person | `individual_id` |
//!
//! Guarantees: the same [`Spec`] gives the same people, to the byte in the files and to the cell in the stores. Another
//! [`Plant`] changes only the planted people's planted property. Every name is invented and every caseworker's note says
//! so; phone numbers lie between 0700 000 000 and 0700 099 999. The data is as of 1 October 2026, whatever today is.
//! A person's camp is `individual.camp_pcode`; some people outside the arrangement live apart from their household,
//! whose own `camp_pcode` then lies inside it.

mod belongings;
pub mod codes;
mod day;
mod draw;
pub mod edit;
mod error;
mod family;
mod names;
mod people;
mod plant;
mod spec;
mod truth;
mod write;

use std::path::Path;

pub use error::PopulationError;
pub use names::Script;
pub use spec::{Plant, Planting, Spec};
pub use truth::Truth;
pub use write::RawText;

/// The registration store's file.
pub const REGISTRATION: &str = "progres.sqlite";
/// The biometrics store's file.
pub const BIOMETRICS: &str = "bims.sqlite";
/// The assistance system's export.
pub const ASSISTANCE: &str = "assistance.csv";
/// The verification exercise's export.
pub const VERIFICATION: &str = "verification.jsonl";

/// Writes a population into `dir`, which is made when it is missing, and tells what is in it.
///
/// # Errors
/// When a file of a population is there already, when the plant asks for more people than there are, and when the
/// directory cannot be written. What was written before an error is no population: remove it.
pub fn generate(dir: &Path, spec: &Spec) -> Result<Truth, PopulationError> {
    if spec.plant.total() > u64::from(spec.people) {
        return Err(PopulationError::TooManyPlanted { planted: spec.plant.total(), people: spec.people });
    }
    std::fs::create_dir_all(dir).map_err(write::at(dir))?;
    let [registration, biometrics, assistance, verification] =
        [REGISTRATION, BIOMETRICS, ASSISTANCE, VERIFICATION].map(|file| dir.join(file));
    for path in [&registration, &biometrics, &assistance, &verification] {
        if path.exists() {
            return Err(PopulationError::AlreadyThere { path: path.clone() });
        }
    }

    let (mut households, mut persons) = people::populate(spec.seed, spec.people);
    let planted = plant::plant(spec.seed, &spec.plant, &mut households, &mut persons);
    let mut truth = Truth {
        people: spec.people,
        households: u32::try_from(households.len()).unwrap_or(u32::MAX),
        planted,
        ..Truth::default()
    };
    for person in &persons {
        let counts = [
            (&mut truth.scripts, person.origin.script.as_str()),
            (&mut truth.camps, person.camp),
            (&mut truth.process_statuses, person.process),
        ];
        for (count, name) in counts {
            *count.entry(name.to_owned()).or_default() += 1;
        }
    }
    write::registration::write(&registration, spec, &households, &persons, &mut truth)?;
    write::biometrics::write(&biometrics, spec.seed, &persons, &mut truth)?;
    write::files::assistance(&assistance, spec.seed, &households, &mut truth)?;
    write::files::verification(&verification, spec.seed, &persons, &mut truth)?;
    Ok(truth)
}
