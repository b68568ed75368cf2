//! What was asked for, by whom, and what became of it?

use causeway_model::permission::Role;
use causeway_model::request::{RefusedRequest, State, TransferRequest};
use causeway_model::{Person, Violation};
use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A request for a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What it was asked for with.
    pub asked: TransferRequest,
    /// Who asked.
    pub by: Person,
    /// What the rules deny and two consents may lift.
    pub denied: Vec<Violation>,
    /// Where it stands.
    pub state: State,
}

/// A consent to release one transfer against a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    /// As what it was given.
    pub role: Role,
    /// Who gave it.
    pub officer: String,
    /// Why.
    pub reason: String,
    /// The text signed.
    pub text: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

/// An entry of the register of refused requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its id.
    pub id: String,
    /// The entry.
    pub entry: RefusedRequest,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// By whom.
    pub entered_by: String,
}

impl Reader {
    /// The request of a transfer; none for one that an older program began.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn request(&self, transfer: &str) -> Result<Option<RequestRow>, StoreError> {
        let row = query(
            "SELECT transfer, exchange, asked_at, asked_json, asked_by, denied_json, state_json FROM request \
             WHERE transfer = $1",
        );
        row.bind(transfer).fetch_optional(&self.pool).await?.as_ref().map(request).transpose()
    }

    /// The requests for an exchange that were not refused or withdrawn, nor their transfers ended without a package at
    /// the partner's, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn requests_of(&self, exchange: &str) -> Result<Vec<RequestRow>, StoreError> {
        let rows = query(
            "SELECT transfer, exchange, asked_at, asked_json, asked_by, denied_json, state_json FROM request \
             WHERE exchange = $1 AND state NOT IN ('refused', 'withdrawn') AND EXISTS (SELECT 1 FROM transfer \
             WHERE transfer.id = request.transfer AND transfer.state NOT IN ('refused', 'cancelled', 'lapsed')) \
             ORDER BY asked_at, transfer",
        );
        rows.bind(exchange).fetch_all(&self.pool).await?.iter().map(request).collect()
    }

    /// The requests that wait for an officer, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn requests_awaiting_approval(&self) -> Result<Vec<RequestRow>, StoreError> {
        let rows = query(
            "SELECT transfer, exchange, asked_at, asked_json, asked_by, denied_json, state_json FROM request \
             WHERE state = 'awaiting-approval' ORDER BY asked_at, transfer",
        );
        rows.fetch_all(&self.pool).await?.iter().map(request).collect()
    }

    /// The consents to release a transfer against a rule.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn consents(&self, transfer: &str) -> Result<Vec<ConsentRow>, StoreError> {
        let rows = query(
            "SELECT transfer, role, officer, reason, text, signature FROM exceptional_consent \
             WHERE transfer = $1 ORDER BY role",
        );
        rows.bind(transfer).fetch_all(&self.pool).await?.iter().map(consent).collect()
    }

    /// The register of refused requests, by the day on which they were asked.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn refused_requests(&self) -> Result<Vec<RefusedRow>, StoreError> {
        let rows = query(
            "SELECT id, entry_json, entered_at, entered_by FROM refused_request ORDER BY asked_on, entered_at, id",
        );
        rows.fetch_all(&self.pool).await?.iter().map(refused).collect()
    }

    /// Up to `limit` entries of the register of refused requests in the same order, behind the one of that id: a page of a list.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no entry has that id.
    pub async fn refused_requests_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<RefusedRow>, StoreError> {
        let (mut day, mut micros, id) = (String::new(), 0, after.unwrap_or_default());
        if let Some(id) = after {
            let row = query("SELECT id, asked_on, entered_at FROM refused_request WHERE id = $1").bind(id);
            let row = row.fetch_optional(&self.pool).await?;
            let row = row.ok_or_else(|| StoreError::NotFound { what: "refused request", name: id.to_owned() })?;
            let cells = Cells::new(&row, "refused_request", "id");
            (day, micros) = (cells.get("asked_on")?, cells.get("entered_at")?);
        }
        let rows = query(
            "SELECT id, entry_json, entered_at, entered_by FROM refused_request \
             WHERE (asked_on, entered_at, id) > ($1, $2, $3) ORDER BY asked_on, entered_at, id LIMIT $4",
        );
        let rows = rows.bind(day).bind(micros).bind(id).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(refused).collect()
    }
}

fn request(row: &Row) -> Result<RequestRow, StoreError> {
    let cells = Cells::new(row, "request", "transfer");
    Ok(RequestRow {
        transfer: cells.get("transfer")?,
        exchange: cells.get("exchange")?,
        asked_at: cells.time("asked_at")?,
        asked: cells.json("asked_json")?,
        by: cells.json("asked_by")?,
        denied: cells.optional_json("denied_json")?.unwrap_or_default(),
        state: cells.json("state_json")?,
    })
}

fn consent(row: &Row) -> Result<ConsentRow, StoreError> {
    let cells = Cells::new(row, "exceptional_consent", "transfer");
    Ok(ConsentRow {
        role: cells.named("role", |word| word.parse().ok())?,
        officer: cells.get("officer")?,
        reason: cells.get("reason")?,
        text: cells.get("text")?,
        signature: cells.get("signature")?,
    })
}

fn refused(row: &Row) -> Result<RefusedRow, StoreError> {
    let cells = Cells::new(row, "refused_request", "id");
    Ok(RefusedRow {
        id: cells.get("id")?,
        entry: cells.json("entry_json")?,
        entered_at: cells.time("entered_at")?,
        entered_by: cells.get("entered_by")?,
    })
}
