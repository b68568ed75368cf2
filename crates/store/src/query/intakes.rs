//! What came in, how far has it come, and what of it waits for a person?

use std::collections::BTreeSet;

use causeway_model::intake::{Counts, Intake, Verdict};
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
    /// Since when a person has ended it: what is applied stays, and the rest is left out.
    pub left_out_at: Option<Timestamp>,
    /// When its original was erased.
    pub erased_at: Option<Timestamp>,
    /// How often it was undone.
    pub undone: u32,
    /// Names of all who decided on records of it.
    pub reviewers: Vec<String>,
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
    /// What was decided.
    pub decision: Option<RecordDecided>,
    /// Since when it waits no more.
    pub settled_at: Option<Timestamp>,
}

/// What a person decided on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDecided {
    /// What.
    pub verdict: Verdict,
    /// The candidate's number, where it is one.
    pub candidate: Option<u64>,
    /// Keyed digest of the candidates by which it was decided.
    pub chosen: Option<String>,
    /// Who decided.
    pub officer: String,
    /// When.
    pub decided_at: Timestamp,
}

/// An intake that does not go on by itself now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StalledIntake {
    /// Its id.
    pub id: String,
    /// Its exchange.
    pub exchange: String,
    /// Its partner.
    pub partner: String,
    /// The name of its state.
    pub state: String,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// Records that wait for a person.
    pub waiting: u64,
    /// What holds it, or stood in the way of its last try.
    pub why: Option<String>,
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
             received_at, received_by, opened_at, state_json, updated_at, left_out_at, erased_at, undone, reviewers FROM intake",
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

    /// Ended intakes that last moved before that moment and whose originals are kept, the oldest first; at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intakes_kept(&self, before: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
        let rows = query(
            "SELECT id FROM intake WHERE state IN ('acknowledged', 'rejected', 'cancelled', 'undone') \
             AND erased_at IS NULL AND updated_at <= $1 ORDER BY updated_at, id LIMIT $2",
        );
        let rows = rows.bind(before.as_microsecond()).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(Row::only).collect()
    }

    /// The versions of exchanges by which ended intakes were read whose undo plans can be opened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undoable_versions(&self) -> Result<Vec<(String, u32)>, StoreError> {
        let rows = query(
            "SELECT DISTINCT exchange, exchange_version FROM intake WHERE state IN ('acknowledged', 'rejected', \
             'cancelled', 'undone') AND undo_key IS NOT NULL ORDER BY exchange, exchange_version",
        );
        let read = |row: &Row| {
            let cells = Cells::new(row, "intake", "exchange");
            Ok((cells.get("exchange")?, cells.count("exchange_version")?))
        };
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Ended intakes that were read by that version, last moved before that moment, and whose undo plans can be opened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undoable(
        &self,
        (exchange, version): (&str, u32),
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = query(
            "SELECT id FROM intake WHERE state IN ('acknowledged', 'rejected', 'cancelled', 'undone') AND undo_key IS NOT NULL AND exchange = $1 \
             AND exchange_version = $2 AND updated_at <= $3 ORDER BY updated_at, id LIMIT $4",
        );
        let rows = rows.bind(exchange).bind(version).bind(before.as_microsecond()).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(Row::only).collect()
    }

    /// The records of an intake that wait for a person, or did, in their order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn intake_waiting(&self, id: &str) -> Result<Vec<WaitingRow>, StoreError> {
        let rows = query(
            "SELECT record, codes, candidates, decision, candidate, chosen, officer, decided_at, settled_at \
             FROM intake_waiting WHERE intake = $1 ORDER BY record",
        );
        let rows = rows.bind(id).fetch_all(&self.pool).await?;
        rows.iter().map(waiting).collect()
    }

    /// Intakes that wait for a person, or whose last try was held back or failed, the longest first; at most so many.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn stalled_intakes(&self, limit: u32) -> Result<Vec<StalledIntake>, StoreError> {
        let rows = query(
            "SELECT t.id AS id, t.exchange AS exchange, t.partner AS partner, t.state AS state, t.updated_at AS updated_at, \
             CASE WHEN l.ended IN ('held', 'failed') THEN l.why END AS why, (SELECT count(*) FROM intake_waiting w \
             WHERE w.intake = t.id AND w.settled_at IS NULL AND w.decision IS NULL) AS waiting \
             FROM intake t LEFT JOIN intake_lease l ON l.intake = t.id \
             WHERE (t.state = 'awaiting-review' AND t.left_out_at IS NULL AND EXISTS (SELECT 1 FROM intake_waiting w \
             WHERE w.intake = t.id AND w.settled_at IS NULL AND w.decision IS NULL)) \
             OR (t.state IN ('received', 'opened', 'validated', 'applying', 'applied', 'undoing') \
             AND l.ended IN ('held', 'failed') AND l.token IS NULL) ORDER BY t.updated_at, t.id LIMIT $1",
        );
        let read = |row: &Row| {
            let cells = Cells::new(row, "intake", "id");
            Ok(StalledIntake {
                id: cells.get("id")?,
                exchange: cells.get("exchange")?,
                partner: cells.get("partner")?,
                state: cells.get("state")?,
                since: cells.time("updated_at")?,
                waiting: cells.count("waiting")?,
                why: cells.get("why")?,
            })
        };
        rows.bind(limit).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Whether a person decided on records of an intake that waits, or ended it, and nothing came of that yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intake_is_decided(&self, id: &str) -> Result<bool, StoreError> {
        let row = query(
            "SELECT count(*) FROM intake t WHERE t.id = $1 AND t.state = 'awaiting-review' AND (t.left_out_at IS NOT NULL \
             OR EXISTS (SELECT 1 FROM intake_waiting w WHERE w.intake = t.id AND w.decision IS NOT NULL \
             AND w.settled_at IS NULL))",
        );
        Ok(row.bind(id).fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }

    /// The intakes of the same exchange that came after this one, as far as they were ever opened: of the others nothing can stand in a target.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intakes_after(&self, id: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows = query(
            "SELECT o.id FROM intake t JOIN intake o ON o.exchange = t.exchange \
             AND (o.received_at, o.id) > (t.received_at, t.id) AND o.opened_at IS NOT NULL WHERE t.id = $1",
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
        left_out_at: cells.optional_time("left_out_at")?,
        erased_at: cells.optional_time("erased_at")?,
        undone: cells.count("undone")?,
        reviewers: cells.optional_json("reviewers")?.unwrap_or_default(),
    })
}

fn waiting(row: &Row) -> Result<WaitingRow, StoreError> {
    let cells = Cells::new(row, "intake_waiting", "record");
    let verdict = cells.get::<Option<&str>>("decision")?;
    let verdict = verdict.map(|name| name.parse().map_err(|_| cells.damaged("decision"))).transpose()?;
    let decision = match (verdict, cells.get("officer")?, cells.optional_time("decided_at")?) {
        (Some(verdict), Some(officer), Some(decided_at)) => {
            let (candidate, chosen) = (cells.optional_count("candidate")?, cells.get("chosen")?);
            Some(RecordDecided { verdict, candidate, chosen, officer, decided_at })
        }
        _ => None,
    };
    Ok(WaitingRow {
        record: cells.count("record")?,
        codes: cells.json("codes")?,
        candidates: cells.count("candidates")?,
        decision,
        settled_at: cells.optional_time("settled_at")?,
    })
}
