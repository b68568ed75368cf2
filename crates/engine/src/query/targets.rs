//! Which target is meant, and what do exchanges write there?

use causeway_flow::accept::target::Layout;
use causeway_flow::accept::{Checks, Mapped};
use causeway_model::Refused;
use causeway_model::catalogue::Target;

use crate::environment::target_allowed;
use crate::error::EngineError;
use crate::house::House;

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
    let mut layouts = Vec::new();
    for (name, inbound) in house.accepting().await? {
        if inbound.apply.target != target.name {
            continue;
        }
        let refused = |violations| {
            EngineError::Wrong(format!("exchange `{name}` does not fit the catalogue: {}", Refused { violations }))
        };
        let checks = Checks::compile(&inbound, &catalogue).map_err(refused)?;
        layouts.push(Mapped::compile(&inbound, &checks).map_err(refused)?.layout().clone());
    }
    Ok(Written { target, layouts })
}
