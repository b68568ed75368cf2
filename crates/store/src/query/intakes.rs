//! What came in, how far has it come, and what of it waits for a person?

use std::collections::BTreeSet;

use causeway_model::intake::{Counts, Intake};
use jiff::Timestamp;

use crate::change::{IntakeVersions, SeenIntake, Way};
use crate::db::{Bind, Cells, Row, query};
use crate::{Reader, StoreError};

/// An intake as stored, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeRow {
    /// Its id.
    pub id: String,
    /// By what it is read.
    pub versions: IntakeVersions,
    /// The partner.
    pub partner: String,
    /// The partner's program that sent it, if one did.
    pub client: Option<String>,
    /// By which way it came.
    pub way: Way,
    /// The partner's number of it, where it came in an envelope.
    pub number: Option<u64>,
    /// SHA-256 of what came.
    pub sha256: String,
    /// Bytes of what came.
    pub size: u64,
    /// Whether the body lies in the row.
    pub is_short: bool,
    /// How its records fared, once that is known.
    pub counts: Option<Counts>,
    /// When it came.
    pub received_at: Timestamp,
    /// Who brought or sent it.
    pub received_by: String,
    /// When it was first opened.
    pub opened_at: Option<Timestamp>,
    /// How far it has come.
    pub state: Intake,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// Which intakes to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeFilter {
    /// Of this exchange.
    pub exchange: Option<String>,
    /// Of this partner.
    pub partner: Option<String>,
    /// In the state of this name ([`Intake::name`]).
    pub state: Option<String>,
    /// Behind this intake, in the order in which they are listed.
    pub after: Option<String>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

/// A record that waits for a person, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRow {
    /// Its number in the file, from 1.
    pub record: u64,
    /// Why it waits.
    pub codes: Vec<String>,
    /// How many rows it may be.
    pub candidates: u64,
    /// What was decided, by whom.
    pub decision: Option<(String, String)>,
}

impl IntakeRow {
    /// The intake as it stands here.
    #[must_use]
    pub fn seen(&self) -> SeenIntake {
        SeenIntake { intake: self.id.clone(), state: self.state.clone(), lease: None }
    }
}

/// Never `*`: a column that a newer program adds must not change what a running one has prepared.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, exchange, exchange_version, arrangement, arrangement_version, catalogue, catalogue_version, partner, \
             client, way, number, sha256, size, CASE WHEN body IS NULL THEN 0 ELSE 1 END AS is_short, counts_json, \
             received_at, received_by, opened_at, state_json, updated_at FROM intake",
            $rest
        )
    };
}

impl Reader {
    /// An intake.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn intake(&self, id: &str) -> Result<Option<IntakeRow>, StoreError> {
        let row = query(select!(" WHERE id = $1")).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(intake).transpose()
    }

    /// Intakes, the newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn intakes(&self, filter: &IntakeFilter) -> Result<Vec<IntakeRow>, StoreError> {
        let narrowed = [
            filter.exchange.as_deref().map(|name| ("exchange =", Bind::from(name))),
            filter.partner.as_deref().map(|name| ("partner =", Bind::from(name))),
            filter.state.as_deref().map(|name| ("state =", Bind::from(name))),
        ];
        let (mut text, mut binds) = (String::from(select!("")), Vec::new());
        for (condition, bind) in narrowed.into_iter().flatten() {
            let joint = if binds.is_empty() { "WHERE" } else { "AND" };
            binds.push(bind);
            text.push_str(&format!(" {joint} {condition} ${}", binds.len()));
        }
        if let Some(id) = &filter.after {
            let row = query("SELECT id, received_at FROM intake WHERE id = $1").bind(id);
            let row = row.fetch_optional(&self.pool).await?;
            let row = row.ok_or_else(|| StoreError::NotFound { what: "intake", name: id.clone() })?;
            let joint = if binds.is_empty() { "WHERE" } else { "AND" };
            binds.push(Bind::from(Cells::new(&row, "intake", "id").get::<i64>("received_at")?));
            binds.push(Bind::from(id.as_str()));
            text.push_str(&format!(" {joint} (received_at, id) < (${}, ${})", binds.len() - 1, binds.len()));
        }
        text.push_str(&format!(" ORDER BY received_at DESC, id DESC LIMIT ${}", binds.len() + 1));
        let asked = binds.into_iter().fold(query(text), |asked, bind| asked.bind(bind));
        let rows = asked.bind(filter.limit.map_or(i64::MAX, i64::from)).fetch_all(&self.pool).await?;
        rows.iter().map(intake).collect()
    }

    /// The body of an intake, ciphertext, where it lies in its row.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn intake_body(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = query("SELECT id, body FROM intake WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let body = Cells::new(&row, "intake", "id").get::<Option<&[u8]>>("body")?;
        Ok(body.map(<[u8]>::to_vec))
    }

    /// The key of an intake's undo plan, sealed to the operation, while it is kept.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn intake_undo_key(&self, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = query("SELECT id, undo_key FROM intake WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let key = Cells::new(&row, "intake", "id").get::<Option<&[u8]>>("undo_key")?;
        Ok(key.map(<[u8]>::to_vec))
    }

    /// The records of an intake that wait for a person, or did, in their order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn intake_waiting(&self, id: &str) -> Result<Vec<WaitingRow>, StoreError> {
        let rows = query(
            "SELECT intake, record, codes, candidates, decision, officer FROM intake_waiting WHERE intake = $1 ORDER BY record",
        );
        let rows = rows.bind(id).fetch_all(&self.pool).await?;
        rows.iter().map(waiting).collect()
    }

    /// The intakes of the same exchange that came after this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intakes_after(&self, id: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows = query(
            "SELECT o.id FROM intake t JOIN intake o ON o.exchange = t.exchange \
             AND (o.received_at, o.id) > (t.received_at, t.id) WHERE t.id = $1",
        );
        let rows = rows.bind(id).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Cells::new(row, "intake", "id").get("id")).collect()
    }

    /// The highest number of a partner's files for an exchange that was opened; 0 where none was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_opened(&self, exchange: &str, partner: &str) -> Result<u64, StoreError> {
        let row = query(
            "SELECT $1 AS exchange, coalesce(max(number), 0) AS number FROM intake \
             WHERE exchange = $1 AND partner = $2 AND opened_at IS NOT NULL",
        );
        let row = row.bind(exchange).bind(partner).fetch_one(&self.pool).await?;
        Cells::new(&row, "intake", "exchange").count("number")
    }
}

fn intake(row: &Row) -> Result<IntakeRow, StoreError> {
    let cells = Cells::new(row, "intake", "id");
    Ok(IntakeRow {
        id: cells.get("id")?,
        versions: IntakeVersions {
            exchange: (cells.get("exchange")?, cells.count("exchange_version")?),
            arrangement: (cells.get("arrangement")?, cells.count("arrangement_version")?),
            catalogue: (cells.get("catalogue")?, cells.count("catalogue_version")?),
        },
        partner: cells.get("partner")?,
        client: cells.get("client")?,
        way: cells.named("way", Way::from_name)?,
        number: cells.optional_count("number")?,
        sha256: cells.get("sha256")?,
        size: cells.count("size")?,
        is_short: cells.get("is_short")?,
        counts: cells.optional_json("counts_json")?,
        received_at: cells.time("received_at")?,
        received_by: cells.get("received_by")?,
        opened_at: cells.optional_time("opened_at")?,
        state: cells.json("state_json")?,
        updated_at: cells.time("updated_at")?,
    })
}

fn waiting(row: &Row) -> Result<WaitingRow, StoreError> {
    let cells = Cells::new(row, "intake_waiting", "record");
    let decision = cells.get::<Option<String>>("decision")?.zip(cells.get::<Option<String>>("officer")?);
    Ok(WaitingRow {
        record: cells.count("record")?,
        codes: cells.json("codes")?,
        candidates: cells.count("candidates")?,
        decision,
    })
}
