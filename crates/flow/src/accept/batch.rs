//! How are records read in batches, each with all of its errors at once?

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::checks::{Checks, Fields};
use super::members::{Held, Members, fault};
use super::opened;
use super::records::{Item, Next, Records, RecordsError};
use super::rule::Seen;
use super::target::{Datum, unfit_id};
use crate::source::{Cell, Decoder};
use crate::{Fault, FlowError, Personal};

/// Records of a batch, at most.
const RECORDS: usize = 1_024;

/// A record as it was read, before its values were looked at.
struct Raw {
    number: u64,
    present: Vec<bool>,
    /// For each list: whether it came, and which rows of its batch are the record's.
    lists: Vec<Option<(usize, usize)>>,
    faults: Vec<Fault>,
    external_id: Option<Vec<u8>>,
    digest: [u8; 32],
}

/// What is known of a sound record besides its values.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its row in the batch.
    pub row: usize,
    /// The partner's id of it.
    pub external_id: Personal<String>,
    /// Keyed digest of all that came of it.
    pub digest: [u8; 32],
    /// Whether each field came: one that did not changes nothing.
    pub present: Vec<bool>,
    /// For each list, the rows of its batch that are the record's; none where the list did not come.
    pub lists: Vec<Option<(usize, usize)>>,
}

/// Records of which each value is what it must be. Made by [`validate`](super::validate()) and what it ends in alone.
#[derive(Debug)]
pub struct SoundBatch {
    /// What is known of each record.
    pub heads: Vec<Head>,
    /// Their values, by the places of the fields. Rows that no head names are none of the sound.
    pub records: RecordBatch,
    /// The values of nested records, for each list.
    pub nested: Vec<RecordBatch>,
    /// For each list, which of its fields came with each of its rows.
    pub nested_present: Vec<Vec<Vec<bool>>>,
}

/// A record that is not sound: with every field, and why.
pub(super) struct Bad {
    pub(super) number: u64,
    pub(super) external_id: Option<Vec<u8>>,
    pub(super) digest: [u8; 32],
    pub(super) faults: Vec<Fault>,
}

/// What a batch comes to.
pub(super) struct Judged {
    pub(super) sound: SoundBatch,
    pub(super) bad: Vec<Bad>,
}

/// Reads a file batch by batch.
pub(super) struct Reading<'r> {
    checks: &'r Checks,
    records: &'r mut dyn Records,
    key: &'r [u8; 32],
    decoder: Decoder,
    lists: Vec<List>,
    number: u64,
    ended: bool,
}

/// Nested records of a batch.
struct List {
    decoder: Decoder,
    rows: usize,
    present: Vec<Vec<bool>>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(checks: &'r Checks, records: &'r mut dyn Records, key: &'r [u8; 32]) -> Self {
        let list = |scan| List { decoder: Decoder::new(scan), rows: 0, present: Vec::new() };
        let lists = checks.nested.iter().map(|nested| list(&nested.fields.scan)).collect();
        Self { checks, records, key, decoder: Decoder::new(&checks.record.scan), lists, number: 0, ended: false }
    }

    /// Records read so far.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next batch; none after the last.
    pub(super) fn next(&mut self) -> Result<Option<Judged>, FlowError> {
        if self.ended {
            return Ok(None);
        }
        let mut raws = Vec::new();
        while raws.len() < RECORDS && !self.decoder.is_full() && !self.lists.iter().any(|list| list.decoder.is_full()) {
            match self.one()? {
                Some(raw) => raws.push(raw),
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        if raws.is_empty() { Ok(None) } else { self.judged(raws).map(Some) }
    }

    /// Reads one record into the decoders.
    fn one(&mut self) -> Result<Option<Raw>, FlowError> {
        let mut read = Members::of(&self.checks.record, self.checks.nested.len());
        let lists = &self.checks.nested;
        let next = self.records.next(&mut |name, cell| {
            let list = lists.iter().position(|list| list.name.as_bytes() == name);
            read.take(&self.checks.record, list, name, cell);
        });
        let next = next.map_err(unread)?;
        if next == Next::End {
            return Ok(None);
        }
        if self.number == self.checks.most_records {
            let detail = format!("it has more than {} records", self.checks.most_records);
            return Err(FlowError::refuse(Violation::new(Code::TooManyRecords, "the file", detail)));
        }
        self.number += 1;
        let mut faults = std::mem::take(&mut read.faults);
        if let Next::Unreadable(_) = next {
            // What may have been handed over of it is not believed.
            read = Members::of(&self.checks.record, self.checks.nested.len());
            faults = vec![fault("record", Code::RecordUnreadable, None)];
        }
        let digest = read.digest(self.checks, self.key);
        let mut found = Vec::new();
        for (at, list) in std::mem::take(&mut read.lists).into_iter().enumerate() {
            found.push(self.list(at, list, &mut faults));
        }
        let unreadable = next != Next::Record;
        for (place, cell) in read.cells.iter().enumerate() {
            // A record that cannot be read has one error, and none for each field that it may have had.
            if !unreadable {
                self.decoder.push(place, cell.as_ref().map_or(Cell::Null, Held::cell));
            }
        }
        self.decoder.end_row();
        let external_id = read.cells.get(self.checks.external_id).and_then(Option::as_ref).and_then(Held::id);
        let present = read.cells.iter().map(Option::is_some).collect();
        Ok(Some(Raw { number: self.number, present, lists: found, faults, external_id, digest }))
    }

    /// Reads the nested records of a list into its decoder; their rows, where the list came and is one.
    fn list(&mut self, at: usize, list: Option<Held>, faults: &mut Vec<Fault>) -> Option<(usize, usize)> {
        let (nested, into) = (self.checks.nested.get(at)?, self.lists.get_mut(at)?);
        let subject = format!("record.{}", nested.name);
        let raw = match list {
            Some(Held::Nested(raw)) => raw,
            None if !nested.required => return None,
            None => {
                faults.push(fault(&subject, Code::ValueMissing, None));
                return None;
            }
            Some(_) => {
                faults.push(fault(&subject, Code::WrongType, None));
                return None;
            }
        };
        let mut items: Vec<Members> = Vec::new();
        let mut many = false;
        let read = self.records.items(&raw, &mut |item| match item {
            // What is more than may come is counted and not held.
            Item::Begins if items.len() >= nested.at_most => many = true,
            Item::Begins => items.push(Members::of(&nested.fields, 0)),
            Item::Member(name, cell) if !many => {
                if let Some(last) = items.last_mut() {
                    last.take(&nested.fields, None, name, cell);
                }
            }
            Item::Member(..) => {}
        });
        if read.is_err() || many {
            faults.push(fault(&subject, if many { Code::ValueOversize } else { Code::WrongType }, None));
            return None;
        }
        let from = into.rows;
        for item in items {
            faults.extend(item.faults);
            for (place, cell) in item.cells.iter().enumerate() {
                into.decoder.push(place, cell.as_ref().map_or(Cell::Null, Held::cell));
            }
            into.rows = into.decoder.end_row();
            into.present.push(item.cells.iter().map(Option::is_some).collect());
        }
        Some((from, into.rows))
    }

    /// Takes what was read, and tells the sound from the others.
    fn judged(&mut self, raws: Vec<Raw>) -> Result<Judged, FlowError> {
        let batch = self.decoder.take()?;
        let mut faults: Vec<Vec<Fault>> = Vec::with_capacity(raws.len());
        for (row, raw) in raws.iter().enumerate() {
            // The errors of its own fields first, in their order, then what was found besides.
            let of_fields = if raw.faults.iter().any(|one| one.code == Code::RecordUnreadable) {
                &[]
            } else {
                batch.faults.of(row)
            };
            faults.push(of_fields.iter().chain(&raw.faults).cloned().collect());
        }
        let (mut nested, mut nested_present) = (Vec::new(), Vec::new());
        for (at, list) in self.lists.iter_mut().enumerate() {
            let batch = list.decoder.take()?;
            let mut of_row = vec![Vec::new(); list.rows];
            for (row, found) in batch.faults.iter() {
                if let Some(of_row) = of_row.get_mut(row) {
                    *of_row = found.to_vec();
                }
            }
            for (raw, faults) in raws.iter().zip(&mut faults) {
                let (from, to) = raw.lists.get(at).copied().flatten().unwrap_or_default();
                faults.extend(of_row.get(from..to).unwrap_or_default().iter().flatten().cloned());
            }
            nested_present.push(std::mem::take(&mut list.present));
            list.rows = 0;
            nested.push((at, batch.records));
        }
        let records = translated(batch.records, &self.checks.record)?;
        let nested = nested.into_iter().map(|(at, batch)| match self.checks.nested.get(at) {
            Some(list) => translated(batch, &list.fields),
            None => Ok(batch),
        });
        let nested = nested.collect::<Result<Vec<_>, FlowError>>()?;
        let (mut heads, mut bad) = (Vec::new(), Vec::new());
        for ((row, raw), mut faults) in raws.into_iter().enumerate().zip(faults) {
            self.rules(&records, row, &raw.present, &mut faults);
            let id = self.id(&records, row, raw.external_id.as_deref());
            self.fit(id.as_deref(), &mut faults);
            match id {
                Some(external_id) if faults.is_empty() => heads.push(Head {
                    number: raw.number,
                    row,
                    external_id: Personal::new(external_id),
                    digest: raw.digest,
                    present: raw.present,
                    lists: raw.lists,
                }),
                _ => bad.push(Bad {
                    number: raw.number,
                    external_id: id.map(String::into_bytes).or(raw.external_id),
                    digest: raw.digest,
                    faults,
                }),
            }
        }
        Ok(Judged { sound: SoundBatch { heads, records, nested, nested_present }, bad })
    }

    /// What the partner calls the record: as the value that it is, of which there is one spelling, and as it came where it is none.
    fn id(&self, records: &RecordBatch, row: usize, raw: Option<&[u8]>) -> Option<String> {
        let value = records.columns().get(self.checks.external_id).and_then(|ids| Datum::of(ids.as_ref(), row).ok());
        let value = value.as_ref().and_then(Datum::written).filter(|id| !id.is_empty());
        value.or_else(|| raw.and_then(|raw| std::str::from_utf8(raw).ok()).map(str::to_owned))
    }

    /// Whether every target can hold the record's id. One that is faulty as a value is told as that.
    fn fit(&self, id: Option<&str>, faults: &mut Vec<Fault>) {
        let Some(name) = self.checks.record.names.get(self.checks.external_id) else { return };
        let subject = format!("record.{name}");
        if faults.iter().any(|fault| fault.code == Code::RecordUnreadable || fault.subject == subject) {
            return;
        }
        let code = id.map_or(Some(Code::ValueMissing), |id| unfit_id(id).map(|(code, _)| code));
        faults.extend(code.map(|code| fault(&subject, code, None)));
    }

    /// Every rule whose fields are sound and that looks at nothing that is not known yet.
    fn rules(&self, records: &RecordBatch, row: usize, present: &[bool], faults: &mut Vec<Fault>) {
        if faults.iter().any(|fault| fault.code == Code::RecordUnreadable) {
            return;
        }
        for rule in self.checks.rules.iter().filter(|rule| rule.current.is_empty()) {
            let unsound = |name: &String| {
                let subject = format!("record.{name}");
                faults.iter().any(|fault| fault.subject == subject)
            };
            if rule.record.iter().any(unsound) {
                continue;
            }
            let code = match rule.holds(&|name| seen(self.checks, records, row, present, name), None) {
                Some(true) => continue,
                Some(false) => Code::RuleBroken,
                None => Code::RuleFailed,
            };
            faults.push(fault(&rule.name, code, None));
        }
    }
}

/// A field of a record, as a rule sees it.
pub(super) fn seen(checks: &Checks, records: &RecordBatch, row: usize, present: &[bool], name: &str) -> Option<Seen> {
    let place = *checks.record.places.get(name.as_bytes())?;
    if !present.get(place).copied().unwrap_or(false) {
        return Some(Seen::Absent);
    }
    Seen::of(records.columns().get(place)?, row)
}

/// The partner's codes put into ours.
fn translated(batch: RecordBatch, fields: &Fields) -> Result<RecordBatch, FlowError> {
    if fields.translated.iter().all(Option::is_none) {
        return Ok(batch);
    }
    let columns = batch.columns().iter().zip(&fields.translated).map(|(column, translated)| -> ArrayRef {
        let (Some(codes), Some(texts)) = (translated, column.as_string_opt::<i32>()) else { return Arc::clone(column) };
        // What is not in the map was a fault already and is null.
        let ours = |text: Option<&str>| text.and_then(|text| codes.get(text)).map(String::as_str);
        Arc::new(texts.iter().map(ours).collect::<StringArray>())
    });
    let columns = columns.collect();
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options).map_err(FlowError::internal("accept: codes"))
}

/// HMAC-SHA256 under a key, for one use of it.
pub(super) fn keyed(key: &[u8; 32], of: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&block).into());
    mac.update(b"causeway intake\0");
    mac.update(of);
    mac.update(&[0]);
    mac
}

/// A file that cannot be read to its end is refused whole.
pub fn unread(error: RecordsError) -> FlowError {
    let violation = match &error {
        RecordsError::Malformed { .. } => Violation::new(Code::RecordsMalformed, "the file", error.to_string()),
        RecordsError::Io(io) => match io.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(fault) => opened::violation(fault),
            None => Violation::new(Code::EnvelopeAltered, "the body", io.kind().to_string()),
        },
    };
    FlowError::refuse(violation)
}
