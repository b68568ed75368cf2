//! **applied** writes a matched record and its nested ones, once, or says what kept them from being written.
//!
//! In: [`Matched`]. Out: [`Applied`], which is the record's outcome. Guarantees: those of [`super::target`]; what was applied before is
//! told as it was, whatever stands there since; a row that somebody changed meanwhile is looked for once more, and then a person's. Refuses when: the target cannot be written now.

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_model::Code;
use causeway_model::intake::RecordOutcome;

use super::batch::Head;
use super::checks::Checks;
use super::mapping::Mapped;
use super::matched::{Found, Matched, Place};
use super::reviewed::{Said, Unclear};
use super::target::{self, Answer, Datum, Group, Keeper, Message, Onto, Outcome, Session, Stored, TargetError, Write};

/// What became of a record. Made by [`Applied::of`] alone.
#[derive(Debug)]
pub struct Applied {
    /// How it fared.
    pub outcome: RecordOutcome,
    /// Why, where it did not stand: a field, a column or a rule, and the code.
    pub why: Vec<(String, Code)>,
    /// Key of its row, where it has one.
    pub key: Vec<Stored>,
    /// Rows that it may be, where a person has to say.
    pub unclear: Option<Unclear>,
}

/// By what a record is known in the target.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// What its groups are called by in the target.
    pub intake: &'k str,
    /// Place of the sequence among the record's fields, if there is one.
    pub sequence: Option<usize>,
    /// Intakes of the exchange that came after it.
    pub later: &'k Arc<BTreeSet<String>>,
}

impl Applied {
    /// Matches a record and writes it.
    ///
    /// # Errors
    /// The target cannot be asked or written now: nothing was written, or it is found out the next time.
    pub fn of(
        session: &mut dyn Session,
        keeper: &mut dyn Keeper,
        (checks, mapped): (&Checks, &Mapped),
        place: Place<'_>,
        known: Known<'_>,
        said: &[Said],
    ) -> Result<Self, TargetError> {
        let message = message(place, known);
        if let Some(answer) = session.applied(&message)? {
            return Ok(Self::answered(answer));
        }
        if said.contains(&Said::LeaveOut) {
            return Ok(Self::without_row(RecordOutcome::LeftOut, Vec::new()));
        }
        // Somebody may change the row between looking and writing; whoever does so twice has a reason.
        for last in [false, true] {
            let matched = match Matched::find(session, checks, mapped, place, said)? {
                Found::Matched(matched) => matched,
                Found::Waits(unclear) => return Ok(Self::unclear(RecordOutcome::Waiting, unclear)),
                Found::Changed(unclear) => return Ok(Self::unclear(RecordOutcome::Conflict, unclear)),
                Found::Broken(why) => return Ok(Self::without_row(RecordOutcome::Quarantined, why)),
            };
            let group = Group { message: message.clone(), record: matched.0 };
            let answer = session.apply(&group, keeper)?;
            match answer.outcome {
                Outcome::Conflict if last => return Self::conflict(session, &group.record),
                Outcome::Conflict => {}
                _ => return Ok(Self::answered(answer)),
            }
        }
        Ok(Self::unclear(RecordOutcome::Conflict, Unclear::new(Code::ChangedMeanwhile, 0, &[])))
    }

    /// One that does not stand, because of a field.
    #[must_use]
    pub fn quarantined(field: String, code: Code) -> Self {
        Self::without_row(RecordOutcome::Quarantined, vec![(field, code)])
    }

    /// Its row is never as it was looked for: a person is shown how it stands now.
    fn conflict(session: &mut dyn Session, write: &Write) -> Result<Self, TargetError> {
        let row = match &write.onto {
            Onto::Update(row) => session.row(write.mapping, &row.key)?,
            Onto::Insert(_) => None,
        };
        let unclear = Unclear::new(Code::ChangedMeanwhile, write.mapping, row.as_slice());
        Ok(Self::unclear(RecordOutcome::Conflict, unclear))
    }

    fn unclear(outcome: RecordOutcome, unclear: Unclear) -> Self {
        Self { outcome, why: vec![("record".to_owned(), unclear.code)], key: Vec::new(), unclear: Some(unclear) }
    }

    fn without_row(outcome: RecordOutcome, why: Vec<(String, Code)>) -> Self {
        Self { outcome, why, key: Vec::new(), unclear: None }
    }

    fn answered(answer: Answer) -> Self {
        let outcome = match answer.outcome {
            Outcome::Inserted => RecordOutcome::Inserted,
            Outcome::Updated => RecordOutcome::Updated,
            Outcome::Duplicate => RecordOutcome::Duplicate,
            Outcome::Superseded => RecordOutcome::Superseded,
            Outcome::Conflict => {
                let unclear = Unclear::new(Code::ChangedMeanwhile, 0, &[]);
                return Self::unclear(RecordOutcome::Conflict, unclear);
            }
            Outcome::Refused(refusal) => {
                let column = refusal.column.unwrap_or_default();
                let at = if column.is_empty() { refusal.table } else { format!("{}.{column}", refusal.table) };
                return Self::without_row(RecordOutcome::Quarantined, vec![(at, refusal.code)]);
            }
        };
        Self { outcome, why: Vec::new(), key: answer.key, unclear: None }
    }
}

fn message(place: Place<'_>, known: Known<'_>) -> Message {
    let Head { number, external_id, digest, row, present, .. } = place.head;
    let came = |at: &usize| present.get(*at).copied().unwrap_or(false);
    let sequence = known.sequence.filter(came).and_then(|at| {
        let column = place.batch.records.columns().get(at)?;
        Datum::of(column.as_ref(), *row).ok()
    });
    Message {
        place: target::Place { intake: known.intake.to_owned(), group: *number },
        external_id: external_id.expose().clone(),
        digest: *digest,
        sequence: sequence.filter(|value| *value != Datum::Null),
        later: Arc::clone(known.later),
    }
}
