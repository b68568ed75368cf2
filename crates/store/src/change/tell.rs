//! What is committed before a partner's program is told anything about people? That it is told.

use causeway_model::arrangement::Validity;
use causeway_model::environment::DataKind;
use causeway_model::partner::State;
use causeway_model::stop::{Stop, is_stopped};
use causeway_model::{Code, Refused};
use jiff::Timestamp;
use jiff::civil::Date;

use super::move_arrangement::demand_in_force;
use super::record_decision::demand_same_decisions;
use super::rotation::demand_same_pseudonyms;
use super::seal::PackageContent;
use super::synthetic_only::{anybody_restricted, demand_real_under};
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, On, query, stored, to_json};
use crate::{Changed, Stamp, Store, StoreError};

/// What changed meanwhile where more was told than there was room for.
pub const CAPS: &str = "caps";

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// Records, page by page.
    Rows,
    /// Something about each of these people, one question each.
    LookedUp,
    /// Nothing of these people, who were asked about.
    AskedAbout,
}

impl AnswerKind {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::LookedUp => "looked-up",
            Self::AskedAbout => "asked-about",
        }
    }
}

/// By what it was judged that something may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The operation, whose stop holds it too.
    pub operation: String,
    /// The partner.
    pub partner: String,
    /// The arrangement, with its version.
    pub arrangement: (String, u32),
    /// Whose data they are.
    pub data: DataKind,
    /// How many decisions of people were recorded when it was looked whom it may hold.
    pub decisions_seen: u64,
    /// How often pseudonyms had changed when they were looked up for it.
    pub pseudonyms_seen: u64,
    /// How many records answers under the arrangement may tell, whichever cap counts them: what left in packages is taken off.
    pub room: Vec<Room>,
    /// Until when the arrangement holds, and how many leaves the ledger had before any of this was looked up. Whatever is judged by changes
    /// with a leaf: while there is no other leaf than of questions, it is as it was.
    pub as_of: Option<(Validity, u64)>,
}

/// So many records may be told from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Since when they are counted.
    pub since: Timestamp,
    /// How many.
    pub most: u64,
}

/// An answer that is about to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellAnswer {
    /// Its id, by which its disclosure set is found.
    pub id: String,
    /// What is told.
    pub kind: AnswerKind,
    /// Who asks.
    pub client: Option<String>,
    /// By what it was judged.
    pub judged: Judged,
    /// The exchange.
    pub exchange: String,
    /// The thumbprint of the key that it is sealed to.
    pub sealed_to: Option<String>,
    /// How many records it has.
    pub records: u64,
    /// The day by which the partner erases it.
    pub purge_by: Date,
    /// What of whom is in it.
    pub content: PackageContent,
}

impl Store {
    /// Records an answer before its first byte is told.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when the arrangement is out of force, people decided something or pseudonyms changed since it
    /// was judged, or so much was told that there is no room for it; [`StoreError::Denied`] when it is stopped, the client is revoked, its
    /// key has ended, or the data are real and the partner is for invented people only.
    pub async fn tell(&self, change: Changed<TellAnswer>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for TellAnswer {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        let micros = writing.micros();
        demand_tellable(writing, &self.judged, &self.id).await?;
        if let Some(client) = &self.client
            && !is_known(writing.rows(), client, self.sealed_to.as_deref(), micros).await?
        {
            let source = Refused::one(Code::KeyRevoked, client, "the program was revoked, or its key has ended");
            return Err(StoreError::Denied { what: "answer", name: self.id.clone(), source });
        }
        demand_room(writing, &self.judged, self.records).await?;
        // CRASH: told by the record and not to anybody: whoever asks again is told, and recorded, again.
        self.enter(writing, micros).await.map(Applied::Changed)
    }
}

impl TellAnswer {
    /// Writes it down as told at that moment.
    pub(super) async fn enter(&self, writing: &mut Writing<'_>, micros: i64) -> Result<(), StoreError> {
        let (arrangement, version) = (&self.judged.arrangement.0, self.judged.arrangement.1);
        let PackageContent { subject, people, exchange_version, catalogue, catalogue_version, elements } =
            &self.content;
        query(
            "INSERT INTO answer (id, kind, client, exchange, exchange_version, arrangement, arrangement_version, sealed_to, \
             records, purge_by, subject, people, catalogue, catalogue_version, elements_json, told_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(&self.id)
        .bind(self.kind.name())
        .bind(&self.client)
        .bind(&self.exchange)
        .bind(*exchange_version)
        .bind(arrangement)
        .bind(version)
        .bind(&self.sealed_to)
        .bind(stored(self.records, "how many records it has")?)
        .bind(self.purge_by.to_string())
        .bind(subject)
        .bind(stored(*people, "how many people are in it")?)
        .bind(catalogue)
        .bind(*catalogue_version)
        .bind(to_json(elements)?)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Ok(())
    }
}

/// What the ledger calls a round of questions. It changes nothing by which anything is judged but how much was told.
pub const LOOKED_UP: &str = "looked-up";

/// How many leaves the ledger has.
pub(crate) const LEAVES: &str = "SELECT coalesce(max(idx), -1) + 1 FROM ledger_leaf";

/// How many leaves the ledger has, and whether all of them behind the first `since` are of questions.
pub(crate) async fn only_questions<'a>(on: impl Into<On<'a>>, since: u64) -> Result<(u64, bool), StoreError> {
    let row = query(format!(
        "SELECT ({LEAVES}) AS leaves, (SELECT count(*) FROM ledger_leaf WHERE idx >= $1 AND event <> $2) \
         + (SELECT count(*) FROM ledger_pending WHERE event <> $2) AS others"
    ));
    let row = row.bind(stored(since, "how many leaves there are")?).bind(LOOKED_UP).fetch_one(on).await?;
    let cells = Cells::new(&row, "ledger_leaf", "leaves");
    Ok((cells.count("leaves")?, cells.get::<i64>("others")? == 0))
}

/// Demands that what was judged before still holds at that moment.
pub(super) async fn demand_tellable(writing: &mut Writing<'_>, judged: &Judged, what: &str) -> Result<(), StoreError> {
    let now = Timestamp::from_microsecond(writing.micros()).unwrap_or(Timestamp::MAX);
    if let Some((valid, leaves)) = &judged.as_of
        && valid.holds_at(now)
        && only_questions(writing.rows(), *leaves).await?.1
    {
        return Ok(());
    }
    let (arrangement, version) = (&judged.arrangement.0, judged.arrangement.1);
    demand_in_force(writing, arrangement, version).await?;
    let denied = |source| StoreError::Denied { what: "answer", name: what.to_owned(), source };
    // INVARIANT (a stop holds): there is no gate between this commit and the first byte.
    let mut stops: Vec<Stop> = Vec::new();
    let rows = query("SELECT id, stop_json FROM stop WHERE state <> 'lifted' ORDER BY stopped_at, id");
    for row in rows.fetch_all(writing.rows()).await? {
        stops.push(Cells::new(&row, "stop", "id").json("stop_json")?);
    }
    if let Some(stop) = is_stopped(&stops, &judged.partner, &judged.operation) {
        return Err(denied(Refused::from(stop.violation())));
    }
    let life = query("SELECT partner, state_json FROM partner_life WHERE partner = $1").bind(&judged.partner);
    let life = life.fetch_optional(writing.rows()).await?;
    let life = life.map(|row| Cells::new(&row, "partner_life", "partner").json("state_json")).transpose()?;
    if !matches!(life, Some(State::Active { .. })) {
        let why = Code::PartnerNotActive.explain().trim();
        return Err(denied(Refused::one(Code::PartnerNotActive, &judged.partner, why)));
    }
    if judged.data == DataKind::Real && anybody_restricted(writing.rows()).await? {
        demand_real_under(writing.rows(), ("answer", what), (arrangement, version)).await?;
    }
    demand_same_decisions(writing.rows(), judged.decisions_seen).await?;
    demand_same_pseudonyms(writing.rows(), judged.pseudonyms_seen).await
}

/// Whether a client is not revoked, and has this key to be answered to, where one is named.
pub(super) async fn is_known<'a>(
    on: impl Into<On<'a>>,
    client: &str,
    key: Option<&str>,
    micros: i64,
) -> Result<bool, StoreError> {
    let name = client.strip_prefix("client/").unwrap_or(client);
    let known = match key {
        None => query("SELECT count(*) FROM client WHERE name = $1 AND revoked_at IS NULL").bind(name),
        Some(key) => query(
            "SELECT count(*) FROM client JOIN client_key ON client_key.client = client.name \
             WHERE client.name = $1 AND client.revoked_at IS NULL AND client_key.thumbprint = $2 AND client_key.usage = 'enc' \
             AND (client_key.ends_at IS NULL OR client_key.ends_at > $3)",
        )
        .bind(name)
        .bind(key)
        .bind(micros),
    };
    Ok(known.fetch_one(on).await?.only::<i64>()? > 0)
}

/// Demands that so many records more are within the caps, with all that was told meanwhile.
pub(super) async fn demand_room(writing: &mut Writing<'_>, judged: &Judged, more: u64) -> Result<(), StoreError> {
    for room in &judged.room {
        let told = query(
            "SELECT (SELECT coalesce(CAST(sum(records) AS BIGINT), 0) FROM answer \
             WHERE arrangement = $1 AND told_at >= $2 AND kind <> 'asked-about') \
             + (SELECT coalesce(CAST(sum(told) AS BIGINT), 0) FROM look_up_round \
             WHERE closed_at IS NULL AND arrangement = $1 AND at >= $2)",
        );
        let told = told.bind(&judged.arrangement.0).bind(room.since.as_microsecond());
        let told: i64 = told.fetch_one(writing.rows()).await?.only()?;
        if u64::try_from(told).unwrap_or(0).saturating_add(more) > room.most {
            return Err(StoreError::ChangedMeanwhile { what: CAPS, name: judged.arrangement.0.clone() });
        }
    }
    Ok(())
}
