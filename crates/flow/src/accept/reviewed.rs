//! **reviewed** is what a person is shown of a record that waits, and what comes of what the person says.
//!
//! In: why a record waits, with the rows that it may be. Out: a [`Question`], which rests sealed to the operation; and [`Said`], by which the
//! record is matched in the next run. Guarantees: what was said counts only as long as the rows are those that the person was shown,
//! byte for byte. Refuses when: they are others by now: the record waits anew.

use causeway_model::Code;
use causeway_model::intake::Verdict;
use hmac::Mac;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::batch::keyed;
use super::checks::{Checks, Fields};
use super::matched::Place;
use super::target::{Datum, Layout, Row, Stored};

/// A row that a record, or one of its nested ones, may be: as it stood when it was found.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Place of its mapping in the layout.
    #[serde(default)]
    pub mapping: usize,
    /// Its key.
    pub key: Vec<Stored>,
    /// Its version, where it has one.
    #[serde(default)]
    pub version: Option<Stored>,
    /// Its mapped columns.
    pub stored: Vec<Stored>,
}

/// Why a record waits, and for which rows.
#[derive(Clone, Debug)]
pub struct Unclear {
    /// Why.
    pub code: Code,
    /// Place of the mapping of what is unclear: the record's own, or that of a nested one.
    pub mapping: usize,
    /// The rows that it may be.
    pub candidates: Vec<Candidate>,
    /// What was said of the places of the record before this one, and still holds.
    pub before: Vec<Said>,
}

/// What a person decides on: a line of what rests sealed to the operation.
#[derive(Clone, Serialize, Deserialize)]
pub struct Question {
    /// The record's number in the file.
    pub record: u64,
    /// The partner's id of it.
    pub external_id: String,
    /// Why it waits.
    pub codes: Vec<String>,
    /// Place of the mapping of what is unclear.
    #[serde(default)]
    pub mapping: usize,
    /// What came of the record.
    #[serde(default)]
    pub came: Map<String, Value>,
    /// The rows that it may be, in the order of their numbers.
    pub candidates: Vec<Candidate>,
    /// What was said of the places of the record before this one: said once, it need not be said again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Said>,
}

/// What a person said of one place of a record that waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// It is this row.
    Link(Candidate),
    /// It is a new row, none of these.
    Insert {
        /// Place of the mapping of what was unclear.
        mapping: usize,
        /// The rows that the person was shown.
        shown: Vec<Candidate>,
    },
    /// Nothing becomes of it.
    LeaveOut,
}

impl Candidate {
    /// A row as a candidate.
    pub(super) fn of(mapping: usize, row: &Row) -> Self {
        Self { mapping, key: row.key.clone(), version: row.version.clone(), stored: row.stored.clone() }
    }

    /// Whether a row still is as it was shown.
    pub(super) fn is(&self, mapping: usize, row: &Row) -> bool {
        *self == Self::of(mapping, row)
    }
}

/// What was said of a record, place by place, in the order in which the places are looked at.
pub(super) struct Answers<'s> {
    all: &'s [Said],
    taken: usize,
}

impl<'s> Answers<'s> {
    pub(super) fn new(all: &'s [Said]) -> Self {
        Self { all, taken: 0 }
    }

    /// The next that was said, if it is what is wanted.
    pub(super) fn take_if(&mut self, wanted: impl FnOnce(&Said) -> bool) -> Option<&'s Said> {
        let next = self.all.get(self.taken).filter(|said| wanted(said))?;
        self.taken += 1;
        Some(next)
    }
}

impl Unclear {
    pub(super) fn new(code: Code, mapping: usize, rows: &[Row]) -> Self {
        let candidates = rows.iter().map(|row| Candidate::of(mapping, row)).collect();
        Self { code, mapping, candidates, before: Vec::new() }
    }

    /// The same, where everything held that was said before.
    pub(super) fn after(self, said: &Answers<'_>) -> Self {
        Self { before: said.all.get(..said.taken).unwrap_or_default().to_vec(), ..self }
    }
}

impl Question {
    /// What is written down of a record that waits.
    #[must_use]
    pub fn new(checks: &Checks, place: Place<'_>, codes: Vec<String>, unclear: &Unclear) -> Self {
        Self {
            record: place.head.number,
            external_id: place.head.external_id.expose().clone(),
            codes,
            mapping: unclear.mapping,
            came: came(checks, place),
            candidates: unclear.candidates.clone(),
            before: unclear.before.clone(),
        }
    }

    /// Keyed digest of what is decided by: the candidate of that number, or all of them; none where there is no such candidate.
    #[must_use]
    pub fn chosen(&self, key: &[u8; 32], verdict: Verdict, candidate: Option<u64>) -> Option<String> {
        match verdict {
            Verdict::Link => Some(self.digest(key, &[self.candidate(candidate?)?.clone()])),
            Verdict::Insert => Some(self.digest(key, &self.candidates)),
            Verdict::LeaveOut => None,
        }
    }

    /// What was said of the record, this and before, if what it was said by is among what is here.
    #[must_use]
    pub fn said(&self, key: &[u8; 32], verdict: Verdict, chosen: Option<&str>) -> Option<Vec<Said>> {
        let said = self.here(key, verdict, chosen)?;
        Some(self.before.iter().cloned().chain([said]).collect())
    }

    fn here(&self, key: &[u8; 32], verdict: Verdict, chosen: Option<&str>) -> Option<Said> {
        match verdict {
            Verdict::LeaveOut => Some(Said::LeaveOut),
            Verdict::Insert => (Some(self.digest(key, &self.candidates).as_str()) == chosen)
                .then(|| Said::Insert { mapping: self.mapping, shown: self.candidates.clone() }),
            Verdict::Link => {
                let is = |one: &&Candidate| Some(self.digest(key, std::slice::from_ref(*one)).as_str()) == chosen;
                self.candidates.iter().find(is).cloned().map(Said::Link)
            }
        }
    }

    fn candidate(&self, number: u64) -> Option<&Candidate> {
        self.candidates.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn digest(&self, key: &[u8; 32], candidates: &[Candidate]) -> String {
        let mut mac = keyed(key, format!("review {}", self.record).as_bytes());
        // Texts of JSON end where they end: nothing can be shifted from one into another.
        mac.update(serde_json::to_string(candidates).unwrap_or_default().as_bytes());
        if !self.before.is_empty() {
            mac.update(serde_json::to_string(&self.before).unwrap_or_default().as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// What a person reads: each candidate by its number, with the names of its columns.
    #[must_use]
    pub fn told(&self, layout: &Layout) -> Value {
        let candidates = self.candidates.iter().enumerate().map(|(at, one)| {
            let known = layout.mappings.get(one.mapping);
            let named = |names: Vec<&str>, values: &[Stored]| -> Map<String, Value> {
                names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), plain(value))).collect()
            };
            let names = |columns: &[super::target::Column]| columns.iter().map(|one| one.name.clone()).collect();
            let (key, columns): (Vec<String>, Vec<String>) =
                known.map(|known| (names(&known.key), names(&known.columns))).unwrap_or_default();
            json!({
                "number": at + 1, "table": known.map(|known| &known.table),
                "key": named(key.iter().map(String::as_str).collect(), &one.key),
                "row": named(columns.iter().map(String::as_str).collect(), &one.stored),
            })
        });
        let unclear = layout.mappings.get(self.mapping).map(|known| &known.table);
        json!({
            "record": self.record, "external_id": self.external_id, "codes": self.codes, "table": unclear, "came": self.came,
            "candidates": candidates.collect::<Vec<_>>(),
        })
    }
}

// What stands in it is people's: none of these tells it.
impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("mapping", &self.mapping).finish_non_exhaustive()
    }
}

/// What came of a record, by the names of its fields; what did not come is not there.
fn came(checks: &Checks, place: Place<'_>) -> Map<String, Value> {
    let Place { batch, head } = place;
    let mut all = values(&checks.record, &batch.records, head.row, &head.present);
    for (at, list) in checks.nested.iter().enumerate() {
        let Some((from, to)) = head.lists.get(at).copied().flatten() else { continue };
        let (Some(records), Some(present)) = (batch.nested.get(at), batch.nested_present.get(at)) else { continue };
        let one = |row: usize| {
            let present = present.get(row).map(Vec::as_slice).unwrap_or_default();
            Value::Object(values(&list.fields, records, row, present))
        };
        all.insert(list.name.clone(), Value::Array((from..to).map(one).collect()));
    }
    all
}

fn values(
    fields: &Fields,
    records: &arrow::record_batch::RecordBatch,
    row: usize,
    present: &[bool],
) -> Map<String, Value> {
    let came = fields.names.iter().enumerate().filter(|(at, _)| present.get(*at).copied().unwrap_or(false));
    let value = |at: usize| Datum::of(records.columns().get(at)?.as_ref(), row).ok()?.written();
    came.map(|(at, name)| (name.clone(), value(at).map_or(Value::Null, Value::String))).collect()
}

fn plain(stored: &Stored) -> Value {
    match stored {
        Stored::Null => Value::Null,
        Stored::Integer(number) => json!(number),
        Stored::Real(bits) => json!(f64::from_bits(*bits)),
        Stored::Text(text) => json!(text),
        Stored::Bytes(bytes) => json!(hex::encode(bytes)),
    }
}
