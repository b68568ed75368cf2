//! How is one way to one addressee taken in hand, tried, and ended?

use jiff::{SignedDuration, Timestamp};

use crate::db::{Cells, Transaction, query};
use crate::lease::{LASTS, after};
use crate::query::DispatchState;
use crate::step::Step;
use crate::{Saved, StoreError};

/// The longest that a try is put off. What is put off further was written by a clock that has been set back since.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(80);

/// How far workers' clocks may be apart. What is in somebody's hands for longer than that and a lease was taken by a clock that has
/// been set back since. Taken too early, it would be sent twice.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// An alert on one of its ways, in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The alert.
    pub alert: String,
    /// By which way.
    pub route: String,
    /// Only who holds it may say how it ended.
    pub token: String,
    /// How often it failed in a row before.
    pub failures: u32,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The receiver has confirmed it: it is never sent again.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It did not succeed and is tried again.
    Failed {
        /// Why: never anything of a person.
        why: String,
        /// When.
        again_at: Timestamp,
    },
    /// It was not tried: something that people decide holds it back. It is looked at again, as long as it takes.
    Held {
        /// By what.
        why: String,
        /// When.
        again_at: Timestamp,
    },
    /// Nobody tries it any more, until a person says so.
    Dead {
        /// Why: never anything of a person.
        why: String,
        /// When.
        at: Timestamp,
    },
}

pub(super) struct Address<'a> {
    pub(super) alert: &'a str,
    pub(super) routes: &'a [&'a str],
    pub(super) now: Timestamp,
}

impl Step for Address<'_> {
    type Outcome = Saved;

    async fn apply(&self, rows: &mut Transaction) -> Result<Saved, StoreError> {
        let now = self.now.as_microsecond();
        let first = query("UPDATE alert SET addressed_at = $1 WHERE id = $2 AND addressed_at IS NULL");
        if first.bind(now).bind(self.alert).execute(rows).await? == 0 {
            return Ok(Saved::Already);
        }
        for route in self.routes {
            let row = query(
                "INSERT INTO alert_dispatch (alert, route, state, tries, failures, not_before) \
                 VALUES ($1, $2, 'waiting', 0, 0, $3) ON CONFLICT (alert, route) DO NOTHING",
            );
            row.bind(self.alert).bind(*route).bind(now).execute(rows).await?;
        }
        Ok(Saved::New)
    }
}

pub(super) struct Find<'a> {
    pub(super) token: &'a str,
    pub(super) now: Timestamp,
}

impl Step for Find<'_> {
    type Outcome = Option<Dispatch>;

    async fn apply(&self, rows: &mut Transaction) -> Result<Option<Dispatch>, StoreError> {
        let (now, late) = (self.now.as_microsecond(), after(self.now, LONGEST_PAUSE));
        let held = after(self.now, LASTS.saturating_add(CLOCKS_DIFFER));
        // One at a time on each way: one that hangs is in nobody else's way.
        let found = query(
            "SELECT d.alert AS alert, d.route AS route, d.failures AS failures FROM alert_dispatch d WHERE d.state = 'waiting' \
             AND (d.held_until IS NULL OR d.held_until <= $1 OR d.held_until > $2) AND (d.not_before <= $1 OR d.not_before > $3) \
             AND NOT EXISTS (SELECT 1 FROM alert_dispatch h WHERE h.state = 'waiting' AND h.route = d.route \
             AND h.held_until > $1 AND h.held_until <= $2) \
             ORDER BY d.not_before, d.alert, d.route LIMIT 1",
        );
        let found = found.bind(now).bind(held).bind(late).fetch_optional(&mut *rows).await?;
        let Some(row) = found else { return Ok(None) };
        let cells = Cells::new(&row, "alert_dispatch", "alert");
        let found = Dispatch {
            alert: cells.get("alert")?,
            route: cells.get("route")?,
            token: self.token.to_owned(),
            failures: cells.count("failures")?,
        };
        let taken = query(
            "UPDATE alert_dispatch SET token = $1, held_until = $2, tries = tries + 1 WHERE alert = $3 AND route = $4",
        );
        taken.bind(self.token).bind(after(self.now, LASTS)).bind(&found.alert).bind(&found.route).execute(rows).await?;
        Ok(Some(found))
    }
}

pub(super) struct Finish<'a> {
    pub(super) dispatch: &'a Dispatch,
    pub(super) end: &'a End,
}

impl Step for Finish<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let Dispatch { alert, route, token, failures } = self.dispatch;
        let untried = i64::from(matches!(self.end, End::Held { .. }));
        let (state, failures, not_before, ended_at, why) = match self.end {
            End::Sent { at } => (DispatchState::Sent, 0, *at, Some(*at), None),
            End::Failed { why, again_at } => {
                (DispatchState::Waiting, failures.saturating_add(1), *again_at, None, Some(why.as_str()))
            }
            End::Held { why, again_at } => (DispatchState::Waiting, *failures, *again_at, None, Some(why.as_str())),
            End::Dead { why, at } => {
                (DispatchState::Dead, failures.saturating_add(1), *at, Some(*at), Some(why.as_str()))
            }
        };
        let ended = query(
            "UPDATE alert_dispatch SET state = $1, token = NULL, held_until = NULL, failures = $2, not_before = $3, \
             ended_at = $4, why = $5, tries = tries - $9 WHERE alert = $6 AND route = $7 AND token = $8",
        )
        .bind(state.name())
        .bind(failures)
        .bind(not_before.as_microsecond())
        .bind(ended_at.map(Timestamp::as_microsecond))
        .bind(why)
        .bind(alert)
        .bind(route)
        .bind(token)
        .bind(untried);
        Ok(ended.execute(rows).await? == 1)
    }
}

/// Lets what was given up of an alert be tried again; how many ways.
pub(crate) async fn again(rows: &mut Transaction, alert: &str, micros: i64) -> Result<u64, StoreError> {
    let row = query(
        "UPDATE alert_dispatch SET state = 'waiting', failures = 0, not_before = $1, ended_at = NULL \
         WHERE alert = $2 AND state = 'dead'",
    );
    row.bind(micros).bind(alert).execute(rows).await
}
