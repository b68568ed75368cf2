//! May anything be told under an exchange now, by which plan and under which terms?

use causeway_flow::plan::Plan;
use causeway_model::arrangement::{Modality, beyond_caps, caps};
use causeway_model::assessment::Gate;
use causeway_model::catalogue::Catalogue;
use causeway_model::environment::DataKind;
use causeway_model::exchange::{Exchange, Online};
use causeway_model::{Code, Violation};
use causeway_store::change::{Judged, Room};
use causeway_store::query::Release;
use jiff::Timestamp;

use super::Asker;
use crate::command::{covered, gate, released, stopped};
use crate::drive::Heeded;
use crate::error::EngineError;
use crate::house::House;
use crate::standing::{Standing, in_force};

/// Everything that an answer needs, decided before anything is read.
pub(super) struct Ready {
    pub(super) exchange: Exchange,
    pub(super) online: Online,
    pub(super) catalogue: Catalogue,
    pub(super) standing: Standing,
    pub(super) heeded: Heeded,
    pub(super) pseudonyms_seen: u64,
    pub(super) plan: Plan,
    pub(super) data: DataKind,
    /// What may still be told under the caps, as it was judged.
    room: Vec<Room>,
    /// How many records that are, whichever cap is the nearest.
    pub(super) left: u64,
    /// How many leaves the ledger had before any of this was looked up.
    as_of: u64,
}

impl Ready {
    /// Judges an exchange as it is in use.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where it is not the asker's, or not answered online; [`EngineError::NotShown`] with every reason why
    /// nothing may be told.
    pub(super) async fn load(house: &House, asker: &Asker<'_>, name: &str) -> Result<Self, EngineError> {
        let unknown = || EngineError::Unknown { what: "exchange", name: name.to_owned(), help: "" };
        let as_of = house.store.leaves().await?;
        let exchange = house.exchange(name).await?;
        let own = house.terms(&exchange.arrangement).await?.value;
        let online = exchange.deliver.online().cloned().filter(|_| own.partner == asker.partner).ok_or_else(unknown)?;
        let mut violations: Vec<Violation> = stopped(house, &own.partner).await?.into_iter().collect();
        let standing = match in_force(house, &exchange.arrangement).await? {
            Ok(standing) => standing,
            Err(refused) => {
                violations.extend(refused.violations);
                return Err(not_shown(name, violations));
            }
        };
        violations.extend(covered(&standing.terms, Modality::Online));
        violations.extend(beyond(house, name, &standing, None).await?);
        // What was told is counted; no question is a transfer to come.
        if let Gate::Refused(refused) = gate(house, &own, None).await? {
            violations.extend(refused.violations);
        }
        let (room, left) = room(house, &standing).await?;
        let catalogue = house.catalogue().await?;
        violations.extend(house.may_not_pass(&own, &catalogue).await?);
        let pseudonyms_seen = house.store.pseudonyms_changed().await?;
        let pseudonyms = house.pseudonyms_now(&own.partner, &own.purpose.code).await?;
        let plan = match Plan::compile(&standing.terms, &exchange, &catalogue, &pseudonyms) {
            Ok(plan) if violations.is_empty() => plan,
            Ok(_) => return Err(not_shown(name, violations)),
            Err(found) => {
                violations.extend(found);
                return Err(not_shown(name, violations));
            }
        };
        let subject = catalogue.subject().map_or("", |people| &people.name);
        let heeded = Heeded::load(house, subject, &standing.terms).await?;
        let real = catalogue.sources.iter().any(|source| source.data == DataKind::Real);
        let data = if real { DataKind::Real } else { DataKind::Synthetic };
        Ok(Self { exchange, online, catalogue, standing, heeded, pseudonyms_seen, plan, data, room, left, as_of })
    }

    /// Whether everything is as it was: since then questions were asked, and nothing else happened.
    pub(super) async fn still_stands(&mut self, house: &House) -> Result<bool, EngineError> {
        let (leaves, only_questions) = house.store.only_questions(self.as_of).await?;
        if only_questions {
            self.as_of = leaves;
        }
        Ok(only_questions)
    }

    /// By what it was judged, to be demanded when it is recorded.
    pub(super) fn judged(&self, house: &House) -> Judged {
        let terms = &self.standing.terms;
        Judged {
            operation: house.operation().to_owned(),
            partner: terms.partner.clone(),
            arrangement: (terms.arrangement.clone(), terms.version),
            data: self.data,
            decisions_seen: self.heeded.seen(),
            pseudonyms_seen: self.pseudonyms_seen,
            room: self.room.clone(),
            as_of: Some((terms.valid, self.as_of)),
        }
    }
}

/// What of an answer with so many records goes beyond the agreed caps. How often a transfer may be made is not asked of answers.
pub(super) async fn beyond(
    house: &House,
    exchange: &str,
    standing: &Standing,
    records: Option<u64>,
) -> Result<Vec<Violation>, EngineError> {
    let released = released(house, &standing.terms.arrangement, Timestamp::MIN).await?;
    Ok(beyond_caps(&standing.terms, &[], &released, exchange, records, house.now()))
}

/// How many records answers may tell under each cap, and how many are left of that under the nearest.
async fn room(house: &House, standing: &Standing) -> Result<(Vec<Room>, u64), EngineError> {
    let terms = &standing.terms;
    let caps = caps(terms, house.now());
    if caps.is_empty() {
        return Ok((Vec::new(), u64::MAX));
    }
    // In this order: what is told in between makes the room smaller, and it is judged again.
    let told = house.store.told_since(&terms.arrangement, Timestamp::MIN).await?;
    let all = house.store.releases_since(&terms.arrangement, Timestamp::MIN).await?;
    let (mut room, mut left) = (Vec::new(), u64::MAX);
    for cap in caps {
        let sum =
            |of: &[Release]| of.iter().filter(|one| one.sealed_at >= cap.since).map(|one| one.records).sum::<u64>();
        let (told, all) = (sum(&told), sum(&all));
        left = left.min(cap.most.saturating_sub(all));
        room.push(Room { since: cap.since, most: cap.most.saturating_sub(all.saturating_sub(told)) });
    }
    Ok((room, left))
}

/// That a program has no key to which answers could be sealed.
pub(crate) fn no_key(client: &str) -> Violation {
    let detail = "answers are sealed, and the client has no key for them: register one with `use: enc`";
    Violation::new(Code::KeyNotVerified, client, detail)
}

/// Why nothing is told.
pub(super) fn not_shown(exchange: &str, mut violations: Vec<Violation>) -> EngineError {
    violations.sort();
    violations.dedup();
    if violations.is_empty() {
        violations.push(Violation::new(Code::NotPermitted, exchange, "nothing may be told"));
    }
    EngineError::NotShown { exchange: exchange.to_owned(), violations }
}
