//! Is it the partner's, and as it was signed? Asked before anything of it is unpacked.

use causeway_flow::accept::{Opened, Unopened};
use causeway_model::Violation;
use causeway_model::inbound::Sealing;
use causeway_model::partner::KeyPurpose;
use causeway_package::inbound::{Expected, Limits};
use causeway_package::key::VerifyingKey;
use causeway_store::StoreError;
use causeway_store::change::IntakeStep;
use serde_json::json;

use super::Step;
use crate::command::in_force;
use crate::error::EngineError;
use crate::keys::kept;

/// Opens a received intake, or rejects it.
pub(super) async fn open(step: &Step<'_>) -> Result<(), EngineError> {
    let Step { house, row, .. } = step;
    let beyond = beyond(step).await?;
    if !beyond.is_empty() {
        return step.rejected(beyond, None).await;
    }
    let opened = match opened(step, newest(step).await?).await? {
        Ok(opened) => opened,
        Err(violation) => return step.rejected(vec![violation], None).await,
    };
    let body = json!({ "number": opened.number(), "sha256": row.sha256 });
    match step.moved(step.seen(), IntakeStep::Open, "intake-opened", body).await {
        Err(EngineError::Store(error @ StoreError::NotAbove { .. })) => {
            let violation = Violation::new(causeway_model::Code::NumberNotAbove, "the envelope", error.to_string());
            step.rejected(vec![violation], None).await
        }
        moved => {
            moved?;
            // CRASH: opened: the next run reads its records.
            (house.surroundings.probe)("intake-opened");
            Ok(())
        }
    }
}

/// What of the exchange goes beyond the terms that are in force now: they may have narrowed since it came into use. Where none are, it
/// is held.
pub(super) async fn beyond(step: &Step<'_>) -> Result<Vec<Violation>, EngineError> {
    let arrangement = &step.row.versions.arrangement.0;
    let standing = in_force(step.house, arrangement).await?.map_err(|refused| {
        let violation = refused.violations.into_iter().next();
        let violation = violation
            .unwrap_or_else(|| Violation::new(causeway_model::Code::NotInForce, arrangement, "it is not in force"));
        super::super::gate::held(&step.row.id, violation)
    })?;
    Ok(step.pinned.inbound.beyond(&standing.terms).into_iter().map(|(_, violation)| violation).collect())
}

/// The newest number that was opened before this one; of one that was opened itself, what was below it.
async fn newest(step: &Step<'_>) -> Result<u64, EngineError> {
    if step.row.opened_at.is_some() {
        return Ok(0);
    }
    Ok(step.house.store.newest_opened(&step.row.versions.exchange.0, &step.row.partner).await?)
}

/// The body, opened; or why it is rejected.
pub(super) async fn opened(step: &Step<'_>, newest: u64) -> Result<Result<Opened, Violation>, EngineError> {
    let Step { house, row, pinned, .. } = step;
    let limits = &pinned.inbound.limits;
    let (file, plain) = (u64::from(limits.file_mebibytes) << 20, u64::from(limits.plain_mebibytes) << 20);
    let source = step.source().await?;
    let identities = &house.keys.operation;
    let opened = match pinned.inbound.sealing {
        Sealing::OnReceipt => Opened::on_receipt(source, plain, identities),
        Sealing::Envelope => {
            let keys = signing_keys(step).await?;
            let expected = Expected {
                exchange: &row.versions.exchange.0,
                partner: &row.partner,
                keys: &keys,
                environment: kept(house.environment()),
                newest,
                limits: Limits { file, plain },
            };
            Opened::envelope(source, &expected, identities)
        }
    };
    opened.map_or_else(|error| refused(error).map(Err), |opened| Ok(Ok(opened)))
}

fn refused(error: Unopened) -> Result<Violation, EngineError> {
    error.violation().ok_or_else(|| EngineError::Wrong(error.to_string()))
}

/// The signing keys of the partner that count today. One that was opened before stays opened, whatever became of the key since.
async fn signing_keys(step: &Step<'_>) -> Result<Vec<VerifyingKey>, EngineError> {
    let (house, partner) = (step.house, &step.row.partner);
    let life = house.store.partner_life(partner).await?;
    let mut found = Vec::new();
    for key in house.store.partner_keys(partner).await?.iter().filter(|key| key.purpose == KeyPurpose::Signing) {
        let checks = life.as_ref().map(|life| life.state.keys()).unwrap_or_default();
        let check = checks.iter().find(|check| check.key == key.fingerprint);
        let counts = check.is_none_or(|check| check.distrust(house.today()).is_none());
        if counts || step.row.opened_at.is_some() {
            found.push(VerifyingKey::from_pem(&key.text)?.meant_for(kept(house.environment())));
        }
    }
    Ok(found)
}
