//! What is there to be done, and what of it has waited longest?

use jiff::Timestamp;

use super::{Kind, LASTS, LONGEST_PAUSE, Lease, Take, after};
use crate::StoreError;
use crate::db::{Transaction, query};
use crate::step::Step;

pub(super) struct Find<'a> {
    pub(super) kind: Kind,
    pub(super) worker: &'a str,
    pub(super) token: &'a str,
    pub(super) now: Timestamp,
    /// Whether a lease can be over.
    pub(super) run_out: bool,
}

/// `$1` is now, `$2` how far ahead a lease can end, `$3` how far a try can be put off, `$4` until when a lease is over.
const TRANSFER: &str = "SELECT t.id FROM transfer t LEFT JOIN lease l ON l.transfer = t.id LEFT JOIN request r ON r.transfer = t.id \
     WHERE t.state IN ('requested', 'preparing', 'sealed', 'delivering') \
     AND (r.state IS NULL OR r.state <> 'awaiting-approval') AND NOT EXISTS (SELECT 1 FROM package_ready p WHERE p.transfer = t.id) \
     AND (l.held_until IS NULL OR l.held_until <= $4 OR l.held_until > $2) \
     AND (l.not_before IS NULL OR l.not_before <= $1 OR l.not_before > $3) \
     AND (t.state NOT IN ('requested', 'preparing') OR NOT EXISTS (SELECT 1 FROM lease h JOIN transfer o ON o.id = h.transfer \
     WHERE h.token IS NOT NULL AND h.held_until > $1 AND h.held_until <= $2 AND o.exchange = t.exchange AND o.id <> t.id \
     AND o.state IN ('requested', 'preparing'))) \
     ORDER BY coalesce(l.not_before, t.requested_at), t.requested_at, t.id LIMIT 1";

/// An earlier one of the exchange goes first, whatever holds it; so does a later one that somebody has in hand already. What waits for
/// people is found once they have decided on some of it. What is put back, or only acknowledged, waits for nobody. Of those that wait for
/// their turn the first of each exchange is looked at alone: thousands may wait behind it.
const INTAKE: &str = "WITH due AS (SELECT id FROM intake WHERE state IN ('applied', 'undoing') \
     UNION ALL SELECT t.id FROM intake t WHERE t.state = 'awaiting-review' AND (t.left_out_at IS NOT NULL \
     OR EXISTS (SELECT 1 FROM intake_waiting w WHERE w.intake = t.id AND w.decision IS NOT NULL AND w.settled_at IS NULL)) \
     AND NOT EXISTS (SELECT 1 FROM intake o WHERE o.exchange = t.exchange \
     AND o.state IN ('received', 'opened', 'validated', 'applying') AND (o.received_at, o.id) < (t.received_at, t.id)) \
     UNION ALL SELECT (SELECT o.id FROM intake o WHERE o.exchange = d.name \
     AND o.state IN ('received', 'opened', 'validated', 'applying') ORDER BY o.received_at, o.id LIMIT 1) \
     FROM (SELECT DISTINCT name FROM document WHERE kind = 'exchange') d) \
     SELECT t.id FROM due JOIN intake t ON t.id = due.id LEFT JOIN intake_lease l ON l.intake = t.id \
     WHERE (l.held_until IS NULL OR l.held_until <= $4 OR l.held_until > $2) \
     AND (l.not_before IS NULL OR l.not_before <= $1 OR l.not_before > $3) \
     AND (t.state IN ('applied', 'undoing') OR NOT EXISTS (SELECT 1 FROM intake_lease h JOIN intake o ON o.id = h.intake \
     WHERE h.token IS NOT NULL AND h.held_until > $1 AND h.held_until <= $2 AND o.exchange = t.exchange AND o.id <> t.id \
     AND o.state IN ('received', 'opened', 'validated', 'applying', 'awaiting-review'))) \
     ORDER BY coalesce(l.not_before, t.received_at), t.received_at, t.id LIMIT 1";

impl Step for Find<'_> {
    type Outcome = Option<Lease>;

    async fn apply(&self, rows: &mut Transaction) -> Result<Option<Lease>, StoreError> {
        let found = query(match self.kind {
            Kind::Transfer => TRANSFER,
            Kind::Intake => INTAKE,
        });
        let (last, late) = (after(self.now, LASTS), after(self.now, LONGEST_PAUSE));
        let over = if self.run_out { self.now.as_microsecond() } else { i64::MIN };
        let found = found.bind(self.now.as_microsecond()).bind(last).bind(late).bind(over);
        let found = found.fetch_optional(&mut *rows).await?;
        let Some(row) = found else { return Ok(None) };
        let id: String = row.only()?;
        let take = Take { kind: self.kind, id: &id, worker: self.worker, token: self.token, now: self.now };
        take.apply(rows).await.map(Some)
    }
}
