//! How is a plan run: which operator does what with the batches that come?

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;

use super::conflicts::Conflicts;
use super::forecast::{Mode, are_few, expected, key_list, mode, rows, sizes};
use super::key::{Keys, Unique};
use super::keyed::{Adds, Keyed};
use super::memory::Memory;
use super::merge::merge;
use super::only::Only;
use super::predicate;
use super::related::{Building, Related, chain, here_of};
use super::release::release;
use crate::enforce::{Register, Reporter};
use crate::error::FlowError;
use crate::plan::rel::{Output, Rel};
use crate::plan::{Plan, columns, scans, used};
use crate::source::{Extract, KeyList, Scan};
use crate::transform::{Tally, compute};
use crate::{Batch, Fault};

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
    /// Whether the source of the root records holds their keys unique.
    pub(crate) unique: Cell<bool>,
    /// About how many root records there are, where the source says so.
    pub(crate) expected: Cell<Option<u64>>,
    pub(crate) reporter: RefCell<Reporter>,
    /// Who is left out by their own word.
    pub(crate) register: Register,
}

/// Root records with everything that belongs to them.
pub struct Bundle {
    pub(crate) stream: Stream,
    pub(crate) state: Rc<RunState>,
}

/// Runs the reading part of a plan within `memory`.
pub fn aggregate(
    extract: &mut Extract,
    plan: &Plan,
    reporter: Reporter,
    register: Register,
    memory: &Memory,
) -> Result<Bundle, FlowError> {
    aggregate_only(extract, plan, reporter, register, memory, &Only::default())
}

/// Runs the reading part of a plan within `memory`, of the records alone that somebody asked for.
pub fn aggregate_only(
    extract: &mut Extract,
    plan: &Plan,
    reporter: Reporter,
    register: Register,
    memory: &Memory,
    only: &Only,
) -> Result<Bundle, FlowError> {
    memory.tell(extract.watch());
    extract.watch().enter("reading what belongs to records");
    let state = Rc::new(RunState { reporter: RefCell::new(reporter), register, ..RunState::default() });
    let used = used(plan);
    let mut runner = Runner { extract, state: Rc::clone(&state), memory, used: &used, only, under_way: Vec::new() };
    if let Some(own) = &plan.own {
        for batch in runner.begin(&own.bundle)? {
            let batch = compute(batch?, &own.outputs, &mut Tally::default())?;
            state.exclude_faulted(&batch, own.rules.key())?;
        }
    }
    if plan.people_twice {
        // Who is quarantined in one place must be absent from the other, whichever is read first.
        state.only_looking.set(true);
        for batch in runner.begin(&plan.bundle)? {
            batch?;
        }
        state.only_looking.set(false);
        *state.tally.borrow_mut() = Tally::default();
    }
    runner.extract.watch().enter("reading and releasing");
    state.unique.set(runner.is_unique(&plan.bundle, plan.rules.key())?);
    if only.is_everybody() {
        state.expected.set(rows(runner.extract, &plan.bundle)?);
    }
    let stream = runner.begin(&plan.bundle)?;
    Ok(Bundle { stream, state })
}

/// Records with what is asked by, that have one of `keys`: before anything is decided over them.
pub(crate) fn find(extract: &mut Extract, find: &Rel, keys: KeyList, memory: &Memory) -> Result<Stream, FlowError> {
    let (used, only) = (BTreeSet::new(), Only::of(vec![keys]));
    Runner { extract, state: Rc::default(), memory, used: &used, only: &only, under_way: Vec::new() }.begin(find)
}

impl RunState {
    /// Whether this is a first look, of which nothing is reported.
    pub(super) fn only_looking(&self) -> bool {
        self.only_looking.get()
    }

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
    memory: &'e Memory,
    used: &'e BTreeSet<String>,
    only: &'e Only,
    /// What is being read beside what is being opened. INVARIANT (nothing stalls): it is read on wherever something else is
    /// waited for, and to its end before records are opened that nobody takes yet: a server gives up a client that does not read.
    under_way: Vec<Building>,
}

impl Runner<'_> {
    /// Opens root records: all, or those that were asked for.
    fn begin(&mut self, rel: &Rel) -> Result<Stream, FlowError> {
        self.open(rel, self.only.hint())
    }

    /// Opens a relation; of its own table only records with one of `keys` are wanted, if they are given.
    fn open(&mut self, rel: &Rel, keys: Option<KeyList>) -> Result<Stream, FlowError> {
        match rel {
            Rel::Scan(scan) => self.scan(scan, keys),
            Rel::Facet { .. } | Rel::Relate { .. } | Rel::Gather { .. } => self.relate(rel, keys),
            Rel::Merge { input, merges } => {
                let (merges, state) = (merges.clone(), Rc::clone(&self.state));
                let entity = scans(input).first().map(|scan| scan.entity.clone()).unwrap_or_default();
                let reading = state.conflicts.borrow_mut().begin();
                map(self.open(input, keys)?, move |batch| {
                    let conflict =
                        |column: &str| state.conflicts.borrow_mut().add(reading, &format!("{entity}.{column}"));
                    merge(batch, &merges, conflict)
                })
            }
            Rel::Filter { input, predicate } => {
                let predicate = predicate.clone();
                map(self.open(input, keys)?, move |batch| {
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
            Rel::Distinct { input, keys: of, entity } => {
                let mut unique = Unique::new(self.is_unique(input, of)?);
                let (of, entity) = (of.clone(), entity.clone());
                map(self.open(input, keys)?, move |batch| {
                    if !unique.is_proven() {
                        let found = Keys::of(&batch.records, of.iter().map(String::as_str))?;
                        let mut key = Vec::new();
                        for row in 0..batch.records.num_rows() {
                            if found.write(row, &mut key)? {
                                unique.add(&key, &entity)?;
                            }
                        }
                    }
                    Ok(batch)
                })
            }
            Rel::Release { input, rules } => {
                let (rules, state) = (rules.clone(), Rc::clone(&self.state));
                let mut unique = Unique::new(self.is_unique(input, &rules.key)?);
                map(self.open(input, keys)?, move |batch| release(batch, &rules, &state, &mut unique))
            }
            Rel::Compute { input, outputs } => {
                let (outputs, state): (Vec<Output>, _) = (outputs.clone(), Rc::clone(&self.state));
                map(self.open(input, keys)?, move |batch| compute(batch, &outputs, &mut state.tally.borrow_mut()))
            }
        }
    }

    /// Adds what is related by one key, of as many relations in a row as have it in common.
    fn relate(&mut self, rel: &Rel, keys: Option<KeyList>) -> Result<Stream, FlowError> {
        let (here, related, base) = chain(rel);
        let adds = related.iter().map(|related| (related.there.clone(), self.adds(related.rel))).collect();
        let mut keyed = Keyed::new(here.clone(), adds, self.memory);
        // Who is asked for is few: nothing is asked about how many there are.
        let (sizes, mode) = match (&keys, self.only.is_everybody()) {
            (Some(_), false) => (vec![None; related.len()], Mode::RootsFirst { by_key: vec![true; related.len()] }),
            _ => {
                let sizes = sizes(self.extract, &related)?;
                if let Some(keys) = expected(self.extract, base, &sizes)? {
                    keyed.expect(keys);
                }
                let mode = mode(self.extract, base, &sizes)?;
                (sizes, mode)
            }
        };
        let mut building = Building::new(keyed, &sizes);
        let (Building { mut keyed, .. }, input) = match mode {
            Mode::BuildFirst => {
                building = self.open_some(building, &related, None)?;
                let is_related = !here_of(base).is_empty();
                if is_related && building.waiting.is_empty() && self.extract.can_open(base) {
                    // What the records need besides is read beside it.
                    self.under_way.push(building);
                    let input = self.open(base, keys)?;
                    building = self.under_way.pop().ok_or_else(lost)?;
                    (self.build(building, &related, None)?, input)
                } else {
                    building = self.build(building, &related, None)?;
                    self.finish_all()?;
                    (building, self.open(base, keys)?)
                }
            }
            Mode::RootsFirst { by_key } => {
                self.finish_all()?;
                let (input, roots) = self.roots(&mut building.keyed, base, keys)?;
                let roots = roots.as_ref().map(|roots| (roots.as_slice(), by_key.as_slice()));
                (self.build(building, &related, roots)?, input)
            }
        };
        keyed.settle()?;
        Ok(keyed.attach(input))
    }

    /// Reads the records to which others belong before those others; gives them if they fit.
    fn roots(
        &mut self,
        keyed: &mut Keyed,
        base: &Rel,
        keys: Option<KeyList>,
    ) -> Result<(Stream, Option<Vec<Batch>>), FlowError> {
        let mut stream = self.open(base, keys)?;
        let (mut read, mut bytes) = (Vec::new(), 0);
        for batch in stream.by_ref() {
            let batch = batch?;
            bytes += batch.records.get_array_memory_size();
            read.push(batch);
            // There are more of them than the source said: they are not held, and nothing is left out for their sake.
            if bytes > self.memory.budget() / 4 {
                return Ok((Box::new(read.into_iter().map(Ok).chain(stream)), None));
            }
        }
        for batch in &read {
            keyed.only(batch)?;
        }
        let roots = read.clone();
        Ok((Box::new(read.into_iter().map(Ok)), Some(roots)))
    }

    /// Reads everything that is related, several sources side by side.
    fn build(
        &mut self,
        mut building: Building,
        related: &[Related<'_>],
        roots: Option<(&[Batch], &[bool])>,
    ) -> Result<Building, FlowError> {
        loop {
            building = self.open_some(building, related, roots)?;
            if building.is_done() {
                return Ok(building);
            }
            building.advance()?;
            self.under_way.iter_mut().try_for_each(Building::advance)?;
        }
    }

    /// Opens as many of the related relations as can be read side by side.
    fn open_some(
        &mut self,
        mut building: Building,
        related: &[Related<'_>],
        roots: Option<(&[Batch], &[bool])>,
    ) -> Result<Building, FlowError> {
        while let Some((next, found)) = building.waiting.front().and_then(|next| Some((*next, related.get(*next)?))) {
            let is_alone = building.open.is_empty() && self.under_way.iter().all(|other| other.open.is_empty());
            if !is_alone && !self.extract.can_open(&found.side) {
                break;
            }
            let keys = match (roots, here_of(found.rel)) {
                (Some((roots, by_key)), [(here, there)]) => {
                    let is_less = by_key.get(next) == Some(&true) || are_few(self.extract, &found.side, here, roots)?;
                    if is_less { key_list(&found.side, there, here, roots)? } else { None }
                }
                _ => None,
            };
            building.waiting.pop_front();
            self.under_way.push(building);
            let stream = self.open(&found.side, keys)?;
            building = self.under_way.pop().ok_or_else(lost)?;
            building.open.push((next, stream));
        }
        Ok(building)
    }

    /// Reads to its end what is under way.
    fn finish_all(&mut self) -> Result<(), FlowError> {
        while self.under_way.iter().any(|building| !building.open.is_empty()) {
            self.under_way.iter_mut().try_for_each(Building::advance)?;
        }
        Ok(())
    }

    fn adds(&self, rel: &Rel) -> Adds {
        let one = |name: &str, prefix: String, optional: bool, from: Vec<String>| {
            // What is related is mentioned with the step before it; its own key, which stands in the record too, seldom is.
            let used = from.into_iter().filter(|column| self.is_used(&format!("{prefix}{column}"))).collect();
            Adds::One { name: name.to_owned(), prefix, optional, used }
        };
        match rel {
            Rel::Facet { other, .. } => {
                let names = other.columns.iter().map(|column| column.name.clone()).collect();
                one(&other.entity, String::new(), true, names)
            }
            Rel::Relate { one: other, step, optional, .. } => one(step, format!("{step}."), *optional, columns(other)),
            Rel::Gather { reductions, nests, .. } => {
                Adds::Many { reductions: reductions.clone(), nests: nests.clone() }
            }
            _ => Adds::Many { reductions: Vec::new(), nests: Vec::new() },
        }
    }

    /// Whether anything of the plan names the column, seen from wherever.
    fn is_used(&self, column: &str) -> bool {
        let below = format!(".{column}");
        self.used.iter().any(|name| name == column || name.ends_with(&below))
    }

    /// Whether the source of a relation's own records holds `key` unique.
    fn is_unique(&mut self, rel: &Rel, key: &[String]) -> Result<bool, FlowError> {
        if !self.only.is_everybody() {
            return Ok(false);
        }
        let Some(scan) = scans(rel).first().copied() else { return Ok(false) };
        let outlook = self.extract.outlook(scan)?;
        Ok(outlook.unique.iter().any(|unique| unique.iter().all(|column| key.contains(column))))
    }

    fn scan(&mut self, scan: &Scan, keys: Option<KeyList>) -> Result<Stream, FlowError> {
        let stream = match keys {
            None => self.extract.scan(scan)?,
            Some(keys) => {
                let mut keyed = scan.clone();
                keyed.hint.keys = Some(keys.clone());
                let stream = self.extract.scan(&keyed)?;
                if self.only.is_everybody() {
                    stream
                } else {
                    // INVARIANT (only whom was asked for): a source may pass over its hint, or compare otherwise.
                    let wanted = self.only.wanted(scan, keys);
                    return Ok(Box::new(stream.map(move |batch| wanted.of(batch?))));
                }
            }
        };
        Ok(Box::new(stream.map(|batch| batch.map_err(FlowError::from))))
    }
}

fn lost() -> FlowError {
    FlowError::Internal { place: "aggregate/run", detail: "what was under way is gone".to_owned() }
}

fn map(
    stream: Stream,
    mut change: impl FnMut(Batch) -> Result<Batch, FlowError> + 'static,
) -> Result<Stream, FlowError> {
    Ok(Box::new(stream.map(move |batch| change(batch?))))
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
