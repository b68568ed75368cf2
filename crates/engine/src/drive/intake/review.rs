//! What did people decide on records that waited, and what was it that they saw?

use std::collections::BTreeMap;

use causeway_flow::accept::{Question, Said};
use causeway_model::intake::Verdict;
use causeway_package::report::ReportReader;
use causeway_store::change::Heeded;
use causeway_store::query::RecordDecided;

use super::Step;
use crate::error::EngineError;
use crate::intake::REVIEW;

/// What a run goes by.
pub(super) struct Decided {
    /// By the record's number, place by place. Of one whose rows are no longer what was seen, nothing: it is matched anew, and waits again if
    /// it must.
    said: BTreeMap<u64, Vec<Said>>,
    /// What is said of every record where a person ended the intake.
    rest: Option<[Said; 1]>,
    /// Which decisions those are that no run went by yet.
    pub(super) heeded: Vec<Heeded>,
    /// What was decided on: kept as long as the intake may be applied again, since a record that was decided on and is not in the target
    /// is asked for once more in every run.
    pub(super) kept: Vec<Question>,
}

impl Decided {
    /// Reads them, once the intake is being applied: from then on none of them is replaced.
    pub(super) async fn of(step: &Step<'_>) -> Result<Self, EngineError> {
        let (house, row) = (step.house, step.row);
        let (mut decided, mut heeded): (BTreeMap<u64, RecordDecided>, Vec<Heeded>) = (BTreeMap::new(), Vec::new());
        for one in house.store.intake_waiting(&row.id).await? {
            let Some(decision) = one.decision else { continue };
            if one.settled_at.is_none() {
                heeded.push(Heeded { record: one.record, decided_at: decision.decided_at });
            }
            decided.insert(one.record, decision);
        }
        let left_out = decided.iter().filter(|(_, one)| one.verdict == Verdict::LeaveOut);
        let mut said: BTreeMap<u64, Vec<Said>> = left_out.map(|(record, _)| (*record, vec![Said::LeaveOut])).collect();
        let (path, mut kept) = (step.path(REVIEW), Vec::new());
        if said.len() < decided.len() && path.exists() {
            tokio::task::block_in_place(|| {
                let mut reader = ReportReader::open(&path, &house.keys.operation)?;
                let key = step.key();
                while let Some(question) = reader.next_line::<Question>()? {
                    let Some(one) = decided.get(&question.record) else { continue };
                    let found = question.said(&key, one.verdict, one.chosen.as_deref());
                    said.extend(found.map(|found| (question.record, found)));
                    kept.push(question);
                }
                Ok::<_, EngineError>(())
            })?;
        }
        let rest = row.left_out_at.map(|_| [Said::LeaveOut]);
        Ok(Self { said, rest, heeded, kept })
    }

    /// What was said of a record.
    pub(super) fn said(&self, record: u64) -> &[Said] {
        let of_it = || self.said.get(&record).map(Vec::as_slice).unwrap_or_default();
        self.rest.as_ref().map_or_else(of_it, <[Said; 1]>::as_slice)
    }
}
