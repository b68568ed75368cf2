//! How is every source of a plan held still, and asked for nothing but what the plan declares?

use std::collections::BTreeMap;

use causeway_model::{Code, Violation};

use super::{BatchStream, Decoder, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use crate::Batch;
use crate::error::FlowError;
use crate::plan::{Plan, Reads};

/// Every source of a plan, held still.
pub struct Extract {
    snapshots: BTreeMap<String, Box<dyn Snapshot>>,
    reads: Reads,
    watch: Watch,
}

/// Takes a snapshot of every source that the plan reads.
pub fn extract(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    now: jiff::Timestamp,
    watch: &Watch,
) -> Result<Extract, FlowError> {
    let mut snapshots = BTreeMap::new();
    for (name, _) in plan.reads.0.keys() {
        if snapshots.contains_key(name) {
            continue;
        }
        let source = sources.iter().find(|source| source.name() == name);
        let source =
            source.ok_or_else(|| SourceError::new(Code::SourceUnreachable, name, "no such source is configured"))?;
        snapshots.insert(name.clone(), source.snapshot(now, watch)?);
    }
    Ok(Extract { snapshots, reads: plan.reads.clone(), watch: watch.clone() })
}

impl Extract {
    /// How and when each source was held still.
    pub fn snapshots(&self) -> Vec<(String, SnapshotInfo)> {
        self.snapshots.iter().map(|(name, snapshot)| (name.clone(), snapshot.info())).collect()
    }

    /// Begins a scan.
    ///
    /// INVARIANT (lineage): what would be asked must be within the plan's declared reads, and what comes must have
    /// exactly the columns that were asked for.
    pub(crate) fn scan(&mut self, scan: &Scan) -> Result<BatchStream, FlowError> {
        self.reads.check(scan).map_err(FlowError::refuse)?;
        let snapshot = self.snapshots.get_mut(&scan.source);
        let snapshot =
            snapshot.ok_or_else(|| SourceError::new(Code::SourceUnreachable, &scan.source, "it was not held still"))?;
        let mut stream = snapshot.scan(scan)?;
        // A table without a row still has its columns: what comes after must find them.
        let mut empty = Some(Decoder::new(scan).take()?);
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
            watch.read(batch.records.num_rows() as u64);
            Ok(batch)
        };
        Ok(Box::new(std::iter::from_fn(move || match stream.next() {
            Some(batch) => {
                empty = None;
                Some(batch.and_then(&check))
            }
            None => empty.take().map(Ok),
        })))
    }
}

impl From<SourceError> for Violation {
    fn from(error: SourceError) -> Self {
        Violation::new(error.code, error.origin, error.detail)
    }
}
