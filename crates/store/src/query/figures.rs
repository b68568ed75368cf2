//! How does the whole house stand, in numbers? Counts, ages and states: no name, no id.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// The house in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Transfers by the name of their state.
    pub transfers: BTreeMap<String, u64>,
    /// Requests that wait for an officer.
    pub awaiting_approval: u64,
    /// Since when the transfer waits that waits longest for a worker: what is held back waits from the moment that it is to be tried.
    pub waiting_since: Option<Timestamp>,
    /// Transfers in somebody's hands.
    pub leases_held: u64,
    /// Transfers whose last try failed.
    pub leases_failing: u64,
    /// Deliveries of which nobody knows how they ended.
    pub open_deliveries: u64,
    /// Packages that lie ready for their partners' programs and were not taken whole.
    pub packages_ready: u64,
    /// Packages that arrived and are not receipted.
    pub receipts_due: u64,
    /// Those of them that arrived before the moment that was asked about.
    pub receipts_overdue: u64,
    /// Packages whose bytes are kept.
    pub packages_held: u64,
    /// Packages whose content is recorded.
    pub disclosure_sets: u64,
    /// Entries of all disclosure sets: the same person counts in each.
    pub disclosed_entries: u64,
    /// Schedules that are paused.
    pub schedules_paused: u64,
    /// Stops that stand.
    pub stops: u64,
    /// Entries of the ledger.
    pub ledger_leaves: u64,
    /// Those that wait for a checkpoint.
    pub ledger_pending: u64,
    /// Intakes by the name of their state.
    pub intakes: BTreeMap<String, u64>,
    /// Records that came in and wait for a person.
    pub records_waiting: u64,
    /// Intakes whose last try was held back or failed.
    pub intakes_held: u64,
    /// Ways of alerts that wait.
    pub alerts_waiting: u64,
    /// Ways of alerts that were given up.
    pub alerts_dead: u64,
}

/// A package that arrived and was not receipted in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// The arrangement, with its version.
    pub arrangement: (String, u32),
    /// The package.
    pub package: String,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

impl Reader {
    /// The house in numbers at `now`; a receipt is overdue whose package arrived before `due`.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn figures(&self, due: Timestamp, now: Timestamp) -> Result<Figures, StoreError> {
        let mut snapshot = self.pool.begin_read().await?;
        let mut figures = Figures::default();
        for row in query("SELECT state, count(*) AS many FROM transfer GROUP BY state").fetch_all(&mut snapshot).await?
        {
            let cells = Cells::new(&row, "transfer", "state");
            figures.transfers.insert(cells.get("state")?, cells.count("many")?);
        }
        for row in query("SELECT state, count(*) AS many FROM intake GROUP BY state").fetch_all(&mut snapshot).await? {
            let cells = Cells::new(&row, "intake", "state");
            figures.intakes.insert(cells.get("state")?, cells.count("many")?);
        }
        let row = query(
            "SELECT (SELECT count(*) FROM request WHERE state = 'awaiting-approval') AS awaiting, \
             (SELECT min(CASE WHEN l.not_before > t.requested_at THEN l.not_before ELSE t.requested_at END) \
              FROM transfer t LEFT JOIN request r ON r.transfer = t.id \
              LEFT JOIN lease l ON l.transfer = t.id WHERE t.state IN ('requested', 'preparing', 'sealed', 'delivering') \
              AND (r.state IS NULL OR r.state <> 'awaiting-approval') \
              AND NOT EXISTS (SELECT 1 FROM package_ready p WHERE p.transfer = t.id) \
              AND (l.held_until IS NULL OR l.held_until <= $2) \
              AND (l.not_before IS NULL OR l.not_before <= $2)) AS waiting_since, \
             (SELECT count(*) FROM lease WHERE held_until > $2) AS held, \
             (SELECT count(*) FROM lease l JOIN transfer t ON t.id = l.transfer WHERE l.failures > 0 \
              AND t.state IN ('requested', 'preparing', 'sealed', 'delivering')) AS failing, \
             (SELECT count(*) FROM delivery d WHERE d.outcome IS NULL \
              AND NOT EXISTS (SELECT 1 FROM package_ready p WHERE p.transfer = d.transfer)) AS open_deliveries, \
             (SELECT count(*) FROM package_ready p JOIN transfer t ON t.id = p.transfer \
              WHERE t.state IN ('sealed', 'delivering')) AS packages_ready, \
             (SELECT count(*) FROM transfer WHERE state = 'delivered') AS due, \
             (SELECT count(*) FROM transfer WHERE state = 'delivered' AND updated_at <= $1) AS overdue, \
             (SELECT count(*) FROM package WHERE erased_at IS NULL) AS packages, \
             (SELECT count(*) FROM package_content) AS sets, \
             (SELECT CAST(coalesce(sum(people), 0) AS BIGINT) FROM package_content) AS entries, \
             (SELECT count(*) FROM schedule_pause WHERE ended_at IS NULL) AS paused, \
             (SELECT count(*) FROM stop WHERE state <> 'lifted') AS stops, \
             (SELECT coalesce(max(idx) + 1, 0) FROM ledger_leaf) AS leaves, \
             (SELECT count(*) FROM ledger_pending) AS pending, \
             (SELECT count(*) FROM intake_waiting w JOIN intake t ON t.id = w.intake WHERE w.settled_at IS NULL \
              AND w.decision IS NULL AND t.state = 'awaiting-review') AS records_waiting, \
             (SELECT count(*) FROM intake_lease l JOIN intake t ON t.id = l.intake WHERE l.ended IN ('held', 'failed') \
              AND t.state IN ('received', 'opened', 'validated', 'applying', 'applied', 'undoing')) AS intakes_held, \
             (SELECT count(*) FROM alert_dispatch WHERE state = 'waiting') AS alerts_waiting, \
             (SELECT count(*) FROM alert_dispatch WHERE state = 'dead') AS alerts_dead",
        );
        let row = row.bind(due.as_microsecond()).bind(now.as_microsecond()).fetch_one(&mut snapshot).await?;
        snapshot.rollback().await?;
        let cells = Cells::new(&row, "the figures", "awaiting");
        Ok(Figures {
            awaiting_approval: cells.count("awaiting")?,
            waiting_since: cells.optional_time("waiting_since")?,
            leases_held: cells.count("held")?,
            leases_failing: cells.count("failing")?,
            open_deliveries: cells.count("open_deliveries")?,
            packages_ready: cells.count("packages_ready")?,
            receipts_due: cells.count("due")?,
            receipts_overdue: cells.count("overdue")?,
            packages_held: cells.count("packages")?,
            disclosure_sets: cells.count("sets")?,
            disclosed_entries: cells.count("entries")?,
            schedules_paused: cells.count("paused")?,
            stops: cells.count("stops")?,
            ledger_leaves: cells.count("leaves")?,
            ledger_pending: cells.count("pending")?,
            records_waiting: cells.count("records_waiting")?,
            intakes_held: cells.count("intakes_held")?,
            alerts_waiting: cells.count("alerts_waiting")?,
            alerts_dead: cells.count("alerts_dead")?,
            ..figures
        })
    }

    /// Up to `limit` packages that arrived before `due` and are not receipted, the oldest first, behind the one of `after`.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn overdue_receipts(
        &self,
        due: Timestamp,
        after: Option<&Overdue>,
        limit: u32,
    ) -> Result<Vec<Overdue>, StoreError> {
        let rows = query(
            "SELECT t.id AS id, t.exchange AS exchange, t.arrangement AS arrangement, \
             t.arrangement_version AS arrangement_version, p.id AS package, t.updated_at AS updated_at \
             FROM transfer t JOIN package p ON p.transfer = t.id WHERE t.state = 'delivered' AND t.updated_at <= $1 \
             AND (t.updated_at, t.id) > ($2, $3) ORDER BY t.updated_at, t.id LIMIT $4",
        );
        let (micros, id) = after.map_or((i64::MIN, ""), |last| (last.arrived_at.as_microsecond(), &last.transfer));
        let rows = rows.bind(due.as_microsecond()).bind(micros).bind(id).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(overdue).collect()
    }
}

fn overdue(row: &Row) -> Result<Overdue, StoreError> {
    let cells = Cells::new(row, "transfer", "id");
    Ok(Overdue {
        transfer: cells.get("id")?,
        exchange: cells.get("exchange")?,
        arrangement: (cells.get("arrangement")?, cells.count("arrangement_version")?),
        package: cells.get("package")?,
        arrived_at: cells.time("updated_at")?,
    })
}
