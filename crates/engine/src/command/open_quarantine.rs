//! How does an officer see who was left out of a transfer? With a reason, and never without a trace.

use causeway_model::permission::Action;
use causeway_package::report::ReportReader;
use serde_json::{Value, json};

use crate::error::EngineError;
use crate::house::House;

/// Opens the sealed report of a transfer. The opening stands in the ledger before the first line is shown.
pub async fn open_quarantine(
    house: &House,
    actor: &str,
    transfer: &str,
    reason: &str,
) -> Result<Vec<Value>, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why you open it: --reason TEXT".to_owned()));
    }
    let row = house.store.transfer(transfer).await?;
    let thing = match row {
        Some(row) => {
            let version = house.arrangement_version(&row.arrangement, row.arrangement_version).await?;
            house.of_both(transfer, &version.value.partner)
        }
        None => house.own(transfer),
    };
    house.permit(actor, Action::OpenQuarantine, &thing).await?;
    let path = crate::drive::report_of(house, transfer).await?;
    if !path.exists() {
        return Err(EngineError::Unknown {
            what: "report of transfer",
            name: transfer.to_owned(),
            help: "see `causeway status` for transfers that were sealed or refused",
        });
    }
    house.record(actor, "quarantine-opened", transfer, json!({ "reason": reason })).await?;
    let reader = ReportReader::open(&path, &house.keys.operation)?;
    Ok(reader.lines::<Value>().collect::<Result<_, _>>()?)
}
