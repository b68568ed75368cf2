//! Which of its records are sound, and is enough of them? The others go into a report sealed to the operation.

use causeway_flow::FlowError;
use causeway_flow::accept::{self, Opened, Quarantined, Rejected, Validated};
use causeway_package::report::ReportWriter;
use causeway_store::change::IntakeStep;
use serde_json::json;

use super::{Step, open, stopped};
use crate::error::EngineError;
use crate::home::private_folder;
use crate::intake::{QUARANTINE, folder};

/// Validates an opened intake, or rejects it.
pub(super) async fn validate(step: &Step<'_>) -> Result<(), EngineError> {
    let opened = match open::opened(step, 0).await? {
        Ok(opened) => opened,
        Err(violation) => return step.rejected(vec![violation], None).await,
    };
    let judged = judged(step, &opened)?;
    step.gate.look().await;
    step.held()?;
    match judged {
        Err(Rejected { violations, counts }) => step.rejected(violations, counts).await,
        Ok(validated) => {
            let counts = validated.counts();
            let body = json!({ "counts": counts });
            step.moved(step.seen(), IntakeStep::Validate(counts), "intake-validated", body).await?;
            // CRASH: validated: the next run validates again, which comes to the same, and applies.
            (step.house.surroundings.probe)("intake-validated");
            Ok(())
        }
    }
}

/// Reads and judges every record; what is quarantined is sealed anew in place of what an earlier run left.
pub(super) fn judged(step: &Step<'_>, opened: &Opened) -> Result<Result<Validated, Rejected>, EngineError> {
    let Step { house, row, pinned, .. } = step;
    let (checks, _) = pinned.ready()?;
    private_folder(&folder(house, &row.id))?;
    // Of one's own until it is whole: another run may be at it, whose lease is lost.
    let (path, making) = (step.path(QUARANTINE), step.path(&format!("{QUARANTINE}.{}", step.lease.token())));
    let mut report = ReportWriter::create(&making, house.keys.recipient())?;
    let failed = |error: causeway_package::PackageError| FlowError::Write { what: "report", detail: error.to_string() };
    let mut sink = |line: &Quarantined<'_>| {
        if let Some(violation) = step.gate.why() {
            return Err(FlowError::refuse(violation));
        }
        report.line(line).map_err(failed)
    };
    let key = step.key();
    let walked =
        tokio::task::block_in_place(|| accept::validate(opened, &checks, &mut step.reading(), &key, &mut sink));
    // What held it back is no reason to reject it.
    step.held()?;
    let judged = walked.map_err(stopped)?;
    report.finish()?;
    std::fs::rename(&making, &path).map_err(EngineError::file("name", &path))?;
    Ok(judged)
}
