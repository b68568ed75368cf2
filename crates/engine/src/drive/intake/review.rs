//! What did people decide on records that waited, and what was it that they saw?

use std::collections::BTreeMap;

use causeway_flow::accept::{Question, Said};
use causeway_package::report::ReportReader;
use causeway_store::change::Heeded;
use causeway_store::query::RecordDecided;

use super::Step;
use crate::error::EngineError;
use crate::intake::REVIEW;

/// What a run goes by.
pub(super) struct Decided {
    /// By the record's number. Of one whose rows are no longer what was seen, nothing: it is matched anew, and waits again if it must.
    said: BTreeMap<u64, Said>,
    /// What is said of every record where a person ended the intake.
    rest: Option<Said>,
    /// Which decisions those are.
    pub(super) heeded: Vec<Heeded>,
}

impl Decided {
    /// Reads them, once the intake is being applied: from then on none of them is replaced.
    pub(super) async fn of(step: &Step<'_>) -> Result<Self, EngineError> {
        let (house, row) = (step.house, step.row);
        let mut open: BTreeMap<u64, RecordDecided> = BTreeMap::new();
        for one in house.store.intake_waiting(&row.id).await?.into_iter().filter(|one| one.settled_at.is_none()) {
            open.extend(one.decision.map(|decision| (one.record, decision)));
        }
        let heeded = open.iter().map(|(record, said)| Heeded { record: *record, decided_at: said.decided_at });
        let heeded = heeded.collect();
        if row.left_out_at.is_some() {
            return Ok(Self { said: BTreeMap::new(), rest: Some(Said::LeaveOut), heeded });
        }
        let path = step.path(REVIEW);
        let said = match open.is_empty() || !path.exists() {
            true => BTreeMap::new(),
            false => tokio::task::block_in_place(|| {
                let mut said = BTreeMap::new();
                let mut reader = ReportReader::open(&path, &house.keys.operation)?;
                let key = step.key();
                while let Some(item) = reader.next_line::<Question>()? {
                    let decision = open.get(&item.record);
                    let found = decision.and_then(|one| item.said(&key, one.verdict, one.chosen.as_deref()));
                    said.extend(found.map(|found| (item.record, found)));
                }
                Ok::<_, EngineError>(said)
            })?,
        };
        Ok(Self { said, rest: None, heeded })
    }

    /// What was said of a record.
    pub(super) fn said(&self, record: u64) -> Option<&Said> {
        self.rest.as_ref().or_else(|| self.said.get(&record))
    }
}
