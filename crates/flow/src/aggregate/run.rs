//! How is a plan run: which operator does what with the batches that come?

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use super::conflicts::Conflicts;
use super::key::{Keys, Unique, group};
use super::{predicate, reduce};
use crate::enforce::{Reporter, Verdict, judge};
use crate::error::FlowError;
use crate::plan::rel::{NestColumn, Output, ReduceColumn, Rel, SubjectRules, WITHHELD};
use crate::plan::{Plan, scans};
use crate::source::{Extract, Scan};
use crate::transform::{Tally, compute};
use crate::{Batch, Fault, Faults, Personal};

/// Batches of a relation.
pub(crate) type Stream = Box<dyn Iterator<Item = Result<Batch, FlowError>>>;

/// What a run counts and remembers across operators.
#[derive(Default)]
pub struct RunState {
    pub(crate) tally: RefCell<Tally>,
    pub(crate) conflicts: RefCell<Conflicts>,
    pub(crate) excluded: RefCell<HashMap<Vec<u8>, Vec<Fault>>>,
    /// Whether this is a first look, of which nothing is reported.
    only_looking: Cell<bool>,
    pub(crate) reporter: RefCell<Reporter>,
}

/// Root records with everything that belongs to them.
pub struct Bundle {
    pub(crate) stream: Stream,
    pub(crate) state: Rc<RunState>,
}

/// Runs the reading part of a plan.
pub fn aggregate(extract: &mut Extract, plan: &Plan, reporter: Reporter) -> Result<Bundle, FlowError> {
    let state = Rc::new(RunState { reporter: RefCell::new(reporter), ..RunState::default() });
    if let Some(own) = &plan.own {
        let mut runner = Runner { extract, state: Rc::clone(&state) };
        let keys = match &own.rules {
            crate::plan::RootRules::People(rules) => &rules.key,
            crate::plan::RootRules::Group(rules) => &rules.key,
        };
        for batch in runner.open(&own.bundle)? {
            let batch = compute(batch?, &own.outputs, &mut Tally::default())?;
            state.exclude_faulted(&batch, keys)?;
        }
    }
    if plan.people_twice {
        // Who is quarantined in one place must be absent from the other, whichever is read first.
        state.only_looking.set(true);
        for batch in (Runner { extract, state: Rc::clone(&state) }).open(&plan.bundle)? {
            batch?;
        }
        state.only_looking.set(false);
        *state.tally.borrow_mut() = Tally::default();
    }
    let stream = Runner { extract, state: Rc::clone(&state) }.open(&plan.bundle)?;
    Ok(Bundle { stream, state })
}

impl RunState {
    /// Remembers every person of the batch who has a fault.
    fn exclude_faulted(&self, batch: &Batch, keys: &[String]) -> Result<(), FlowError> {
        let columns = Keys::of(&batch.records, keys.iter().map(String::as_str))?;
        let mut key = Vec::new();
        for (row, faults) in batch.faults.iter() {
            if columns.write(row, &mut key)? {
                self.excluded.borrow_mut().entry(key.clone()).or_insert_with(|| faults.to_vec());
            }
        }
        Ok(())
    }
}

struct Runner<'e> {
    extract: &'e mut Extract,
    state: Rc<RunState>,
}

impl Runner<'_> {
    /// Opens a relation. What it is related to is read first, whole; then its own records stream.
    fn open(&mut self, rel: &Rel) -> Result<Stream, FlowError> {
        match rel {
            Rel::Scan(scan) => self.scan(scan),
            Rel::Facet { input, other, keys } => {
                let side = OneSide::build(self.scan(other)?, keys, &other.entity)?;
                let names: Vec<String> =
                    side.records.schema().fields().iter().map(|field| field.name().clone()).collect();
                let keys = keys.clone();
                map(self.open(input)?, move |batch| side.add(batch, &keys, &names, true))
            }
            Rel::Merge { input, merges } => {
                let (merges, state) = (merges.clone(), Rc::clone(&self.state));
                let entity = scans(input).first().map(|scan| scan.entity.clone()).unwrap_or_default();
                let reading = state.conflicts.borrow_mut().begin();
                map(self.open(input)?, move |batch| {
                    let conflict =
                        |column: &str| state.conflicts.borrow_mut().add(reading, &format!("{entity}.{column}"));
                    merge(batch, &merges, conflict)
                })
            }
            Rel::Filter { input, predicate } => {
                let predicate = predicate.clone();
                map(self.open(input)?, move |batch| {
                    let truth = predicate::evaluate(&predicate, &batch.records)?;
                    // A condition that is unknown because a value was faulty is for the quarantine to tell, not to be dropped.
                    let keep = |row: usize, truth: Option<bool>| {
                        truth == Some(true) || (truth.is_none() && batch.faults.any(row))
                    };
                    let kept = truth
                        .into_iter()
                        .enumerate()
                        .filter(|(row, truth)| keep(*row, *truth))
                        .map(|(row, _)| row)
                        .collect();
                    select(&batch, kept)
                })
            }
            Rel::Relate { input, one, step, keys, optional } => {
                let stream = self.open(one)?;
                let side = OneSide::build(stream, keys, step)?;
                let names: Vec<String> =
                    side.records.schema().fields().iter().map(|field| format!("{step}.{}", field.name())).collect();
                let (keys, optional) = (keys.clone(), *optional);
                map(self.open(input)?, move |batch| side.add(batch, &keys, &names, optional))
            }
            Rel::Gather { input, many, keys, reductions, nests } => {
                let side = ManySide::build(self.open(many)?, keys)?;
                let (keys, reductions, nests) = (keys.clone(), reductions.clone(), nests.clone());
                map(self.open(input)?, move |batch| side.add(batch, &keys, &reductions, &nests))
            }
            Rel::Release { input, rules } => {
                let (rules, state) = (rules.clone(), Rc::clone(&self.state));
                let mut unique = Unique::default();
                map(self.open(input)?, move |batch| release(batch, &rules, &state, &mut unique))
            }
            Rel::Compute { input, outputs } => {
                let (outputs, state): (Vec<Output>, _) = (outputs.clone(), Rc::clone(&self.state));
                map(self.open(input)?, move |batch| compute(batch, &outputs, &mut state.tally.borrow_mut()))
            }
        }
    }

    fn scan(&mut self, scan: &Scan) -> Result<Stream, FlowError> {
        Ok(Box::new(self.extract.scan(scan)?.map(|batch| batch.map_err(FlowError::from))))
    }
}

fn map(
    stream: Stream,
    mut change: impl FnMut(Batch) -> Result<Batch, FlowError> + 'static,
) -> Result<Stream, FlowError> {
    Ok(Box::new(stream.map(move |batch| change(batch?))))
}

/// Everything of a stream as one batch.
fn collect(stream: Stream) -> Result<Batch, FlowError> {
    let batches: Vec<Batch> = stream.collect::<Result<_, _>>()?;
    let schema = batches.first().map(|batch| batch.records.schema()).unwrap_or_else(|| Arc::new(Schema::empty()));
    let records = concat_batches(&schema, batches.iter().map(|batch| &batch.records))
        .map_err(FlowError::internal("aggregate/collect"))?;
    let mut faults = Faults::default();
    let mut base = 0;
    for batch in &batches {
        batch.faults.iter().for_each(|(row, found)| faults.extend(base + row, found));
        base += batch.records.num_rows();
    }
    Ok(Batch { records, faults })
}

/// Rows of a batch, in the order given.
pub(crate) fn select(batch: &Batch, rows: Vec<usize>) -> Result<Batch, FlowError> {
    if rows.len() == batch.records.num_rows() {
        return Ok(batch.clone());
    }
    let faults = batch.faults.select(rows.iter().copied().map(Some));
    let rows = UInt32Array::from_iter_values(rows.into_iter().map(|row| row as u32));
    let records =
        arrow::compute::take_record_batch(&batch.records, &rows).map_err(FlowError::internal("aggregate/select"))?;
    Ok(Batch { records, faults })
}

/// A batch with more columns.
pub(crate) fn with_columns(batch: &RecordBatch, added: Vec<(String, ArrayRef)>) -> Result<RecordBatch, FlowError> {
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    for (name, column) in added {
        fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
        columns.push(column);
    }
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(FlowError::internal("aggregate/columns"))
}

/// Records of which each is there once, by key.
struct OneSide {
    records: RecordBatch,
    faults: Faults,
    rows: HashMap<Vec<u8>, u32>,
}

impl OneSide {
    fn build(stream: Stream, keys: &[(String, String)], name: &str) -> Result<Self, FlowError> {
        let batch = collect(stream)?;
        let there: Vec<&str> = keys.iter().map(|(_, there)| there.as_str()).collect();
        let mut rows = HashMap::new();
        if batch.records.num_rows() > 0 {
            for (key, found) in group(&batch.records, &there)? {
                match found.as_slice() {
                    [row] => rows.insert(key, *row),
                    _ => {
                        let detail =
                            format!("a key occurs {} times where the catalogue says that it is unique", found.len());
                        return Err(FlowError::refuse(Violation::new(Code::DuplicateKey, name, detail)));
                    }
                };
            }
        }
        Ok(Self { records: batch.records, faults: batch.faults, rows })
    }

    fn add(
        &self,
        batch: Batch,
        keys: &[(String, String)],
        names: &[String],
        optional: bool,
    ) -> Result<Batch, FlowError> {
        let here = Keys::of(&batch.records, keys.iter().map(|(here, _)| here.as_str()))?;
        let mut faults = batch.faults;
        let mut key = Vec::new();
        let mut found = Vec::with_capacity(batch.records.num_rows());
        for row in 0..batch.records.num_rows() {
            let whole = here.write(row, &mut key)?;
            let there = if whole { self.rows.get(&key).copied() } else { None };
            match there {
                Some(there) => faults.extend(row, self.faults.of(there as usize)),
                None if whole && !optional => {
                    let subject = keys.iter().map(|(here, _)| here.as_str()).collect::<Vec<_>>().join(",");
                    faults.add(row, Fault { subject, code: Code::RelationDangling, value: Personal::new(None) });
                }
                None => {}
            }
            found.push(there);
        }
        let rows = UInt32Array::from(found);
        let added = names.iter().zip(self.records.columns()).map(|(name, column)| {
            let values = if self.records.num_rows() == 0 {
                new_null_array(column.data_type(), rows.len())
            } else {
                take(column, &rows, None).map_err(FlowError::internal("aggregate/relate"))?
            };
            Ok((name.clone(), values))
        });
        let records = with_columns(&batch.records, added.collect::<Result<_, FlowError>>()?)?;
        Ok(Batch { records, faults })
    }
}

/// Records that belong to others, by the other's key.
struct ManySide {
    records: RecordBatch,
    faults: Faults,
    groups: HashMap<Vec<u8>, Vec<u32>>,
}

impl ManySide {
    fn build(stream: Stream, keys: &[(String, String)]) -> Result<Self, FlowError> {
        let batch = collect(stream)?;
        let there: Vec<&str> = keys.iter().map(|(_, there)| there.as_str()).collect();
        let groups = if batch.records.num_rows() == 0 { HashMap::new() } else { group(&batch.records, &there)? };
        Ok(Self { records: batch.records, faults: batch.faults, groups })
    }

    fn add(
        &self,
        batch: Batch,
        keys: &[(String, String)],
        reductions: &[ReduceColumn],
        nests: &[NestColumn],
    ) -> Result<Batch, FlowError> {
        let here = Keys::of(&batch.records, keys.iter().map(|(here, _)| here.as_str()))?;
        let mut faults = batch.faults;
        let mut key = Vec::new();
        let mut groups: reduce::Groups<'_> = Vec::with_capacity(batch.records.num_rows());
        for row in 0..batch.records.num_rows() {
            let rows =
                if here.write(row, &mut key)? { self.groups.get(&key).map_or(&[][..], Vec::as_slice) } else { &[] };
            // A related record that cannot be released makes its owner incomplete: the owner is quarantined, not cut short.
            rows.iter().for_each(|related| faults.extend(row, self.faults.of(*related as usize)));
            groups.push(rows);
        }
        let mut added = Vec::with_capacity(reductions.len() + nests.len());
        for reduction in reductions {
            added.push((reduction.name.clone(), reduce::reduce(&self.records, &groups, reduction)?));
        }
        for nest in nests {
            added.push((nest.name.clone(), reduce::nest(&self.records, &groups, nest)?));
        }
        let records = with_columns(&batch.records, added)?;
        Ok(Batch { records, faults })
    }
}

/// First value that is there, by precedence; disagreements are counted by element.
fn merge(batch: Batch, merges: &[(String, Vec<String>)], conflict: impl Fn(&str)) -> Result<Batch, FlowError> {
    let mut added = Vec::new();
    for (into, from) in merges {
        let columns: Vec<&ArrayRef> = from
            .iter()
            .map(|name| {
                batch.records.column_by_name(name).ok_or_else(|| FlowError::Internal {
                    place: "aggregate/merge",
                    detail: format!("no column `{name}`"),
                })
            })
            .collect::<Result<_, _>>()?;
        let order = columns.iter().map(|column| column.as_ref()).collect::<Vec<_>>();
        let mut picks = Vec::with_capacity(batch.records.num_rows());
        let comparators = pairwise(&order)?;
        for row in 0..batch.records.num_rows() {
            let first = order.iter().position(|column| column.is_valid(row));
            picks.push(match first {
                None => (0, row),
                Some(first) => {
                    let disagrees = |other: usize, column: &&dyn Array| {
                        column.is_valid(row)
                            && comparators.get(&(first, other)).is_some_and(|compare| compare(row, row).is_ne())
                    };
                    if order.iter().enumerate().skip(first + 1).any(|(other, column)| disagrees(other, column)) {
                        conflict(into);
                    }
                    (first, row)
                }
            });
        }
        added.push((
            into.clone(),
            arrow::compute::interleave(&order, &picks).map_err(FlowError::internal("aggregate/merge"))?,
        ));
    }
    Ok(Batch { records: with_columns(&batch.records, added)?, faults: batch.faults })
}

fn pairwise(columns: &[&dyn Array]) -> Result<HashMap<(usize, usize), arrow::array::DynComparator>, FlowError> {
    let mut found = HashMap::new();
    for (a, first) in columns.iter().enumerate() {
        for (b, other) in columns.iter().enumerate().skip(a + 1) {
            let compare = arrow::array::make_comparator(*first, *other, arrow::compute::SortOptions::default());
            found.insert((a, b), compare.map_err(FlowError::internal("aggregate/merge"))?);
        }
    }
    Ok(found)
}

/// Keeps the people who may be shared, and flags the withheld where a household is withheld with them.
fn release(batch: Batch, rules: &SubjectRules, state: &RunState, unique: &mut Unique) -> Result<Batch, FlowError> {
    let verdicts = judge(&batch, rules)?;
    let keys = Keys::of(&batch.records, rules.key.iter().map(String::as_str))?;
    let mut key = Vec::new();
    let mut kept = Vec::new();
    let mut flags = Vec::new();
    let report = rules.report && !state.only_looking.get();
    for (row, verdict) in verdicts.into_iter().enumerate() {
        let whole = keys.write(row, &mut key)?;
        if whole && verdict != Verdict::Outside {
            unique.add(&key, &rules.entity)?;
        }
        let excluded = state.excluded.borrow().get(&key).filter(|_| whole).cloned();
        let left_out = match verdict {
            Verdict::Outside => continue,
            Verdict::Origin(violation) => return Err(FlowError::refuse(violation)),
            Verdict::Faulted => {
                if report {
                    state.reporter.borrow_mut().quarantined(&batch, row, rules)?;
                }
                if whole {
                    state.excluded.borrow_mut().entry(key.clone()).or_insert_with(|| batch.faults.of(row).to_vec());
                }
                true
            }
            Verdict::Withheld(code) => {
                if report {
                    state.reporter.borrow_mut().withheld(&batch, row, rules, code)?;
                }
                true
            }
            Verdict::Release => match excluded {
                None => false,
                Some(faults) => {
                    if report {
                        state.reporter.borrow_mut().quarantine(&batch, row, &rules.entity, &rules.key, &faults)?;
                    }
                    true
                }
            },
        };
        if !left_out || rules.flag_withheld {
            kept.push(row);
            flags.push(left_out);
        }
    }
    let mut batch = select(&batch, kept)?;
    batch.faults = Faults::default();
    batch.records = with_columns(&batch.records, vec![(WITHHELD.to_owned(), Arc::new(BooleanArray::from(flags)))])?;
    Ok(batch)
}
