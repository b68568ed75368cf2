//! How does the configuration leave as documents, and how is it compared? Reading, but not by everybody.

use std::path::Path;

use causeway_model::permission::Action;
use serde_json::json;

use super::stage_configuration::whole;
use crate::configuration::{Bringing, Proposal, export, propose};
use crate::error::EngineError;
use crate::house::House;

/// Writes everything that is in use into a new folder; how many objects there were. It stands in the ledger.
pub async fn export_configuration(house: &House, officer: &str, out: &Path) -> Result<usize, EngineError> {
    house.permit(officer, Action::ExportConfiguration, &whole(house, "configuration")).await?;
    let objects = export(house, out).await?;
    house.record(officer, "configuration-exported", "configuration", json!({ "objects": objects })).await?;
    Ok(objects)
}

/// What a directory would change. Nothing is laid by.
pub async fn diff_configuration(
    house: &House,
    officer: &str,
    dir: &Path,
    bringing: Bringing,
) -> Result<Proposal, EngineError> {
    house.permit(officer, Action::ExportConfiguration, &whole(house, "configuration")).await?;
    propose(house, dir, bringing).await
}
