//! How does a version of an arrangement come to be, and move from one state to the next, when others may move it too?

use causeway_model::arrangement::{Event, InFlight, State, in_flight};
use causeway_model::transfer::Transfer;
use jiff::Timestamp;

use super::import_document::NewDocument;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A version that is drafted: its text and its first state, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftArrangement {
    /// Its text.
    pub document: NewDocument,
    /// Its state, which knows the text's digest and who drafted it.
    pub state: State,
}

/// What happens to one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The version.
    pub version: u32,
    /// Its state as it was read.
    pub seen: State,
    /// What happens to it.
    pub event: Event,
}

/// What happens to an arrangement: a signature, or to one version after the other within one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveArrangement {
    /// The arrangement.
    pub arrangement: String,
    /// What happens to its versions.
    pub moves: Vec<Move>,
    /// The detached signature, hexadecimal, where the event is one. Whoever calls has verified it.
    pub signature: Option<String>,
}

impl Store {
    /// Stores a draft.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when that version holds another text.
    pub async fn draft_arrangement(
        &self,
        change: Changed<DraftArrangement>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Moves versions of an arrangement; the states afterwards, in the order of the moves.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when one changed since it was seen, [`StoreError::Denied`] when a state does not take
    /// its event.
    pub async fn move_arrangement(
        &self,
        change: Changed<MoveArrangement>,
        stamp: Stamp,
    ) -> Result<Vec<State>, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for DraftArrangement {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let NewDocument { name, version, .. } = &self.document;
        let there = find(writing.rows(), name, *version).await?;
        match (self.document.apply(writing).await?, there) {
            (Applied::Nothing(_), Some(_)) => return Applied::ALREADY,
            // Imported by a program that kept no states: it gets one now.
            (Applied::Nothing(_) | Applied::Changed(_), _) => {}
        }
        let row = query(
            "INSERT INTO arrangement_life (arrangement, version, state, state_json, was_in_force, valid_until, updated_at) \
             VALUES ($1, $2, $3, $4, 0, $5, $6)",
        );
        let (micros, until) = (writing.micros(), self.state.terms().valid.until.to_string());
        let row = row.bind(name).bind(*version).bind(self.state.name()).bind(to_json(&self.state)?);
        let row = row.bind(until).bind(micros);
        row.execute(writing.rows()).await?;
        enter(writing, name, *version, "draft").await?;
        Applied::NEW
    }
}

impl Change for MoveArrangement {
    type Outcome = Vec<State>;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Vec<State>>, StoreError> {
        let mut states = Vec::new();
        for Move { version, seen, event } in &self.moves {
            let name = format!("{} version {version}", self.arrangement);
            let current = find(writing.rows(), &self.arrangement, *version).await?;
            let current = current.ok_or_else(|| StoreError::NotFound { what: "arrangement", name: name.clone() })?;
            if current != *seen {
                return Err(StoreError::ChangedMeanwhile { what: "arrangement", name });
            }
            let denied = |source| StoreError::Denied { what: "arrangement", name, source };
            let next = current.apply(event.clone()).map_err(denied)?;
            let micros = writing.micros();
            query(
                "UPDATE arrangement_life SET state = $1, state_json = $2, updated_at = $3, \
                 was_in_force = CASE WHEN $1 = 'in-force' THEN 1 ELSE was_in_force END WHERE arrangement = $4 AND version = $5",
            )
            .bind(next.name())
            .bind(to_json(&next)?)
            .bind(micros)
            .bind(&self.arrangement)
            .bind(*version)
            .execute(writing.rows())
            .await?;
            if let Event::Sign { signature, .. } = event {
                query(
                    "INSERT INTO arrangement_signature (arrangement, version, officer, party, sha256, signature, signed_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(&self.arrangement)
                .bind(*version)
                .bind(&signature.signer.name)
                .bind(&signature.party)
                .bind(&signature.digest)
                .bind(self.signature.clone().unwrap_or_default())
                .bind(micros)
                .execute(writing.rows())
                .await?;
            }
            enter(writing, &self.arrangement, *version, event.name()).await?;
            states.push(next);
        }
        Ok(Applied::Changed(states))
    }
}

async fn find(connection: &mut Transaction, name: &str, version: u32) -> Result<Option<State>, StoreError> {
    let row = query("SELECT arrangement, state_json FROM arrangement_life WHERE arrangement = $1 AND version = $2");
    let row = row.bind(name).bind(version).fetch_optional(connection).await?;
    row.map(|row| Cells::new(&row, "arrangement_life", "arrangement").json("state_json")).transpose()
}

/// Keeps that the event happened, and by whom.
async fn enter(writing: &mut Writing<'_>, name: &str, version: u32, event: &str) -> Result<(), StoreError> {
    let (micros, actor) = (writing.micros(), writing.actor().to_owned());
    query(
        "INSERT INTO arrangement_event (arrangement, version, number, event, actor, happened_at) \
         SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5 FROM arrangement_event WHERE arrangement = $1 AND version = $2",
    )
    .bind(name)
    .bind(version)
    .bind(event)
    .bind(actor)
    .bind(micros)
    .execute(writing.rows())
    .await
    .map(|_| ())
}

/// Demands that the terms of a transfer still hold at that moment: in the transaction that seals or that begins to deliver.
/// Arrangements of which no version ever was in force here are for whoever calls to judge: an earlier program had another rule.
pub(super) async fn demand_open(writing: &mut Writing<'_>, transfer: &str) -> Result<(), StoreError> {
    let row = query("SELECT id, arrangement, arrangement_version FROM transfer WHERE id = $1").bind(transfer);
    let Some(row) = row.fetch_optional(writing.rows()).await? else { return Ok(()) };
    let cells = Cells::new(&row, "transfer", "id");
    let (name, version): (String, u32) = (cells.get("arrangement")?, cells.count("arrangement_version")?);
    let goes_on = |began: &State, newest: &State, now| in_flight(began, newest, &Transfer::Requested, now);
    match lives(writing, &name, version).await? {
        None => Ok(()),
        Some((began, newest, now)) if goes_on(began.as_ref().unwrap_or(&newest), &newest, now) == InFlight::GoesOn => {
            Ok(())
        }
        Some(_) => Err(StoreError::ChangedMeanwhile { what: "arrangement", name }),
    }
}

/// Demands that a version is the one in force at that moment: in the transaction that records what is told at once.
pub(super) async fn demand_in_force(writing: &mut Writing<'_>, name: &str, version: u32) -> Result<(), StoreError> {
    match lives(writing, name, version).await? {
        Some((began, newest, now))
            if began.as_ref() == Some(&newest)
                && matches!(newest, State::InForce { .. })
                && newest.terms().valid.holds_at(now) =>
        {
            Ok(())
        }
        _ => Err(StoreError::ChangedMeanwhile { what: "arrangement", name: name.to_owned() }),
    }
}

/// A version as it stands, where it ever was in force; the newest that was, and when that is; none where no version was.
async fn lives(
    writing: &mut Writing<'_>,
    name: &str,
    version: u32,
) -> Result<Option<(Option<State>, State, Timestamp)>, StoreError> {
    let now = Timestamp::from_microsecond(writing.micros()).unwrap_or(Timestamp::MAX);
    let rows = query(
        "SELECT arrangement, version, state_json FROM arrangement_life \
         WHERE arrangement = $1 AND was_in_force = 1 ORDER BY version",
    );
    let (mut own, mut newest) = (None::<State>, None::<State>);
    for row in rows.bind(name).fetch_all(writing.rows()).await? {
        let cells = Cells::new(&row, "arrangement_life", "arrangement");
        let state: State = cells.json("state_json")?;
        if cells.count::<u32>("version")? == version {
            own = Some(state.clone());
        }
        newest = Some(state);
    }
    Ok(newest.map(|newest| (own, newest, now)))
}
