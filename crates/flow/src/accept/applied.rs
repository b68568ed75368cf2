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
use super::matched::{Found, Matched, Place, Said};
use super::target::{self, Answer, Datum, Group, Keeper, Message, Outcome, Row, Session, Stored, TargetError};

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
    pub candidates: Vec<Row>,
}

/// By what a record is known in the target.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The intake.
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
        said: Option<&Said>,
    ) -> Result<Self, TargetError> {
        let message = message(place, known);
        if let Some(answer) = session.applied(&message)? {
            return Ok(Self::answered(answer));
        }
        // Somebody may change the row between looking and writing; whoever does so twice has a reason.
        for last in [false, true] {
            let matched = match Matched::find(session, checks, mapped, place, said)? {
                Found::Matched(matched) => matched,
                Found::Waits(code, candidates) => {
                    let why = vec![("record".to_owned(), code)];
                    return Ok(Self { outcome: RecordOutcome::Waiting, why, key: Vec::new(), candidates });
                }
                Found::Broken(why) => return Ok(Self::without_row(RecordOutcome::Quarantined, why)),
            };
            let group = Group { message: message.clone(), record: matched.0 };
            let answer = session.apply(&group, keeper)?;
            if answer.outcome != Outcome::Conflict || last {
                return Ok(Self::answered(answer));
            }
        }
        Ok(Self::conflict())
    }

    fn conflict() -> Self {
        Self::without_row(RecordOutcome::Conflict, vec![("record".to_owned(), Code::ChangedMeanwhile)])
    }

    fn without_row(outcome: RecordOutcome, why: Vec<(String, Code)>) -> Self {
        Self { outcome, why, key: Vec::new(), candidates: Vec::new() }
    }

    fn answered(answer: Answer) -> Self {
        let outcome = match answer.outcome {
            Outcome::Inserted => RecordOutcome::Inserted,
            Outcome::Updated => RecordOutcome::Updated,
            Outcome::Duplicate => RecordOutcome::Duplicate,
            Outcome::Superseded => RecordOutcome::Superseded,
            Outcome::Conflict => return Self::conflict(),
            Outcome::Refused(refusal) => {
                let column = refusal.column.unwrap_or_default();
                let at = if column.is_empty() { refusal.table } else { format!("{}.{column}", refusal.table) };
                return Self::without_row(RecordOutcome::Quarantined, vec![(at, refusal.code)]);
            }
        };
        Self { outcome, why: Vec::new(), key: answer.key, candidates: Vec::new() }
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
