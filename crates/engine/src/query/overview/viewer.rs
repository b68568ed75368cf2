//! What of the house may one person know, and which words of it?

use std::collections::BTreeMap;

use causeway_model::permission::Action;
use causeway_model::stop::Scope;
use causeway_model::transfer::Transfer;
use causeway_store::query::{TransferFilter, TransferRow};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::{Ending, Failed, Failing, Halted, Late, Waiting};
use crate::error::EngineError;
use crate::house::House;
use crate::lookout::receipts_due;

/// So many of each are told.
const MOST: u32 = 50;

/// What failed is told for so long after it was asked for.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What of it one person may know.
pub(super) struct Viewer<'h> {
    house: &'h House,
    actor: &'h str,
    own: bool,
    partner: Option<String>,
    partners: BTreeMap<(String, u32), String>,
}

impl<'h> Viewer<'h> {
    pub(super) async fn of(house: &'h House, actor: &'h str) -> Result<Self, EngineError> {
        let partner = house.actor(actor).await?.partner;
        Ok(Self { house, actor, own: partner.is_none(), partner, partners: BTreeMap::new() })
    }

    /// Whether it is of the operation's own staff.
    pub(super) fn is_own(&self) -> bool {
        self.own
    }

    /// The partner of an arrangement's version; nobody's where its text cannot be read.
    async fn partner_of(&mut self, name: &str, version: u32) -> String {
        let key = (name.to_owned(), version);
        if let Some(known) = self.partners.get(&key) {
            return known.clone();
        }
        let read = self.house.arrangement_version(name, version).await;
        let partner = read.map(|read| read.value.partner).unwrap_or_default();
        self.partners.insert(key, partner.clone());
        partner
    }

    async fn sees(&mut self, row: &TransferRow) -> Result<bool, EngineError> {
        let partner = self.partner_of(&row.arrangement, row.arrangement_version).await;
        self.house.sees(self.actor, Action::ShowTransfers, &self.house.of_both(&row.id, &partner)).await
    }

    async fn transfer(&mut self, id: &str) -> Result<Option<TransferRow>, EngineError> {
        let Some(row) = self.house.store.transfer(id).await? else { return Ok(None) };
        Ok(if self.sees(&row).await? { Some(row) } else { None })
    }

    fn own_only<T>(&self, what: T) -> Option<T> {
        self.own.then_some(what)
    }

    pub(super) async fn stopped(&self) -> Result<Vec<Halted>, EngineError> {
        let standing = self.house.store.standing_stops().await?.into_iter();
        let concerns = |scope: &Scope| match (scope, &self.partner) {
            (Scope::Partner { partner, .. }, Some(own)) => partner == own,
            _ => true,
        };
        let halted = standing.filter(|stop| concerns(&stop.scope)).map(|stop| Halted {
            what: stop.scope.to_string(),
            since: stop.at,
            by: self.own_only(stop.by.name),
            reason: self.own_only(stop.reason),
        });
        Ok(halted.collect())
    }

    pub(super) async fn paused(&mut self) -> Result<Vec<Halted>, EngineError> {
        let mut paused = Vec::new();
        for pause in self.house.store.paused_schedules().await? {
            let partner = match self.house.exchange(&pause.exchange).await {
                Ok(exchange) => self.house.arrangement(&exchange.arrangement).await.map(|read| read.value.partner).ok(),
                Err(_) => None,
            };
            if self.own || (partner.is_some() && partner == self.partner) {
                let (by, reason) = (self.own_only(pause.paused_by), self.own_only(pause.reason));
                paused.push(Halted { what: pause.exchange, since: pause.paused_at, by, reason });
            }
        }
        Ok(paused)
    }

    pub(super) async fn awaiting_approval(&mut self) -> Result<Vec<Waiting>, EngineError> {
        let mut waiting = Vec::new();
        for request in self.house.store.requests_awaiting_approval().await? {
            if waiting.len() >= MOST as usize {
                break;
            }
            let (id, since, asked_by) = (request.transfer, request.asked_at, request.by.name);
            if let Some(row) = self.transfer(&id).await? {
                waiting.push(Waiting { transfer: id, exchange: row.exchange, asked_by, since });
            }
        }
        Ok(waiting)
    }

    pub(super) async fn overdue(&mut self) -> Result<Vec<Late>, EngineError> {
        let due = receipts_due(&self.house.home, self.house.now());
        let mut late = Vec::new();
        for row in self.house.store.overdue_receipts(due, MOST).await? {
            let partner = self.partner_of(&row.arrangement.0, row.arrangement.1).await;
            let thing = self.house.of_both(&row.transfer, &partner);
            if self.house.sees(self.actor, Action::ShowTransfers, &thing).await? {
                let (transfer, exchange, arrived_at) = (row.transfer, row.exchange, row.arrived_at);
                late.push(Late { transfer, exchange, partner, arrived_at });
            }
        }
        Ok(late)
    }

    pub(super) async fn failing(&mut self) -> Result<Vec<Failing>, EngineError> {
        let mut failing = Vec::new();
        for lease in self.house.store.leases_failing(MOST).await? {
            if let Some(row) = self.transfer(&lease.transfer).await? {
                let (failures, again_at, why) = (lease.failures, lease.not_before, lease.why);
                let why = why.filter(|_| self.own);
                failing.push(Failing { transfer: row.id, exchange: row.exchange, failures, again_at, why });
            }
        }
        Ok(failing)
    }

    pub(super) async fn failed(&mut self) -> Result<Vec<Failed>, EngineError> {
        let since = self.house.now().saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let mut failed = Vec::new();
        for state in ["refused", "abandoned", "disputed"] {
            let filter =
                TransferFilter { state: Some(state), since: Some(since), limit: Some(MOST), ..Default::default() };
            for row in self.house.store.transfers(&filter).await? {
                if self.sees(&row).await? {
                    let why = if self.own { self.why(&row).await? } else { Vec::new() };
                    let (transfer, exchange, at) = (row.id, row.exchange, row.updated_at);
                    failed.push(Failed { transfer, exchange, state, at, why });
                }
            }
        }
        Ok(failed)
    }

    async fn why(&self, row: &TransferRow) -> Result<Vec<String>, EngineError> {
        if let Transfer::Refused { violations } = &row.state {
            return Ok(violations.iter().map(ToString::to_string).collect());
        }
        let lease = self.house.store.lease(&row.id).await?;
        Ok(lease.and_then(|lease| lease.why).into_iter().collect())
    }

    pub(super) async fn ending(&mut self) -> Result<Vec<Ending>, EngineError> {
        let days = i64::from(self.house.home.config().alerts.ends_within_days);
        let soon = self.house.today().saturating_add(days.days());
        let mut ending = Vec::new();
        for life in self.house.store.arrangements_ending_by(soon).await? {
            let partner = self.partner_of(&life.arrangement, life.version).await;
            let thing = self.house.of_both(&life.arrangement, &partner);
            if self.house.sees(self.actor, Action::ShowArrangement, &thing).await? {
                let until = life.state.terms().valid.until;
                ending.push(Ending { arrangement: life.arrangement, until });
            }
        }
        Ok(ending)
    }
}
