//! **validate** reads every record, and tells those that are sound from those that are not, with all errors of each at once.
//!
//! In: [`Opened`], [`Checks`]. Out: [`Validated`], which ends in the sound records. Guarantees: a record that goes on has each of its
//! values as the exchange says, breaks no rule, and is one of its id; the others are told to a sink that seals them. Refuses when: the
//! file cannot be read to its end, has too many records, or more than its share is bad: then nothing of it goes on. The walk
//! depends on nothing but the sealed body and the documents, so that it comes to the same whoever walks again. Ledger event:
//! `intake-validated`.

use std::collections::BTreeSet;

use causeway_model::intake::{Counts, RecordOutcome};
use causeway_model::{Code, Violation};
use serde::Serialize;

use super::batch::{Head, Reading, SoundBatch};
use super::checks::Checks;
use super::duplicates::{Ids, Twice};
use super::opened::Opened;
use super::records::Records;
use crate::{Fault, FlowError};

/// A record that does not go on: a line of the sealed report. Its values are people's.
#[derive(Debug, Serialize)]
pub struct Quarantined<'q> {
    /// Its number in the file, from 1.
    pub record: u64,
    /// The partner's id of it, where one could be read.
    pub external_id: Option<&'q str>,
    /// Each field that is wrong, and why.
    pub fields: Vec<QuarantinedField<'q>>,
}

/// A field that is wrong.
#[derive(Debug, Serialize)]
pub struct QuarantinedField<'q> {
    /// The field, or the rule.
    pub field: &'q str,
    /// Why.
    pub code: Code,
    /// The value as it came.
    pub value: Option<&'q str>,
}

/// What takes the lines of the sealed report.
pub type QuarantineSink<'s> = dyn FnMut(&Quarantined<'_>) -> Result<(), FlowError> + 's;

/// What reads the records of an opened body, each time from the beginning.
pub type FromTheBeginning<'r> = dyn FnMut(&Opened) -> Result<Box<dyn Records>, FlowError> + 'r;

/// A file whose records were read and judged, and of which enough is sound. Made by [`validate`] alone.
#[derive(Debug)]
pub struct Validated {
    counts: Counts,
    twice: Twice,
    /// Bad records, for whoever tells each its outcome.
    bad: BTreeSet<u64>,
}

/// A file of which nothing goes on.
#[derive(Debug)]
pub struct Rejected {
    /// Why.
    pub violations: Vec<Violation>,
    /// How its records fared, where it could be read to its end.
    pub counts: Option<Counts>,
}

/// Reads and judges every record. `reading` gives the records once more each time; `key` is what digests are keyed by.
///
/// # Errors
/// What keeps us from reading or writing; [`Rejected`] is no error of ours, and stands inside.
pub fn validate(
    opened: &Opened,
    checks: &Checks,
    reading: &mut FromTheBeginning<'_>,
    key: &[u8; 32],
    quarantine: &mut QuarantineSink<'_>,
) -> Result<Result<Validated, Rejected>, FlowError> {
    match walk(opened, checks, reading, key, quarantine) {
        Ok(validated) if validated.counts.refuses(checks.refuse_above_percent) => {
            let Counts { records, quarantined, .. } = validated.counts;
            let detail = format!(
                "{quarantined} of {records} records are bad, and the exchange takes a file of which at most {} per cent are",
                checks.refuse_above_percent
            );
            let violations = vec![Violation::new(Code::TooManyQuarantined, "the file", detail)];
            Ok(Err(Rejected { violations, counts: Some(validated.counts) }))
        }
        Ok(validated) => Ok(Ok(validated)),
        Err(FlowError::Refused(violations)) => Ok(Err(Rejected { violations, counts: None })),
        Err(error) => Err(error),
    }
}

fn walk(
    opened: &Opened,
    checks: &Checks,
    reading: &mut FromTheBeginning<'_>,
    key: &[u8; 32],
    quarantine: &mut QuarantineSink<'_>,
) -> Result<Validated, FlowError> {
    let (mut ids, mut bad) = (Ids::new(key), BTreeSet::new());
    let mut records = reading(opened)?;
    let mut walking = Reading::new(checks, records.as_mut(), key);
    while let Some(judged) = walking.next()? {
        // In the order in which they came: an id is known by its place.
        let sound = judged
            .sound
            .heads
            .iter()
            .map(|head| (head.number, Some(head.external_id.expose().as_bytes()), &head.digest));
        let others = judged.bad.iter().map(|one| (one.number, one.external_id.as_deref(), &one.digest));
        let mut all: Vec<_> = sound.chain(others).collect();
        all.sort_by_key(|(number, ..)| *number);
        all.iter().for_each(|(_, id, digest)| ids.add(*id, digest));
        for one in &judged.bad {
            bad.insert(one.number);
            let id = one.external_id.as_deref().map(String::from_utf8_lossy);
            tell(quarantine, one.number, id.as_deref(), &one.faults)?;
        }
    }
    let read = walking.number();
    let mut twice = ids.twice();
    twice.duplicates.retain(|number| !bad.contains(number));
    twice.unequal.retain(|number| !bad.contains(number));
    if !twice.unequal.is_empty() {
        // Which of them is meant, only the partner knows: they are told with their ids, for which the file is read again.
        let mut records = reading(opened)?;
        let mut walking = Reading::new(checks, records.as_mut(), key);
        while let Some(judged) = walking.next()? {
            for head in judged.sound.heads.iter().filter(|head| twice.unequal.contains(&head.number)) {
                let fault = Fault {
                    subject: "record".to_owned(),
                    code: Code::ExternalIdTwice,
                    value: crate::Personal::new(None),
                };
                tell(quarantine, head.number, Some(head.external_id.expose()), &[fault])?;
            }
        }
    }
    let mut counts = Counts { records: read, ..Counts::default() };
    bad.iter().chain(&twice.unequal).for_each(|_| counts.add(RecordOutcome::Quarantined));
    twice.duplicates.iter().for_each(|_| counts.add(RecordOutcome::Duplicate));
    Ok(Validated { counts, twice, bad })
}

fn tell(
    sink: &mut QuarantineSink<'_>,
    record: u64,
    external_id: Option<&str>,
    faults: &[Fault],
) -> Result<(), FlowError> {
    let field = |fault: &Fault| (fault.subject.clone(), fault.code, fault.value.expose().clone());
    let found: Vec<_> = faults.iter().map(field).collect();
    let fields = found.iter().map(|(subject, code, value)| QuarantinedField {
        // Every field is the record's own or of a list, which says so itself.
        field: subject.strip_prefix("record.").unwrap_or(subject),
        code: *code,
        value: value.as_deref(),
    });
    sink(&Quarantined { record, external_id, fields: fields.collect() })
}

impl Validated {
    /// How many records there are, and how many are bad or came twice.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What is known already of a record that does not go on: it is quarantined, or came before in the file.
    pub fn outcome(&self, number: u64) -> Option<RecordOutcome> {
        if self.bad.contains(&number) || self.twice.unequal.contains(&number) {
            return Some(RecordOutcome::Quarantined);
        }
        self.twice.duplicates.contains(&number).then_some(RecordOutcome::Duplicate)
    }

    /// Hands over the sound records once more, in the order in which they came, with those that came before in the file, exactly so.
    ///
    /// # Errors
    /// What keeps us from reading, and whatever `take` says.
    pub fn each(
        &self,
        opened: &Opened,
        checks: &Checks,
        reading: &mut FromTheBeginning<'_>,
        key: &[u8; 32],
        take: &mut dyn FnMut(Sound) -> Result<(), FlowError>,
    ) -> Result<(), FlowError> {
        let mut records = reading(opened)?;
        let mut walking = Reading::new(checks, records.as_mut(), key);
        while let Some(judged) = walking.next()? {
            let (mut batch, mut again) = (judged.sound, Vec::new());
            for head in std::mem::take(&mut batch.heads) {
                match self.outcome(head.number) {
                    None => batch.heads.push(head),
                    Some(RecordOutcome::Duplicate) => again.push(head),
                    Some(_) => {}
                }
            }
            if !batch.heads.is_empty() || !again.is_empty() {
                take(Sound { batch, again })?;
            }
        }
        Ok(())
    }
}

/// Sound records of a validated file: what matching and applying take. Made by [`Validated::each`] alone.
#[derive(Debug)]
pub struct Sound {
    batch: SoundBatch,
    again: Vec<Head>,
}

impl Sound {
    /// The records.
    pub fn batch(&self) -> &SoundBatch {
        &self.batch
    }

    /// Records that are equal to one before them: duplicates, of which nothing is applied.
    pub fn again(&self) -> &[Head] {
        &self.again
    }
}
