//! How does a package go? Its bytes first, then the entry that says so: the ledger is never ahead of the truth.

use std::collections::BTreeMap;

use causeway_model::retention::{Keep, Sealed, due};
use causeway_store::Changed;
use causeway_store::change::ErasePackage;
use causeway_store::query::KeptPackage;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// What each arrangement says, read once.
pub(crate) type Keeps = BTreeMap<String, Option<Keep>>;

/// A package whose bytes are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purged {
    /// The package.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// By which rule.
    pub rule: &'static str,
}

/// Packages that one sweep erases at most: others wait for it.
const TOGETHER: usize = 100;

/// Erases packages whose day has come, the oldest first; what stood in the way of others.
///
/// # Errors
/// When the database fails.
pub async fn purge(house: &House, actor: &str) -> Result<(Vec<Purged>, Vec<EngineError>), EngineError> {
    let today = house.today();
    let (mut purged, mut troubles, mut keeps) = (Vec::new(), Vec::new(), Keeps::new());
    for one in house.store.kept_packages().await? {
        if purged.len() == TOGETHER {
            break;
        }
        let gone = async {
            let Some((_, rule)) = ends(house, &one, &mut keeps).await?.filter(|(day, _)| *day <= today) else {
                return Ok(None);
            };
            erase(house, actor, &one, rule, None).await.map(|()| Some(rule))
        };
        match gone.await {
            Ok(None) => {}
            Ok(Some(rule)) => purged.push(Purged { package: one.package, transfer: one.transfer, rule }),
            Err(error) => troubles.push(error),
        }
    }
    Ok((purged, troubles))
}

/// Erases our copies of packages that hold a person who is to be erased; how many.
pub(crate) async fn erase_copies(house: &House, actor: &str, packages: &[String]) -> Result<usize, EngineError> {
    let mut erased = 0;
    for package in packages {
        if let Some(one) = house.store.kept_package(package).await?
            && one.erased_at.is_none()
            && !is_on_its_way(&one)
        {
            erase(house, actor, &one, "person-erased", None).await?;
            erased += 1;
        }
    }
    Ok(erased)
}

/// The first day on which a package is not kept any more, and why; none while it may still be delivered.
pub(crate) async fn ends(
    house: &House,
    one: &KeptPackage,
    keeps: &mut Keeps,
) -> Result<Option<(Date, &'static str)>, EngineError> {
    if is_on_its_way(one) {
        return Ok(None);
    }
    let day = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
    if let Some(since) = one.person_erased_at {
        return Ok(Some((day(since), "person-erased")));
    }
    let keep = match keeps.get(&one.arrangement) {
        Some(keep) => *keep,
        None => {
            let keep = house.agreed(&one.arrangement).await?.keep;
            keeps.insert(one.arrangement.clone(), keep);
            keep
        }
    };
    let sealed = Sealed {
        sealed: day(one.sealed_at),
        receipted: one.receipted_at.map(day),
        for_nobody: !matches!(one.state.as_str(), "delivered" | "receipted" | "disputed"),
        partner_until: one.facts.purge_by,
    };
    let without_receipt = due(Sealed { receipted: None, ..sealed }, keep);
    let last = due(sealed, keep);
    let rule = if sealed.for_nobody {
        "for-nobody"
    } else if last < without_receipt {
        "after-receipt"
    } else if last < sealed.partner_until {
        "at-most"
    } else {
        "with-the-partners-copy"
    };
    Ok(Some((last, rule)))
}

/// Whether it may still be delivered.
pub(crate) fn is_on_its_way(one: &KeptPackage) -> bool {
    matches!(one.state.as_str(), "sealed" | "delivering")
}

/// Erases a package: its bytes, then the entry.
pub(crate) async fn erase(
    house: &House,
    actor: &str,
    one: &KeptPackage,
    rule: &'static str,
    reason: Option<&str>,
) -> Result<(), EngineError> {
    let folder = house.home.packages().join(&one.package);
    match std::fs::remove_dir_all(&folder) {
        Ok(()) => {}
        // Gone already: whoever removed it died before it was entered.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(EngineError::file("remove", folder)(error)),
    }
    let kept_in = house.home.packages();
    std::fs::File::open(&kept_in).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", kept_in))?;
    // CRASH: the bytes are gone and no entry says so: the next sweep finds the package due, removes nothing, and enters it.
    (house.surroundings.probe)("purge-not-recorded");
    let in_backups_until = house.today().saturating_add(i64::from(house.home.config().backup_days).days());
    let body = json!({
        "package": one.package, "manifest_sha256": one.manifest_sha256, "rule": rule, "reason": reason,
        "gone_at": house.now().to_string(), "in_backups_until": in_backups_until,
    });
    let event = audit(actor, "package-erased", &one.transfer, body);
    let change = ErasePackage { package: one.package.clone() };
    house.store.erase_package(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(())
}
