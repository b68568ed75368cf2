//! How is every source of a plan held still, and asked for nothing but what the plan declares?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use causeway_model::{Code, Violation};

use super::{BatchStream, Decoder, Outlook, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use crate::Batch;
use crate::error::FlowError;
use crate::plan::rel::Rel;
use crate::plan::{Plan, Reads, scans};

/// Every source of a plan, held still.
pub struct Extract {
    snapshots: BTreeMap<String, Box<dyn Snapshot>>,
    reads: Reads,
    watch: Watch,
    /// Streams that are open, by source.
    open: BTreeMap<String, Arc<AtomicUsize>>,
    outlooks: Vec<(Scan, Outlook)>,
}

/// Takes a snapshot of every source that the plan reads.
pub fn extract(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    now: &dyn Fn() -> jiff::Timestamp,
    watch: &Watch,
) -> Result<Extract, FlowError> {
    watch.enter("holding the sources still");
    let mut snapshots = BTreeMap::new();
    for (name, _) in plan.reads.0.keys() {
        if snapshots.contains_key(name) {
            continue;
        }
        let source = sources.iter().find(|source| source.name() == name);
        let source =
            source.ok_or_else(|| SourceError::new(Code::SourceUnreachable, name, "no such source is configured"))?;
        snapshots.insert(name.clone(), source.snapshot(now(), watch)?);
    }
    let open = snapshots.keys().map(|name| (name.clone(), Arc::default())).collect();
    Ok(Extract { snapshots, reads: plan.reads.clone(), watch: watch.clone(), open, outlooks: Vec::new() })
}

impl Extract {
    /// How and when each source was held still.
    pub fn snapshots(&self) -> Vec<(String, SnapshotInfo)> {
        self.snapshots.iter().map(|(name, snapshot)| (name.clone(), snapshot.info())).collect()
    }

    /// Seconds between the first and the last snapshot, rounded up.
    pub fn spread_s(&self) -> u64 {
        let taken = || self.snapshots.values().map(|snapshot| snapshot.info().taken_at);
        let (Some(first), Some(last)) = (taken().min(), taken().max()) else { return 0 };
        let nanoseconds = last.duration_since(first).as_nanos();
        u64::try_from(nanoseconds).unwrap_or(0).div_ceil(1_000_000_000)
    }

    /// What is watched and counted.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What a source knows of a scan before it is run.
    pub(crate) fn outlook(&mut self, scan: &Scan) -> Result<Outlook, FlowError> {
        self.reads.check(scan).map_err(FlowError::refuse)?;
        if let Some((_, outlook)) = self.outlooks.iter().find(|(known, _)| known == scan) {
            return Ok(outlook.clone());
        }
        let snapshot = self.snapshots.get_mut(&scan.source);
        let snapshot =
            snapshot.ok_or_else(|| SourceError::new(Code::SourceUnreachable, &scan.source, "it was not held still"))?;
        let outlook = snapshot.outlook(scan)?;
        self.outlooks.push((scan.clone(), outlook.clone()));
        Ok(outlook)
    }

    /// Whether everything that a relation reads can be read, all at once, while other streams are open.
    pub(crate) fn can_open(&self, rel: &Rel) -> bool {
        let scans = scans(rel);
        scans.iter().all(|scan| {
            let open = self.open.get(&scan.source).map_or(0, |open| open.load(Ordering::Relaxed));
            let more = scans.iter().filter(|other| other.source == scan.source).count();
            self.snapshots.get(&scan.source).is_some_and(|snapshot| open + more <= snapshot.streams())
        })
    }

    /// Begins a scan.
    ///
    /// INVARIANT (lineage): what would be asked must be within the plan's declared reads, and what comes must have
    /// exactly the columns that were asked for.
    pub(crate) fn scan(&mut self, scan: &Scan) -> Result<BatchStream, FlowError> {
        self.reads.check(scan).map_err(FlowError::refuse)?;
        let rows = if scan.hint.keys.is_none() { self.outlook(scan)?.rows } else { None };
        let snapshot = self.snapshots.get_mut(&scan.source);
        let snapshot =
            snapshot.ok_or_else(|| SourceError::new(Code::SourceUnreachable, &scan.source, "it was not held still"))?;
        let mut stream = snapshot.scan(scan)?;
        // A table without a row still has its columns: what comes after must find them.
        let mut empty = Some(Decoder::new(scan).take()?);
        let table = scan.table.as_ref().map_or_else(|| scan.source.clone(), |table| format!("{}/{table}", scan.source));
        self.watch.expect(&table, rows);
        let expected: Vec<String> = scan.columns.iter().map(|column| column.name.clone()).collect();
        let (source, watch) = (scan.source.clone(), self.watch.clone());
        let check = move |batch: Batch| {
            let schema = batch.records.schema();
            let same = schema.fields().iter().map(|field| field.name()).eq(expected.iter());
            if !same {
                let detail = "it gave other columns than were asked for";
                return Err(SourceError::new(Code::PlanNotProvable, &source, detail));
            }
            if watch.is_cancelled() {
                return Err(SourceError::new(Code::Cancelled, &source, "the run was stopped by a person"));
            }
            watch.read(&table, batch.records.num_rows() as u64);
            Ok(batch)
        };
        let mut counted = self.open.get(&scan.source).map(|open| Counted::new(Arc::clone(open)));
        Ok(Box::new(std::iter::from_fn(move || match stream.next() {
            Some(batch) => {
                empty = None;
                Some(batch.and_then(&check))
            }
            None => {
                drop(counted.take());
                empty.take().map(Ok)
            }
        })))
    }
}

/// An open stream, counted while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl From<SourceError> for Violation {
    fn from(error: SourceError) -> Self {
        Violation::new(error.code, error.origin, error.detail)
    }
}
