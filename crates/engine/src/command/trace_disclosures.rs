//! How does an officer answer "who received what about me"? With a reason, and never without a trace.

use causeway_model::permission::Action;
use serde_json::json;

use crate::error::EngineError;
use crate::house::House;
use crate::query::{Disclosures, disclosures};

/// What left about the person with this key. The question stands in the ledger before the answer is shown: by whom, why, and
/// how much was found, never about whom. The person's pseudonym is keyed, and only its digest is entered.
pub async fn trace_disclosures(
    house: &House,
    actor: &str,
    entity: &str,
    key: &str,
    reason: &str,
) -> Result<Disclosures, EngineError> {
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is asked: --reason TEXT".to_owned()));
    }
    house.permit(actor, Action::TraceDisclosures, &house.own("people")).await?;
    let found = disclosures(house, entity, key).await?;
    let body = json!({
        "reason": reason, "entity": entity, "person_sha256": found.person_sha256,
        "packages_asked": found.packages_asked, "packages_found": found.disclosures.len(),
    });
    house.record(actor, "disclosures-traced", "people", body).await?;
    Ok(found)
}
