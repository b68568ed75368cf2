//! How does a person bring in a file that a partner sent?

use std::path::Path;

use causeway_model::permission::Action;
use causeway_store::change::Way;

use crate::error::EngineError;
use crate::house::House;
use crate::intake::{Body, Incoming, Received, receive};

/// Takes in a file for an exchange that accepts. It is opened by whoever is at work.
///
/// # Errors
/// The exchange takes no files from people, or the file is larger than it takes.
pub async fn submit_records(house: &House, name: &str, exchange: &str, file: &Path) -> Result<Received, EngineError> {
    let inbound = house.inbound(exchange).await?;
    let partner = house.terms(&inbound.arrangement).await?.value.partner;
    house.permit(name, Action::SubmitRecords, &house.of_both(exchange, &partner)).await?;
    let incoming = Incoming { exchange, way: Way::Upload, client: None, body: Body::File(file), id: None };
    receive(house, name, incoming).await
}
