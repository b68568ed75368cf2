//! How many people would a transfer of this exchange meet now?

use causeway_flow::FlowError;
use causeway_flow::plan::Plan;
use causeway_flow::preview::{self, Census};
use causeway_flow::source::Watch;
use causeway_flow::transform::Pseudonyms;
use causeway_model::exchange::Exchange;

use crate::command::{foreign_sources, in_force};
use crate::drive::Heeded;
use crate::error::EngineError;
use crate::house::{Connectors, House};

/// Whether people could be counted.
pub enum Counted {
    /// They were.
    People(Census),
    /// They were not: why, without a personal value.
    Not(String),
}

/// Counts the people of an exchange, whether it is imported or not. Nobody is counted under an arrangement that is not in
/// force, and a source that cannot be read is told, not an error: an exchange can be checked without its sources.
pub async fn census(house: &House, connectors: &dyn Connectors, exchange: &Exchange) -> Result<Counted, EngineError> {
    let arrangement = match in_force(house, &exchange.arrangement).await? {
        Ok(standing) => standing.terms,
        Err(refused) => return Ok(Counted::Not(refused.to_string())),
    };
    let catalogue = house.catalogue().await?;
    if let Some(foreign) = foreign_sources(house, &catalogue).first() {
        return Ok(Counted::Not(foreign.to_string()));
    }
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
    let heeded = Heeded::load(house, catalogue.subject().map_or("", |people| &people.name), &arrangement).await?;
    let count = || {
        let plan = Plan::compile(&arrangement, exchange, &catalogue, &pseudonyms).map_err(FlowError::Refused)?;
        let sources = super::sources(house, connectors, &catalogue, &plan)?;
        let (register, memory) = (heeded.register(house), house.memory(house.home.staging()));
        preview::census(&plan, &sources, house.now(), &Watch::default(), register, &memory)
    };
    Ok(match tokio::task::block_in_place(count) {
        Ok(census) => Counted::People(census),
        Err(error) => Counted::Not(error.to_string()),
    })
}
