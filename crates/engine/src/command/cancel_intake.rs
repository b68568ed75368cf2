//! How is a file taken back, or ended where some of it is applied already?

use causeway_model::intake::Intake;
use causeway_model::permission::Action;
use causeway_store::change::{IntakeStep, MoveIntake};
use causeway_store::{Changed, StoreError};
use serde_json::json;

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};

/// What became of an intake that was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledIntake {
    /// Nothing of it was applied, and nothing will be.
    TakenBack,
    /// What is applied stays, and the rest is left out.
    LeftOut,
}

/// Cancels an intake, with a reason. Whoever has it in hand finds that out before anything more of it is applied. Of one that is being
/// applied, or waits, what is applied stays and the rest is left out: only the operation's own staff ends it so, whatever its terms are now.
///
/// # Errors
/// [`EngineError::Wrong`] once it is applied: that is undone, not cancelled.
pub async fn cancel_intake(
    house: &House,
    name: &str,
    intake: &str,
    reason: &str,
) -> Result<(Decided, CancelledIntake), EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is cancelled: --reason TEXT".to_owned()));
    }
    let row = house.intake(intake).await?;
    let actor = house.permit(name, Action::CancelIntake, &house.of_both(intake, &row.partner)).await?;
    if row.state == Intake::Cancelled {
        return Ok((Decided::Already, CancelledIntake::TakenBack));
    }
    if row.left_out_at.is_some() {
        return Ok((Decided::Already, CancelledIntake::LeftOut));
    }
    let is_begun = matches!(row.state, Intake::AwaitingReview | Intake::Applying { .. });
    let (step, became) = match is_begun && actor.partner.is_none() {
        true => (IntakeStep::LeaveOut, CancelledIntake::LeftOut),
        false => (IntakeStep::Cancel, CancelledIntake::TakenBack),
    };
    let rest = if became == CancelledIntake::LeftOut { Some("left-out") } else { None };
    let body = json!({ "reason": reason, "was": row.state.name(), "rest": rest });
    let event = audit(name, "intake-cancelled", intake, body);
    match house.store.move_intake(Changed::new(MoveIntake { seen: row.seen(), step }, event), house.stamp()).await {
        Ok(_) => {}
        Err(StoreError::WrongIntake { .. }) => {
            let help =
                if is_begun { "some of it is applied: the operation ends it" } else { "what is applied is undone" };
            return Err(EngineError::Wrong(format!(
                "intake {intake} is {} and cannot be cancelled: {help}",
                row.state
            )));
        }
        Err(error) => return Err(error.into()),
    }
    house.sequence().await?;
    Ok((Decided::Now, became))
}
