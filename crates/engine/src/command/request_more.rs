//! What if somebody wants more than is agreed? Refused with every element and form named, kept in the register, and
//! written down as an amendment that could be proposed.

use std::collections::BTreeSet;

use causeway_model::permission::Action;
use causeway_model::request::{Asker, Manner, Proposal, RefusedRequest, Wanted, beyond, propose};
use causeway_model::{Code, ElementRef, Violation};

use super::register_refused::enter;
use crate::error::EngineError;
use crate::house::House;

/// What came of asking for more.
#[derive(Clone, Debug, PartialEq)]
pub enum More {
    /// It is within what is agreed already.
    Agreed,
    /// It goes beyond, for these reasons; the refusal stands in the register.
    Beyond(Vec<Violation>),
}

/// Judges `wanted` against what the arrangement of `exchange` and everything above it allow. What goes beyond is refused,
/// and entered into the register as a formal request of the partner.
pub async fn request_more(house: &House, name: &str, exchange: &str, wanted: &Wanted) -> Result<More, EngineError> {
    let document = house.exchange(exchange).await?;
    let arrangement = house.terms(&document.arrangement).await?.value;
    let thing = house.of_both(exchange, &arrangement.partner);
    house.permit(name, Action::RequestTransfer, &thing).await?;
    let violations = match house.effective(&arrangement).await? {
        Ok(effective) => beyond(wanted, &effective),
        Err(refused) => refused.violations,
    };
    if violations.is_empty() {
        return Ok(More::Agreed);
    }
    let refused: BTreeSet<String> = violations.iter().map(|violation| violation.subject.clone()).collect();
    let elements: BTreeSet<ElementRef> = wanted
        .elements
        .iter()
        .map(|item| item.element.clone())
        .filter(|element| refused.contains(&element.to_string()))
        .collect();
    let named: Vec<String> = wanted.elements.iter().map(|item| format!("{} as {}", item.element, item.form)).collect();
    let codes: BTreeSet<Code> = violations.iter().map(|violation| violation.code).collect();
    let entry = RefusedRequest {
        asker: Asker::Partner,
        organisation: arrangement.partner.clone(),
        manner: Manner::Formal,
        asked_on: house.today(),
        asked_for: format!("more than {} agrees: {}", arrangement.arrangement, named.join(", ")),
        elements,
        reason: "it goes beyond what is agreed".to_owned(),
        codes,
    };
    enter(house, name, entry).await?;
    Ok(More::Beyond(violations))
}

/// The amendment that would agree `wanted`, as a proposal and nothing more; none where nothing goes beyond, or another
/// purpose is wanted, for which another arrangement is needed.
pub async fn propose_amendment(
    house: &House,
    name: &str,
    exchange: &str,
    wanted: &Wanted,
) -> Result<Option<Proposal>, EngineError> {
    let document = house.exchange(exchange).await?;
    let arrangement = house.terms(&document.arrangement).await?.value;
    let thing = house.of_both(&arrangement.arrangement, &arrangement.partner);
    house.permit(name, Action::ProposeAmendment, &thing).await?;
    let Some(proposal) = propose(&arrangement, wanted) else { return Ok(None) };
    let body = serde_json::json!({ "version": proposal.document.version, "changes": proposal.changes.len() });
    house.record(name, "amendment-proposed", &arrangement.arrangement, body).await?;
    Ok(Some(proposal))
}
