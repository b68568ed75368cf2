//! How is a transfer asked for? Checked at once; every attempt stands in the ledger.

use causeway_model::arrangement::{Arrangement, Direction, Modality};
use causeway_model::{Code, Violation};
use causeway_store::Changed;
use causeway_store::change::{NewTransfer, RefuseTransfer};
use jiff::ToSpan;
use serde_json::json;

use super::in_force;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Requests a transfer of `exchange`. Refused at once if the arrangement is not in force, does not cover it, or its
/// frequency is used up; the refused request stays in the register.
pub async fn request_transfer(
    house: &House,
    actor: &str,
    exchange: &str,
    expect_fewer: bool,
) -> Result<String, EngineError> {
    let document = house.exchange(exchange).await?;
    let arrangement = house.arrangement(&document.arrangement).await?.value;
    let id = house.id("tr");
    let event = audit(
        actor,
        "transfer-requested",
        &id,
        json!({
            "exchange": exchange, "exchange_version": document.version,
            "arrangement": arrangement.arrangement, "arrangement_version": arrangement.version,
            "purpose": arrangement.purpose.code, "expect_fewer": expect_fewer,
        }),
    );
    let transfer = NewTransfer {
        id: id.clone(),
        exchange: exchange.to_owned(),
        exchange_version: document.version,
        arrangement: arrangement.arrangement.clone(),
        arrangement_version: arrangement.version,
        expect_fewer,
    };
    let seen = house.store.request_transfer(Changed::new(transfer, event), house.stamp()).await?;
    // CRASH: requested, and not yet judged: the run that carries it on judges it by the same rules.
    (house.surroundings.probe)("request-committed");
    let mut violations = Vec::new();
    if let Err(violation) = in_force(house, &arrangement.arrangement).await? {
        violations.push(violation);
    }
    violations.extend(beyond(house, exchange, &arrangement).await?);
    if !violations.is_empty() {
        let event = audit(actor, "transfer-refused", &id, json!({ "violations": violations }));
        let refusal = RefuseTransfer { seen, token: None, violations: violations.clone() };
        house.store.refuse(Changed::new(refusal, event), house.stamp()).await?;
        house.sequence().await?;
        return Err(EngineError::Refused { transfer: id, violations });
    }
    house.sequence().await?;
    Ok(id)
}

/// What of a transfer of `exchange` goes beyond its arrangement: files that it does not cover, or a frequency used up.
pub(crate) async fn beyond(
    house: &House,
    exchange: &str,
    arrangement: &Arrangement,
) -> Result<Vec<Violation>, EngineError> {
    let mut violations = Vec::new();
    if arrangement.direction == Direction::Accept || !arrangement.modality.contains(&Modality::File) {
        violations.push(Violation::new(
            Code::NotCovered,
            &arrangement.arrangement,
            "it does not cover files from the operation to the partner",
        ));
    }
    let since = house
        .now()
        .checked_sub((i64::from(arrangement.frequency.days) * 24).hours())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let made = house.store.releases_since(&arrangement.arrangement, since).await?;
    let made = made.iter().filter(|release| release.exchange == exchange).count();
    if made >= arrangement.frequency.at_most as usize {
        let detail = format!(
            "{made} transfers were made in {} days, agreed are {}",
            arrangement.frequency.days, arrangement.frequency.at_most
        );
        violations.push(Violation::new(Code::TooFrequent, exchange, detail));
    }
    Ok(violations)
}
