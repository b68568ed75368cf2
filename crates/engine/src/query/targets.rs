//! Which target is meant, and what do exchanges write there?

use std::collections::BTreeSet;

use causeway_flow::accept::target::Layout;
use causeway_flow::accept::{Checks, Mapped};
use causeway_model::Refused;
use causeway_model::catalogue::Target;

use crate::documents::AnyExchange;
use crate::environment::target_allowed;
use crate::error::EngineError;
use crate::house::House;
use causeway_store::change::DocumentKind;

/// A target of the catalogue in use, and where the exchanges in use write in it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The target.
    pub target: Target,
    /// A layout for each exchange.
    pub layouts: Vec<Layout>,
}

/// The target of that name. One of another environment than the installation's is not opened, and not told of either.
///
/// # Errors
/// There is none, or it is not for this installation.
pub async fn written(house: &House, name: &str) -> Result<Written, EngineError> {
    let catalogue = house.catalogue().await?;
    let target = catalogue.target(name).cloned().ok_or(EngineError::Unknown {
        what: "target",
        name: name.to_owned(),
        help: "targets stand in the catalogue, beside its sources",
    })?;
    target_allowed(house.environment(), &target).map_err(|foreign| EngineError::Wrong(foreign.to_string()))?;
    let listed = house.store.documents(DocumentKind::Exchange).await?;
    let names: BTreeSet<String> = listed.into_iter().map(|one| one.name).collect();
    let mut layouts = Vec::new();
    for exchange in names {
        let AnyExchange::Accepts(read) = house.any_exchange(&exchange).await? else { continue };
        if read.value.apply.target != target.name {
            continue;
        }
        let unfit = |violations| {
            let refused = Refused { violations };
            EngineError::Wrong(format!("exchange `{exchange}` does not fit the catalogue: {refused}"))
        };
        let checks = Checks::compile(&read.value, &catalogue).map_err(unfit)?;
        layouts.push(Mapped::compile(&read.value, &checks).map_err(unfit)?.layout().clone());
    }
    Ok(Written { target, layouts })
}
