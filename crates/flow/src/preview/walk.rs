//! How is the street walked without sealing anything, and whom did it meet?

use std::rc::Rc;

use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use super::Census;
use super::mask::{self, Manner};
use crate::Personal;
use crate::aggregate::{Memory, RunState, aggregate};
use crate::enforce::{Cleared, Expectation, Register, Reporter, enforce};
use crate::error::FlowError;
use crate::plan::{Plan, PlannedField};
use crate::source::{Extract, Source, Watch, extract};
use crate::transform::transform;

type Record = Vec<(String, Option<Personal<String>>)>;

/// A walk from the plan to the records that enforce lets through. Its report has no sink: who is left out is counted only.
pub(super) struct Walk {
    fields: Vec<PlannedField>,
    cleared: Cleared,
    state: Rc<RunState>,
    released: u64,
    people: u64,
    refused: Vec<Violation>,
    /// Holds the sources still while records are read.
    _extract: Extract,
}

impl Walk {
    pub(super) fn begin(
        plan: &Plan,
        sources: &[Box<dyn Source>],
        now: jiff::Timestamp,
        watch: &Watch,
        register: Register,
        memory: &Memory,
    ) -> Result<Self, FlowError> {
        let mut extract = extract(plan, sources, &|| now, watch)?;
        let bundle = aggregate(&mut extract, plan, Reporter::default(), register, memory)?;
        let state = Rc::clone(&bundle.state);
        // Nothing is transferred, so no earlier transfer makes the result too small.
        let expectation = Expectation { last_receipted: None, fewer_expected: true };
        let cleared = enforce(transform(bundle, plan), plan, expectation, watch.clone());
        Ok(Self {
            fields: plan.fields().to_vec(),
            cleared,
            state,
            released: 0,
            people: 0,
            refused: Vec::new(),
            _extract: extract,
        })
    }

    /// The next records, `at_most` of them; fewer where there are no more or where the totals refuse.
    pub(super) fn records(&mut self, at_most: usize, manner: Manner) -> Result<Vec<Record>, FlowError> {
        let mut records = Vec::new();
        while records.len() < at_most {
            let batch = match self.next() {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                Err(error) => {
                    self.refuse(error)?;
                    break;
                }
            };
            for row in 0..batch.num_rows().min(at_most - records.len()) {
                records.push(self.record(&batch, row, manner));
            }
        }
        Ok(records)
    }

    /// Walks on to the end, or to where the totals refuse.
    pub(super) fn finish(&mut self) -> Result<(), FlowError> {
        while self.refused.is_empty() {
            match self.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => self.refuse(error)?,
            }
        }
        Ok(())
    }

    /// Why a transfer of what was met so far would be refused as a whole.
    pub(super) fn refused(&self) -> &[Violation] {
        &self.refused
    }

    /// Keeps a refusal by the totals, which people are told beside what they see; any other error ends the walk.
    fn refuse(&mut self, error: FlowError) -> Result<(), FlowError> {
        let total = |violation: &Violation| {
            matches!(violation.code, Code::TooManyQuarantined | Code::UnexpectedlySmall | Code::RowCap)
        };
        match error {
            FlowError::Refused(violations) if violations.iter().all(total) => self.refused.extend(violations),
            error => return Err(error),
        }
        Ok(())
    }

    pub(super) fn census(&self) -> Census {
        let reporter = self.state.reporter.borrow();
        let withheld = reporter.withheld_counts().values().sum();
        let quarantined = reporter.records_quarantined();
        let faults = reporter.quarantined_counts().iter();
        Census {
            people: self.people + withheld + quarantined,
            released: self.released,
            withheld,
            quarantined,
            faults: faults.map(|((subject, code), count)| (subject.clone(), *code, *count)).collect(),
        }
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, FlowError> {
        let batch = self.cleared.next_batch()?;
        self.people += self.cleared.take_disclosed().len() as u64;
        self.released += batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
        Ok(batch)
    }

    fn record(&self, batch: &RecordBatch, row: usize, manner: Manner) -> Record {
        let columns = self.fields.iter().zip(batch.columns());
        let shown = columns.map(|(field, column)| {
            let text = mask::text(column.as_ref(), row, &field.output, manner);
            (field.name.clone(), text.map(Personal::new))
        });
        shown.collect()
    }
}
