//! What is committed before several questions about one person each are answered together? Who asked, how often, how nearly the same,
//! and, sealed, about whom.

use std::collections::BTreeSet;

use causeway_ledger::SignerKey;
use causeway_model::alert::{Alert, AlertKind, To};
use jiff::Timestamp;
use jiff::civil::Date;

use super::seal::PackageContent;
use super::tell::{Judged, demand_room, demand_tellable};
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, On, query, stored, to_json};
use crate::outbox::post;
use crate::{Changed, Reader, Stamp, Store, StoreError};

const HOUR_US: i64 = 3_600_000_000;
const DAY_HOURS: i64 = 24;

/// For so long questions are remembered; what is older goes when rounds are closed.
pub(super) const REMEMBERED_US: i64 = DAY_HOURS * HOUR_US;

/// Rows of one statement.
const TOGETHER: usize = 100;

/// What one client asks in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundOf {
    /// The client.
    pub client: String,
    /// Questions in an hour and in a day, at most.
    pub most: (u32, u32),
    /// Keyed digests of its questions.
    pub questions: Vec<RoundQuestion>,
    /// SHA-256 of the tokens that they came with.
    pub tokens: BTreeSet<String>,
    /// The thumbprints of the keys that its answers are sealed to.
    pub sealed_to: BTreeSet<String>,
}

/// A question, as far as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundQuestion {
    /// A digest of all of it.
    pub question: String,
    /// Digests of what it has in common with others that would be near it, and how many of them there may be.
    pub near: Vec<(String, u32)>,
}

/// A round that is about to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellRound {
    /// By what it was judged.
    pub judged: Judged,
    /// The exchange.
    pub exchange: String,
    /// The day by which the partner erases what it is told.
    pub purge_by: Date,
    /// What of whom is told.
    pub content: PackageContent,
    /// Who asks.
    pub of: Vec<RoundOf>,
    /// How many are told about.
    pub told: u64,
    /// About whom, sealed to the operation.
    pub people: Vec<u8>,
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// It is recorded; these clients seem to be guessing and are not answered, whatever was found.
    Recorded(Vec<String>),
    /// Nothing is recorded: these clients may not ask now, and the round is to be made without them.
    Without(Vec<(String, Unanswered)>),
}

/// Why a client is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It has asked as often as it may; for so many seconds.
    TooOften(u32),
    /// It seems to be guessing.
    Held,
    /// It was revoked, or its token or its key has ended.
    Unknown,
}

impl Store {
    /// Records a round, in its place of the ledger.
    ///
    /// # Errors
    /// As [`Store::tell`]; [`StoreError::ChangedMeanwhile`] besides, while a person's decision is being recorded.
    pub async fn tell_round(
        &self,
        change: Changed<TellRound>,
        stamp: Stamp,
        key: &SignerKey,
    ) -> Result<RoundOutcome, StoreError> {
        self.save_sequenced(change, stamp, key).await
    }
}

impl Reader {
    /// Why a client may not ask now: looked at before anything is read, and once more by [`Store::tell_round`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_not_ask(
        &self,
        exchange: &str,
        of: &RoundOf,
        now: Timestamp,
    ) -> Result<Option<Unanswered>, StoreError> {
        over(&self.pool, exchange, of, now.as_microsecond()).await
    }
}

impl Change for TellRound {
    type Outcome = RoundOutcome;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Self::Outcome>, StoreError> {
        let micros = writing.micros();
        let mut unanswered = Vec::new();
        for of in &self.of {
            if let Some(why) = over(writing.rows(), &self.exchange, of, micros).await? {
                unanswered.push((of.client.clone(), why));
            }
        }
        if !unanswered.is_empty() {
            return Ok(Applied::Nothing(RoundOutcome::Without(unanswered)));
        }
        let paused = query("SELECT count(*) FROM look_up_pause WHERE until > $1").bind(micros);
        if paused.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(StoreError::ChangedMeanwhile { what: super::DECISIONS, name: self.exchange.clone() });
        }
        demand_tellable(writing, &self.judged, &self.exchange).await?;
        let asked = self.of.iter().map(|of| of.questions.len()).sum::<usize>() as u64;
        // By how many are asked about: what is found does not decide whether anybody is answered.
        demand_room(writing, &self.judged, asked).await?;
        let PackageContent { subject, exchange_version, catalogue, catalogue_version, elements, .. } = &self.content;
        query(
            "INSERT INTO look_up_round (number, exchange, exchange_version, arrangement, arrangement_version, catalogue, \
             catalogue_version, subject, elements_json, purge_by, told, asked, people, at) \
             SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM look_up_round",
        )
        .bind(&self.exchange)
        .bind(*exchange_version)
        .bind(&self.judged.arrangement.0)
        .bind(self.judged.arrangement.1)
        .bind(catalogue)
        .bind(*catalogue_version)
        .bind(subject)
        .bind(to_json(elements)?)
        .bind(self.purge_by.to_string())
        .bind(stored(self.told, "how many are told about")?)
        .bind(stored(asked, "how many are asked about")?)
        .bind(self.people.clone())
        .bind(micros)
        .execute(writing.rows())
        .await?;
        let mut held = Vec::new();
        for of in &self.of {
            count(writing, &self.exchange, of).await?;
            if is_guessing(writing, &self.exchange, of).await? {
                query(
                    "INSERT INTO look_up_hold (client, exchange, number, held_at) \
                     SELECT $1, $2, coalesce(max(number), 0) + 1, $3 FROM look_up_hold WHERE client = $1 AND exchange = $2",
                )
                .bind(&of.client)
                .bind(&self.exchange)
                .bind(micros)
                .execute(writing.rows())
                .await?;
                held.push(of.client.clone());
                let alert = Alert::new(AlertKind::LookUpsSuspended, To::Staff, &of.client);
                let alert = alert.with("exchange", &self.exchange).at(micros.to_string());
                post(writing.rows(), &alert, micros).await?;
            }
        }
        // CRASH: asked by the record, and nobody was answered: whoever asks again is recorded again.
        Ok(Applied::Changed(RoundOutcome::Recorded(held)))
    }
}

/// Why a client may not ask now: it was revoked, or a token or a key of it has ended; it is held; it has asked as often as it may.
async fn over<'a>(
    on: impl Into<On<'a>>,
    exchange: &str,
    of: &RoundOf,
    micros: i64,
) -> Result<Option<Unanswered>, StoreError> {
    let hour = micros.div_euclid(HOUR_US);
    let among = |column: &str, first: usize, values: &BTreeSet<String>| {
        let places: Vec<String> = (first..first + values.len()).map(|at| format!("${at}")).collect();
        // Of none there is none.
        if places.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", places.join(", ")) }
    };
    let tokens = among("access_token.sha256", 7, &of.tokens);
    let keys = among("client_key.thumbprint", 7 + of.tokens.len(), &of.sealed_to);
    let counted = "FROM look_up_count WHERE client = $1 AND exchange = $4 AND hour > $5";
    let mut asked = query(format!(
        "SELECT (SELECT count(*) FROM client JOIN access_token ON access_token.client = client.name \
         WHERE client.name = $2 AND client.revoked_at IS NULL AND access_token.expires_at > $3 AND {tokens}) AS tokens, \
         (SELECT count(*) FROM client JOIN client_key ON client_key.client = client.name \
         WHERE client.name = $2 AND client.revoked_at IS NULL AND client_key.usage = 'enc' \
         AND (client_key.ends_at IS NULL OR client_key.ends_at > $3) AND {keys}) AS answer_keys, \
         (SELECT count(*) FROM look_up_hold WHERE client = $1 AND exchange = $4 AND lifted_at IS NULL) AS holds, \
         (SELECT coalesce(CAST(sum(asked) AS BIGINT), 0) {counted}) AS today, \
         (SELECT coalesce(CAST(sum(asked) AS BIGINT), 0) {counted} AND hour = $6) AS this_hour, \
         (SELECT coalesce(min(hour), $6) {counted}) AS first_hour"
    ));
    asked = asked.bind(&of.client).bind(of.client.strip_prefix("client/").unwrap_or(&of.client)).bind(micros);
    asked = asked.bind(exchange).bind(hour - DAY_HOURS).bind(hour);
    for value in of.tokens.iter().chain(&of.sealed_to) {
        asked = asked.bind(value);
    }
    let row = asked.fetch_one(on).await?;
    let cells = Cells::new(&row, "look_up_count", "first_hour");
    if cells.count::<usize>("tokens")? != of.tokens.len() || cells.count::<usize>("answer_keys")? != of.sealed_to.len()
    {
        return Ok(Some(Unanswered::Unknown));
    }
    if cells.get::<i64>("holds")? > 0 {
        return Ok(Some(Unanswered::Held));
    }
    let (today, now, first) =
        (cells.get::<i64>("today")?, cells.get::<i64>("this_hour")?, cells.get::<i64>("first_hour")?);
    let more = of.questions.len() as i64;
    let until = |hours: i64| u32::try_from(((hours * HOUR_US) - micros).max(0) / 1_000_000 + 1).unwrap_or(u32::MAX);
    Ok(if today + more > i64::from(of.most.1) {
        Some(Unanswered::TooOften(until(first + DAY_HOURS)))
    } else if now + more > i64::from(of.most.0) {
        Some(Unanswered::TooOften(until(hour + 1)))
    } else {
        None
    })
}

async fn count(writing: &mut Writing<'_>, exchange: &str, of: &RoundOf) -> Result<(), StoreError> {
    let hour = writing.micros().div_euclid(HOUR_US);
    query(
        "INSERT INTO look_up_count (client, exchange, hour, asked) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (client, exchange, hour) DO UPDATE SET asked = look_up_count.asked + excluded.asked",
    )
    .bind(&of.client)
    .bind(exchange)
    .bind(hour)
    .bind(stored(of.questions.len() as u64, "how many questions there are")?)
    .execute(writing.rows())
    .await?;
    Ok(())
}

/// Remembers the questions for a day; whether too many of them are nearly the same.
async fn is_guessing(writing: &mut Writing<'_>, exchange: &str, of: &RoundOf) -> Result<bool, StoreError> {
    let micros = writing.micros();
    // A question that stands twice in a round is one row, which one statement writes once.
    let near: BTreeSet<(&str, &str, u32)> = of
        .questions
        .iter()
        .flat_map(|one| one.near.iter().map(|(near, most)| (near.as_str(), one.question.as_str(), *most)))
        .collect();
    let near: Vec<(&str, &str, u32)> = near.into_iter().collect();
    let mut guessing = false;
    for some in near.chunks(TOGETHER) {
        let places = |at: usize| format!("($1, $2, ${}, ${}, $3)", at * 2 + 4, at * 2 + 5);
        let rows: Vec<String> = (0..some.len()).map(places).collect();
        let mut insert = query(format!(
            "INSERT INTO look_up_near (client, exchange, near, question, at) VALUES {} \
             ON CONFLICT (client, exchange, near, question) DO UPDATE SET at = excluded.at \
             WHERE look_up_near.at <= $3 - {REMEMBERED_US}",
            rows.join(", ")
        ));
        insert = insert.bind(&of.client).bind(exchange).bind(micros);
        for (near, question, _) in some {
            insert = insert.bind(*near).bind(*question);
        }
        insert.execute(writing.rows()).await?;
        let places: Vec<String> = (0..some.len()).map(|at| format!("${}", at + 4)).collect();
        let mut counts = query(format!(
            "SELECT near, count(*) AS questions FROM look_up_near \
             WHERE client = $1 AND exchange = $2 AND at > $3 AND near IN ({}) GROUP BY near",
            places.join(", ")
        ));
        counts = counts.bind(&of.client).bind(exchange).bind(micros - REMEMBERED_US);
        for (near, _, _) in some {
            counts = counts.bind(*near);
        }
        for row in counts.fetch_all(writing.rows()).await? {
            let cells = Cells::new(&row, "look_up_near", "near");
            let (found, questions): (&str, u32) = (cells.get("near")?, cells.count("questions")?);
            let most = some.iter().find(|(near, _, _)| *near == found).map_or(0, |(_, _, most)| *most);
            guessing |= questions > most;
        }
    }
    Ok(guessing)
}
