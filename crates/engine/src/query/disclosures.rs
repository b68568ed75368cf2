//! Who received what about this person, in which form, when, under which terms, for which purpose?
//!
//! Answered from the disclosure set of every package that reached a partner or may have: from the first intent to deliver on,
//! since nobody can prove that nothing arrived. Every set is asked; where one cannot be, nothing is answered.

use std::collections::BTreeSet;

use causeway_model::ValueType;
use causeway_model::catalogue::Entity;
use causeway_store::change::ReceiptOutcome;
use causeway_store::query::SentPackage;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use zeroize::Zeroizing;

use super::shared::{Archive, Element, sealed_set, whole};
use crate::documents::sha256_hex;
use crate::drive::answer::close;
use crate::error::EngineError;
use crate::house::House;

/// The shape of the answer as JSON: raised when a member changes its meaning or goes, not when one is added.
pub const FORMAT: &str = "causeway-disclosures/1";

/// The answer about one person. It holds no value of the person: only what kind of things left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disclosures {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The operation that answers.
    pub operation: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The entity of which the person is a record.
    pub entity: String,
    /// SHA-256 of the person's keyed pseudonym: the same in the ledger's entry of the question, and nowhere else.
    pub person_sha256: String,
    /// How many packages were asked.
    pub packages_asked: usize,
    /// Other entities whose people were sent, under which the person may be known too: to be asked separately.
    pub other_entities: Vec<String>,
    /// Every package that holds something about the person, oldest first.
    pub disclosures: Vec<Disclosure>,
}

/// One package that holds something about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// The transfer.
    pub transfer: String,
    /// The package.
    pub package: String,
    /// Who received it.
    pub partner: Named,
    /// The operation, as the arrangement calls it.
    pub by: String,
    /// What for.
    pub purpose: Purpose,
    /// The exchange, with its version.
    pub exchange: Versioned,
    /// The arrangement, with its version.
    pub arrangement: Versioned,
    /// How far it came.
    pub status: Status,
    /// When sending began.
    pub began_at: Timestamp,
    /// When it was where the partner takes it.
    pub arrived_at: Option<Timestamp>,
    /// When the partner's answer was accepted.
    pub answered_at: Option<Timestamp>,
    /// The day by which the partner erases it: where packages follow one another, the last day of whatever was built on it.
    pub erase_by: Date,
    /// Each element of which something left, with its form.
    pub elements: Vec<Element>,
    /// Whether what left was recorded when it was sealed, or is worked out from the documents of then (older programs).
    pub recorded: bool,
}

/// Somebody with a name in documents and one for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// As documents write it.
    pub name: String,
    /// For people.
    pub title: String,
}

/// A purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Purpose {
    /// Its code.
    pub code: String,
    /// In words.
    pub text: String,
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Versioned {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What it is called for people.
    pub title: String,
}

/// How far a package came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Sending began; whether any of it arrived is not known.
    MayHaveArrived,
    /// It was where the partner takes it.
    Arrived,
    /// The partner proved that it opened and loaded it, or a part.
    Confirmed,
    /// The partner opened it and says that it did not keep it.
    Rejected,
    /// The partner asked about the person, and was told nothing.
    AskedAbout,
}

impl Status {
    /// How far this package came.
    pub(crate) fn of(sent: &SentPackage) -> Self {
        match (&sent.receipt, sent.arrived_at) {
            (Some((ReceiptOutcome::Rejected, _)), _) => Self::Rejected,
            (Some(_), _) => Self::Confirmed,
            (None, Some(_)) => Self::Arrived,
            (None, None) => Self::MayHaveArrived,
        }
    }
}

/// What left about the person with this key. Asks nobody's permission and leaves no trace: for commands and doors that do.
///
/// # Errors
/// [`EngineError::NotProven`] where a set is missing, damaged or of another key; [`EngineError::Wrong`] where the key cannot
/// be one of that entity.
pub async fn disclosures(house: &House, entity: &str, key: &str) -> Result<Disclosures, EngineError> {
    close(house).await?;
    let mut sent = house.store.sent_packages().await?;
    let told = sent.len();
    sent.extend(house.store.asked_about().await?);
    let mut archive = Archive::new(house);
    let (mut about, mut others) = (Vec::new(), BTreeSet::new());
    let mut known = None;
    for (at, one) in sent.into_iter().enumerate() {
        let content = archive.content(&one).await?;
        if content.subject != entity {
            others.insert(content.subject);
            continue;
        }
        known = Some((content.catalogue.clone(), content.catalogue_version));
        let status = if at < told { Status::of(&one) } else { Status::AskedAbout };
        about.push((one, content, status));
    }
    let catalogue = match known {
        Some((name, version)) => archive.catalogue(&name, version).await?,
        None => std::sync::Arc::new(house.catalogue().await?),
    };
    let people = catalogue.entity(entity).filter(|entity| entity.subject.is_some());
    let people = people.ok_or_else(|| EngineError::Unknown {
        what: "entity of people",
        name: entity.to_owned(),
        help: "take the one that the catalogue calls a `subject`",
    })?;
    let key = canonical(people, key)?;
    let pseudonym = house.keys.disclosure().pseudonym(entity, key.as_bytes());
    let sets: Vec<_> = about.iter().map(|(one, ..)| sealed_set(house, one)).collect();
    let held = tokio::task::block_in_place(|| whole(house.sets.holding(&sets, &pseudonym, &house.keys.operation)))?;
    let last_days = house.store.last_days().await?;
    let mut found = Vec::new();
    for ((one, content, status), _) in about.iter().zip(&held).filter(|(_, held)| **held) {
        let arrangement = archive.arrangement(one).await?;
        let exchange = archive.exchange(&one.exchange, content.exchange_version).await?;
        let title = match arrangement.party_registered_as(&arrangement.partner) {
            Some(party) => party.name.clone(),
            None => arrangement.partner.clone(),
        };
        let by =
            arrangement.party_registered_as(&arrangement.operation).map_or(&arrangement.operation, |own| &own.name);
        found.push(Disclosure {
            transfer: one.transfer.clone(),
            package: one.package.clone(),
            partner: Named { name: arrangement.partner.clone(), title },
            by: by.clone(),
            purpose: Purpose { code: arrangement.purpose.code.clone(), text: arrangement.purpose.text.clone() },
            exchange: Versioned {
                name: one.exchange.clone(),
                version: content.exchange_version,
                title: exchange.description.clone(),
            },
            arrangement: Versioned {
                name: one.arrangement.clone(),
                version: one.arrangement_version,
                title: arrangement.title.clone(),
            },
            status: *status,
            began_at: one.begun_at,
            arrived_at: one.arrived_at,
            answered_at: one.receipt.map(|(_, at)| at),
            erase_by: last_days.get(&one.package).copied().unwrap_or(one.facts.purge_by),
            elements: archive.elements(content).await?,
            recorded: one.content.is_some(),
        });
    }
    found.sort_by_key(|one| one.began_at);
    Ok(Disclosures {
        format: FORMAT,
        operation: house.operation().to_owned(),
        asked_at: house.now(),
        entity: entity.to_owned(),
        person_sha256: sha256_hex(&hex::encode(pseudonym)),
        packages_asked: sets.len(),
        other_entities: others.into_iter().collect(),
        disclosures: found,
    })
}

/// A person's key as packages write it. One that cannot be a key of that entity is refused: "nobody received anything" would
/// be the answer about nobody.
pub(crate) fn canonical(entity: &Entity, key: &str) -> Result<Zeroizing<String>, EngineError> {
    let [only] = entity.key.as_slice() else {
        return Err(EngineError::Wrong(format!(
            "people of `{}` are known by {} elements together, and sets of households know them by the first alone: no \
             whole answer can be given",
            entity.name,
            entity.key.len()
        )));
    };
    let kind = entity.element(only).map(|element| &element.value_type);
    let odd =
        |wanted: &str| Err(EngineError::Wrong(format!("the key is not {wanted}, as `{}.{only}` is", entity.name)));
    let key = key.strip_suffix('\n').unwrap_or(key);
    let key = key.strip_suffix('\r').unwrap_or(key);
    if key.trim().is_empty() || key.contains(['\n', '\r', '\0', '\u{1f}']) {
        return odd("one line");
    }
    match kind {
        Some(ValueType::Uuid) => {
            let digits: Zeroizing<String> = Zeroizing::new(
                key.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')).map(|c| c.to_ascii_lowercase()).collect(),
            );
            if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return odd("a UUID");
            }
            let mut uuid = Zeroizing::new(String::with_capacity(36));
            for (at, digit) in digits.chars().enumerate() {
                if matches!(at, 8 | 12 | 16 | 20) {
                    uuid.push('-');
                }
                uuid.push(digit);
            }
            Ok(uuid)
        }
        Some(ValueType::Integer) => match key.trim().parse::<i64>() {
            Ok(number) => Ok(Zeroizing::new(number.to_string())),
            Err(_) => odd("a whole number"),
        },
        _ => Ok(Zeroizing::new(key.to_owned())),
    }
}
