//! What was asked for, how far has it come, and what came before it?

use causeway_model::transfer::Transfer;
use jiff::Timestamp;

use crate::change::{SealedFacts, Seen};
use crate::db::{Bind, Cells, On, Row, query};
use crate::{Reader, StoreError};

/// A transfer as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    /// Its id.
    pub id: String,
    /// The exchange.
    pub exchange: String,
    /// Its version.
    pub exchange_version: u32,
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// Whether a person said beforehand that an unexpectedly small result is right.
    pub expect_fewer: bool,
    /// How far it has come.
    pub state: Transfer,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// The token of the newest run.
    pub attempt_token: Option<String>,
    /// The exchange's sequence number, once sealed.
    pub sequence: Option<u64>,
    /// Counts and digests, once sealed.
    pub sealed: Option<SealedFacts>,
    /// Since when its package lies ready for its partner's program, if it ever did.
    pub ready_at: Option<Timestamp>,
}

/// Which transfers to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferFilter {
    /// Of this exchange.
    pub exchange: Option<String>,
    /// Of this arrangement.
    pub arrangement: Option<String>,
    /// In the state of this name ([`Transfer::name`]).
    pub state: Option<&'static str>,
    /// Last moved at this instant or later.
    pub moved_since: Option<Timestamp>,
    /// Requested before this one, or at its instant and sorted before it: the page behind it.
    pub after: Option<String>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

/// What a new result of an exchange is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastReceipted {
    /// The transfer.
    pub transfer: String,
    /// Its sequence number.
    pub sequence: u64,
    /// How many records the partner holds by it: those released, or of a delta those of its state.
    pub released: u64,
}

impl TransferRow {
    /// The transfer as seen here, for a decision about it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen { transfer: self.id.clone(), state: self.state.clone(), lease: None }
    }

    /// Whether its partner's program is to take its package, and nobody here has anything to do.
    #[must_use]
    pub fn awaits_partner(&self) -> bool {
        self.ready_at.is_some() && matches!(self.state, Transfer::Sealed { .. } | Transfer::Delivering { .. })
    }
}

/// Never `*`: a column that a newer program adds must not change what a running one has prepared.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, exchange, exchange_version, arrangement, arrangement_version, requested_by, requested_at, \
             expect_fewer, state_json, updated_at, attempt_token, sequence, sealed_json, \
             (SELECT ready_at FROM package_ready WHERE package_ready.transfer = transfer.id) AS ready_at FROM transfer",
            $rest
        )
    };
}

impl Reader {
    /// A transfer.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn transfer(&self, id: &str) -> Result<Option<TransferRow>, StoreError> {
        let row = query(select!(" WHERE id = $1")).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(transfer).transpose()
    }

    /// Transfers, newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn transfers(&self, filter: &TransferFilter) -> Result<Vec<TransferRow>, StoreError> {
        // Only what narrows is in the text: each way of asking has its index.
        let narrowed = [
            filter.exchange.as_deref().map(|name| ("exchange =", Bind::from(name))),
            filter.arrangement.as_deref().map(|name| ("arrangement =", Bind::from(name))),
            filter.state.map(|name| ("state =", Bind::from(name))),
            filter.moved_since.map(|since| ("updated_at >=", Bind::from(since.as_microsecond()))),
        ];
        let (mut text, mut binds) = (String::from(select!("")), Vec::new());
        for (condition, bind) in narrowed.into_iter().flatten() {
            let joint = if binds.is_empty() { "WHERE" } else { "AND" };
            binds.push(bind);
            text.push_str(&format!(" {joint} {condition} ${}", binds.len()));
        }
        if let Some(id) = &filter.after {
            let row = query("SELECT id, requested_at FROM transfer WHERE id = $1").bind(id);
            let row = row.fetch_optional(&self.pool).await?;
            let row = row.ok_or_else(|| StoreError::NotFound { what: "transfer", name: id.clone() })?;
            let joint = if binds.is_empty() { "WHERE" } else { "AND" };
            binds.push(Bind::from(Cells::new(&row, "transfer", "id").get::<i64>("requested_at")?));
            binds.push(Bind::from(id.as_str()));
            text.push_str(&format!(" {joint} (requested_at, id) < (${}, ${})", binds.len() - 1, binds.len()));
        }
        text.push_str(&format!(" ORDER BY requested_at DESC, id DESC LIMIT ${}", binds.len() + 1));
        let asked = binds.into_iter().fold(query(text), |asked, bind| asked.bind(bind));
        let rows = asked.bind(filter.limit.map_or(i64::MAX, i64::from)).fetch_all(&self.pool).await?;
        rows.iter().map(transfer).collect()
    }

    /// Transfers with work left to do on our side, oldest first ([`Transfer::is_unfinished`]).
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn unfinished_transfers(&self) -> Result<Vec<TransferRow>, StoreError> {
        let rows = query(select!(
            " WHERE state IN ('requested', 'preparing', 'sealed', 'delivering') ORDER BY requested_at, id"
        ));
        rows.fetch_all(&self.pool).await?.iter().map(transfer).collect()
    }

    /// The newest transfer of an exchange that the partner has receipted.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn last_receipted(&self, exchange: &str) -> Result<Option<LastReceipted>, StoreError> {
        let row = query(
            "SELECT t.id AS id, t.sequence AS sequence, t.sealed_json AS sealed_json, s.records AS records \
             FROM transfer AS t LEFT JOIN package AS p ON p.transfer = t.id \
             LEFT JOIN package_state AS s ON s.package = p.id \
             WHERE t.exchange = $1 AND t.state = 'receipted' AND t.sequence IS NOT NULL ORDER BY t.sequence DESC LIMIT 1",
        )
        .bind(exchange)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let cells = Cells::new(&row, "transfer", "id");
        let facts: SealedFacts = cells.json("sealed_json")?;
        Ok(Some(LastReceipted {
            transfer: cells.get("id")?,
            sequence: cells.count("sequence")?,
            released: cells.optional_count("records")?.unwrap_or(facts.released),
        }))
    }

    /// The sequence number that the next sealed transfer of an exchange will have, from 1.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_sequence(&self, exchange: &str) -> Result<u64, StoreError> {
        next_sequence(&self.pool, exchange).await
    }
}

/// See [`Reader::next_sequence`].
pub(crate) async fn next_sequence(on: impl Into<On<'_>>, exchange: &str) -> Result<u64, StoreError> {
    let row =
        query("SELECT $1 AS exchange, coalesce(max(sequence), 0) + 1 AS sequence FROM transfer WHERE exchange = $1");
    let row = row.bind(exchange).fetch_one(on).await?;
    Cells::new(&row, "transfer", "exchange").count("sequence")
}

fn transfer(row: &Row) -> Result<TransferRow, StoreError> {
    let cells = Cells::new(row, "transfer", "id");
    Ok(TransferRow {
        id: cells.get("id")?,
        exchange: cells.get("exchange")?,
        exchange_version: cells.count("exchange_version")?,
        arrangement: cells.get("arrangement")?,
        arrangement_version: cells.count("arrangement_version")?,
        requested_by: cells.get("requested_by")?,
        requested_at: cells.time("requested_at")?,
        expect_fewer: cells.get("expect_fewer")?,
        state: cells.json("state_json")?,
        updated_at: cells.time("updated_at")?,
        attempt_token: cells.get("attempt_token")?,
        sequence: cells.optional_count("sequence")?,
        sealed: cells.optional_json("sealed_json")?,
        ready_at: cells.optional_time("ready_at")?,
    })
}
