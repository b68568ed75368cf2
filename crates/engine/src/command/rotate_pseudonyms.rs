//! How are a partner's pseudonyms changed? A new secret, a package of old and new ones, and then the partner's word.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use causeway_flow::FlowError;
use causeway_model::exchange::{Delivery, Exchange};
use causeway_model::partner::KeyPurpose;
use causeway_model::permission::Action;
use causeway_package::inner::{ArrangementRef, Audience, Compression, Field, Format, InnerFacts};
use causeway_package::key::Recipient;
use causeway_package::{Entropy, PackageWriter, SealedPackage, Spec};
use causeway_store::change::{BeginRotation, DocumentKind, MoveRotation, Rotated};
use causeway_store::query::{PartnerKey, RotationRow};
use causeway_store::{Changed, Lock, StoreError};
use jiff::ToSpan;
use serde_json::json;

use super::{held_back, in_force};
use crate::crosswalk::{Walk, everybody};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House, audit};
use crate::keys::kept;
use crate::standing::Standing;

/// The lock of whoever changes pseudonyms here.
const CHANGING: &str = "changing";

/// Bytes of a part's plaintext.
const PART: u64 = 64 << 20;

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
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why they are changed: --reason TEXT".to_owned()));
    }
    house.permit(actor, Action::RotatePseudonyms, &house.of_both("pseudonyms", partner)).await?;
    let folder = house.home.rotations();
    private_folder(&folder)?;
    let _alone = Lock::take(&folder.join(CHANGING))?;
    let mut rotations = house.store.rotations(partner, purpose).await?.into_iter();
    if let Some(open) = rotations.rfind(|one| one.acknowledged_at.is_none() && one.given_up_at.is_none()) {
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
    let void = if dir.exists() { told_of.is_void(house).await? } else { Some("its package is gone") };
    if let Some(why) = void {
        give_up(house, actor, &row, why).await?;
        return Err(EngineError::Wrong(format!("{why}, and it is given up: change them again")));
    }
    if let Err(why) = told_of.tell(house, connectors).await? {
        return Ok(told(Err(why)));
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
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is given up: --reason TEXT".to_owned()));
    }
    house.permit(actor, Action::RotatePseudonyms, &house.of_both("pseudonyms", partner)).await?;
    let folder = house.home.rotations();
    private_folder(&folder)?;
    let _alone = Lock::take(&folder.join(CHANGING))?;
    let mut rotations = house.store.rotations(partner, purpose).await?.into_iter();
    let open = rotations.rfind(|one| one.acknowledged_at.is_none() && one.given_up_at.is_none());
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

/// A package of pseudonyms that a partner is to be told in.
struct Told<'t> {
    row: &'t RotationRow,
    package: &'t str,
    sealed_to: &'t str,
    /// How many decisions of people were heeded in it.
    decisions_seen: u64,
}

impl Told<'_> {
    /// Why it may never be told any more.
    async fn is_void(&self, house: &House) -> Result<Option<&'static str>, EngineError> {
        if house.store.key_is_revoked(self.sealed_to).await? {
            return Ok(Some("the key that it is sealed to was revoked"));
        }
        let decided = house.store.decisions_count().await? != self.decisions_seen;
        Ok(decided.then_some("people decided something since it was made"))
    }

    /// Why it may not be told now.
    async fn stays(&self, house: &House) -> Result<Option<String>, EngineError> {
        let held = held_back(house, &self.row.partner).await?.map(|why| why.to_string());
        Ok(held.or(self.is_void(house).await?.map(str::to_owned)))
    }

    /// Puts it where the partner takes it; why not, if it is held back.
    async fn tell(&self, house: &House, connectors: &dyn Connectors) -> Result<Result<(), String>, EngineError> {
        if let Some(why) = self.stays(house).await? {
            return Ok(Err(why));
        }
        let exchange = house.exchange(&self.row.exchange).await?;
        let Delivery::Folder { path } = &exchange.deliver;
        let target = house.home.root().join(path);
        let dir = house.home.rotations().join(self.package);
        let may = |mark: &'static str| {
            (house.surroundings.probe)(mark);
            let ask = || tokio::runtime::Handle::current().block_on(self.stays(house));
            // Whoever cannot tell whether it is held back, holds it back.
            mark != "deliver-before-rename" || matches!(ask(), Ok(None))
        };
        let sent = tokio::task::block_in_place(|| connectors.deliver(&dir, &target, self.package, &may));
        Ok(sent.map(|_| ()))
    }
}

/// Tells the partner of people whom it got since it was told of the others, still with the old pseudonyms; how many pseudonyms that are.
pub(super) async fn tell_the_rest(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    row: &RotationRow,
) -> Result<u64, EngineError> {
    let _alone = Lock::take(&house.home.rotations().join(CHANGING))?;
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

/// Exchanges to the partner for the purpose that are in force, each with its terms.
async fn exchanges(house: &House, partner: &str, purpose: &str) -> Result<Vec<(Exchange, Standing)>, EngineError> {
    let listed = house.store.documents(DocumentKind::Exchange).await?;
    let names: BTreeSet<String> = listed.into_iter().map(|one| one.name).collect();
    let mut found = Vec::new();
    for name in names {
        let exchange = house.exchange(&name).await?;
        let terms = house.terms(&exchange.arrangement).await?.value;
        if terms.partner != partner || terms.purpose.code != purpose {
            continue;
        }
        if let Ok(standing) = in_force(house, &exchange.arrangement).await? {
            found.push((exchange, standing));
        }
    }
    Ok(found)
}

/// The package of old and new pseudonyms, in the folder of those that are to be told.
async fn sealed(
    house: &House,
    walk: &Walk<'_>,
    id: &str,
    exchanges: &[(Exchange, Standing)],
    first: &Standing,
    key: &PartnerKey,
) -> Result<SealedPackage, EngineError> {
    let folder = house.home.rotations();
    let spec = Spec {
        created: house.now(),
        recipients: vec![Recipient::parse(&key.text)?.meant_for(kept(house.environment()))],
        compression: Compression::Zstd,
        part_size: Some(PART),
    };
    let mut writer = PackageWriter::create(&folder, spec, Entropy::new(house.random()))?;
    for (exchange, standing) in exchanges {
        let mut each = |pair: causeway_flow::crosswalk::Crossing<'_>| {
            let failed =
                |error: causeway_package::PackageError| FlowError::Write { what: "package", detail: error.to_string() };
            let line = json!({ "exchange": exchange.exchange, "field": pair.field, "old": pair.old, "new": pair.new });
            writer.write(format!("{line}\n").as_bytes()).map_err(failed)?;
            let canonical = [&exchange.exchange, pair.field, pair.old, pair.new].join("\u{1f}");
            writer.end_record(canonical.as_bytes()).map_err(failed)
        };
        walk.exchange(exchange, standing, &mut each).await?;
    }
    writer.close_part()?;
    let field = |name: &str, description: &str| Field {
        name: name.to_owned(),
        kind: "text".to_owned(),
        description: description.to_owned(),
        from: Vec::new(),
    };
    let days = i64::from(first.terms.retention_days).days();
    let about = InnerFacts {
        transfer: id.to_owned(),
        exchange: "pseudonyms".to_owned(),
        sequence: 1,
        arrangement: ArrangementRef {
            id: first.terms.arrangement.clone(),
            version: first.terms.version,
            digest: first.digest.clone(),
        },
        format: Format::Jsonl,
        audience: Audience::Machine,
        fields: vec![
            field("exchange", "The exchange whose packages carry it"),
            field("field", "The field that holds it"),
            field("old", "The pseudonym until now"),
            field("new", "The pseudonym from your receipt on"),
        ],
        purge_by: house.today().saturating_add(days),
        checkpoint: house.sequence().await?,
        sources: Vec::new(),
        snapshot_spread_s: 0,
    };
    Ok(writer.finish(about, &house.keys.package)?)
}

/// Removes packages that are told in no change any more: whoever made one died before it was written down, or before it was removed.
pub(crate) async fn clear_rotations(house: &House) -> Result<(), EngineError> {
    let folder = house.home.rotations();
    if !folder.exists() {
        return Ok(());
    }
    let _alone = match Lock::take(&folder.join(CHANGING)) {
        Ok(lock) => lock,
        // Whoever makes one is at it.
        Err(StoreError::Locked { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in std::fs::read_dir(&folder).map_err(EngineError::file("read", &folder))?.flatten() {
        let path = entry.path();
        if path.is_dir() && !is_known(house, &path).await? {
            std::fs::remove_dir_all(&path).map_err(EngineError::file("remove", &path))?;
        }
    }
    Ok(())
}

async fn is_known(house: &House, path: &Path) -> Result<bool, EngineError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let row = house.store.rotation_of(name).await?;
    Ok(row.is_some_and(|row| row.delivered_at.is_none() && row.acknowledged_at.is_none() && row.given_up_at.is_none()))
}
