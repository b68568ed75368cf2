//! Which alerts may one person see?

use causeway_model::permission::Action;
use causeway_store::query::{AlertFilter, AlertRow};

use crate::error::EngineError;
use crate::house::House;

/// So many rows are read at once, until there are enough that may be seen.
const PAGE: u32 = 500;

/// Up to `limit` alerts that `actor` may see, the newest first.
pub async fn alerts_seen(
    house: &House,
    actor: &str,
    which: AlertFilter,
    limit: u32,
) -> Result<Vec<AlertRow>, EngineError> {
    let looker = house.looker(actor).await?;
    let (mut seen, mut last): (Vec<AlertRow>, Option<AlertRow>) = (Vec::new(), None);
    loop {
        let page = house.store.alerts(which, last.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        last = page.last().cloned();
        seen.extend(
            page.into_iter().filter(|alert| looker.sees(Action::ShowAlerts, &house.of_alert(&alert.id, &alert.to))),
        );
        if is_last || seen.len() >= limit as usize {
            seen.truncate(limit as usize);
            return Ok(seen);
        }
    }
}
