//! What would a transfer read, in which order, by which statements, and how much is that?

use causeway_flow::FlowError;
use causeway_flow::aggregate::{Reading, forecast};
use causeway_flow::plan::Plan;
use causeway_flow::source::{Watch, extract};
use causeway_model::exchange::Exchange;

use crate::command::in_force;
use crate::error::EngineError;
use crate::house::{Connectors, House};

/// What a transfer would come to.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Readings, in the order in which they would begin.
    pub readings: Vec<Reading>,
    /// How each source was held still while it was asked.
    pub snapshots: Vec<(String, String)>,
    /// Mebibytes that what is related may take before it is spilled.
    pub related_mebibytes: usize,
}

/// Opens the sources and asks them what they know; reads no records. The arrangement must be in force.
pub async fn explain(
    house: &House,
    connectors: &dyn Connectors,
    exchange: &Exchange,
) -> Result<Explanation, EngineError> {
    let standing = in_force(house, &exchange.arrangement).await?;
    let arrangement = standing.map_err(|refused| EngineError::Wrong(refused.to_string()))?.terms;
    let catalogue = house.catalogue().await?;
    let pseudonyms = house.pseudonyms(&arrangement.partner, &arrangement.purpose.code);
    let ask = || {
        let plan = Plan::compile(&arrangement, exchange, &catalogue, &pseudonyms).map_err(FlowError::Refused)?;
        let sources = super::sources(house, connectors, &catalogue, &plan)?;
        let mut extract = extract(&plan, &sources, &|| house.now(), &Watch::default())?;
        let readings = forecast(&plan, &mut extract)?;
        let snapshots = extract.snapshots().into_iter().map(|(name, info)| (name, info.kind)).collect();
        Ok(Explanation { readings, snapshots, related_mebibytes: house.memory(house.home.staging()).budget() >> 20 })
    };
    tokio::task::block_in_place(ask).map_err(|error: FlowError| EngineError::Wrong(error.to_string()))
}
