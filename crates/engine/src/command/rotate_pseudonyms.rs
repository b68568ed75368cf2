//! How are a partner's pseudonyms changed? A new secret, a package of old and new ones, and then the partner's word.

use std::sync::Arc;

use causeway_model::partner::KeyPurpose;
use causeway_model::permission::Action;
use causeway_store::change::{BeginRotation, MoveRotation, Rotated};
use causeway_store::query::RotationRow;
use causeway_store::{Changed, Lock};
use serde_json::json;

use crate::crosswalk::{Told, Walk, alone, everybody, exchanges, sealed};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};

/// A change of pseudonyms that the partner was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Its id.
    pub id: String,
    /// The package of old and new ones.
    pub package: String,
    /// How many.
    pub pairs: u64,
    /// What became of the delivery.
    pub delivered: Result<(), String>,
}

/// Changes a partner's pseudonyms for a purpose; or, where a change was begun and did not arrive, sends it again.
///
/// # Errors
/// [`EngineError::Wrong`] while the partner has not acknowledged one before, or has nobody.
pub async fn rotate_pseudonyms(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    (partner, purpose): (&str, &str),
    reason: &str,
) -> Result<Rotation, EngineError> {
    let (_alone, open) = open(house, actor, (partner, purpose), reason).await?;
    if let Some(open) = open {
        return again(house, connectors, actor, open).await;
    }
    // Whoever decides from now on is not in it: it is not told then.
    let decisions_seen = house.store.decisions_count().await?;
    let people_until = house.now();
    let had = everybody(house, partner, purpose, Some(people_until)).await?;
    if had.is_empty() {
        return Err(EngineError::Wrong(format!(
            "`{partner}` was sent nobody for `{purpose}`: nothing is to be changed"
        )));
    }
    let exchanges = exchanges(house, partner, purpose).await?;
    let Some((exchange, standing)) = exchanges.first() else {
        return Err(EngineError::Wrong(format!("no exchange to `{partner}` for `{purpose}` is in force")));
    };
    let key = house.partner_key(partner, KeyPurpose::Recipient).await?;
    let key = key.ok_or_else(|| EngineError::Wrong(format!("`{partner}` has no key that counts today")))?;
    let old = house.secret_now(partner, purpose).await?;
    // CRASH: a secret that no change names is never used.
    let (secret, new) = house.new_secret()?;
    let catalogue = house.catalogue().await?;
    let walk = Walk { house, connectors, catalogue: &catalogue, had: &Arc::new(had), secrets: (&old, &new) };
    let id = house.id("pr");
    let package = sealed(house, &walk, &id, &exchanges, standing, &key).await?;
    let body = json!({
        "partner": partner, "purpose": purpose, "reason": reason, "package": package.id, "manifest_sha256": package.manifest_sha256,
        "pairs": package.released, "sealed_to": key.fingerprint,
    });
    let begin = BeginRotation {
        id: id.clone(),
        partner: partner.to_owned(),
        purpose: purpose.to_owned(),
        exchange: exchange.exchange.clone(),
        secret,
        package: package.id.clone(),
        manifest_sha256: package.manifest_sha256.clone(),
        receipt_token_sha256: sha256_hex(package.receipt_token.reveal()),
        pairs: package.released,
        digest: package.record_digest.clone(),
        sealed_to: key.fingerprint.clone(),
        people_until,
        decisions_seen,
    };
    let event = audit(actor, "pseudonyms-change-begun", &id, body);
    let begun = house.store.begin_rotation(Changed::new(begin, event), house.stamp()).await;
    if let Err(error) = begun {
        std::fs::remove_dir_all(&package.dir).map_err(EngineError::file("remove", &package.dir))?;
        return Err(house.lost(actor, Action::RotatePseudonyms.as_str(), partner, error).await);
    }
    house.sequence().await?;
    // CRASH: begun, nothing has left: the same command sends it.
    (house.surroundings.probe)("pseudonyms-begun");
    let row = house.store.rotation_of(&package.id).await?;
    let row = row.ok_or_else(|| EngineError::NotProven("what was just written is not there".to_owned()))?;
    again(house, connectors, actor, row).await
}

/// Whoever may change them does so alone, with the change that is open.
async fn open(
    house: &House,
    actor: &str,
    (partner, purpose): (&str, &str),
    reason: &str,
) -> Result<(Lock, Option<RotationRow>), EngineError> {
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why they are changed: --reason TEXT".to_owned()));
    }
    house.permit(actor, Action::RotatePseudonyms, &house.of_both("pseudonyms", partner)).await?;
    let alone = alone(house)?;
    let mut rotations = house.store.rotations(partner, purpose).await?.into_iter();
    let open = rotations.rfind(|one| one.acknowledged_at.is_none() && one.given_up_at.is_none());
    Ok((alone, open))
}

/// Sends a change that was begun.
async fn again(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    row: RotationRow,
) -> Result<Rotation, EngineError> {
    let told = |delivered| Rotation { id: row.id.clone(), package: row.package.clone(), pairs: row.pairs, delivered };
    if row.delivered_at.is_some() {
        return Err(EngineError::Wrong(format!(
            "`{}` was told of package {} and has not acknowledged it: `causeway key accept-pseudonyms` takes its receipt; where none will come, `--give-up` takes the change back",
            row.partner, row.package
        )));
    }
    let dir = house.home.rotations().join(&row.package);
    let told_of =
        Told { row: &row, package: &row.package, sealed_to: &row.sealed_to, decisions_seen: row.decisions_seen };
    // Whoever died may have left it at the partner's without a note: nothing that came since takes it back.
    let arrived = if dir.exists() { told_of.has_arrived(house, connectors).await? } else { Ok(false) };
    match arrived {
        Err(why) => return Ok(told(Err(why))),
        Ok(true) => {}
        Ok(false) => {
            let void = if dir.exists() { told_of.is_void(house).await? } else { Some("its package is gone") };
            if let Some(why) = void {
                give_up(house, actor, &row, why).await?;
                return Err(EngineError::Wrong(format!("{why}, and it is given up: change them again")));
            }
            if let Err(why) = told_of.tell(house, connectors).await? {
                return Ok(told(Err(why)));
            }
        }
    }
    let event = audit(actor, "pseudonyms-change-told", &row.id, json!({ "package": row.package }));
    let change = MoveRotation { id: row.id.clone(), to: Rotated::Delivered };
    house.store.move_rotation(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    std::fs::remove_dir_all(&dir).map_err(EngineError::file("remove", &dir))?;
    Ok(told(Ok(())))
}

/// Takes back a change that the partner has not acknowledged: packages go on with the old pseudonyms, and another change may be begun.
///
/// # Errors
/// [`EngineError::Unknown`] where none is open.
pub async fn give_up_pseudonyms(
    house: &House,
    actor: &str,
    (partner, purpose): (&str, &str),
    reason: &str,
) -> Result<String, EngineError> {
    let (_alone, open) = open(house, actor, (partner, purpose), reason).await?;
    let row = open.ok_or_else(|| EngineError::Unknown {
        what: "open change of pseudonyms of partner",
        name: partner.to_owned(),
        help: "there is nothing to give up",
    })?;
    give_up(house, actor, &row, reason).await?;
    Ok(row.package)
}

async fn give_up(house: &House, actor: &str, row: &RotationRow, reason: &str) -> Result<(), EngineError> {
    let body = json!({ "package": row.package, "reason": reason });
    let event = audit(actor, "pseudonyms-change-given-up", &row.id, body);
    let change = MoveRotation { id: row.id.clone(), to: Rotated::GivenUp };
    house.store.move_rotation(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(())
}

/// Tells the partner of people whom it got since it was told of the others, still with the old pseudonyms; how many pseudonyms that are.
pub(super) async fn tell_the_rest(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    row: &RotationRow,
) -> Result<u64, EngineError> {
    let _alone = alone(house)?;
    let (partner, purpose) = (row.partner.as_str(), row.purpose.as_str());
    let decisions_seen = house.store.decisions_count().await?;
    let mut since = everybody(house, partner, purpose, None).await?;
    for told in everybody(house, partner, purpose, Some(row.people_until)).await? {
        since.remove(&told);
    }
    if since.is_empty() {
        return Ok(0);
    }
    let exchanges = exchanges(house, partner, purpose).await?;
    let key = house.partner_key(partner, KeyPurpose::Recipient).await?;
    let (Some((_, standing)), Some(key)) = (exchanges.first(), key) else {
        return Err(EngineError::Wrong(format!(
            "`{partner}` got further people meanwhile, and cannot be told of them: no exchange is in force, or no key counts"
        )));
    };
    let (old, new) = (house.secret_now(partner, purpose).await?, house.rotated(&row.secret)?);
    let catalogue = house.catalogue().await?;
    let had = Arc::new(since);
    let walk = Walk { house, connectors, catalogue: &catalogue, had: &had, secrets: (&old, &new) };
    // CRASH: a package that no change names is cleared; the same receipt, added again, makes another.
    let package = sealed(house, &walk, &row.id, &exchanges, standing, &key).await?;
    let body = json!({
        "partner": partner, "purpose": purpose, "package": package.id, "manifest_sha256": package.manifest_sha256,
        "pairs": package.released, "sealed_to": key.fingerprint,
    });
    house.record(actor, "pseudonyms-change-rest", &row.id, body).await?;
    let told_of = Told { row, package: &package.id, sealed_to: &key.fingerprint, decisions_seen };
    let sent = told_of.tell(house, connectors).await?;
    std::fs::remove_dir_all(&package.dir).map_err(EngineError::file("remove", &package.dir))?;
    match sent {
        Ok(()) => Ok(package.released),
        Err(why) => {
            Err(EngineError::Wrong(format!("`{partner}` got further people meanwhile, and is not told of them: {why}")))
        }
    }
}
