//! How is a file taken back before anything of it was applied?

use causeway_model::intake::Intake;
use causeway_model::permission::Action;
use causeway_store::change::{IntakeStep, MoveIntake};
use causeway_store::{Changed, StoreError};
use serde_json::json;

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Cancels an intake, with a reason. Whoever has it in hand finds that out before anything of it is applied.
///
/// # Errors
/// [`EngineError::Wrong`] once it is being applied: what is applied is undone, not cancelled.
pub async fn cancel_intake(house: &House, name: &str, intake: &str, reason: &str) -> Result<Decided, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is cancelled: --reason TEXT".to_owned()));
    }
    let row = house.intake(intake).await?;
    house.permit(name, Action::CancelIntake, &house.of_both(intake, &row.partner)).await?;
    if row.state == Intake::Cancelled {
        return Ok(Decided::Already);
    }
    let event = audit(name, "intake-cancelled", intake, json!({ "reason": reason, "was": row.state.name() }));
    let cancel = MoveIntake { seen: row.seen(), step: IntakeStep::Cancel };
    match house.store.move_intake(Changed::new(cancel, event), house.stamp()).await {
        Ok(_) => {}
        Err(StoreError::WrongIntake { .. }) => {
            return Err(EngineError::Wrong(format!(
                "intake {intake} is {}: only what is not being applied can be cancelled",
                row.state
            )));
        }
        Err(error) => return Err(error.into()),
    }
    house.sequence().await?;
    Ok(Decided::Now)
}
