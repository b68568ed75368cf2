//! How is a transfer carried from request to delivery, whatever dies on the way? A file a step.

mod deliver;
mod gate;
mod prepare;
mod recover;

use std::path::PathBuf;

use causeway_flow::source::Watch;

use crate::command::lapsed;
use crate::error::EngineError;
use crate::house::{Connectors, House};

pub use prepare::Prepared;
pub use recover::{Recovered, recover};

/// Where the sealed report of a transfer stands.
pub fn report_path(house: &House, transfer: &str) -> PathBuf {
    house.home.sealed().join(format!("{transfer}.report.age"))
}

/// Where the disclosure set of a transfer stands.
pub fn disclosure_path(house: &House, transfer: &str) -> PathBuf {
    house.home.sealed().join(format!("{transfer}.people.age"))
}

/// Carries a transfer as far as it goes without the partner: prepares it if it was not, delivers it if it was not.
pub async fn run(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    transfer: &str,
    watch: &Watch,
) -> Result<Prepared, EngineError> {
    match carry(house, connectors, actor, transfer, watch).await {
        Err(error) if !matches!(error, EngineError::Lapsed { .. }) => {
            // Others may have let it lapse meanwhile: then that is what happened to it, whatever failed for it.
            Err(lapsed(house, transfer).await?.unwrap_or(error))
        }
        outcome => outcome,
    }
}

async fn carry(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    transfer: &str,
    watch: &Watch,
) -> Result<Prepared, EngineError> {
    let prepared = prepare::prepare(house, connectors, actor, transfer, watch).await?;
    deliver::deliver(house, connectors, actor, transfer).await?;
    Ok(prepared)
}
