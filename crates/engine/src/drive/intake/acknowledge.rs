//! How does the partner learn what became of its file? By outcomes sealed to it, and a signed word on counts and digests.

use std::collections::BTreeMap;
use std::fs::File;

use causeway_model::intake::Counts;
use causeway_package::inbound::{ACKNOWLEDGEMENT_TYPE, Acknowledgement};
use causeway_store::change::IntakeStep;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Step;
use crate::error::EngineError;
use crate::intake::{ACKNOWLEDGEMENT, OUTCOMES};
use crate::keys::kept;

/// Signs for an applied intake.
pub(super) async fn acknowledge(step: &Step<'_>) -> Result<(), EngineError> {
    let Step { house, row, .. } = step;
    let outcomes_sha256 = digest(step)?;
    let counts = row.counts.unwrap_or_default();
    let word = Acknowledgement {
        kind: ACKNOWLEDGEMENT_TYPE.to_owned(),
        environment: kept(house.environment()),
        intake: row.id.clone(),
        exchange: row.versions.exchange.0.clone(),
        partner: row.partner.clone(),
        number: row.number,
        sha256: row.sha256.clone(),
        counts: named(&counts)?,
        outcomes_sha256: outcomes_sha256.clone(),
        // The same for whoever signs it again: it says when it was applied.
        created: row.updated_at,
    };
    let (text, signature) = word.sign(&house.keys.package)?;
    let write = |name: &str, bytes: &[u8]| {
        let (made, path) = (step.path(&format!("{name}.{}", step.lease.token())), step.path(name));
        std::fs::write(&made, bytes).map_err(EngineError::file("write", &made))?;
        std::fs::rename(&made, &path).map_err(EngineError::file("name", &path))
    };
    write(ACKNOWLEDGEMENT, &text)?;
    write(&format!("{ACKNOWLEDGEMENT}.sig"), &signature)?;
    let body =
        json!({ "outcomes_sha256": outcomes_sha256, "sha256": hex::encode(Sha256::digest(&text)), "counts": counts });
    step.moved(step.seen(), IntakeStep::Acknowledge, "intake-acknowledged", body).await?;
    // CRASH: acknowledged: nothing is left to do.
    (house.surroundings.probe)("intake-acknowledged");
    Ok(())
}

fn named(counts: &Counts) -> Result<BTreeMap<String, u64>, EngineError> {
    let value = serde_json::to_value(counts).map_err(|error| EngineError::Wrong(error.to_string()))?;
    Ok(value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, count)| Some((name.clone(), count.as_u64()?)))
        .collect())
}

fn digest(step: &Step<'_>) -> Result<String, EngineError> {
    let path = step.path(OUTCOMES);
    let mut hash = Hashed(Sha256::new());
    let mut file = File::open(&path).map_err(EngineError::file("read", &path))?;
    std::io::copy(&mut file, &mut hash).map_err(EngineError::file("read", &path))?;
    Ok(hex::encode(hash.0.finalize()))
}

struct Hashed(Sha256);

impl std::io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
