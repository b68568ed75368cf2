//! How is what was quarantined, left out or refused, or was undone, read once more?

use causeway_model::permission::Action;
use causeway_store::change::{IntakeStep, MoveIntake};
use causeway_store::{Changed, StoreError};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};
use crate::intake::{KEPT_DAYS, Pinned, kept_until, versions_in_use};

/// Has an intake read once more from its sealed body, by the documents now in use. What was applied stays as it is: the target knows it. What
/// waited or was left out is asked anew, and what was undone is applied again.
///
/// # Errors
/// [`EngineError::Wrong`] while it is under way, or once it was taken back.
pub async fn retry_intake(house: &House, name: &str, intake: &str) -> Result<(), EngineError> {
    let row = house.intake(intake).await?;
    house.permit(name, Action::RetryIntake, &house.of_both(intake, &row.partner)).await?;
    if row.erased_at.is_some() || (!row.state.is_unfinished() && kept_until(row.updated_at, KEPT_DAYS) <= house.now()) {
        return Err(EngineError::Wrong(format!(
            "the original of intake {intake} is kept for {KEPT_DAYS} days, and they are over: have the partner send it again"
        )));
    }
    let (inbound, _, versions) = versions_in_use(house, &row.versions.exchange.0).await?;
    let was = Pinned::of(house, &row.versions).await?.inbound;
    if house.store.intake_undo_key(intake).await?.is_some() && was.apply.target != inbound.apply.target {
        return Err(EngineError::Wrong(format!(
            "records of intake {intake} were applied to target `{}`, and its exchange writes into `{}` by now: undo it, and have the \
             partner send it again",
            was.apply.target, inbound.apply.target
        )));
    }
    let body = json!({
        "was": row.state.name(), "exchange_version": versions.exchange.1, "arrangement_version": versions.arrangement.1,
        "catalogue_version": versions.catalogue.1,
    });
    let event = audit(name, "intake-retried", intake, body);
    let retry = MoveIntake { seen: row.seen(), step: IntakeStep::Retry(versions) };
    match house.store.move_intake(Changed::new(retry, event), house.stamp()).await {
        Ok(_) => house.sequence().await.map(|_| ()),
        Err(StoreError::WrongIntake { .. }) => Err(EngineError::Wrong(format!(
            "intake {intake} is {}: only what was applied, acknowledged, rejected or undone is read once more",
            row.state
        ))),
        Err(error) => Err(error.into()),
    }
}
