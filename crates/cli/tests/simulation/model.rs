//! What may happen? A model that is much smaller than the program: it looks at what is stored after every commit, and judges by
//! itself whether that may follow what was stored before.

use std::collections::{BTreeMap, BTreeSet};

use causeway_engine::{EngineError, House};
use causeway_model::arrangement::State;
use causeway_model::transfer::Transfer;
use causeway_store::query::TransferFilter;
use jiff::Timestamp;

use super::documents::{ARRANGEMENT, People};
use super::partner::{Partner, Rows};

/// How a transfer stands, and what came of each attempt to deliver it.
pub type Standing = (Transfer, Vec<Option<String>>);

/// What is stored at a moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether the newest terms are in force.
    pub is_open: bool,
    pub is_stopped: bool,
    pub partner_is_active: bool,
    pub decisions: u64,
    /// State of each transfer, and how its delivery attempts stand.
    pub transfers: BTreeMap<String, Standing>,
    /// Who has a transfer in hand.
    pub holders: BTreeMap<String, String>,
}

/// Somebody's package as it was sealed.
#[derive(Clone, Debug)]
struct Sealing {
    /// Who had objected by then.
    objected: BTreeSet<i64>,
    /// The source's versions from the request to the seal.
    versions: (usize, usize),
}

/// The model.
pub struct Model {
    pub facts: Facts,
    /// The source, version by version.
    pub people: Vec<People>,
    /// Who objected, in order.
    pub objected: Vec<i64>,
    asked_at: BTreeMap<String, usize>,
    sealed: BTreeMap<String, Sealing>,
    /// What the partner signed: packages accepted, and rejected.
    pub confirmed: BTreeSet<String>,
    pub rejected: BTreeSet<String>,
}

/// When the last day of the terms is over.
fn last_day_ends() -> Timestamp {
    "2026-08-02T00:00:00Z".parse().unwrap()
}

impl Facts {
    pub async fn read(house: &House) -> Result<Self, EngineError> {
        let store = &house.store;
        let newest = store.arrangement_lives(ARRANGEMENT).await?.into_iter().rev().find(|life| life.was_in_force);
        let mut facts = Self {
            is_open: newest.is_some_and(|life| matches!(life.state, State::InForce { .. }))
                && house.now() < last_day_ends(),
            is_stopped: !store.standing_stops().await?.is_empty(),
            partner_is_active: store
                .partner_life("lantern-relief")
                .await?
                .is_some_and(|it| it.state.name() == "active"),
            decisions: store.decisions_count().await?,
            ..Self::default()
        };
        for row in store.transfers(&TransferFilter::default()).await? {
            let attempts = match row.state {
                Transfer::Delivering { .. } => store.deliveries(&row.id).await?,
                _ => Vec::new(),
            };
            let outcomes = attempts.iter().map(|attempt| attempt.outcome.map(|outcome| outcome.name().to_owned()));
            facts.transfers.insert(row.id, (row.state, outcomes.collect()));
        }
        facts.holders = Self::holders(house).await?;
        Ok(facts)
    }

    /// Who has a transfer in hand.
    pub async fn holders(house: &House) -> Result<BTreeMap<String, String>, EngineError> {
        let held = house.store.leases_held().await?.into_iter();
        Ok(held.filter_map(|row| row.held.map(|(_, worker, _)| (row.id, worker))).collect())
    }
}

impl Model {
    pub fn new(people: People, facts: Facts) -> Self {
        Self {
            facts,
            people: vec![people],
            objected: Vec::new(),
            asked_at: BTreeMap::new(),
            sealed: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            rejected: BTreeSet::new(),
        }
    }

    /// Judges what somebody has just committed: a worker of this name, or an officer who objects for this person.
    pub async fn committed(&mut self, house: &House, by: Committer<'_>) -> Result<(), String> {
        let now = Facts::read(house).await.map_err(|error| format!("the facts cannot be read: {error}"))?;
        let before = std::mem::replace(&mut self.facts, now);
        let facts = self.facts.clone();
        if facts.decisions > before.decisions {
            let Committer::Desk { objects: Some(person) } = by else {
                return Err("a decision was recorded, and nobody asked for one".to_owned());
            };
            self.objected.push(person);
        }
        for (transfer, (state, attempts)) in &facts.transfers {
            self.asked_at.entry(transfer.clone()).or_insert(self.people.len() - 1);
            let was = before.transfers.get(transfer);
            if was.is_some_and(|was| was.0 == *state && was.1 == *attempts) {
                continue;
            }
            if let Committer::Worker(worker) = by
                && matches!(state.name(), "preparing" | "sealed" | "delivering" | "delivered" | "refused")
                && (worker.is_none() || facts.holders.get(transfer).map(String::as_str) != worker)
            {
                let name = state.name();
                return Err(format!("fenced: a worker that has not {transfer} in hand made it {name} {attempts:?}"));
            }
            if let Transfer::Sealed { package } = state {
                self.judge_seal(house, transfer, package).await?;
            }
        }
        Ok(())
    }

    async fn judge_seal(&mut self, house: &House, transfer: &str, package: &str) -> Result<(), String> {
        if self.sealed.contains_key(package) {
            return Err(format!("package {package} was sealed twice"));
        }
        if !self.facts.is_open {
            return Err(format!("terms: package {package} was sealed while the arrangement is not in force"));
        }
        let key = house.store.sealed_to(package).await.unwrap().unwrap_or_default();
        if house.store.key_is_revoked(&key).await.unwrap() {
            return Err(format!("key: package {package} was sealed to a key that is revoked"));
        }
        let versions = (self.asked_at[transfer], self.people.len() - 1);
        let objected = self.objected.iter().copied().collect();
        self.sealed.insert(package.to_owned(), Sealing { objected, versions });
        Ok(())
    }

    /// The transfer of a package, and how it stands.
    pub fn knows(&self, package: &str) -> Option<(&String, &Standing)> {
        self.facts.transfers.iter().find(|(_, (state, _))| state.package() == Some(package))
    }

    /// Judges what leaves: something of `package` is put at the partner's now, by this worker.
    pub fn leaves(
        &self,
        holders: &BTreeMap<String, String>,
        package: &str,
        worker: Option<&str>,
    ) -> Result<(), String> {
        let facts = &self.facts;
        let Some((transfer, (state, _))) = self.knows(package) else {
            return Err(format!("package {package} leaves, and is no transfer's"));
        };
        if !matches!(state, Transfer::Delivering { .. }) {
            return Err(format!("package {package} leaves while its transfer is {state}"));
        }
        if facts.is_stopped {
            return Err(format!("stop: package {package} leaves while everything is stopped"));
        }
        if !facts.is_open || super::stage::now() >= last_day_ends() || !facts.partner_is_active {
            return Err(format!("package {package} leaves while terms or partner do not hold"));
        }
        if worker.is_none() || holders.get(transfer).map(String::as_str) != worker {
            return Err(format!("delivery: package {package} is put there by a worker that has it not in hand"));
        }
        Ok(())
    }

    /// Judges what the partner opened, who had some of it before.
    pub fn opened(&self, package: &str, rows: &Rows, had: &Rows) -> Result<(), String> {
        let sealing = self.sealed.get(package).ok_or_else(|| format!("package {package} was never sealed"))?;
        let versions = &self.people[sealing.versions.0..=sealing.versions.1];
        let agreed = |people: &People, number: i64, name: &str| {
            people.get(&number).is_some_and(|(known, place)| known == name && *place != "east")
        };
        for (number, name) in rows {
            if sealing.objected.contains(number) && !had.contains(&(*number, name.clone())) {
                return Err(format!("decisions: package {package} holds person {number}, who had objected"));
            }
            if !versions.iter().any(|people| agreed(people, *number, name)) {
                return Err(format!("package {package} holds person {number}, who was never agreed as that"));
            }
        }
        let always = |number: &i64, name: &str| versions.iter().all(|people| agreed(people, *number, name));
        let missing = versions[0].iter().find(|(number, (name, _))| {
            let there = rows.contains(&(**number, name.clone()));
            always(number, name) && !there && !self.objected.contains(number)
        });
        missing.map_or(Ok(()), |(number, _)| Err(format!("package {package} lacks person {number}")))
    }

    /// Judges how everything ends: nothing is under way any more but what waits for people.
    pub async fn ends(&self, house: &House, partner: &Partner) -> Result<(), String> {
        let waiting = house.store.requests_awaiting_approval().await.unwrap();
        let mut is_held = false;
        for notice in house.store.unsent_notices().await.unwrap() {
            // Its key was revoked after it was begun: somebody tells the partner by another way.
            is_held |= house.store.key_is_revoked(&notice.sealed_to.unwrap_or_default()).await.unwrap();
        }
        for (transfer, (state, _)) in &self.facts.transfers {
            let waits = waiting.iter().any(|request| request.transfer == *transfer);
            if state.is_unfinished() && !waits {
                return Err(format!("end: transfer {transfer} is {state} and nobody has it in hand"));
            }
            let package = state.package().unwrap_or_default();
            let (confirmed, rejected) = (self.confirmed.contains(package), self.rejected.contains(package));
            if matches!(state, Transfer::Receipted { .. }) && !confirmed
                || matches!(state, Transfer::Disputed { .. }) && !rejected
            {
                return Err(format!("transfer {transfer} is {state}, which the partner never said"));
            }
            let there = partner.taken.contains_key(package);
            if matches!(state.name(), "delivered" | "receipted" | "disputed") && !there {
                return Err(format!("transfer {transfer} is {state}, and the partner has no package {package}"));
            }
        }
        for (package, taken) in &partner.taken {
            let transfer = &taken.inner.about.transfer;
            let state = &self.facts.transfers.get(transfer).ok_or("a package of no transfer")?.0;
            if state.package() != Some(package) && !matches!(state, Transfer::Lapsed | Transfer::Abandoned { .. }) {
                return Err(format!("the partner has package {package} of transfer {transfer}, which is {state}"));
            }
            let Some(rows) = &taken.rows else { continue };
            let late = self.objected.iter().find(|person| rows.iter().any(|(number, _)| number == *person));
            // A state holds people whom packages before it brought: they are told of by those.
            if let Some(person) = late
                && taken.inner.delta.is_none()
                && !partner.told.contains(package)
                && !is_held
            {
                return Err(format!("person {person} of package {package} objected, and the partner was not told"));
            }
        }
        Ok(())
    }
}

/// Who committed something.
#[derive(Clone, Copy, Debug)]
pub enum Committer<'a> {
    Worker(Option<&'a str>),
    Desk { objects: Option<i64> },
}
