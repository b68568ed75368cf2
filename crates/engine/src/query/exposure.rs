//! Whose data, and what of them, does a key expose that others may have?
//!
//! A partner's recipient key opens every package that was sealed to it and of which others got hold. Our own package key opens
//! nothing: with it others can sign packages as ours, so that everything it signed is to be doubted.

use std::collections::BTreeSet;

use causeway_model::arrangement::Arrangement;
use causeway_model::partner::KeyPurpose;
use causeway_package::disclosure::SealedSet;
use causeway_package::key::Recipient;
use causeway_store::query::SentPackage;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::shared::{Archive, Element, sealed_set, whole};
use super::{Status, Versioned};
use crate::command::is_told;
use crate::drive::answer::close;
use crate::error::EngineError;
use crate::house::House;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRole {
    /// A partner's: packages are sealed to it.
    Recipient,
    /// Ours: packages are signed with it.
    PackageSigning,
}

/// What a key exposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposure {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is for.
    pub role: KeyRole,
    /// The partner whose it is, or the operation.
    pub owner: String,
    /// When that was found out.
    pub asked_at: Timestamp,
    /// Different people in all the packages together: exact.
    pub people: u64,
    /// The packages, oldest first.
    pub packages: Vec<Exposed>,
    /// Every element of which something is in them, with its form.
    pub elements: Vec<Element>,
    /// Of how many packages it is not known to which key they were sealed (older programs): they are counted.
    pub unsure: usize,
    /// Notices of what single people decided that were sealed to it; of packages signed with our key, all that left.
    pub notices: u64,
    /// Packages of old and new pseudonyms that were sealed to it, alike.
    pub crosswalks: u64,
}

/// A package that a key exposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// The package.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// The partner that it was for.
    pub partner: String,
    /// Its exchange.
    pub exchange: String,
    /// Its arrangement.
    pub arrangement: Versioned,
    /// How far it came.
    pub status: Status,
    /// When sending began.
    pub began_at: Timestamp,
    /// The day by which the partner erases it.
    pub erase_by: Date,
    /// Records in it.
    pub records: u64,
    /// People in it.
    pub people: u64,
    /// Each element with its form.
    pub elements: Vec<Element>,
}

/// What a key exposes, and the sets that say whom.
pub(crate) struct Found {
    pub(crate) exposure: Exposure,
    /// Sets by the entity whose keys they were made of.
    pub(crate) sets: Vec<(String, SealedSet)>,
}

/// What the key with this fingerprint exposes. Asks nobody's permission and leaves no trace: for commands and doors that do.
///
/// # Errors
/// [`EngineError::Unknown`] where nobody's key is called so; [`EngineError::NotProven`] where a set is missing or damaged.
pub async fn exposure(house: &House, fingerprint: &str) -> Result<Exposure, EngineError> {
    Ok(found(house, fingerprint).await?.exposure)
}

/// The same, with the sets.
pub(crate) async fn found(house: &House, told: &str) -> Result<Found, EngineError> {
    let (role, owner, fingerprint) = owner(house, told).await?;
    let mut archive = Archive::new(house);
    let last_days = house.store.last_days().await?;
    close(house).await?;
    let (mut packages, mut sets, mut elements, mut unsure) = (Vec::new(), Vec::new(), BTreeSet::new(), 0);
    for sent in house.store.sent_packages().await? {
        let arrangement = archive.arrangement(&sent).await?;
        if role == KeyRole::Recipient {
            match &sent.sealed_to {
                Some(key) if *key == fingerprint => {}
                None if arrangement.partner == owner => unsure += 1,
                _ => continue,
            }
        }
        let content = archive.content(&sent).await?;
        let shared = archive.elements(&content).await?;
        elements.extend(shared.iter().cloned());
        sets.push((content.subject, sealed_set(house, &sent)));
        let erase_by = last_days.get(&sent.package).copied().unwrap_or(sent.facts.purge_by);
        packages.push(exposed(sent, &arrangement, shared, erase_by));
    }
    let files: Vec<SealedSet> = sets.iter().map(|(_, set)| set.clone()).collect();
    let (people, each) = tokio::task::block_in_place(|| whole(house.sets.distinct(&files, &house.keys.operation)))?;
    packages.iter_mut().zip(each).for_each(|(package, people)| package.people = people);
    let elements = elements.into_iter().collect();
    let asked_at = house.now();
    let sealed_to = (role == KeyRole::Recipient).then_some(fingerprint.as_str());
    let (notices, crosswalks) = house.store.besides_packages(sealed_to).await?;
    let exposure =
        Exposure { fingerprint, role, owner, asked_at, people, packages, elements, unsure, notices, crosswalks };
    Ok(Found { exposure, sets })
}

fn exposed(sent: SentPackage, arrangement: &Arrangement, elements: Vec<Element>, erase_by: Date) -> Exposed {
    Exposed {
        status: Status::of(&sent),
        package: sent.package,
        transfer: sent.transfer,
        partner: arrangement.partner.clone(),
        exchange: sent.exchange,
        arrangement: Versioned {
            name: sent.arrangement,
            version: sent.arrangement_version,
            title: arrangement.title.clone(),
        },
        began_at: sent.begun_at,
        erase_by,
        records: sent.facts.released,
        people: 0,
        elements,
    }
}

/// What the key is for, whose it is, and its fingerprint as it is kept.
async fn owner(house: &House, told: &str) -> Result<(KeyRole, String, String), EngineError> {
    let ours = house.keys.package.verifying_key().fingerprint();
    if ours.confirmed_by(told) {
        return Ok((KeyRole::PackageSigning, house.operation().to_owned(), ours.to_string()));
    }
    for partner in house.store.partners().await? {
        for key in house.store.partner_keys(&partner.name).await? {
            if !is_told(&key, told) {
                continue;
            }
            return match key.purpose {
                KeyPurpose::Recipient => Ok((KeyRole::Recipient, partner.name, key.fingerprint)),
                KeyPurpose::Signing => Err(EngineError::Wrong(format!(
                    "this key of `{}` signs receipts and opens no package: revoke it, and compare its receipts with the partner",
                    partner.name
                ))),
            };
        }
        // A partner of an older program has no row for its first key.
        let first = Recipient::parse(&partner.age_recipient).map(|key| key.fingerprint());
        if let Ok(first) = first
            && first.confirmed_by(told)
        {
            return Ok((KeyRole::Recipient, partner.name, first.to_string()));
        }
    }
    Err(EngineError::Unknown {
        what: "key",
        name: told.to_owned(),
        help: "give the fingerprint of a partner's recipient, see `causeway partner show`, or of our package key",
    })
}
