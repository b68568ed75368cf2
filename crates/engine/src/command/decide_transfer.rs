//! How does an officer approve or refuse a requested transfer, and how is a request taken back?

use causeway_model::permission::{Action, Thing};
use causeway_model::request::{Event, State};
use causeway_model::{Code, Violation};
use causeway_package::key::SigningKey;
use causeway_store::Changed;
use causeway_store::change::DecideRequest;
use causeway_store::query::{RequestRow, TransferRow};
use serde_json::{Value, json};

use super::signer::signer;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Whether a decision changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It did.
    Now,
    /// The same was decided before, by the same person.
    Already,
}

struct Asked {
    row: TransferRow,
    request: RequestRow,
    thing: Thing,
}

/// The text that an officer signs to approve: the transfer, and the digest of what was asked.
fn approval_text(request: &RequestRow) -> String {
    let asked = serde_json::to_string(&request.asked).unwrap_or_default();
    format!("causeway-transfer-approval/1\n{}\n{}\n{}\n", request.transfer, request.exchange, sha256_hex(&asked))
}

/// Approves a requested transfer, with the officer's key. Whoever asked cannot.
pub async fn approve_transfer(
    house: &House,
    name: &str,
    key: &SigningKey,
    transfer: &str,
) -> Result<Decided, EngineError> {
    let who = signer(house, name, key).await?;
    let asked = asked(house, transfer).await?;
    let thing = asked.thing.clone().drafted_by(asked.request.by.clone());
    house.permit(name, Action::ApproveTransfer, &thing).await?;
    if matches!(&asked.request.state, State::Approved { approved_by: Some(by), .. } if *by == who.person) {
        return Ok(Decided::Already);
    }
    if !asked.request.denied.is_empty() {
        let help = "rules deny it: only two consents release it, `causeway transfer release-exceptionally`";
        return Err(EngineError::Wrong(format!("transfer {transfer} cannot be approved: {help}")));
    }
    let signature = hex::encode(key.sign(approval_text(&asked.request).as_bytes()));
    let event = Event::Approve { by: who.person };
    decide(house, name, Action::ApproveTransfer, asked, event, json!({ "signature": signature })).await
}

/// Refuses a requested transfer, with a reason.
pub async fn refuse_transfer(house: &House, name: &str, transfer: &str, reason: &str) -> Result<Decided, EngineError> {
    let asked = asked(house, transfer).await?;
    let who = house.permit(name, Action::RefuseTransfer, &asked.thing).await?;
    if matches!(&asked.request.state, State::Refused { refused_by: Some((by, _)), .. } if *by == who.person) {
        return Ok(Decided::Already);
    }
    let event = Event::Refuse { by: who.person, reason: reason.to_owned() };
    decide(house, name, Action::RefuseTransfer, asked, event, json!({ "reason": reason })).await
}

/// Takes a request back before anything was sealed.
pub async fn withdraw_transfer(house: &House, name: &str, transfer: &str) -> Result<Decided, EngineError> {
    let asked = asked(house, transfer).await?;
    house.permit(name, Action::WithdrawRequest, &asked.thing).await?;
    if asked.request.state == State::Withdrawn {
        return Ok(Decided::Already);
    }
    decide(house, name, Action::WithdrawRequest, asked, Event::Withdraw, json!({})).await
}

async fn asked(house: &House, transfer: &str) -> Result<Asked, EngineError> {
    let unknown = || EngineError::Unknown {
        what: "request for a transfer",
        name: transfer.to_owned(),
        help: "see `causeway status`",
    };
    let row = house.store.transfer(transfer).await?.ok_or_else(unknown)?;
    let request = house.store.request(transfer).await?.ok_or_else(unknown)?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    let thing = house.of_both(transfer, &partner);
    Ok(Asked { row, request, thing })
}

async fn decide(
    house: &House,
    name: &str,
    action: Action,
    asked: Asked,
    event: Event,
    body: Value,
) -> Result<Decided, EngineError> {
    let Asked { row, request, thing } = asked;
    let what = match &event {
        Event::Approve { .. } => "transfer-approved",
        Event::Refuse { .. } => "transfer-refused",
        _ => "request-withdrawn",
    };
    let to = match request.state.clone().apply(event) {
        Ok(to) => to,
        Err(error) => return Err(house.deny(name, action.as_str(), &thing.name, error).await),
    };
    let violations = match &to {
        State::Refused { refused_by: Some((by, reason)), .. } => {
            vec![Violation::new(Code::RefusedByOfficer, &by.name, reason)]
        }
        _ => Vec::new(),
    };
    let decision = DecideRequest { seen: row.seen(), from: request.state, to, denied: Vec::new(), violations };
    let saved = house.store.decide_request(Changed::new(decision, audit(name, what, &thing.name, body)), house.stamp());
    match saved.await {
        Ok(_) => {}
        // Too late, or another officer was faster: said, and kept.
        Err(error) => {
            let detail = error.to_string();
            let error = house.lost(name, action.as_str(), &thing.name, error).await;
            if !matches!(error, EngineError::Denied { .. }) {
                let body = json!({ "attempt": action.as_str(), "detail": detail, "violations": [] });
                house.record(name, "attempt-denied", &thing.name, body).await?;
            }
            return Err(error);
        }
    }
    house.sequence().await?;
    Ok(Decided::Now)
}
