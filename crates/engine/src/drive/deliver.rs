//! How does a sealed package reach the partner exactly once?

use causeway_model::exchange::Exchange;
use causeway_model::transfer::Transfer;
use causeway_store::change::{BeginDelivery, DeliveryOutcome, FinishDelivery, Seen};
use causeway_store::{Changed, Safeguard, StoreError};
use serde_json::json;

use super::gate::{Gate, held};
use super::lease::Lease;
use super::ready::lay_ready;
use crate::command::lapse;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};
use crate::standing::{Halted, under_way};

/// Delivers a transfer's package if it is sealed and not delivered. Repeating it is safe: the package is the same, and a
/// part that is already there is not sent again.
pub(super) async fn deliver(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    lease: &Lease,
) -> Result<(), EngineError> {
    let id = lease.transfer();
    let row = house.transfer(id).await?;
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
        // Whoever took its terms out of force let it lapse: nothing leaves, and it is told.
        Transfer::Lapsed | Transfer::Abandoned { .. } => {
            return Err(EngineError::Wrong(format!("transfer {id} is {}: request another", row.state)));
        }
        _ => return Ok(()),
    };
    if row.awaits_partner() {
        return Ok(());
    }
    let exchange = house.exchange(&row.exchange).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    // INVARIANT (a stop holds): looked up before anything leaves, and every second while it does.
    let gate = Gate::open(house, &row, &partner, lease).await?;
    let halted = under_way(house, &row).await?.err();
    if exchange.deliver.is_taken() {
        return match halted {
            Some(halted) => Err(stop(house, actor, lease.seen(&row), halted).await),
            // One that was on its way into a folder may be there: that stands as it is, and it is taken from here.
            None => lay_ready(house, actor, lease, &row, &partner).await,
        };
    }
    let folder = house.home.root().join(folder(&exchange)?);
    let seen = match (open, halted) {
        // CRASH: an intent without an outcome. Nothing is guessed: the same package is put there again, which does
        // nothing where it already stands whole.
        (Some(_), None) => lease.seen(&row),
        // Nothing may be sent any more: it is only looked whether everything was there before.
        (Some(delivery), Some(halted)) => {
            let arrived = connectors.arrived(&house.home.packages().join(&package), &folder, &package);
            let arrived = arrived.map_err(|detail| EngineError::Undelivered { transfer: id.to_owned(), detail })?;
            let (outcome, what) = if arrived {
                (DeliveryOutcome::Arrived, "delivery-arrived")
            } else {
                (DeliveryOutcome::Interrupted, "delivery-interrupted")
            };
            let detail = if arrived { "it stood there whole already" } else { "it does not stand there whole" };
            let event =
                audit(actor, what, id, json!({ "package": package, "attempt": delivery.attempt, "detail": detail }));
            let finish = FinishDelivery {
                seen: lease.seen(&row),
                attempt: delivery.attempt,
                outcome,
                detail: Some(detail.to_owned()),
            };
            let seen = house.store.finish_delivery(Changed::new(finish, event), house.stamp()).await?;
            house.sequence().await?;
            return if arrived { Ok(()) } else { Err(stop(house, actor, seen, halted).await) };
        }
        (None, Some(halted)) => return Err(stop(house, actor, lease.seen(&row), halted).await),
        (None, None) => {
            let event = audit(actor, "delivery-begun", id, json!({ "package": package }));
            let begin = BeginDelivery { seen: lease.seen(&row), data: house.environment().data() };
            match house.store.begin_delivery(Changed::new(begin, event), house.stamp()).await {
                Err(StoreError::Denied { source, .. }) => return Err(house.deny(actor, "deliver", id, source).await),
                begun => begun?,
            }
        }
    };
    // What leaves the house waits for its leaf to be in a checkpoint.
    if house.surroundings.safeguards().stand(Safeguard::LeafBeforeLeaving) {
        house.sequence().await?;
    }
    // CRASH: the intent is committed, nothing has left.
    (house.surroundings.probe)("deliver-intent-committed");
    let attempt = match &seen.state {
        Transfer::Delivering { attempt, .. } => *attempt,
        _ => 1,
    };
    let may = |mark: &'static str| {
        (house.surroundings.probe)(mark);
        // INVARIANT (a stop holds): what the partner would see waits for a look of its own.
        if mark != "deliver-bytes" && mark != "deliver-renamed" {
            tokio::runtime::Handle::current().block_on(gate.look());
        }
        // Once its name is given, the partner has it: what is true then is told.
        gate.is_open() || mark == "deliver-renamed"
    };
    let from = house.home.packages().join(&package);
    // The copying keeps this thread; the gate looks on from another.
    let sent = tokio::task::block_in_place(|| connectors.deliver(&from, &folder, &package, &may));
    // CRASH: the package may stand at the partner's; its outcome is not committed. The next run finds the open intent.
    (house.surroundings.probe)("deliver-outcome-not-committed");
    let (outcome, what, detail) = match (&sent, gate.why()) {
        (Ok(detail), _) => (DeliveryOutcome::Arrived, "delivery-arrived", detail.clone()),
        (Err(_), Some(why)) => (DeliveryOutcome::Interrupted, "delivery-interrupted", why.to_string()),
        (Err(detail), None) => (DeliveryOutcome::Failed, "delivery-failed", detail.clone()),
    };
    let event = audit(actor, what, id, json!({ "package": package, "attempt": attempt, "detail": detail }));
    let finish = FinishDelivery { seen, attempt, outcome, detail: Some(detail) };
    let seen = house.store.finish_delivery(Changed::new(finish, event), house.stamp()).await?;
    house.sequence().await?;
    match (sent, gate.why()) {
        (Ok(_), _) => Ok(()),
        (Err(_), Some(why)) if gate.lapses() => Err(lapse(house, actor, seen, vec![why]).await),
        (Err(_), Some(why)) => Err(held(id, why)),
        (Err(detail), None) => Err(EngineError::Undelivered { transfer: id.to_owned(), detail }),
    }
}

/// Ends a transfer whose arrangement is out of force; leaves one that waits for its partner as it is. Nothing is sent.
async fn stop(house: &House, actor: &str, seen: Seen, halted: Halted) -> EngineError {
    match halted {
        Halted::Lapses(refused) => lapse(house, actor, seen, refused.violations).await,
        Halted::Waits(refused) => house.deny(actor, "deliver", &seen.transfer, refused).await,
    }
}

/// The folder into which the packages of an exchange go; one that is answered online has none, and no more has one whose packages are taken.
pub(crate) fn folder(exchange: &Exchange) -> Result<&str, EngineError> {
    let what = match exchange.deliver.is_taken() {
        true => "has its packages taken over the API and no folder",
        false => "is answered online and makes no package: ask over the API",
    };
    exchange.deliver.folder().ok_or_else(|| EngineError::Wrong(format!("exchange {} {what}", exchange.exchange)))
}
