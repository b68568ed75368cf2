//! Where are copies of what left: here, and at partners who have not certified that they erased theirs?

use causeway_model::permission::Action;
use causeway_store::query::KeptPackage;
use jiff::civil::Date;

use crate::drive::{Keeps, ends};
use crate::error::EngineError;
use crate::house::House;

/// Copies of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The package.
    pub package: KeptPackage,
    /// Who may have it.
    pub partner: String,
    /// The day on which ours goes; none if it is gone or still to be delivered.
    pub ours_until: Option<Date>,
    /// The day by which the partner erases its own: the last day of whatever was built on the package, where packages follow one another.
    pub theirs_until: Date,
    /// Whether the partner's day is over and it has not certified that it erased its copy.
    pub overdue: bool,
}

/// Packages of which a copy is here, or may be at a partner; only those of which the partner is late, if that is asked.
pub async fn copies(
    house: &House,
    actor: &str,
    partner: Option<&str>,
    only_overdue: bool,
) -> Result<Vec<Copies>, EngineError> {
    house.may_see(actor, Action::ShowRetention, &house.own("packages")).await?;
    let today = house.today();
    let (mut found, mut keeps) = (Vec::new(), Keeps::new());
    let last_days = house.store.last_days().await?;
    for package in house.store.packages_somewhere().await? {
        let terms = house.arrangement_version(&package.arrangement, package.arrangement_version).await?.value;
        let is_there = package.was_begun && package.certified_at.is_none();
        let theirs_until = last_days.get(&package.package).copied().unwrap_or(package.facts.purge_by);
        let overdue = is_there && theirs_until < today;
        if partner.is_some_and(|name| name != terms.partner) || (only_overdue && !overdue) {
            continue;
        }
        let ours_until = match package.erased_at {
            Some(_) => None,
            None => ends(house, &package, &mut keeps).await?.map(|(day, _)| day),
        };
        found.push(Copies { package, partner: terms.partner, ours_until, theirs_until, overdue });
    }
    Ok(found)
}
