//! What waits on whom, what is late, what failed and why, and does the house work? For whoever asks: a partner's people are told of
//! what is theirs, without reasons.

use std::collections::BTreeMap;

use causeway_model::permission::Action;
use causeway_model::stop::Scope;
use causeway_model::transfer::Transfer;
use causeway_store::query::{TransferFilter, TransferRow};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::Serialize;

use crate::error::EngineError;
use crate::house::House;
use crate::lookout::{LOW_DISK, free_bytes, receipts_due};

/// So many of each are told.
const MOST: u32 = 50;

/// What failed is told for so long after it was asked for.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How everything stands that one person may know of.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overview {
    /// What is stopped.
    pub stopped: Vec<Halted>,
    /// Schedules that are paused.
    pub paused: Vec<Halted>,
    /// Transfers that wait for an officer.
    pub awaiting_approval: Vec<Waiting>,
    /// Receipts that should be there.
    pub overdue: Vec<Late>,
    /// Transfers that failed and are tried again.
    pub failing: Vec<Failing>,
    /// Transfers that came to nothing lately.
    pub failed: Vec<Failed>,
    /// Arrangements that end soon.
    pub ending: Vec<Ending>,
    /// How the house itself does; only its own staff is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub house: Option<HouseStatus>,
}

/// Something that does not go on because people said so.
#[derive(Clone, Debug, Serialize)]
pub struct Halted {
    /// What.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
    /// By whom; a partner's people are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why; a partner's people are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A transfer that waits for an officer.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub since: Timestamp,
}

/// A receipt that should be there.
#[derive(Clone, Debug, Serialize)]
pub struct Late {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// The partner on whom it waits.
    pub partner: String,
    /// When the package arrived.
    pub arrived_at: Timestamp,
}

/// A transfer that failed and is tried again.
#[derive(Clone, Debug, Serialize)]
pub struct Failing {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// Failures in a row.
    pub failures: u32,
    /// When it is tried again.
    pub again_at: Timestamp,
    /// Why it failed; a partner's people are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A transfer that came to nothing.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// How it ended.
    pub state: &'static str,
    /// When.
    pub at: Timestamp,
    /// Why; a partner's people are not told.
    pub why: Vec<String>,
}

/// Terms that end soon.
#[derive(Clone, Debug, Serialize)]
pub struct Ending {
    /// The arrangement.
    pub arrangement: String,
    /// Its last day.
    pub until: Date,
}

/// How the house itself does.
#[derive(Clone, Debug, Serialize)]
pub struct HouseStatus {
    /// Workers that are at work, with when each was seen last.
    pub workers: BTreeMap<String, Timestamp>,
    /// When the next occurrence of a schedule is due, as far as they know.
    pub next_run: Option<Timestamp>,
    /// Since when the transfer waits that waits longest for a worker.
    pub waiting_since: Option<Timestamp>,
    /// Free bytes where packages are made.
    pub free_bytes: Option<u64>,
    /// Whether that is too little.
    pub disk_is_low: bool,
    /// Notices to be sent, by way.
    pub notices_waiting: u64,
    /// Notices that were given up, by way.
    pub notices_dead: u64,
    /// Packages that arrived and are not receipted.
    pub receipts_due: u64,
    /// Entries of the ledger that wait for a checkpoint.
    pub ledger_pending: u64,
    /// Transfers by state.
    pub transfers: BTreeMap<String, u64>,
}

/// What of it one person may know.
struct Viewer<'h> {
    house: &'h House,
    actor: &'h str,
    own: bool,
    partner: Option<String>,
    partners: BTreeMap<(String, u32), String>,
}

/// How everything stands, for `actor`.
pub async fn overview(house: &House, actor: &str) -> Result<Overview, EngineError> {
    let partner = house.actor(actor).await?.partner;
    let mut viewer = Viewer { house, actor, own: partner.is_none(), partner, partners: BTreeMap::new() };
    Ok(Overview {
        stopped: viewer.stopped().await?,
        paused: viewer.paused().await?,
        awaiting_approval: viewer.awaiting_approval().await?,
        overdue: viewer.overdue().await?,
        failing: viewer.failing().await?,
        failed: viewer.failed().await?,
        ending: viewer.ending().await?,
        house: if viewer.own { Some(of_house(house).await?) } else { None },
    })
}

impl Viewer<'_> {
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

    async fn stopped(&self) -> Result<Vec<Halted>, EngineError> {
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

    async fn paused(&mut self) -> Result<Vec<Halted>, EngineError> {
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

    async fn awaiting_approval(&mut self) -> Result<Vec<Waiting>, EngineError> {
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

    async fn overdue(&mut self) -> Result<Vec<Late>, EngineError> {
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

    async fn failing(&mut self) -> Result<Vec<Failing>, EngineError> {
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

    async fn failed(&mut self) -> Result<Vec<Failed>, EngineError> {
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

    async fn ending(&mut self) -> Result<Vec<Ending>, EngineError> {
        let days = i64::from(self.house.home.config().notices.ends_within_days);
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

async fn of_house(house: &House) -> Result<HouseStatus, EngineError> {
    let now = house.now();
    let figures = house.store.figures(receipts_due(&house.home, now)).await?;
    let mut workers = house.store.workers_seen().await?;
    workers.retain(|beat| beat.is_alive(now));
    let free = free_bytes(&house.home.staging());
    Ok(HouseStatus {
        next_run: workers.iter().filter_map(|beat| beat.next_run).min(),
        workers: workers.into_iter().map(|beat| (beat.worker, beat.seen_at)).collect(),
        waiting_since: figures.waiting_since,
        free_bytes: free,
        disk_is_low: free.is_none_or(|free| free < LOW_DISK),
        notices_waiting: figures.notices_waiting,
        notices_dead: figures.notices_dead,
        receipts_due: figures.receipts_due,
        ledger_pending: figures.ledger_pending,
        transfers: figures.transfers,
    })
}
