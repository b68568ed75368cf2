//! What does the registration store look like, and how is it filled?
//!
//! The tables declare no foreign keys: a test must be able to make an orphan, as real stores have them.

use std::path::Path;

use rusqlite::{Connection, params};

use super::super::belongings;
use super::super::codes;
use super::super::draw::{Draw, Stream};
use super::super::error::PopulationError;
use super::super::people::{Household, Person};
use super::super::spec::{Planting, Spec};
use super::super::truth::Truth;
use super::{RawText, in_new_store};

const SCHEMA: &str = "
    CREATE TABLE household (
        household_no TEXT PRIMARY KEY NOT NULL, camp_pcode TEXT NOT NULL, shelter TEXT NOT NULL,
        group_size INTEGER NOT NULL, registered_on TEXT NOT NULL
    ) STRICT;
    CREATE TABLE individual (
        individual_id TEXT PRIMARY KEY NOT NULL, individual_no TEXT NOT NULL UNIQUE, household_no TEXT NOT NULL,
        given_name TEXT NOT NULL, middle_name TEXT, family_name TEXT NOT NULL, sex TEXT NOT NULL,
        date_of_birth TEXT, date_of_birth_estimated INTEGER NOT NULL,
        country_of_origin TEXT NOT NULL, nationality TEXT NOT NULL, marital_status TEXT NOT NULL,
        legal_status TEXT NOT NULL, arrival_date TEXT NOT NULL, registration_date TEXT NOT NULL,
        camp_pcode TEXT NOT NULL, phone TEXT, relationship_to_head TEXT NOT NULL, preferred_language TEXT NOT NULL,
        religion TEXT NOT NULL, ethnicity TEXT NOT NULL, father_name TEXT, mother_name TEXT,
        education_level TEXT NOT NULL, occupation TEXT, consent_sharing TEXT NOT NULL, process_status TEXT NOT NULL,
        caseworker_note TEXT NOT NULL
    ) STRICT;
    CREATE TABLE document (
        document_id INTEGER PRIMARY KEY, individual_id TEXT NOT NULL, document_type TEXT NOT NULL,
        document_number TEXT NOT NULL, issuing_country TEXT NOT NULL, issue_date TEXT NOT NULL, expiry_date TEXT
    ) STRICT;
    CREATE TABLE specific_need (
        need_id INTEGER PRIMARY KEY, individual_id TEXT NOT NULL, category TEXT NOT NULL, subcategory TEXT NOT NULL,
        status TEXT NOT NULL, assessed_on TEXT NOT NULL, description TEXT NOT NULL
    ) STRICT;
    CREATE TABLE language (
        individual_id TEXT NOT NULL, language TEXT NOT NULL, level TEXT NOT NULL, mother_tongue INTEGER NOT NULL,
        PRIMARY KEY (individual_id, language)
    ) STRICT;
    CREATE TABLE confidentiality_mark (
        mark_id INTEGER PRIMARY KEY, individual_id TEXT NOT NULL, withheld_from TEXT NOT NULL,
        reason_class TEXT NOT NULL
    ) STRICT;";

const INDEXES: &str = "
    CREATE INDEX individual_by_household ON individual (household_no);
    CREATE INDEX document_by_individual ON document (individual_id);
    CREATE INDEX specific_need_by_individual ON specific_need (individual_id);
    CREATE INDEX mark_by_individual ON confidentiality_mark (individual_id);";

/// Writes `progres.sqlite` and counts its rows into the truth.
pub(in super::super) fn write(
    path: &Path,
    spec: &Spec,
    households: &[Household],
    persons: &[Person],
    truth: &mut Truth,
) -> Result<(), PopulationError> {
    in_new_store(path, |store| {
        store.execute_batch(SCHEMA)?;
        fill_households(store, households)?;
        fill_individuals(store, households, persons)?;
        fill_belongings(store, spec.seed, persons, truth)?;
        fill_marks(store, spec, persons, truth)?;
        store.execute_batch(INDEXES)
    })
}

fn fill_households(store: &Connection, households: &[Household]) -> rusqlite::Result<()> {
    let mut insert = store.prepare("INSERT INTO household VALUES (?, ?, ?, ?, ?)")?;
    for household in households {
        let Household { number, camp, shelter, size, registered } = household;
        insert.execute(params![number, camp, shelter, size, registered.to_string()])?;
    }
    Ok(())
}

fn fill_individuals(store: &Connection, households: &[Household], persons: &[Person]) -> rusqlite::Result<()> {
    let mut insert = store.prepare(
        "INSERT INTO individual VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for person in persons {
        insert.execute(params![
            person.id,
            person.number,
            households.get(person.household).map(|household| household.number.as_str()),
            RawText(&person.given),
            person.middle,
            person.family,
            person.sex,
            person.birth,
            person.estimated,
            person.origin.country,
            person.nationality,
            person.marital,
            person.legal,
            person.arrived.to_string(),
            person.registered.to_string(),
            person.camp,
            person.phone,
            person.relationship,
            person.language,
            person.religion,
            person.ethnicity,
            person.father,
            person.mother,
            person.education,
            person.occupation,
            person.consent,
            person.process,
            person.note,
        ])?;
    }
    Ok(())
}

fn fill_belongings(store: &Connection, seed: u64, persons: &[Person], truth: &mut Truth) -> rusqlite::Result<()> {
    let mut draw = Draw::new(seed, Stream::Belongings);
    let mut document = store.prepare("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    let mut need = store.prepare("INSERT INTO specific_need VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    let mut language = store.prepare("INSERT INTO language VALUES (?, ?, ?, ?)")?;
    for person in persons {
        for paper in belongings::documents(&mut draw, person) {
            truth.documents += 1;
            let (issued, expires) = (paper.issued.to_string(), paper.expires.map(|day| day.to_string()));
            document.execute(params![
                truth.documents,
                person.id,
                paper.kind,
                paper.number,
                paper.issuer,
                issued,
                expires
            ])?;
        }
        for found in belongings::needs(&mut draw, person) {
            truth.specific_needs += 1;
            let assessed = found.assessed.to_string();
            let description = format!("invented person; assessed for {}", found.subcategory);
            let (category, subcategory, status) = (found.category, found.subcategory, found.status);
            need.execute(params![
                truth.specific_needs,
                person.id,
                category,
                subcategory,
                status,
                assessed,
                description
            ])?;
        }
        for spoken in belongings::languages(&mut draw, person) {
            truth.languages += 1;
            language.execute(params![person.id, spoken.language, spoken.level, spoken.mother_tongue])?;
        }
    }
    Ok(())
}

fn fill_marks(store: &Connection, spec: &Spec, persons: &[Person], truth: &mut Truth) -> rusqlite::Result<()> {
    let mut insert = store.prepare("INSERT INTO confidentiality_mark VALUES (?, ?, ?, ?)")?;
    for person in persons {
        let withheld_from = match person.planted {
            Some(Planting::MarkedForEveryone) => "*",
            Some(Planting::MarkedForPartner) => spec.plant.partner.as_str(),
            _ => continue,
        };
        let reason = codes::MARK_REASON.get(truth.marks as usize % codes::MARK_REASON.len());
        truth.marks += 1;
        insert.execute(params![truth.marks, person.id, withheld_from, reason])?;
    }
    Ok(())
}
