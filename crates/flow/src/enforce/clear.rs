//! How does a draft become cleared, batch by batch, and what stands at its end?

use std::collections::BTreeMap;
use std::rc::Rc;

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use super::judge::{Verdict, flags, judge};
use super::report::text_keys;
use crate::Batch;
use crate::aggregate::{Keys, RunState, Unique};
use crate::error::FlowError;
use crate::plan::rel::PEOPLE;
use crate::plan::{GroupRules, Plan, RootRules};
use crate::source::Watch;
use crate::transform::{Draft, Drafted};

/// What is known of earlier transfers, against which a result is too small.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expectation {
    /// Records of the last transfer of this exchange that the partner receipted.
    pub last_receipted: Option<u64>,
    /// Whether an officer said that fewer are right.
    pub fewer_expected: bool,
}

/// What a cleared transfer comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearance {
    /// Records released.
    pub released: u64,
    /// Records and people left out by a rule, by reason.
    pub withheld: BTreeMap<Code, u64>,
    /// Records that could not be released as they stand.
    pub quarantined: u64,
    /// Values that were the reason, by element or output and code.
    pub faults: BTreeMap<(String, Code), u64>,
    /// Disagreements between origins, by element.
    pub conflicts: BTreeMap<String, u64>,
    /// Values that a `default` or `otherwise` put in, by output and kind.
    pub substitutions: BTreeMap<(String, &'static str), u64>,
}

/// Records that may leave. Made only by [`enforce`]; ends in a [`Clearance`] or an error.
pub struct Cleared {
    draft: Draft,
    rules: RootRules,
    schema: SchemaRef,
    row_cap: u64,
    quarantine_limit_percent: u8,
    expectation: Expectation,
    watch: Watch,
    released: u64,
    ended: bool,
    disclosed: PersonKeys,
    unique: Unique,
}

/// Keys of people as text, one after the other. Cannot be printed.
#[derive(Default)]
pub struct PersonKeys {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Which of them are of each record.
    records: Vec<(usize, usize)>,
}

impl PersonKeys {
    fn add(&mut self, key: &[u8]) {
        self.text.extend_from_slice(key);
        self.ends.push(self.text.len());
    }

    /// Those of one record.
    pub fn of_record(&self, record: usize) -> impl Iterator<Item = &[u8]> {
        let (from, to) = self.records.get(record).copied().unwrap_or_default();
        let begin = from.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let ends = self.ends.get(from..to).unwrap_or_default();
        std::iter::once(begin)
            .chain(ends.iter().copied())
            .zip(ends)
            .map(|(from, to)| self.text.get(from..*to).unwrap_or_default())
    }

    /// How many records they are of.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each key: only to be made a pseudonym of.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(from, to)| self.text.get(from..*to).unwrap_or_default())
    }
}

/// Holds a draft to the rules of the plan.
pub fn enforce(draft: Draft, plan: &Plan, expectation: Expectation, watch: Watch) -> Cleared {
    Cleared {
        schema: draft.schema(),
        unique: Unique::new(draft.state().unique.get()),
        rules: plan.rules.clone(),
        row_cap: plan.row_cap,
        quarantine_limit_percent: plan.quarantine_limit_percent,
        draft,
        expectation,
        watch,
        released: 0,
        ended: false,
        disclosed: PersonKeys::default(),
    }
}

impl Cleared {
    /// Columns of the released records: the outputs, in order.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// About how many records there will be at most, where the source says so.
    pub fn expected(&self) -> Option<u64> {
        self.draft.state().expected.get()
    }

    /// The next released records; `None` once all were given and the totals hold.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, FlowError> {
        if self.ended {
            return Ok(None);
        }
        if self.watch.is_cancelled() {
            return Err(FlowError::refuse(Violation::new(Code::Cancelled, "transfer", "it was stopped by a person")));
        }
        match self.draft.next() {
            Some(drafted) => self.release(drafted?).map(Some),
            None => {
                self.check_totals()?;
                self.ended = true;
                Ok(None)
            }
        }
    }

    /// Keys of the people who are in the records given since the last call: for the disclosure set.
    pub fn take_disclosed(&mut self) -> PersonKeys {
        std::mem::take(&mut self.disclosed)
    }

    /// The clearance; a refusal if the stream was not read to its end.
    pub fn clearance(self) -> Result<Clearance, FlowError> {
        if !self.ended {
            return Err(FlowError::Internal {
                place: "enforce",
                detail: "the records were not read to their end".to_owned(),
            });
        }
        let state = self.draft.state();
        let reporter = state.reporter.borrow();
        Ok(Clearance {
            released: self.released,
            withheld: reporter.withheld_counts().clone(),
            quarantined: reporter.records_quarantined(),
            faults: reporter.quarantined_counts().clone(),
            conflicts: state.conflicts.borrow().by_element(),
            substitutions: state
                .tally
                .borrow()
                .iter()
                .map(|(field, kind, count)| ((field.to_owned(), kind), count))
                .collect(),
        })
    }

    fn release(&mut self, drafted: Drafted) -> Result<RecordBatch, FlowError> {
        let state = self.draft.state();
        let kept = match &self.rules {
            RootRules::People(rules) => {
                let mut verdicts = judge(&drafted.control, rules)?;
                state.register.heed(&mut verdicts, &drafted.control.records, &rules.key)?;
                let keys = Keys::of(&drafted.control.records, rules.key.iter().map(String::as_str))?;
                let mut key = Vec::new();
                let mut kept = Vec::with_capacity(verdicts.len());
                // Where the source proves that keys are unique and nobody is excluded, nothing is asked of the key.
                let keys_matter = !self.unique.is_proven() || !state.excluded.borrow().is_empty();
                for (row, verdict) in verdicts.into_iter().enumerate() {
                    let whole = keys_matter && keys.write(row, &mut key)?;
                    if whole {
                        self.unique.add(&key, &rules.entity)?;
                    }
                    match verdict {
                        Verdict::Outside => {
                            let detail = "a person outside the agreed population reached the last check";
                            return Err(FlowError::refuse(Violation::new(
                                Code::PopulationBreach,
                                &rules.entity,
                                detail,
                            )));
                        }
                        Verdict::Origin(violation) => return Err(FlowError::refuse(*violation)),
                        Verdict::Faulted => state.reporter.borrow_mut().quarantined(&drafted.control, row, rules)?,
                        Verdict::Withheld(code) => {
                            state.reporter.borrow_mut().withheld(&drafted.control, row, rules, code)?
                        }
                        Verdict::Release => match state.excluded.borrow().get(&key).filter(|_| whole) {
                            Some(faults) => state.reporter.borrow_mut().quarantine(
                                &drafted.control,
                                row,
                                &rules.entity,
                                &rules.key,
                                faults,
                            )?,
                            None => kept.push(row as u32),
                        },
                    }
                }
                kept
            }
            RootRules::Group(rules) => judge_groups(&drafted.control, rules, &state, &mut self.unique)?,
        };
        self.released += kept.len() as u64;
        self.watch.released(kept.len() as u64);
        if self.released > self.row_cap {
            let detail = format!("more than {} records would leave", self.row_cap);
            return Err(FlowError::refuse(Violation::new(Code::RowCap, "transfer", detail)));
        }
        if kept.len() == drafted.records.num_rows() {
            self.disclose(&drafted.control.records)?;
            return Ok(drafted.records);
        }
        let rows = UInt32Array::from(kept);
        let columns = match &self.rules {
            RootRules::People(rules) => rules.key.as_slice(),
            RootRules::Group(_) => &[PEOPLE.to_owned()],
        };
        let schema = drafted.control.records.schema();
        let columns: Vec<usize> = columns.iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let people = drafted.control.records.project(&columns).and_then(|people| take_record_batch(&people, &rows));
        self.disclose(&people.map_err(FlowError::internal("enforce/disclose"))?)?;
        take_record_batch(&drafted.records, &rows).map_err(FlowError::internal("enforce"))
    }

    fn disclose(&mut self, records: &RecordBatch) -> Result<(), FlowError> {
        let disclosed = &mut self.disclosed;
        match &self.rules {
            RootRules::People(rules) => text_keys(records, &rules.key, |key| {
                disclosed.add(key);
                disclosed.records.push((disclosed.len() - 1, disclosed.len()));
            })?,
            RootRules::Group(_) => {
                let column = records.column_by_name(PEOPLE).and_then(|column| column.as_list_opt::<i32>());
                let column = column.ok_or_else(|| FlowError::Internal {
                    place: "enforce/disclose",
                    detail: "no list of members".to_owned(),
                })?;
                let before = disclosed.len();
                for (from, to) in column.offsets().iter().zip(column.offsets().iter().skip(1)) {
                    disclosed.records.push((before + *from as usize, before + *to as usize));
                }
                let people = RecordBatch::try_from_iter([(PEOPLE, column.values().clone())])
                    .map_err(FlowError::internal("enforce/disclose"))?;
                text_keys(&people, &[PEOPLE.to_owned()], |key| disclosed.add(key))?;
            }
        }
        Ok(())
    }

    fn check_totals(&self) -> Result<(), FlowError> {
        let state = self.draft.state();
        let quarantined = state.reporter.borrow().records_quarantined();
        let mut violations = Vec::new();
        if quarantined * 100 > u64::from(self.quarantine_limit_percent) * (self.released + quarantined) {
            let detail = format!(
                "{quarantined} records could not be released beside {} that could; the limit is {} per cent",
                self.released, self.quarantine_limit_percent
            );
            violations.push(Violation::new(Code::TooManyQuarantined, "transfer", detail));
        }
        if !self.expectation.fewer_expected {
            let floor = self.expectation.last_receipted.map_or(1, |last| (last * 7).div_ceil(10).max(1));
            if self.released < floor {
                let detail = match self.expectation.last_receipted {
                    None => "nobody would be released".to_owned(),
                    Some(last) => {
                        format!("{} records would be released, the partner last confirmed {last}", self.released)
                    }
                };
                violations.push(Violation::new(Code::UnexpectedlySmall, "transfer", detail));
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(FlowError::Refused(violations)) }
    }
}

/// Rows of groups that may be released.
fn judge_groups(
    batch: &Batch,
    rules: &GroupRules,
    state: &Rc<RunState>,
    unique: &mut Unique,
) -> Result<Vec<u32>, FlowError> {
    let records = &batch.records;
    let shareable = records.column_by_name(&rules.shareable).filter(|column| *column.data_type() == DataType::Int64);
    let shareable = shareable.ok_or_else(|| {
        FlowError::refuse(Violation::new(Code::RuleFailed, &rules.entity, "nothing counts the members"))
    })?;
    let shareable = shareable.as_primitive::<Int64Type>();
    let withheld = rules.withheld.as_deref().map(|column| flags(records, column)).transpose()?;
    let keys = Keys::of(records, rules.key.iter().map(String::as_str))?;
    let (mut key, mut kept) = (Vec::new(), Vec::new());
    for row in 0..records.num_rows() {
        if keys.write(row, &mut key)? {
            unique.add(&key, &rules.entity)?;
        }
        let mut reporter = state.reporter.borrow_mut();
        if shareable.is_null(row) || shareable.value(row) == 0 {
            // Nobody of the population lives there, or nobody of them may be shared: the members' own lines say which.
            continue;
        }
        if batch.faults.any(row) {
            reporter.quarantine(batch, row, &rules.entity, &rules.key, batch.faults.of(row))?;
        } else if withheld.as_ref().is_some_and(|withheld| withheld.get(row) != Some(&false)) {
            reporter.withheld_group(batch, row, rules, Code::HouseholdWithheld)?;
        } else {
            kept.push(row as u32);
        }
    }
    Ok(kept)
}
