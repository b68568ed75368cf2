//! Is somebody told when a package holds many more or fewer records than those before it?

use causeway_model::alert::{Alert, AlertKind, To, unusual};

use super::writing::Writing;
use super::{SealTransfer, SealedFacts};
use crate::StoreError;
use crate::db::{Cells, Row, query};
use crate::outbox::post;

/// With so many packages of the exchange before it, one is compared.
const COMPARED: i64 = 5;

/// Posts an alert where it is unusual: by how many records the partner holds then, whether they were all in the package or not. It
/// refuses nothing.
pub(super) async fn tell_of_unusual(
    writing: &mut Writing<'_>,
    sealed: &SealTransfer,
    exchange: &str,
) -> Result<(), StoreError> {
    let before = query(
        "SELECT t.id AS id, t.sealed_json AS sealed_json, s.records AS records FROM transfer t \
         LEFT JOIN package p ON p.transfer = t.id LEFT JOIN package_state s ON s.package = p.id \
         WHERE t.exchange = $1 AND t.sequence IS NOT NULL AND t.sealed_json IS NOT NULL ORDER BY t.sequence DESC LIMIT $2",
    );
    let rows = before.bind(exchange).bind(COMPARED).fetch_all(writing.rows()).await?;
    let before = rows.iter().map(held).collect::<Result<Vec<u64>, _>>()?;
    let now = sealed.state.as_ref().map_or(sealed.facts.released, |state| state.records);
    let Some(way) = unusual(now, &before) else { return Ok(()) };
    let alert = Alert::new(AlertKind::UnusualVolume, To::Staff, &sealed.seen.transfer);
    let alert = alert.with("exchange", exchange).with("package", &sealed.package).with("records", way.as_str());
    let micros = writing.micros();
    post(writing.rows(), &alert, micros).await?;
    Ok(())
}

/// How many records a partner holds by one package.
fn held(row: &Row) -> Result<u64, StoreError> {
    let cells = Cells::new(row, "transfer", "id");
    match cells.optional_count("records")? {
        Some(records) => Ok(records),
        None => Ok(cells.json::<SealedFacts>("sealed_json")?.released),
    }
}
