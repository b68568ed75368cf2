//! How is what was applied taken back? Whoever works puts back what still stands as it was applied.

use causeway_model::intake::Intake;
use causeway_model::permission::Action;
use causeway_store::Changed;
use causeway_store::change::{IntakeStep, MoveIntake};
use serde_json::json;

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::intake::{Pinned, kept_until};

/// Has an intake undone, with a reason, by somebody who decided on none of its records.
///
/// # Errors
/// [`EngineError::Denied`] for whoever decided on a record of it; [`EngineError::Wrong`] where nothing of it was applied, or longer ago than
/// its exchange lets it be undone.
pub async fn undo_intake(house: &House, name: &str, intake: &str, reason: &str) -> Result<Decided, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is undone: --reason TEXT".to_owned()));
    }
    let row = house.intake(intake).await?;
    let mut thing = house.of_both(intake, &row.partner);
    for reviewer in &row.reviewers {
        thing = thing.drafted_by(house.person(reviewer).await?);
    }
    house.permit(name, Action::UndoIntake, &thing).await?;
    if matches!(row.state, Intake::Undoing | Intake::Undone) {
        return Ok(Decided::Already);
    }
    let has_key = house.store.intake_undo_key(intake).await?.is_some();
    let was_applied =
        matches!(row.state, Intake::Applying { .. } | Intake::AwaitingReview | Intake::Applied | Intake::Acknowledged);
    if !has_key && !was_applied {
        return Err(EngineError::Wrong(format!("intake {intake} is {}: nothing of it was applied", row.state)));
    }
    let has_ended = matches!(row.state, Intake::Acknowledged | Intake::Rejected { .. } | Intake::Cancelled);
    let days = Pinned::of(house, &row.versions).await?.inbound.undo_days;
    let is_over = has_ended && kept_until(row.updated_at, i64::from(days)) <= house.now();
    if is_over || !has_key {
        return Err(EngineError::Wrong(format!(
            "intake {intake} was applied more than {days} days ago, and what undoing needs is kept no longer: mend the rows in \
             the target, or have the partner send what is right"
        )));
    }
    let event = audit(name, "intake-undo-begun", intake, json!({ "reason": reason, "was": row.state.name() }));
    let undo = MoveIntake { seen: row.seen(), step: IntakeStep::Undo };
    house.store.move_intake(Changed::new(undo, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Decided::Now)
}
