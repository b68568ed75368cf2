//! Do an arrangement's terms hold now, all levels taken together, and may data go to the partner? Nothing is remembered:
//! signatures are verified, states and days are read each time.

use std::collections::BTreeSet;

use causeway_model::arrangement::{Arrangement, Frequency, InFlight, InForce, State, in_flight};
use causeway_model::hierarchy::{self, Effective};
use causeway_model::onward::Exception;
use causeway_model::partner::{AttestationKind, KeyPurpose, fit_to_receive};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Refused, Violation};
use causeway_package::key::VerifyingKey;
use causeway_store::change::DocumentKind;
use causeway_store::query::{ArrangementLife, PartnerKey, TransferRow};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::command::exception;
use crate::documents::{Read, sha256_hex};
use crate::error::EngineError;
use crate::house::House;

/// Terms that hold, with what of them is counted elsewhere.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The effective terms.
    pub terms: InForce,
    /// Digest of the text that was signed.
    pub digest: String,
    /// The frequency of each level, with the level's name.
    pub frequencies: Vec<(String, Frequency)>,
}

/// Why a transfer under way does not go on.
#[derive(Clone, Debug)]
pub enum Halted {
    /// Its arrangement is out of force: it lapses.
    Lapses(Refused),
    /// Something that can be mended: it waits, or is refused before it is sealed.
    Waits(Refused),
}

/// A framework may stand under another; more levels than this are a circle.
const MOST_LEVELS: usize = 8;

/// The bytes that a party's officer signs: domain, identifier, version and digest of the text, and the party, a line each.
pub fn signed_bytes(arrangement: &str, version: u32, sha256: &str, party: &str) -> Vec<u8> {
    format!("causeway-arrangement/1\n{arrangement}\n{version}\n{sha256}\n{party}\n").into_bytes()
}

impl House {
    /// Today, in UTC.
    pub fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// A version of an arrangement.
    pub async fn arrangement_version(&self, name: &str, version: u32) -> Result<Read<Arrangement>, EngineError> {
        let found = self.store.document(DocumentKind::Arrangement, name, version).await?;
        let found = found.ok_or_else(|| EngineError::Unknown {
            what: "version of arrangement",
            name: format!("{name} version {version}"),
            help: "draft it with `causeway arrangement draft`",
        })?;
        Read::text(name, found.text)
    }

    /// The version to go by: the newest that ever was in force, or else the newest.
    pub async fn terms(&self, name: &str) -> Result<Read<Arrangement>, EngineError> {
        match self.newest_in_force(name).await? {
            Some(life) => self.arrangement_version(name, life.version).await,
            None => self.arrangement(name).await,
        }
    }

    /// The newest version that ever was in force.
    pub async fn newest_in_force(&self, name: &str) -> Result<Option<ArrangementLife>, EngineError> {
        let lives = self.store.arrangement_lives(name).await?;
        Ok(lives.into_iter().rev().find(|life| life.was_in_force))
    }

    /// Every level's terms, the highest first: frameworks as they are in force now, and `arrangement` itself.
    pub(crate) async fn levels(
        &self,
        arrangement: &Arrangement,
    ) -> Result<Result<Vec<Arrangement>, Refused>, EngineError> {
        let mut levels = vec![arrangement.clone()];
        while let Some(under) = levels.first().and_then(|level| level.under.clone()) {
            let missing = |detail: String| Refused::one(Code::FrameworkMissing, &under, detail);
            if levels.len() >= MOST_LEVELS {
                return Ok(Err(missing("the frameworks above stand under one another".to_owned())));
            }
            let Some(life) = self.newest_in_force(&under).await? else {
                return Ok(Err(missing(format!(
                    "`{}` stands under it, and it was never in force",
                    arrangement.arrangement
                ))));
            };
            let holds = matches!(life.state, State::InForce { .. }) && life.state.terms().valid.holds_at(self.now());
            if !holds {
                let detail = format!(
                    "`{}` stands under it, and version {} is not in force",
                    arrangement.arrangement, life.version
                );
                return Ok(Err(missing(detail)));
            }
            levels.insert(0, self.arrangement_version(&under, life.version).await?.value);
        }
        Ok(Ok(levels))
    }

    /// What all levels allow together.
    pub(crate) async fn effective(&self, arrangement: &Arrangement) -> Result<Result<Effective, Refused>, EngineError> {
        let levels = match self.levels(arrangement).await? {
            Ok(levels) => levels,
            Err(refused) => return Ok(Err(refused)),
        };
        let all: Vec<&Arrangement> = levels.iter().collect();
        Ok(hierarchy::effective(&all))
    }

    /// What is agreed by that name: what all levels allow together, where all of them are there; else its own text.
    pub(crate) async fn agreed(&self, name: &str) -> Result<Arrangement, EngineError> {
        let own = self.terms(name).await?.value;
        Ok(self.effective(&own).await?.map_or(own, |effective| effective.terms))
    }

    /// Whether every party's signature under a version verifies.
    async fn signed(&self, read: &Read<Arrangement>) -> Result<Result<String, Refused>, EngineError> {
        let (name, version, sha256) = (&read.value.arrangement, read.value.version, sha256_hex(&read.text));
        let mut signed = BTreeSet::new();
        for row in self.store.arrangement_signatures(name, version).await? {
            let Some(officer) = self.store.officer(&row.officer).await? else { continue };
            let signature = hex::decode(&row.signature).unwrap_or_default();
            let bytes = signed_bytes(name, version, &sha256, &row.party);
            if VerifyingKey::from_pem(&officer.public_key_pem)?.verifies(&bytes, &signature) {
                signed.insert(row.party);
            }
        }
        let missing = read.value.parties.iter().filter(|party| !signed.contains(&party.name));
        let lacks = |party: &str| {
            let detail = format!("no signature for it under version {version} verifies");
            Violation::new(Code::SignaturesMissing, party, detail)
        };
        let missing: Vec<Violation> = missing.map(|party| lacks(&party.name)).collect();
        Ok(Refused::unless_empty(missing).map(|()| sha256))
    }

    /// The key of a partner that is current for a purpose: the newest that may be used today.
    pub(crate) async fn partner_key(
        &self,
        partner: &str,
        purpose: KeyPurpose,
    ) -> Result<Option<PartnerKey>, EngineError> {
        let Some(life) = self.store.partner_life(partner).await? else { return Ok(None) };
        let Some(check) = life.state.usable_key(purpose, self.today()) else { return Ok(None) };
        Ok(self.store.partner_keys(partner).await?.into_iter().find(|key| key.fingerprint == check.key))
    }

    /// Whether data under `arrangement` may go to its partner today.
    pub(crate) async fn fit(&self, arrangement: &Arrangement) -> Result<Result<(), Refused>, EngineError> {
        let partner = &arrangement.partner;
        let Some(life) = self.store.partner_life(partner).await? else {
            let detail = "what proves who it is was never kept: add it again with `causeway partner add`";
            return Ok(Err(Refused::one(Code::PartnerNotActive, partner, detail)));
        };
        let attestations = self.store.attestations(partner).await?;
        let required = AttestationKind::required();
        let fit = fit_to_receive(&life.profile, &life.state, &required, &attestations, arrangement, self.today());
        let mut violations = fit.err().map(|refused| refused.violations).unwrap_or_default();
        violations.extend(self.synthetic_only(arrangement).await?);
        Ok(Refused::unless_empty(violations))
    }
}

/// The terms of an arrangement that hold now, if data may go to its partner; or why not.
pub async fn in_force(house: &House, name: &str) -> Result<Result<Standing, Refused>, EngineError> {
    let read = house.terms(name).await?;
    let lives = house.store.arrangement_lives(name).await?;
    let Some(life) = lives.iter().find(|life| life.version == read.value.version) else {
        let detail = "nobody has proposed it: `causeway arrangement propose` lays it before the parties";
        return Ok(Err(Refused::one(Code::NotInForce, name, detail)));
    };
    let held = |effective: Effective, digest: String| -> Result<Standing, Refused> {
        let frequencies = effective.frequencies.clone();
        let terms = InForce::of(effective.terms, &life.state, &digest, house.now(), None)?;
        Ok(Standing { terms, digest, frequencies })
    };
    if !matches!(life.state, State::InForce { .. }) {
        let detail = format!("version {} is {}", life.version, life.state.name());
        return Ok(Err(Refused::one(Code::NotInForce, name, detail)));
    }
    let standing = match together(house, &read).await? {
        Ok((effective, digest)) => held(effective, digest),
        Err(refused) => Err(refused),
    };
    fitting(house, standing, None).await
}

/// The terms under which a transfer that was begun goes on; or why it does not.
pub async fn under_way(house: &House, row: &TransferRow) -> Result<Result<Standing, Halted>, EngineError> {
    let name = &row.arrangement;
    let read = house.arrangement_version(name, row.arrangement_version).await?;
    let lives = house.store.arrangement_lives(name).await?;
    let began = lives.iter().find(|life| life.version == row.arrangement_version);
    let newest = lives.iter().rev().find(|life| life.was_in_force);
    let (Some(began), Some(newest)) = (began.filter(|life| life.was_in_force), newest) else {
        return by_officers(house, row, read, newest).await;
    };
    let (effective, digest) = match together(house, &read).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(Halted::Waits(refused))),
    };
    let frequencies = effective.frequencies.clone();
    let (began, newest) = (&began.state, &newest.state);
    // An exception that does not hold any more lifts nothing.
    let exception = exception(house, &row.id).await?.unwrap_or_default();
    let lifted = exception.as_ref().map(|exception| (row.id.as_str(), exception));
    let held = InForce::under_way(effective.terms, began, newest, &row.state, &digest, house.now(), lifted);
    if let Some(violation) = sealed_to_no_more(house, row, &read.value.partner).await? {
        return Ok(Err(Halted::Lapses(violation.into())));
    }
    if let Some(violation) = house.recalled(row).await? {
        return Ok(Err(Halted::Lapses(violation.into())));
    }
    let standing = match held {
        Ok(terms) => Ok(Standing { terms, digest, frequencies }),
        Err(refused) if refused.codes().contains(&Code::NotInForce) => return Ok(Err(Halted::Lapses(refused))),
        Err(refused) => Err(refused),
    };
    Ok(fitting(house, standing, lifted).await?.map_err(Halted::Waits))
}

/// Why a package that has not arrived is for nobody any more: the key that it is sealed to was revoked, or has retired.
async fn sealed_to_no_more(house: &House, row: &TransferRow, partner: &str) -> Result<Option<Violation>, EngineError> {
    let package = match &row.state {
        Transfer::Sealed { package } | Transfer::Delivering { package, .. } => package,
        _ => return Ok(None),
    };
    let Some(key) = house.store.sealed_to(package).await? else { return Ok(None) };
    let life = house.store.partner_life(partner).await?;
    let check = life.as_ref().and_then(|life| life.state.keys().iter().find(|check| check.key == key));
    Ok(check.and_then(|check| check.distrust(house.today())))
}

impl House {
    /// Why a package that has not arrived is for nobody any more: somebody in it decided so.
    async fn recalled(&self, row: &TransferRow) -> Result<Option<Violation>, EngineError> {
        let package = match &row.state {
            Transfer::Sealed { package } | Transfer::Delivering { package, .. } => package,
            _ => return Ok(None),
        };
        let recalled = self.store.is_recalled(package).await?;
        Ok(recalled.then(|| Violation::new(Code::PackageRecalled, package, RECALLED)))
    }
}

/// What is said of a package that was called back.
pub(crate) const RECALLED: &str = "somebody who is in it decided otherwise since it was sealed";

/// What an officer signed of a text for the program before, which knew no parties and no states: domain, identifier, version and
/// digest, a line each.
fn approval_bytes(arrangement: &str, version: u32, sha256: &str) -> Vec<u8> {
    format!("causeway-approval/1\n{arrangement}\n{version}\n{sha256}\n").into_bytes()
}

/// Terms of a version that never lived here: the program before let two officers approve it. A package that it sealed ends under
/// the terms and the rule that it began with; nothing is sealed under them any more.
async fn by_officers(
    house: &House,
    row: &TransferRow,
    read: Read<Arrangement>,
    newest: Option<&ArrangementLife>,
) -> Result<Result<Standing, Halted>, EngineError> {
    let (name, version, now) = (&row.arrangement, row.arrangement_version, house.now());
    let lapses = |detail: String| Ok(Err(Halted::Lapses(Refused::one(Code::NotInForce, name, detail))));
    if row.state.package().is_none() {
        return lapses(format!(
            "version {version} was never signed by every party: have it signed, and request another"
        ));
    }
    if newest.is_some_and(|life| in_flight(&life.state, &life.state, &row.state, now) == InFlight::Lapses) {
        return lapses(format!("version {version} was approved before, and a later one is out of force"));
    }
    let digest = sha256_hex(&read.text);
    let bytes = approval_bytes(name, version, &digest);
    let mut signed = BTreeSet::new();
    for approval in house.store.approvals(name, version).await? {
        let officer = house.store.officer(&approval.officer).await?.filter(|officer| officer.revoked_at.is_none());
        let Some(officer) = officer else { continue };
        let signature = hex::decode(&approval.signature).unwrap_or_default();
        if VerifyingKey::from_pem(&officer.public_key_pem)?.verifies(&bytes, &signature) {
            signed.insert(officer.fingerprint);
        }
    }
    let frequencies = vec![(name.clone(), read.value.frequency)];
    let standing = match InForce::new(read.value, &signed, house.today()) {
        Ok(terms) => Ok(Standing { terms, digest, frequencies }),
        Err(violation) if violation.code == Code::NotInForce => return Ok(Err(Halted::Lapses(violation.into()))),
        Err(violation) => Err(violation.into()),
    };
    Ok(fitting(house, standing, None).await?.map_err(Halted::Waits))
}

/// The effective terms of a text that every party signed, and its digest.
async fn together(
    house: &House,
    read: &Read<Arrangement>,
) -> Result<Result<(Effective, String), Refused>, EngineError> {
    let digest = match house.signed(read).await? {
        Ok(digest) => digest,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(house.effective(&read.value).await?.map(|effective| (effective, digest)))
}

async fn fitting(
    house: &House,
    standing: Result<Standing, Refused>,
    lifted: Option<(&str, &Exception)>,
) -> Result<Result<Standing, Refused>, EngineError> {
    let standing = match standing {
        Ok(standing) => standing,
        Err(refused) => return Ok(Err(refused)),
    };
    let violations = house.fit(&standing.terms).await?.err().map(|refused| refused.violations).unwrap_or_default();
    let left = match lifted {
        Some((transfer, exception)) => exception.lift(transfer, violations),
        None => violations,
    };
    Ok(Refused::unless_empty(left).map(|()| standing))
}
