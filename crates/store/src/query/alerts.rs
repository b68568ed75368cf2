//! What was somebody told, what waits to be told, and what was given up?

use std::collections::BTreeMap;

use causeway_model::alert::{AlertKind, To};
use jiff::Timestamp;

use crate::db::{Cells, Row, named, query};
use crate::{Reader, StoreError};

named! {
    /// How far an alert has come on one way.
    DispatchState {
        /// It is to be sent, for the first time or again.
        Waiting = "waiting",
        /// The receiver has confirmed it.
        Sent = "sent",
        /// It was given up.
        Dead = "dead",
    }
}

/// An alert as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// Its id.
    pub id: String,
    /// Of what.
    pub kind: AlertKind,
    /// To whom.
    pub to: To,
    /// About which thing.
    pub subject: String,
    /// What else is to be found under which id.
    pub ids: BTreeMap<String, String>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When its ways were chosen.
    pub addressed_at: Option<Timestamp>,
}

/// An alert on one of its ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchRow {
    /// The alert.
    pub alert: String,
    /// The way, as the settings call it.
    pub route: String,
    /// How far it has come.
    pub state: DispatchState,
    /// How often it was tried.
    pub tries: u32,
    /// Nobody tries it before.
    pub not_before: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why the last try did not succeed.
    pub why: Option<String>,
}

/// Which alerts to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertFilter {
    /// All.
    All,
    /// Of which something is not confirmed: it waits, was given up, or nobody is told.
    Unsent,
}

const ALERT: &str = "SELECT id, kind, partner, subject, ids_json, posted_at, addressed_at FROM alert";

impl Reader {
    /// An alert.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn alert(&self, id: &str) -> Result<Option<AlertRow>, StoreError> {
        let row = query(format!("{ALERT} WHERE id = $1")).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(alert).transpose()
    }

    /// Up to `limit` alerts, the newest first, behind the one of `after`.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn alerts(
        &self,
        which: AlertFilter,
        after: Option<&AlertRow>,
        limit: u32,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let which = match which {
            AlertFilter::All => "",
            AlertFilter::Unsent => {
                " AND (addressed_at IS NULL OR EXISTS (SELECT 1 FROM alert_dispatch d WHERE d.alert = alert.id AND d.state <> 'sent') \
                 OR NOT EXISTS (SELECT 1 FROM alert_dispatch d WHERE d.alert = alert.id))"
            }
        };
        let rows =
            query(format!("{ALERT} WHERE (posted_at, id) < ($1, $2){which} ORDER BY posted_at DESC, id DESC LIMIT $3"));
        let (micros, id) = after.map_or((i64::MAX, ""), |last| (last.posted_at.as_microsecond(), &last.id));
        let rows = rows.bind(micros).bind(id).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(alert).collect()
    }

    /// Up to `limit` alerts whose ways are not chosen yet, the oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn unaddressed_alerts(&self, limit: u32) -> Result<Vec<AlertRow>, StoreError> {
        let rows = query(format!("{ALERT} WHERE addressed_at IS NULL ORDER BY posted_at, id LIMIT $1")).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(alert).collect()
    }

    /// The ways of an alert.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn dispatches(&self, alert: &str) -> Result<Vec<DispatchRow>, StoreError> {
        let rows = query(
            "SELECT alert, route, state, tries, not_before, ended_at, why FROM alert_dispatch WHERE alert = $1 ORDER BY route",
        );
        rows.bind(alert).fetch_all(&self.pool).await?.iter().map(dispatch).collect()
    }
}

fn alert(row: &Row) -> Result<AlertRow, StoreError> {
    let cells = Cells::new(row, "alert", "id");
    Ok(AlertRow {
        id: cells.get("id")?,
        kind: cells.named("kind", |word| word.parse().ok())?,
        to: cells.get::<Option<String>>("partner")?.map_or(To::Staff, To::Partner),
        subject: cells.get("subject")?,
        ids: cells.json("ids_json")?,
        posted_at: cells.time("posted_at")?,
        addressed_at: cells.optional_time("addressed_at")?,
    })
}

fn dispatch(row: &Row) -> Result<DispatchRow, StoreError> {
    let cells = Cells::new(row, "alert_dispatch", "alert");
    Ok(DispatchRow {
        alert: cells.get("alert")?,
        route: cells.get("route")?,
        state: cells.named("state", DispatchState::from_name)?,
        tries: cells.count("tries")?,
        not_before: cells.time("not_before")?,
        ended_at: cells.optional_time("ended_at")?,
        why: cells.get("why")?,
    })
}
