//! Is somebody told when a package holds many more or fewer records than those before it?

use causeway_model::alert::{Alert, AlertKind, To, unusual};

use super::writing::Writing;
use super::{SealTransfer, SealedFacts};
use crate::StoreError;
use crate::db::{Cells, query};
use crate::outbox::post;

/// With so many packages of the exchange before it, one is compared.
const COMPARED: i64 = 5;

/// Posts an alert where it is unusual. It refuses nothing.
pub(super) async fn tell_of_unusual(
    writing: &mut Writing<'_>,
    sealed: &SealTransfer,
    exchange: &str,
) -> Result<(), StoreError> {
    let before = query(
        "SELECT id, sealed_json FROM transfer WHERE exchange = $1 AND sequence IS NOT NULL AND sealed_json IS NOT NULL \
         ORDER BY sequence DESC LIMIT $2",
    );
    let rows = before.bind(exchange).bind(COMPARED).fetch_all(writing.rows()).await?;
    let released =
        |row| Cells::new(row, "transfer", "id").json::<SealedFacts>("sealed_json").map(|facts| facts.released);
    let before = rows.iter().map(released).collect::<Result<Vec<u64>, _>>()?;
    let Some(way) = unusual(sealed.facts.released, &before) else { return Ok(()) };
    let alert = Alert::new(AlertKind::UnusualVolume, To::Staff, &sealed.seen.transfer);
    let alert = alert.with("exchange", exchange).with("package", &sealed.package).with("records", way.as_str());
    let micros = writing.micros();
    post(writing.rows(), &alert, micros).await?;
    Ok(())
}
