//! May somebody carry on what was cut off?

use causeway_model::permission::Action;

use crate::error::EngineError;
use crate::house::House;

/// Asks whether `actor` may carry on a transfer that was cut off.
pub async fn may_carry_on(house: &House, actor: &str, transfer: &str) -> Result<(), EngineError> {
    let row = house.transfer(transfer).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    house.permit(actor, Action::CarryOnTransfers, &house.of_both(transfer, &partner)).await.map(|_| ())
}
