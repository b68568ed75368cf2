//! Who was left out, and why: for the operation's sealed report, and as counts for everybody else.

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;
use causeway_model::Code;
use serde::Serialize;

use crate::error::FlowError;
use crate::plan::GroupRules;
use crate::plan::rel::SubjectRules;
use crate::seal::Cells;
use crate::{Batch, Fault, Personal};

/// One line of the sealed report: a record that was withheld or quarantined.
///
/// Serialising it exposes personal values: only the sealed report does.
#[derive(Serialize)]
pub struct ReportLine {
    /// `withheld` or `quarantined`.
    pub outcome: &'static str,
    /// Entity of the record.
    pub entity: String,
    /// Key of the record, parts joined by U+001F.
    pub key: String,
    /// Reasons.
    pub reasons: Vec<ReportReason>,
}

/// One reason of a report line.
#[derive(Serialize)]
pub struct ReportReason {
    /// Reason code.
    pub code: Code,
    /// Element or output that is concerned.
    pub subject: String,
    /// The value as it came, where a value is the reason.
    pub value: Option<String>,
}

/// Writes lines somewhere sealed.
pub type Sink = Box<dyn FnMut(&ReportLine) -> Result<(), FlowError>>;

/// Reports who was left out, and counts.
#[derive(Default)]
pub struct Reporter {
    sink: Option<Sink>,
    withheld: BTreeMap<Code, u64>,
    quarantined: BTreeMap<(String, Code), u64>,
    records_quarantined: u64,
}

impl Reporter {
    /// A reporter that writes lines to `sink`.
    pub fn new(sink: Sink) -> Self {
        Self { sink: Some(sink), ..Self::default() }
    }

    /// How many were withheld, by reason.
    pub fn withheld_counts(&self) -> &BTreeMap<Code, u64> {
        &self.withheld
    }

    /// How many values were quarantined, by element and reason.
    pub fn quarantined_counts(&self) -> &BTreeMap<(String, Code), u64> {
        &self.quarantined
    }

    /// How many records were quarantined.
    pub fn records_quarantined(&self) -> u64 {
        self.records_quarantined
    }

    /// Counts records that were left out once all were read.
    pub(crate) fn left_out(&mut self, code: Code, count: u64) {
        if count > 0 {
            *self.withheld.entry(code).or_default() += count;
        }
    }

    pub(crate) fn withheld(
        &mut self,
        batch: &Batch,
        row: usize,
        rules: &SubjectRules,
        code: Code,
    ) -> Result<(), FlowError> {
        self.withhold(batch, row, &rules.entity, &rules.key, code)
    }

    pub(crate) fn withheld_group(
        &mut self,
        batch: &Batch,
        row: usize,
        rules: &GroupRules,
        code: Code,
    ) -> Result<(), FlowError> {
        self.withhold(batch, row, &rules.entity, &rules.key, code)
    }

    fn withhold(
        &mut self,
        batch: &Batch,
        row: usize,
        entity: &str,
        key: &[String],
        code: Code,
    ) -> Result<(), FlowError> {
        *self.withheld.entry(code).or_default() += 1;
        let reasons = vec![ReportReason { code, subject: entity.to_owned(), value: None }];
        self.line("withheld", entity, text_key(batch, row, key)?, reasons)
    }

    pub(crate) fn quarantined(&mut self, batch: &Batch, row: usize, rules: &SubjectRules) -> Result<(), FlowError> {
        self.quarantine(batch, row, &rules.entity, &rules.key, batch.faults.of(row))
    }

    pub(crate) fn quarantine(
        &mut self,
        batch: &Batch,
        row: usize,
        entity: &str,
        key: &[String],
        faults: &[Fault],
    ) -> Result<(), FlowError> {
        self.records_quarantined += 1;
        for fault in faults {
            *self.quarantined.entry((fault.subject.clone(), fault.code)).or_default() += 1;
        }
        let reason = |fault: &Fault| ReportReason {
            code: fault.code,
            subject: fault.subject.clone(),
            value: fault.value.expose().clone(),
        };
        self.line("quarantined", entity, text_key(batch, row, key)?, faults.iter().map(reason).collect())
    }

    fn line(
        &mut self,
        outcome: &'static str,
        entity: &str,
        key: Personal<String>,
        reasons: Vec<ReportReason>,
    ) -> Result<(), FlowError> {
        match &mut self.sink {
            None => Ok(()),
            Some(sink) => sink(&ReportLine { outcome, entity: entity.to_owned(), key: key.expose().clone(), reasons }),
        }
    }
}

/// Tells `each` the key of every record of a batch as text, parts joined by U+001F.
pub(crate) fn text_keys(records: &RecordBatch, key: &[String], mut each: impl FnMut(&[u8])) -> Result<(), FlowError> {
    let trouble =
        |_| FlowError::Internal { place: "enforce/report", detail: "a key cannot be written as text".to_owned() };
    let columns = key.iter().map(|name| records.schema_ref().index_of(name)).collect::<Result<Vec<_>, _>>();
    let keys = columns.and_then(|columns| records.project(&columns)).map_err(FlowError::internal("enforce/report"))?;
    let cells = Cells::of(&keys).map_err(trouble)?;
    let mut text = Vec::new();
    for record in cells.records() {
        text.clear();
        record.canonical(&mut text);
        each(&text);
    }
    Ok(())
}

fn text_key(batch: &Batch, row: usize, key: &[String]) -> Result<Personal<String>, FlowError> {
    let mut text = String::new();
    text_keys(&batch.records.slice(row, 1), key, |key| text = String::from_utf8_lossy(key).into_owned())?;
    Ok(Personal::new(text))
}
