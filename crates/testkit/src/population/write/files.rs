//! What stands in the two files that other systems would have exported: assistance by household, verification by person?

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::super::codes;
use super::super::day::{AS_OF, Day};
use super::super::draw::{Draw, Stream};
use super::super::error::PopulationError;
use super::super::people::{self, Household, Person};
use super::super::spec::Planting;
use super::super::truth::Truth;
use super::at;

/// Writes `assistance.csv`: no, one or several lines a household.
pub(in super::super) fn assistance(
    path: &Path,
    seed: u64,
    households: &[Household],
    truth: &mut Truth,
) -> Result<(), PopulationError> {
    let mut draw = Draw::new(seed, Stream::Assistance);
    let mut csv = csv::Writer::from_path(path).map_err(at(path))?;
    let header = ["household_no", "programme", "modality", "amount", "currency", "status", "delivered_on"];
    csv.write_record(header).map_err(at(path))?;
    for household in households {
        for _ in 0..draw.weighted(&[(0, 15), (1, 30), (2, 30), (3, 17), (4, 8)]) {
            truth.assistance_lines += 1;
            let currency = draw.weighted(&[("KES", 80), ("USD", 20)]);
            let cents = if currency == "KES" { draw.between(50_000, 2_500_000) } else { draw.between(500, 25_000) };
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            let status = draw.weighted(&[("PLANNED", 18), ("DELIVERED", 77), ("REVERSED", 5)]);
            let day = Day(draw.between(household.registered.0, AS_OF.0));
            let delivered = if status == "PLANNED" { String::new() } else { day.to_string() };
            let (programme, modality) = (draw.pick(&codes::PROGRAMME), draw.pick(&codes::ASSISTANCE_MODALITY));
            let line = [household.number.as_str(), programme, modality, &amount, currency, status, &delivered];
            csv.write_record(line).map_err(at(path))?;
        }
    }
    csv.flush().map_err(at(path))
}

#[derive(Serialize)]
struct Verification<'a> {
    individual_id: &'a str,
    verified_on: String,
    method: &'a str,
    telephone: Option<&'a str>,
}

/// Writes `verification.jsonl`: at most one line a person. A telephone that is the same as in the registration store is
/// written exactly as there, so every difference is a conflict about the number.
pub(in super::super) fn verification(
    path: &Path,
    seed: u64,
    persons: &[Person],
    truth: &mut Truth,
) -> Result<(), PopulationError> {
    let mut draw = Draw::new(seed, Stream::Verification);
    let mut file = BufWriter::new(File::create_new(path).map_err(at(path))?);
    for person in persons {
        let verified = draw.chance(700);
        let day = Day(draw.between(person.registered.0, AS_OF.0));
        let method = draw.pick(&codes::VERIFICATION_METHOD);
        let (other, moved, gave) = (people::phone(&mut draw), draw.chance(120), draw.chance(60));
        // Whoever has `see file` was not verified: no second source may mend a record that is broken on purpose.
        if !verified || person.planted == Some(Planting::UnparseablePhone) {
            continue;
        }
        let telephone = match person.phone.as_deref() {
            Some(phone) if moved && digits(phone) != digits(&other) => {
                truth.phone_conflicts += 1;
                Some(other.as_str())
            }
            None if gave && person.born.age() >= 16 => {
                truth.phone_only_at_verification += 1;
                Some(other.as_str())
            }
            known => known,
        };
        truth.verification_lines += 1;
        let line = Verification { individual_id: &person.id, verified_on: day.to_string(), method, telephone };
        serde_json::to_writer(&mut file, &line).map_err(at(path))?;
        file.write_all(b"\n").map_err(at(path))?;
    }
    file.flush().map_err(at(path))
}

/// The subscriber's number in whatever way it is written: its last nine digits.
pub(in super::super) fn digits(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    digits.iter().skip(digits.len().saturating_sub(9)).collect()
}
