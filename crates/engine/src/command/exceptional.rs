//! How is one transfer released against the rule on onward transfer or on the country of origin? By the representative and the
//! data protection officer together, each with a signature over the same text: transfer, reason, and what is lifted.

use causeway_model::onward::{Consent, Exception, consent_text, release_exceptionally as grant};
use causeway_model::permission::{Action, Role};
use causeway_model::request::{Event, State};
use causeway_model::{Code, Refused};
use causeway_package::key::SigningKey;
use causeway_store::Changed;
use causeway_store::change::{DecideRequest, NewConsent};
use serde_json::json;

use super::signer::{signed, signer};
use crate::error::EngineError;
use crate::house::{House, audit};

/// What a consent came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The other one must consent too.
    Half,
    /// Both have: the transfer may go on.
    Whole,
}

/// Whether the reasons are such as two consents may lift, all of them.
pub(super) fn may_be_lifted(violations: &[causeway_model::Violation]) -> bool {
    let liftable = |code: Code| matches!(code, Code::CountryOfOrigin | Code::OnwardNotAgreed);
    !violations.is_empty() && violations.iter().all(|violation| liftable(violation.code))
}

/// Consents, as representative or as data protection officer, to release a transfer that waits for that.
pub async fn release_exceptionally(
    house: &House,
    name: &str,
    key: &SigningKey,
    transfer: &str,
    reason: &str,
) -> Result<Released, EngineError> {
    let who = signer(house, name, key).await?;
    let unknown = || EngineError::Unknown {
        what: "request for a transfer",
        name: transfer.to_owned(),
        help: "see `causeway status`",
    };
    let row = house.store.transfer(transfer).await?.ok_or_else(unknown)?;
    let request = house.store.request(transfer).await?.ok_or_else(unknown)?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    let thing = house.of_both(transfer, &partner).drafted_by(request.by.clone());
    house.permit(name, Action::ReleaseExceptionally, &thing).await?;
    let deny = |refused: Refused| house.deny(name, Action::ReleaseExceptionally.as_str(), transfer, refused);
    if let State::Approved { approved_by: Some(_), .. } = &request.state
        && !request.denied.is_empty()
    {
        return Ok(Released::Whole);
    }
    if !matches!(request.state, State::AwaitingApproval { .. }) || request.denied.is_empty() {
        let detail = "it does not wait for that: ask with `causeway transfer request --exceptionally`";
        return Err(deny(Refused::one(Code::WrongState, transfer, detail)).await);
    }
    let given = house.store.consents(transfer).await?;
    // Whoever is both gives the consent that is missing; two people are asked for below.
    let roles = [Role::Representative, Role::DataProtectionOfficer];
    let mine = roles.into_iter().filter(|role| who.roles.contains(role));
    let role = mine.clone().find(|role| given.iter().all(|one| one.role != *role)).or_else(|| mine.clone().next());
    let Some(role) = role else {
        return Err(deny(Refused::one(Code::NotPermitted, transfer, "it takes one of the two offices")).await);
    };
    let text = consent_text(transfer, reason, &request.denied);
    if let Some(other) = given.iter().find(|one| one.role != role && one.text != text) {
        let detail = format!("`{}` consented for this reason: {}", other.officer, other.reason);
        return Err(deny(Refused::one(Code::ConsentsMissing, transfer, detail)).await);
    }
    if let Err(refused) = causeway_model::onward::consent_reason(reason) {
        return Err(deny(refused).await);
    }
    let signature = hex::encode(key.sign(text.as_bytes()));
    let body = json!({ "role": role, "reason": reason, "lifts": request.denied, "signature": signature });
    let event = audit(name, "exceptional-release-consented", transfer, body);
    let consent = NewConsent {
        transfer: transfer.to_owned(),
        role,
        officer: name.to_owned(),
        reason: reason.to_owned(),
        text,
        signature,
    };
    house.store.consent(Changed::new(consent, event), house.stamp()).await?;
    house.sequence().await?;
    if house.store.consents(transfer).await?.len() < roles.len() {
        return Ok(Released::Half);
    }
    let exception = match exception(house, transfer).await? {
        Ok(Some(exception)) => exception,
        Ok(None) => return Ok(Released::Half),
        Err(refused) => return Err(deny(refused).await),
    };
    let to = match request.state.clone().apply(Event::Approve { by: who.person }) {
        Ok(to) => to,
        Err(refused) => return Err(deny(refused).await),
    };
    let by: Vec<&str> = exception.granted_by().iter().map(|person| person.name.as_str()).collect();
    let event = audit(name, "exceptionally-released", transfer, json!({ "by": by, "reason": exception.reason() }));
    let decision =
        DecideRequest { seen: row.seen(), from: request.state, to, denied: Vec::new(), violations: Vec::new() };
    house.store.decide_request(Changed::new(decision, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Released::Whole)
}

/// The exception granted for a transfer, its signatures verified anew; none where nobody consented.
pub(crate) async fn exception(
    house: &House,
    transfer: &str,
) -> Result<Result<Option<Exception>, Refused>, EngineError> {
    let given = house.store.consents(transfer).await?;
    let (Some(first), Some(request)) = (given.first(), house.store.request(transfer).await?) else {
        return Ok(Ok(None));
    };
    let reason = first.reason.clone();
    let mut consents = Vec::new();
    for one in given {
        let Some(person) = signed(house, &one.officer, &one.text, &one.signature).await? else { continue };
        // An office that was laid down since consents to nothing.
        if house.actor(&one.officer).await?.roles.contains(&one.role) {
            consents.push(Consent { role: one.role, signer: person, text: one.text });
        }
    }
    Ok(grant(transfer, &reason, &request.denied, &consents).map(Some))
}
