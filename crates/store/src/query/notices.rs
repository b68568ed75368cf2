//! What was somebody told, what waits to be told, and what was given up?

use std::collections::BTreeMap;

use causeway_model::notice::{NoticeKind, To};
use jiff::Timestamp;

use crate::db::{Cells, Row, named, query};
use crate::{Reader, StoreError};

named! {
    /// How far a notice has come on one way.
    DispatchState {
        /// It is to be sent, for the first time or again.
        Waiting = "waiting",
        /// The receiver has confirmed it.
        Sent = "sent",
        /// It was given up.
        Dead = "dead",
    }
}

/// A notice as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id.
    pub id: String,
    /// Of what.
    pub kind: NoticeKind,
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

/// A notice on one of its ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchRow {
    /// The notice.
    pub notice: String,
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

/// Which notices to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeFilter {
    /// All.
    All,
    /// Of which something is not confirmed: it waits, was given up, or nobody is told.
    Unsent,
}

const NOTICE: &str = "SELECT id, kind, partner, subject, ids_json, posted_at, addressed_at FROM notice";

impl Reader {
    /// A notice.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn notice(&self, id: &str) -> Result<Option<NoticeRow>, StoreError> {
        let row = query(format!("{NOTICE} WHERE id = $1")).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(notice).transpose()
    }

    /// Up to `limit` notices, the newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn notices(&self, which: NoticeFilter, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
        let which = match which {
            NoticeFilter::All => "",
            NoticeFilter::Unsent => {
                " WHERE addressed_at IS NULL OR EXISTS (SELECT 1 FROM notice_dispatch d WHERE d.notice = notice.id AND d.state <> 'sent') \
                 OR NOT EXISTS (SELECT 1 FROM notice_dispatch d WHERE d.notice = notice.id)"
            }
        };
        let rows = query(format!("{NOTICE}{which} ORDER BY posted_at DESC, id DESC LIMIT $1")).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(notice).collect()
    }

    /// Up to `limit` notices whose ways are not chosen yet, the oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn unaddressed_notices(&self, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = query(format!("{NOTICE} WHERE addressed_at IS NULL ORDER BY posted_at, id LIMIT $1")).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(notice).collect()
    }

    /// The ways of a notice.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn dispatches(&self, notice: &str) -> Result<Vec<DispatchRow>, StoreError> {
        let rows = query(
            "SELECT notice, route, state, tries, not_before, ended_at, why FROM notice_dispatch WHERE notice = $1 ORDER BY route",
        );
        rows.bind(notice).fetch_all(&self.pool).await?.iter().map(dispatch).collect()
    }
}

fn notice(row: &Row) -> Result<NoticeRow, StoreError> {
    let cells = Cells::new(row, "notice", "id");
    Ok(NoticeRow {
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
    let cells = Cells::new(row, "notice_dispatch", "notice");
    Ok(DispatchRow {
        notice: cells.get("notice")?,
        route: cells.get("route")?,
        state: cells.named("state", DispatchState::from_name)?,
        tries: cells.count("tries")?,
        not_before: cells.time("not_before")?,
        ended_at: cells.optional_time("ended_at")?,
        why: cells.get("why")?,
    })
}
