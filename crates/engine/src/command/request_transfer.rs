//! How is a transfer asked for? Checked at once; every attempt stands in the ledger.

use causeway_model::Violation;
use causeway_model::permission::Action;
use causeway_model::request::{Event, State, TransferRequest};
use causeway_store::Changed;
use causeway_store::change::{DecideRequest, NewRequest, NewTransfer};
use serde_json::json;

use super::exceptional::may_be_lifted;
use super::judge::judge;
use crate::error::EngineError;
use crate::house::{House, audit};

/// A request that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The transfer's id.
    pub transfer: String,
    /// Whether an officer must approve it first.
    pub awaits_approval: bool,
    /// What two consents must lift first.
    pub denied: Vec<Violation>,
}

/// How it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Says that fewer records than last time, or none, are right.
    pub expect_fewer: bool,
    /// Asks that the representative and the data protection officer release it against the rule on onward transfer or on
    /// the country of origin, if these are all that deny it.
    pub exceptionally: bool,
}

/// Requests a transfer. Refused at once if it is stopped, the arrangement is not in force or does not cover it, or a cap
/// is used up; the refused request stays in the register.
pub async fn request_transfer(
    house: &House,
    name: &str,
    asked: TransferRequest,
    manner: Manner,
) -> Result<Requested, EngineError> {
    request_transfer_as(house, name, &house.id("tr"), asked, manner).await
}

/// The same under an id of the caller's, which nobody else can make.
pub(crate) async fn request_transfer_as(
    house: &House,
    name: &str,
    id: &str,
    asked: TransferRequest,
    manner: Manner,
) -> Result<Requested, EngineError> {
    let document = house.exchange(&asked.exchange).await?;
    let arrangement = house.terms(&document.arrangement).await?.value;
    let thing = house.of_both(&asked.exchange, &arrangement.partner);
    let who = house.permit(name, Action::RequestTransfer, &thing).await?;
    let id = id.to_owned();
    let violations = judge(house, &id, &asked, &arrangement).await?;
    let received = State::Received { by: who.person.clone() };
    let lift = manner.exceptionally && may_be_lifted(&violations);
    let denied = if lift { violations.clone() } else { Vec::new() };
    let violations = if lift { Vec::new() } else { violations };
    let event = Event::Judge { violations: violations.clone(), needs_approval: document.needs_approval || lift };
    let judged = match received.clone().apply(event) {
        Ok(judged) => judged,
        Err(error) => return Err(house.deny(name, Action::RequestTransfer.as_str(), &asked.exchange, error).await),
    };
    let refused = !violations.is_empty();
    let awaits_approval = matches!(judged, State::AwaitingApproval { .. });
    let event = audit(
        name,
        "transfer-requested",
        &id,
        json!({
            "exchange": asked.exchange, "exchange_version": document.version,
            "arrangement": arrangement.arrangement, "arrangement_version": arrangement.version,
            "purpose": arrangement.purpose.code, "expect_fewer": manner.expect_fewer, "denied": denied,
            "cycle": asked.cycle, "place": asked.place, "cut_off": asked.cut_off, "awaits_approval": awaits_approval,
        }),
    );
    let transfer = NewTransfer {
        id: id.clone(),
        exchange: asked.exchange.clone(),
        exchange_version: document.version,
        arrangement: arrangement.arrangement.clone(),
        arrangement_version: arrangement.version,
        expect_fewer: manner.expect_fewer,
    };
    let state = if refused { received.clone() } else { judged.clone() };
    let request = NewRequest { transfer, asked, by: who.person, state, denied: denied.clone() };
    let seen = house.store.ask(Changed::new(request, event), house.stamp()).await?;
    // CRASH: requested, and a refusal is not said yet: the run that carries it on judges it by the same rules.
    (house.surroundings.probe)("request-committed");
    if refused {
        let event = audit(name, "transfer-refused", &id, json!({ "violations": violations }));
        let decision =
            DecideRequest { seen, from: received, to: judged, denied: Vec::new(), violations: violations.clone() };
        house.store.decide_request(Changed::new(decision, event), house.stamp()).await?;
        house.sequence().await?;
        return Err(EngineError::Refused { transfer: id, violations });
    }
    house.sequence().await?;
    Ok(Requested { transfer: id, awaits_approval, denied })
}
