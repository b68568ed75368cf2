//! What waits on whom, what is late, what failed and why, and does the house work? For whoever asks: a partner's people are told of
//! what is theirs, without reasons.

mod viewer;

use std::collections::{BTreeMap, BTreeSet};

use causeway_store::query::{TransferFilter, TransferRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::error::EngineError;
use crate::house::House;
use crate::lookout::{LOW_DISK, free_bytes, receipts_due};

use viewer::Viewer;

/// So many of each are told.
const MOST: usize = 50;

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
    /// Intakes that wait for a person, or are held back.
    pub intakes: Vec<Stalled>,
    /// Arrangements that end soon.
    pub ending: Vec<Ending>,
    /// The lists above of which only the first are told: their names.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub more: BTreeSet<&'static str>,
    /// Every transfer that waits for an officer, told or not.
    #[serde(skip)]
    pub waits: BTreeSet<String>,
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

/// An intake that does not go on by itself now.
#[derive(Clone, Debug, Serialize)]
pub struct Stalled {
    /// The intake.
    pub intake: String,
    /// Its exchange.
    pub exchange: String,
    /// Where it stands.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// Records that wait for a person.
    pub waiting: u64,
    /// What holds it; a partner's people are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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
    /// Alerts to be sent, by way.
    pub alerts_waiting: u64,
    /// Alerts that were given up, by way.
    pub alerts_dead: u64,
    /// Packages that arrived and are not receipted.
    pub receipts_due: u64,
    /// Entries of the ledger that wait for a checkpoint.
    pub ledger_pending: u64,
    /// Transfers by state.
    pub transfers: BTreeMap<String, u64>,
}

/// How everything stands, for `actor`.
pub async fn overview(house: &House, actor: &str) -> Result<Overview, EngineError> {
    let mut viewer = Viewer::of(house, actor).await?;
    let mut told = Overview {
        stopped: viewer.stopped().await?,
        paused: viewer.paused().await?,
        awaiting_approval: viewer.awaiting_approval().await?,
        overdue: viewer.overdue().await?,
        failing: viewer.failing().await?,
        failed: viewer.failed().await?,
        intakes: viewer.intakes().await?,
        ending: viewer.ending().await?,
        house: if viewer.is_own() { Some(of_house(house).await?) } else { None },
        ..Overview::default()
    };
    told.cut();
    Ok(told)
}

/// The transfers of `filter` that `actor` may see. A page is full wherever there are enough of them.
pub async fn transfers_seen(
    house: &House,
    actor: &str,
    filter: TransferFilter,
) -> Result<Vec<TransferRow>, EngineError> {
    Viewer::of(house, actor).await?.transfers(filter).await
}

impl Overview {
    /// Cuts long lists, and says which. Which transfers wait is known of all.
    fn cut(&mut self) {
        fn longer<T>(list: &mut Vec<T>) -> bool {
            let is_long = list.len() > MOST;
            list.truncate(MOST);
            is_long
        }
        self.waits = self.awaiting_approval.iter().map(|waiting| waiting.transfer.clone()).collect();
        self.failed.sort_by_key(|one| std::cmp::Reverse(one.at));
        let cut = [
            ("awaiting_approval", longer(&mut self.awaiting_approval)),
            ("overdue", longer(&mut self.overdue)),
            ("failing", longer(&mut self.failing)),
            ("failed", longer(&mut self.failed)),
            ("intakes", longer(&mut self.intakes)),
        ];
        self.more = cut.into_iter().filter_map(|(name, is_long)| is_long.then_some(name)).collect();
    }
}

async fn of_house(house: &House) -> Result<HouseStatus, EngineError> {
    let now = house.now();
    let figures = house.store.figures(receipts_due(&house.home.config().alerts, now), now).await?;
    let mut workers = house.store.workers_seen().await?;
    workers.retain(|beat| beat.is_alive(now));
    let free = free_bytes(&house.home.staging());
    Ok(HouseStatus {
        next_run: workers.iter().filter_map(|beat| beat.next_run).min(),
        workers: workers.into_iter().map(|beat| (beat.worker, beat.seen_at)).collect(),
        waiting_since: figures.waiting_since,
        free_bytes: free,
        disk_is_low: free.is_none_or(|free| free < LOW_DISK),
        alerts_waiting: figures.alerts_waiting,
        alerts_dead: figures.alerts_dead,
        receipts_due: figures.receipts_due,
        ledger_pending: figures.ledger_pending,
        transfers: figures.transfers,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn of_a_long_list_the_first_are_told_and_every_one_that_waits_is_known() {
        let waits = |number: usize| Waiting {
            transfer: format!("transfer-{number}"),
            exchange: "food".to_owned(),
            asked_by: "wanjiru".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        };
        let failed = |state, second| Failed {
            transfer: "transfer-0".to_owned(),
            exchange: "food".to_owned(),
            state,
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            why: Vec::new(),
        };
        let mut told = Overview { awaiting_approval: (0..MOST).map(waits).collect(), ..Overview::default() };
        told.cut();
        assert!(told.more.is_empty() && told.awaiting_approval.len() == MOST);
        told.awaiting_approval.push(waits(MOST));
        told.failed = vec![failed("refused", 1); MOST];
        told.failed.push(failed("disputed", 2));
        told.cut();
        assert_eq!(told.more, ["awaiting_approval", "failed"].into());
        assert_eq!((told.awaiting_approval.len(), told.failed.len(), told.waits.len()), (MOST, MOST, MOST + 1));
        assert_eq!(told.failed.first().map(|one| one.state), Some("disputed"), "the newest first");
    }
}
