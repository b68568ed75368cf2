//! How does an officer erase our copy of a package before its time?

use causeway_model::permission::Action;

use crate::drive::{Purged, erase, is_on_its_way};
use crate::error::EngineError;
use crate::house::House;

/// Erases a package before its time, with a reason.
///
/// # Errors
/// [`EngineError::Wrong`] while it may still be delivered: `transfer cancel` ends that.
pub async fn erase_package(
    house: &House,
    actor: &str,
    package: &str,
    reason: &str,
) -> Result<Option<Purged>, EngineError> {
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is erased: --reason TEXT".to_owned()));
    }
    let unknown =
        || EngineError::Unknown { what: "package", name: package.to_owned(), help: "see `causeway retention list`" };
    let one = house.store.kept_package(package).await?.ok_or_else(unknown)?;
    let partner = house.arrangement_version(&one.arrangement, one.arrangement_version).await?.value.partner;
    house.permit(actor, Action::ErasePackage, &house.of_both(&one.transfer, &partner)).await?;
    if one.erased_at.is_some() {
        return Ok(None);
    }
    if is_on_its_way(&one) {
        return Err(EngineError::Wrong(format!(
            "package {package} is {}: it can still be delivered; `causeway transfer cancel` ends that",
            one.state
        )));
    }
    erase(house, actor, &one, "by-officer", Some(reason)).await?;
    Ok(Some(Purged { package: one.package, transfer: one.transfer, rule: "by-officer" }))
}
