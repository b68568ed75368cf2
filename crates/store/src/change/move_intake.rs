//! How does an intake move from one state to the next, when others may move it too?

use causeway_model::Violation;
use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::intake::{Counts, Event, Intake};
use jiff::Timestamp;

use super::receive_intake::IntakeVersions;
use super::review_intake::settle;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, stored, to_json};
use crate::lease::{Kind, demand};
use crate::outbox::post;
use crate::{Changed, Safeguard, Stamp, Store, StoreError};

/// An intake as the caller knows it: a decision counts only if it is still so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenIntake {
    /// The intake's id.
    pub intake: String,
    /// The state in which it was read.
    pub state: Intake,
    /// The token of the lease under which it is worked on; officers decide without one.
    pub lease: Option<String>,
}

impl SeenIntake {
    /// The same, worked on under a lease: what is changed by it is refused once the lease is another's.
    #[must_use]
    pub fn under(self, token: &str) -> Self {
        Self { lease: Some(token.to_owned()), ..self }
    }
}

/// What happens to an intake, with what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntakeStep {
    /// It was opened. The partner's number must be above the newest that was opened.
    Open,
    /// Its records were read and judged.
    Validate(Counts),
    /// It cannot be opened, or too much of it is bad.
    Reject(Vec<Violation>, Option<Counts>),
    /// A run begins to apply it; the key of its undo plan is kept where there is none yet.
    Begin {
        /// Sealed to the operation.
        undo_key: Option<Vec<u8>>,
    },
    /// What could be applied is, by what was decided, and these records wait for a person.
    Wait(Counts, Vec<WaitingRecord>, Vec<Heeded>),
    /// All of it is applied, by what was decided.
    Apply(Counts, Vec<Heeded>),
    /// The outcomes are sealed to the partner.
    Acknowledge,
    /// A person takes it back.
    Cancel,
    /// A person ends it: what is applied stays, and the rest is left out.
    LeaveOut,
    /// A person takes back what was applied.
    Undo,
    /// What still stood as it was applied is put back.
    PutBack,
    /// It is read and judged once more, by the versions now in use.
    Retry(IntakeVersions),
}

/// A record that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRecord {
    /// Its number in the file, from 1.
    pub record: u64,
    /// Why it waits.
    pub codes: Vec<String>,
    /// How many rows it may be.
    pub candidates: u64,
}

/// A decision of a person that a run went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heeded {
    /// The record's number in the file.
    pub record: u64,
    /// When it was decided: a later decision is another one.
    pub decided_at: Timestamp,
}

/// An intake that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveIntake {
    /// The intake as seen.
    pub seen: SeenIntake,
    /// What happens to it.
    pub step: IntakeStep,
}

impl IntakeStep {
    fn event(&self) -> Event {
        match self {
            Self::Open => Event::Open,
            Self::Validate(_) => Event::Validate,
            Self::Reject(violations, _) => Event::Reject(violations.clone()),
            Self::Begin { .. } => Event::Begin,
            Self::Wait(..) => Event::Wait,
            Self::Apply(..) => Event::Apply,
            Self::Acknowledge => Event::Acknowledge,
            Self::Cancel => Event::Cancel,
            Self::LeaveOut => Event::LeaveOut,
            Self::Undo => Event::Undo,
            Self::PutBack => Event::PutBack,
            Self::Retry(_) => Event::Retry,
        }
    }

    fn counts(&self) -> Option<&Counts> {
        match self {
            Self::Validate(counts) | Self::Wait(counts, ..) | Self::Apply(counts, _) => Some(counts),
            Self::Reject(_, counts) => counts.as_ref(),
            _ => None,
        }
    }
}

impl Store {
    /// Moves an intake.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when it changed since it was seen, [`StoreError::StaleLease`] when the lease is another's,
    /// [`StoreError::WrongIntake`] when its state does not take this, [`StoreError::NotAbove`] when a newer number was opened.
    pub async fn move_intake(&self, change: Changed<MoveIntake>, stamp: Stamp) -> Result<SeenIntake, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for MoveIntake {
    type Outcome = SeenIntake;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<SeenIntake>, StoreError> {
        let (id, micros) = (&self.seen.intake, writing.micros());
        if let Some(token) = &self.seen.lease
            && writing.safeguards().stand(Safeguard::FencedCommits)
        {
            demand(writing.rows(), Kind::Intake, id, token).await?;
        }
        let row = query("SELECT id, exchange, partner, number, state_json FROM intake WHERE id = $1").bind(id);
        let row = row.fetch_optional(writing.rows()).await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "intake", name: id.clone() })?;
        let cells = Cells::new(&row, "intake", "id");
        let (current, was): (Intake, String) = (cells.json("state_json")?, cells.get("state_json")?);
        if current != self.seen.state {
            return Err(changed(id));
        }
        let wrong = |source| StoreError::WrongIntake { intake: id.clone(), source };
        let next = current.apply(self.step.event()).map_err(wrong)?;
        let moved =
            query("UPDATE intake SET state = $1, state_json = $2, updated_at = $3 WHERE id = $4 AND state_json = $5");
        let moved = moved.bind(next.name()).bind(to_json(&next)?).bind(micros).bind(id).bind(was);
        if moved.execute(writing.rows()).await? != 1 {
            return Err(changed(id));
        }
        if let Some(counts) = self.step.counts() {
            let kept = query("UPDATE intake SET counts_json = $1 WHERE id = $2").bind(to_json(counts)?).bind(id);
            kept.execute(writing.rows()).await?;
        }
        match &self.step {
            IntakeStep::Open => {
                let of = (cells.get::<String>("exchange")?, cells.get::<String>("partner")?);
                open(writing, id, of, cells.optional_count("number")?).await?;
            }
            IntakeStep::Begin { undo_key: Some(key) } => {
                let kept =
                    query("UPDATE intake SET undo_key = $1 WHERE id = $2 AND undo_key IS NULL").bind(key.clone());
                kept.bind(id).execute(writing.rows()).await?;
            }
            IntakeStep::Reject(violations, _) => {
                let alert = Alert::new(AlertKind::IntakeRejected, To::Staff, id).at(micros.to_string());
                let why = violations.first().map(|one| one.code.as_str()).unwrap_or_default();
                tell(writing, alert.with("reason", why), &cells.get::<String>("exchange")?).await?;
            }
            IntakeStep::Wait(_, waiting, heeded) => {
                let anew = settle(writing, id, waiting, heeded).await?;
                wait(writing, id, waiting).await?;
                // What waited before, undecided, was told then.
                if anew {
                    let alert = Alert::new(AlertKind::IntakeWaits, To::Staff, id).at(micros.to_string());
                    tell(writing, alert, &cells.get::<String>("exchange")?).await?;
                }
            }
            IntakeStep::Apply(_, heeded) => {
                settle(writing, id, &[], heeded).await?;
            }
            IntakeStep::LeaveOut => {
                let ended = query("UPDATE intake SET left_out_at = coalesce(left_out_at, $1) WHERE id = $2");
                ended.bind(micros).bind(id).execute(writing.rows()).await?;
            }
            IntakeStep::Undo => {
                // INVARIANT (undone is what was applied): whatever was applied has its key.
                let key = query("SELECT count(*) FROM intake WHERE id = $1 AND undo_key IS NOT NULL").bind(id);
                if key.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
                    return Err(changed(id));
                }
            }
            IntakeStep::PutBack => {
                let undone = query("UPDATE intake SET undone = undone + 1, left_out_at = NULL WHERE id = $1").bind(id);
                undone.execute(writing.rows()).await?;
            }
            IntakeStep::Retry(versions) => retry(writing, id, versions).await?,
            _ => {}
        }
        Ok(Applied::Changed(SeenIntake { state: next, ..self.seen.clone() }))
    }
}

/// INVARIANT (an older file is not opened): of one exchange and partner, numbers only rise. Once opened stays opened, whatever became
/// of it, so that a file that was refused is not replayed either; its own retry is no other file.
async fn open(
    writing: &mut Writing<'_>,
    id: &str,
    (exchange, partner): (String, String),
    number: Option<u64>,
) -> Result<(), StoreError> {
    if let Some(number) = number {
        let newest = query(
            "SELECT max(number) FROM intake WHERE exchange = $1 AND partner = $2 AND opened_at IS NOT NULL AND id <> $3",
        );
        let newest = newest.bind(&exchange).bind(partner).bind(id).fetch_one(writing.rows()).await?;
        let newest = newest.only::<Option<i64>>()?.unwrap_or(0);
        let again = query("SELECT count(*) FROM intake WHERE id = $1 AND opened_at IS NOT NULL").bind(id);
        let again = again.fetch_one(writing.rows()).await?.only::<i64>()? > 0;
        if stored(number, "an intake's number")? <= newest && !again {
            return Err(StoreError::NotAbove { exchange, newest, found: number });
        }
    }
    let micros = writing.micros();
    let opened = query("UPDATE intake SET opened_at = coalesce(opened_at, $1) WHERE id = $2").bind(micros).bind(id);
    opened.execute(writing.rows()).await.map(|_| ())
}

async fn tell(writing: &mut Writing<'_>, alert: Alert, exchange: &str) -> Result<(), StoreError> {
    let micros = writing.micros();
    post(writing.rows(), &alert.with("exchange", exchange), micros).await.map(|_| ())
}

async fn wait(writing: &mut Writing<'_>, id: &str, waiting: &[WaitingRecord]) -> Result<(), StoreError> {
    for one in waiting {
        let record = stored(one.record, "a record's number")?;
        // It was decided once, and waits all the same: it is decided anew.
        let anew = query(
            "UPDATE intake_waiting SET decision = NULL, candidate = NULL, chosen = NULL, reason = NULL, officer = NULL, \
             decided_at = NULL, settled_at = NULL WHERE intake = $1 AND record = $2 AND settled_at IS NOT NULL",
        );
        anew.bind(id).bind(record).execute(writing.rows()).await?;
        // What was decided of it since the run looked stays.
        let row = query(
            "INSERT INTO intake_waiting (intake, record, codes, candidates) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (intake, record) DO UPDATE SET codes = excluded.codes, candidates = excluded.candidates",
        );
        let candidates = stored(one.candidates, "candidates")?;
        row.bind(id).bind(record).bind(to_json(&one.codes)?).bind(candidates).execute(writing.rows()).await?;
    }
    Ok(())
}

async fn retry(writing: &mut Writing<'_>, id: &str, versions: &IntakeVersions) -> Result<(), StoreError> {
    versions.demand(writing).await?;
    let row = query(
        "UPDATE intake SET exchange_version = $1, arrangement_version = $2, catalogue = $3, catalogue_version = $4, \
         left_out_at = NULL WHERE id = $5 AND exchange = $6 AND arrangement = $7 AND erased_at IS NULL",
    );
    let row = row.bind(versions.exchange.1).bind(versions.arrangement.1).bind(&versions.catalogue.0);
    let row = row.bind(versions.catalogue.1).bind(id).bind(&versions.exchange.0).bind(&versions.arrangement.0);
    if row.execute(writing.rows()).await? != 1 {
        return Err(changed(id));
    }
    // It is read from the beginning: what waits then is asked anew, and the ledger has what was decided before.
    let asked = query("DELETE FROM intake_waiting WHERE intake = $1").bind(id);
    asked.execute(writing.rows()).await.map(|_| ())
}

fn changed(id: &str) -> StoreError {
    StoreError::ChangedMeanwhile { what: "intake", name: id.to_owned() }
}
