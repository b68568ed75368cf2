//! What of the house may one person know, and which words of it?

use std::collections::BTreeMap;

use causeway_model::permission::Action;
use causeway_model::stop::Scope;
use causeway_model::transfer::Transfer;
use causeway_store::query::{Overdue, TransferFilter, TransferRow};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::{Ending, Failed, Failing, Halted, Late, MOST, Stalled, Waiting};
use crate::actor::Looker;
use crate::error::EngineError;
use crate::house::House;
use crate::lookout::receipts_due;

/// What failed is told for so long.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many intakes are looked at.
const LOOKED_AT: u32 = 5_000;

/// So many rows are read at once, until there are enough that may be seen.
const PAGE: u32 = 500;

/// What of it one person may know. Its lists end soon after there are more than are told.
pub(super) struct Viewer<'h> {
    house: &'h House,
    looker: Looker,
    partners: BTreeMap<(String, u32), String>,
}

impl<'h> Viewer<'h> {
    pub(super) async fn of(house: &'h House, actor: &str) -> Result<Self, EngineError> {
        Ok(Self { house, looker: house.looker(actor).await?, partners: BTreeMap::new() })
    }

    /// Whether it is of the operation's own staff.
    pub(super) fn is_own(&self) -> bool {
        self.looker.is_own()
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

    async fn sees(&mut self, row: &TransferRow) -> bool {
        let partner = self.partner_of(&row.arrangement, row.arrangement_version).await;
        self.looker.sees(Action::ShowTransfers, &self.house.of_both(&row.id, &partner))
    }

    /// As many of `filter` as it asks for, of those that may be seen.
    pub(super) async fn transfers(&mut self, mut filter: TransferFilter) -> Result<Vec<TransferRow>, EngineError> {
        let wanted = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let page = filter.limit.map_or(PAGE, |limit| limit.max(PAGE));
        filter.limit = Some(page);
        let mut seen = Vec::new();
        loop {
            let rows = self.house.store.transfers(&filter).await?;
            let is_last = rows.len() < page as usize;
            filter.after = rows.last().map(|row| row.id.clone());
            for row in rows {
                if seen.len() >= wanted {
                    return Ok(seen);
                }
                if self.sees(&row).await {
                    seen.push(row);
                }
            }
            if is_last {
                return Ok(seen);
            }
        }
    }

    async fn transfer(&mut self, id: &str) -> Result<Option<TransferRow>, EngineError> {
        let Some(row) = self.house.store.transfer(id).await? else { return Ok(None) };
        Ok(if self.sees(&row).await { Some(row) } else { None })
    }

    fn own_only<T>(&self, what: T) -> Option<T> {
        self.is_own().then_some(what)
    }

    pub(super) async fn stopped(&self) -> Result<Vec<Halted>, EngineError> {
        let standing = self.house.store.standing_stops().await?.into_iter();
        let concerns = |scope: &Scope| match scope {
            Scope::Partner { partner, .. } => self.is_own() || self.looker.partner() == Some(partner),
            Scope::Operation { .. } | Scope::All => true,
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
            if self.is_own() || (partner.is_some() && partner.as_deref() == self.looker.partner()) {
                let (by, reason) = (self.own_only(pause.paused_by), self.own_only(pause.reason));
                paused.push(Halted { what: pause.exchange, since: pause.paused_at, by, reason });
            }
        }
        Ok(paused)
    }

    /// All of them: whoever lists transfers must know which of them wait.
    pub(super) async fn awaiting_approval(&mut self) -> Result<Vec<Waiting>, EngineError> {
        let mut waiting = Vec::new();
        for request in self.house.store.requests_awaiting_approval().await? {
            let (id, since, asked_by) = (request.transfer, request.asked_at, request.by.name);
            if let Some(row) = self.transfer(&id).await? {
                waiting.push(Waiting { transfer: id, exchange: row.exchange, asked_by, since });
            }
        }
        Ok(waiting)
    }

    pub(super) async fn overdue(&mut self) -> Result<Vec<Late>, EngineError> {
        let due = receipts_due(&self.house.home.config().alerts, self.house.now());
        let (mut late, mut last): (Vec<Late>, Option<Overdue>) = (Vec::new(), None);
        while late.len() <= MOST {
            let page = self.house.store.overdue_receipts(due, last.as_ref(), PAGE).await?;
            for row in &page {
                let partner = self.partner_of(&row.arrangement.0, row.arrangement.1).await;
                let thing = self.house.of_both(&row.transfer, &partner);
                if self.looker.sees(Action::ShowTransfers, &thing) {
                    let (transfer, exchange, arrived_at) = (row.transfer.clone(), row.exchange.clone(), row.arrived_at);
                    late.push(Late { transfer, exchange, partner, arrived_at });
                }
            }
            last = page.into_iter().nth(PAGE as usize - 1);
            if last.is_none() {
                break;
            }
        }
        Ok(late)
    }

    pub(super) async fn failing(&mut self) -> Result<Vec<Failing>, EngineError> {
        let mut failing = Vec::new();
        for lease in self.house.store.leases_failing().await? {
            if failing.len() > MOST {
                break;
            }
            if let Some(row) = self.transfer(&lease.id).await? {
                let (failures, again_at, why) = (lease.failures, lease.not_before, lease.why);
                let why = why.filter(|_| self.is_own());
                failing.push(Failing { transfer: row.id, exchange: row.exchange, failures, again_at, why });
            }
        }
        Ok(failing)
    }

    pub(super) async fn failed(&mut self) -> Result<Vec<Failed>, EngineError> {
        let since = self.house.now().saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let mut failed = Vec::new();
        for state in ["refused", "abandoned", "disputed"] {
            let limit = u32::try_from(MOST + 1).ok();
            let filter = TransferFilter { state: Some(state), moved_since: Some(since), limit, ..Default::default() };
            for row in self.transfers(filter).await? {
                let why = if self.is_own() { self.why(&row).await? } else { Vec::new() };
                let (transfer, exchange, at) = (row.id, row.exchange, row.updated_at);
                failed.push(Failed { transfer, exchange, state, at, why });
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

    pub(super) async fn intakes(&self) -> Result<Vec<Stalled>, EngineError> {
        let stalled = self.house.store.stalled_intakes(LOOKED_AT).await?.into_iter();
        let seen = stalled
            .filter(|one| self.looker.sees(Action::ShowIntakes, &self.house.of_both(&one.id, &one.partner)))
            .take(MOST + 1);
        Ok(seen
            .map(|one| Stalled {
                intake: one.id,
                exchange: one.exchange,
                state: one.state,
                since: one.since,
                waiting: one.waiting,
                why: self.own_only(one.why).flatten(),
            })
            .collect())
    }

    pub(super) async fn ending(&mut self) -> Result<Vec<Ending>, EngineError> {
        let days = i64::from(self.house.home.config().alerts.ends_within_days);
        let soon = self.house.today().saturating_add(days.days());
        let mut ending = Vec::new();
        for life in self.house.store.arrangements_ending_by(soon).await? {
            let partner = self.partner_of(&life.arrangement, life.version).await;
            let thing = self.house.of_both(&life.arrangement, &partner);
            if self.looker.sees(Action::ShowArrangement, &thing) {
                let until = life.state.terms().valid.until;
                ending.push(Ending { arrangement: life.arrangement, until });
            }
        }
        Ok(ending)
    }
}
