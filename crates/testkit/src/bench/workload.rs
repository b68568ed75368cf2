//! What must a partner receive of a person? The benchmark's 23 outputs, worked out straight from the person.
//!
//! Nothing of the gateway is used here, so that the gateway can be held to it.

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use sha2::Sha256;

use super::answer::Row;
use super::codes::{self, theirs};
use super::people::{Household, Person};

/// Names of the outputs, in their order.
pub const COLUMNS: [&str; 23] = [
    "person_ref",
    "household_ref",
    "first_name",
    "other_names",
    "last_name",
    "sex",
    "birth_date",
    "birth_date_estimated",
    "age_band",
    "nationality",
    "marital_status",
    "legal_status",
    "arrival_date",
    "registration_month",
    "camp",
    "phone",
    "relationship",
    "household_size",
    "latest_document",
    "has_face",
    "has_fingers",
    "best_quality",
    "assistance_total_usd",
];

/// Pseudonyms under the benchmark's key, the bytes 0 to 31.
pub(super) struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    pub(super) fn new() -> Self {
        // A block's length: HMAC fills a shorter key with zeros.
        let key: [u8; 64] = std::array::from_fn(|at| if at < 32 { u8::try_from(at).unwrap_or(0) } else { 0 });
        Self(Hmac::new(&key.into()))
    }

    fn of(&self, prefix: &str, value: &str) -> String {
        let mut keyed = self.0.clone();
        keyed.update(prefix.as_bytes());
        keyed.update(value.as_bytes());
        let whole = keyed.finalize().into_bytes();
        whole.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A household's pseudonym, the same for all of its members.
    pub(super) fn household(&self, household: &Household) -> String {
        self.of("grp|", &household.number)
    }
}

/// The row of a person.
pub(super) fn row(person: &Person, household: &Household, household_ref: &str, pseudonyms: &Pseudonyms, row: &mut Row) {
    let born = person.born;
    let of = |modality: &str| person.enrolments.iter().any(|enrolled| enrolled.modality == modality);
    let best = person.enrolments.iter().map(|enrolled| enrolled.quality).max();
    let cents: u32 = household
        .assistance
        .iter()
        .filter(|given| given.status == "DELIVERED" && given.currency == "USD")
        .map(|given| given.cents)
        .sum();
    let latest = person.documents.iter().enumerate().max_by_key(|(place, document)| (document.issued, *place));
    let day = |date: Date, pattern: &str| date.strftime(pattern).to_string();

    row.begin();
    row.text(&pseudonyms.of("ind|", &person.id.hyphenated().to_string()));
    row.text(household_ref);
    row.text(&person.given);
    row.text(person.other.as_deref().unwrap_or_default());
    row.text(&person.family);
    row.text(theirs(codes::SEX, person.sex));
    row.text(&born.map(|date| day(date, "%d/%m/%Y")).unwrap_or_default());
    row.text(if person.estimated { "Y" } else { "N" });
    row.text(band(born));
    row.text(theirs(codes::COUNTRIES, person.nationality));
    row.text(theirs(codes::MARITAL, person.marital));
    row.text(theirs(codes::LEGAL, person.legal));
    row.text(&day(household.arrived, "%Y%m%d"));
    row.text(&day(household.registered, "%Y-%m"));
    row.text(theirs(codes::CAMPS, household.camp));
    row.text(&person.phone.as_deref().and_then(dialled).unwrap_or_default());
    row.text(theirs(codes::RELATIONSHIP, person.relationship));
    row.text(&household.size.to_string());
    row.text(latest.map(|(_, document)| document.number.as_str()).unwrap_or_default());
    row.text(if of("face") { "true" } else { "false" });
    row.text(if of("fingerprint") { "true" } else { "false" });
    row.text(&best.map(|quality| quality.to_string()).unwrap_or_default());
    row.text(&format!("{}.{:02}", cents / 100, cents % 100));
}

/// The band of full years at 30 June 2026.
fn band(born: Option<Date>) -> &'static str {
    let Some(born) = born else { return "unknown" };
    let had_birthday = (born.month(), born.day()) <= (6, 30);
    match 2026 - born.year() - i16::from(!had_birthday) {
        ..5 => "0-4",
        5..12 => "5-11",
        12..18 => "12-17",
        18..25 => "18-24",
        25..50 => "25-49",
        50..60 => "50-59",
        60.. => "60+",
    }
}

/// A number of Kenya as it is dialled from abroad, whatever stands between its digits.
fn dialled(written: &str) -> Option<String> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    match (digits.len(), digits.strip_prefix("254"), digits.strip_prefix('0')) {
        (12, Some(_), _) => Some(format!("+{digits}")),
        (10, _, Some(national)) => Some(format!("+254{national}")),
        (9, ..) => Some(format!("+254{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn bands_change_on_the_birthday() {
        assert_eq!(band(Some(date(2021, 6, 30))), "5-11");
        assert_eq!(band(Some(date(2021, 7, 1))), "0-4");
        assert_eq!(band(Some(date(1966, 6, 30))), "60+");
        assert_eq!(band(None), "unknown");
    }

    #[test]
    fn numbers_are_read_in_every_spelling_and_in_no_other() {
        let same = ["+254712345678", "0712 345 678", "254-712-345678", "712345678"];
        assert!(same.into_iter().all(|written| dialled(written).as_deref() == Some("+254712345678")));
        assert!(["712-345", "not known", "255712345678", "1712345678"].into_iter().all(|odd| dialled(odd).is_none()));
    }

    #[test]
    fn the_key_is_the_workloads() {
        // HMAC-SHA256 of "grp|x" under the bytes 0 to 31, worked out by openssl.
        assert_eq!(Pseudonyms::new().of("grp|", "x"), "f2ba65bf2628131cbe4413e0118ad4c9");
    }
}
