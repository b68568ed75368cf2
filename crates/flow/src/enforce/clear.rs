//! How does a draft become cleared, batch by batch, and what stands at its end?

use std::collections::BTreeMap;
use std::rc::Rc;

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use super::held::Held;
use super::judge::{Verdict, flags, judge};
use super::people::PersonKeys;
use super::report::text_keys;
use crate::Batch;
use crate::aggregate::{Keys, RunState, ShortKey, Unique};
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
    /// Records of an answer, until all were read.
    held: Option<Held>,
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
        held: None,
    }
}

/// Holds a draft to the rules of the plan that makes an answer of at most so many records. Nobody may be known who was asked for: that is an
/// answer. It is given once all was read, without the records of a key that occurs again: which of them is right nobody can say.
pub fn enforce_answer(draft: Draft, plan: &Plan, most: u64, watch: Watch) -> Cleared {
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let whole = enforce(draft, plan, expectation, watch);
    Cleared { unique: whole.unique.leaving_out(), row_cap: most, held: Some(Held::default()), ..whole }
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
        let next = match &self.held {
            None => self.draft.next().transpose()?.map(|drafted| self.release(drafted)).transpose()?,
            Some(held) => {
                if !held.is_settled() {
                    self.hold()?;
                }
                self.held.as_mut().and_then(Held::next).map(|(records, people)| {
                    self.disclosed = people;
                    (records, Vec::new())
                })
            }
        };
        if next.is_none() {
            self.check_totals()?;
            self.ended = true;
        }
        Ok(next.map(|(records, _)| records))
    }

    /// Reads all of an answer, and leaves out what is not to be told.
    fn hold(&mut self) -> Result<(), FlowError> {
        while let Some(drafted) = self.draft.next() {
            let (records, keys) = self.release(drafted?)?;
            let people = std::mem::take(&mut self.disclosed);
            if let Some(held) = &mut self.held {
                held.put(records, people, keys);
            }
        }
        if let Some(held) = &mut self.held {
            let left_out = held.settle(&self.unique)?;
            self.released -= left_out;
            self.draft.state().reporter.borrow_mut().left_out(Code::DuplicateKey, left_out);
        }
        Ok(())
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

    /// Records that may leave, with what stands for their keys where that is asked for later.
    fn release(&mut self, drafted: Drafted) -> Result<(RecordBatch, Vec<Option<ShortKey>>), FlowError> {
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
                    let is_new = !whole || self.unique.add(&key, &rules.entity)?;
                    match verdict {
                        Verdict::Release if !is_new => {
                            state.reporter.borrow_mut().withheld(&drafted.control, row, rules, Code::DuplicateKey)?
                        }
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
        let short = match &self.held {
            None => Vec::new(),
            Some(_) => {
                let keys = Keys::of(&drafted.control.records, self.rules.key().iter().map(String::as_str))?;
                self.unique.short(&keys, &kept)?
            }
        };
        if kept.len() == drafted.records.num_rows() {
            self.disclose(&drafted.control.records)?;
            return Ok((drafted.records, short));
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
        let records = take_record_batch(&drafted.records, &rows).map_err(FlowError::internal("enforce"))?;
        Ok((records, short))
    }

    fn disclose(&mut self, records: &RecordBatch) -> Result<(), FlowError> {
        let disclosed = &mut self.disclosed;
        match &self.rules {
            RootRules::People(rules) => text_keys(records, &rules.key, |key| {
                disclosed.add(key);
                disclosed.record(disclosed.len() - 1..disclosed.len());
            })?,
            RootRules::Group(_) => {
                let column = records.column_by_name(PEOPLE).and_then(|column| column.as_list_opt::<i32>());
                let column = column.ok_or_else(|| FlowError::Internal {
                    place: "enforce/disclose",
                    detail: "no list of members".to_owned(),
                })?;
                let before = disclosed.len();
                for (from, to) in column.offsets().iter().zip(column.offsets().iter().skip(1)) {
                    disclosed.record(before + *from as usize..before + *to as usize);
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
        let is_new = !keys.write(row, &mut key)? || unique.add(&key, &rules.entity)?;
        let mut reporter = state.reporter.borrow_mut();
        if shareable.is_null(row) || shareable.value(row) == 0 {
            // Nobody of the population lives there, or nobody of them may be shared: the members' own lines say which.
            continue;
        }
        if batch.faults.any(row) {
            reporter.quarantine(batch, row, &rules.entity, &rules.key, batch.faults.of(row))?;
        } else if withheld.as_ref().is_some_and(|withheld| withheld.get(row) != Some(&false)) {
            reporter.withheld_group(batch, row, rules, Code::HouseholdWithheld)?;
        } else if !is_new {
            reporter.withheld_group(batch, row, rules, Code::DuplicateKey)?;
        } else {
            kept.push(row as u32);
        }
    }
    Ok(kept)
}
