//! What would an exchange give, shown on people who do not exist?

use causeway_flow::FlowError;
use causeway_flow::preview::{self, Inventing, Shown};
use causeway_flow::transform::Pseudonyms;
use causeway_model::exchange::Exchange;

use crate::error::EngineError;
use crate::house::House;

/// Walks `records` invented records through the plan of an exchange, whether or not its arrangement is in force.
pub async fn rehearse(house: &House, exchange: &Exchange, records: usize, seed: u64) -> Result<Shown, EngineError> {
    let arrangement = house.arrangement(&exchange.arrangement).await?.value;
    let catalogue = house.catalogue().await?;
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
    let inventing = Inventing { records, seed, now: house.now() };
    let shown = preview::rehearse(&arrangement, exchange, &catalogue, &pseudonyms, inventing);
    shown.map_err(|error| EngineError::not_shown(&exchange.exchange, &error))
}

impl EngineError {
    /// Nothing of an exchange is shown, for the reasons of the street.
    pub(crate) fn not_shown(exchange: &str, error: &FlowError) -> Self {
        Self::NotShown { exchange: exchange.to_owned(), violations: error.violations() }
    }
}
