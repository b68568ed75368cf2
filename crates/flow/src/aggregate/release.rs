//! Which people who are reached through a relation may be shared?

use std::sync::Arc;

use arrow::array::BooleanArray;
use causeway_model::Code;

use super::key::{Keys, Unique};
use super::run::{RunState, select, with_columns};
use crate::enforce::{Verdict, judge};
use crate::error::FlowError;
use crate::plan::rel::{SubjectRules, WITHHELD};
use crate::{Batch, Faults};

/// Keeps the people who may be shared, and flags the withheld where a household is withheld with them.
pub(super) fn release(
    batch: Batch,
    rules: &SubjectRules,
    state: &RunState,
    unique: &mut Unique,
) -> Result<Batch, FlowError> {
    let mut verdicts = judge(&batch, rules)?;
    state.register.heed(&mut verdicts, &batch.records, &rules.key)?;
    let keys = Keys::of(&batch.records, rules.key.iter().map(String::as_str))?;
    let mut key = Vec::new();
    let mut kept = Vec::new();
    let mut flags = Vec::new();
    let report = rules.report && !state.only_looking();
    for (row, verdict) in verdicts.into_iter().enumerate() {
        let whole = keys.write(row, &mut key)?;
        if whole && verdict != Verdict::Outside {
            unique.add(&key, &rules.entity)?;
        }
        // Whom the partner never had is withheld from nobody: the household goes on without.
        let is_unknown = verdict == Verdict::Withheld(Code::NotCovered);
        let excluded = state.excluded.borrow().get(&key).filter(|_| whole).cloned();
        let left_out = match verdict {
            Verdict::Outside => continue,
            Verdict::Origin(violation) => return Err(FlowError::refuse(*violation)),
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
        if !left_out || (rules.flag_withheld && !is_unknown) {
            kept.push(row);
            flags.push(left_out);
        }
    }
    let mut batch = select(&batch, kept)?;
    batch.faults = Faults::default();
    batch.records = with_columns(&batch.records, vec![(WITHHELD.to_owned(), Arc::new(BooleanArray::from(flags)))])?;
    Ok(batch)
}
