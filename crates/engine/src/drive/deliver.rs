//! How does a sealed package reach the partner exactly once?

use causeway_model::exchange::Delivery;
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_store::Changed;
use causeway_store::change::{BeginDelivery, DeliveryOutcome, FinishDelivery, LapseTransfer};
use serde_json::json;

use crate::command::in_force;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};

/// Delivers a transfer's package if it is sealed and not delivered. Repeating it is safe: the package is the same, and a
/// part that is already there is not sent again.
pub(super) async fn deliver(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    id: &str,
) -> Result<(), EngineError> {
    let row = house.store.transfer(id).await?.ok_or_else(|| EngineError::Unknown {
        what: "transfer",
        name: id.to_owned(),
        help: "see `causeway status`",
    })?;
    let (package, open) = match &row.state {
        Transfer::Sealed { package } => (package.clone(), None),
        Transfer::Delivering { package, attempt } => {
            let open = house
                .store
                .deliveries(id)
                .await?
                .into_iter()
                .find(|delivery| delivery.attempt == *attempt && delivery.outcome.is_none());
            (package.clone(), open)
        }
        _ => return Ok(()),
    };
    let exchange = house.exchange(&row.exchange).await?;
    let seen = match open {
        // CRASH: an intent without an outcome. Nothing is guessed: the same package is put there again, which does
        // nothing where it already stands whole.
        Some(_) => row.seen(),
        None => {
            if let Err(violation) = in_force(house, &row.arrangement).await? {
                let event = audit(actor, "transfer-lapsed", id, json!({ "violations": [violation] }));
                house.store.lapse(Changed::new(LapseTransfer { seen: row.seen() }, event), house.stamp()).await?;
                house.sequence().await?;
                return Err(EngineError::Refused {
                    transfer: id.to_owned(),
                    violations: vec![Violation::new(
                        Code::NotInForce,
                        &row.arrangement,
                        "the arrangement ended before the package was delivered",
                    )],
                });
            }
            let event = audit(actor, "delivery-begun", id, json!({ "package": package }));
            house.store.begin_delivery(Changed::new(BeginDelivery { seen: row.seen() }, event), house.stamp()).await?
        }
    };
    // What leaves the house waits for its leaf to be in a checkpoint.
    house.sequence().await?;
    // CRASH: the intent is committed, nothing has left.
    (house.surroundings.probe)("deliver-intent-committed");
    let attempt = match &seen.state {
        Transfer::Delivering { attempt, .. } => *attempt,
        _ => 1,
    };
    let Delivery::Folder { path } = &exchange.deliver;
    let folder = house.home.root().join(path);
    let sent = connectors.deliver(&house.home.packages().join(&package), &folder, &package, house.surroundings.probe);
    // CRASH: the package may stand at the partner's; its outcome is not committed. The next run finds the open intent.
    (house.surroundings.probe)("deliver-outcome-not-committed");
    let (outcome, detail) = match &sent {
        Ok(detail) => (DeliveryOutcome::Arrived, detail.clone()),
        Err(detail) => (DeliveryOutcome::Failed, detail.clone()),
    };
    let event = audit(
        actor,
        if sent.is_ok() { "delivery-arrived" } else { "delivery-failed" },
        id,
        json!({ "package": package, "attempt": attempt, "detail": detail }),
    );
    let finish = FinishDelivery { seen, attempt, outcome, detail: Some(detail) };
    house.store.finish_delivery(Changed::new(finish, event), house.stamp()).await?;
    house.sequence().await?;
    match sent {
        Ok(_) => Ok(()),
        Err(detail) => Err(EngineError::Undelivered { transfer: id.to_owned(), detail }),
    }
}
