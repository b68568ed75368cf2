//! How is a package of old and new pseudonyms made, and how does it reach its partner?

use std::path::{Path, PathBuf};

use causeway_flow::FlowError;
use causeway_model::exchange::{Delivery, Exchange};
use causeway_package::inner::{ArrangementRef, Audience, Compression, Field, Format, InnerFacts};
use causeway_package::key::Recipient;
use causeway_package::{Entropy, PackageWriter, SealedPackage, Spec};
use causeway_store::query::{PartnerKey, RotationRow};
use causeway_store::{Lock, StoreError};
use jiff::ToSpan;
use serde_json::json;

use super::Walk;
use crate::command::{held_back, in_force};
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House};
use crate::keys::kept;
use crate::standing::Standing;

/// The lock of whoever changes pseudonyms here.
const CHANGING: &str = "changing";

/// Bytes of a part's plaintext.
const PART: u64 = 64 << 20;

/// Keeps everybody else from changing pseudonyms here.
pub(crate) fn alone(house: &House) -> Result<Lock, EngineError> {
    let folder = house.home.rotations();
    private_folder(&folder)?;
    Ok(Lock::take(&folder.join(CHANGING))?)
}

/// Exchanges to the partner for the purpose that are in force, each with its terms.
pub(crate) async fn exchanges(
    house: &House,
    partner: &str,
    purpose: &str,
) -> Result<Vec<(Exchange, Standing)>, EngineError> {
    let mut found = Vec::new();
    for name in house.providing().await? {
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
pub(crate) async fn sealed(
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

/// A package of pseudonyms that a partner is to be told in.
pub(crate) struct Told<'t> {
    pub(crate) row: &'t RotationRow,
    pub(crate) package: &'t str,
    pub(crate) sealed_to: &'t str,
    /// How many decisions of people were heeded in it.
    pub(crate) decisions_seen: u64,
}

impl Told<'_> {
    /// Why it may never be told any more.
    pub(crate) async fn is_void(&self, house: &House) -> Result<Option<&'static str>, EngineError> {
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

    /// Where the partner takes it.
    async fn target(&self, house: &House) -> Result<PathBuf, EngineError> {
        let exchange = house.exchange(&self.row.exchange).await?;
        let Delivery::Folder { path } = &exchange.deliver;
        Ok(house.home.root().join(path))
    }

    /// Whether it stands at the partner's; why that cannot be told.
    pub(crate) async fn has_arrived(
        &self,
        house: &House,
        connectors: &dyn Connectors,
    ) -> Result<Result<bool, String>, EngineError> {
        let (dir, target) = (house.home.rotations().join(self.package), self.target(house).await?);
        Ok(tokio::task::block_in_place(|| connectors.arrived(&dir, &target, self.package)))
    }

    /// Puts it where the partner takes it; why not, if it is held back.
    pub(crate) async fn tell(
        &self,
        house: &House,
        connectors: &dyn Connectors,
    ) -> Result<Result<(), String>, EngineError> {
        if let Some(why) = self.stays(house).await? {
            return Ok(Err(why));
        }
        let (dir, target) = (house.home.rotations().join(self.package), self.target(house).await?);
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

/// Removes packages that are told in no change any more: whoever made one died before it was written down, or before it was removed.
pub(crate) async fn clear_rotations(house: &House) -> Result<(), EngineError> {
    let folder = house.home.rotations();
    if !folder.exists() {
        return Ok(());
    }
    let _alone = match alone(house) {
        // Whoever makes one is at it.
        Err(EngineError::Store(StoreError::Locked { .. })) => return Ok(()),
        taken => taken?,
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
