//! How does a refused request enter the register, and who may look into it?

use causeway_model::permission::{Action, Owner, Thing};
use causeway_model::request::{Asker, RefusedRequest, Statistics, statistics};
use causeway_store::change::NewRefusedRequest;
use causeway_store::query::RefusedRow;
use causeway_store::{Changed, Saved};
use jiff::civil::Date;
use serde_json::json;

use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Enters a request that was refused, in whatever way it was made.
pub async fn register_refused(house: &House, name: &str, entry: RefusedRequest) -> Result<Saved, EngineError> {
    let mut thing = register(house);
    if entry.asker == Asker::Partner && house.store.partner(&entry.organisation).await?.is_some() {
        thing = thing.owned_by(Owner::Both(entry.organisation.clone()));
    }
    house.permit(name, Action::RegisterRefusedRequest, &thing).await?;
    if let Err(error) = entry.check(house.today()) {
        return Err(house.deny(name, Action::RegisterRefusedRequest.as_str(), &thing.name, error).await);
    }
    enter(house, name, entry).await
}

/// Enters it without asking who may: whoever may ask is entered when the answer is no.
pub(super) async fn enter(house: &House, name: &str, entry: RefusedRequest) -> Result<Saved, EngineError> {
    let id = house.id("rr");
    let text = serde_json::to_string(&entry).map_err(|error| EngineError::Wrong(error.to_string()))?;
    // The words may tell of somebody: the ledger has their digest.
    let event = audit(
        name,
        "refused-request-registered",
        &id,
        json!({
            "asker": entry.asker, "manner": entry.manner, "asked_on": entry.asked_on, "elements": entry.elements,
            "codes": entry.codes, "sha256": sha256_hex(&text),
        }),
    );
    let saved =
        house.store.register_refused(Changed::new(NewRefusedRequest { id, entry }, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Up to `limit` entries of the register behind the one of that id, for whoever may see them.
pub async fn refused_requests(
    house: &House,
    name: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<RefusedRow>, EngineError> {
    house.permit(name, Action::ShowRefusedRequests, &register(house)).await?;
    Ok(house.store.refused_requests_after(after, limit).await?)
}

/// The register as counts, over days both included.
pub async fn refused_statistics(house: &House, name: &str, from: Date, until: Date) -> Result<Statistics, EngineError> {
    house.permit(name, Action::ShowRefusedRequests, &register(house)).await?;
    let entries: Vec<RefusedRequest> = house.store.refused_requests().await?.into_iter().map(|row| row.entry).collect();
    Ok(statistics(&entries, from, until))
}

fn register(house: &House) -> Thing {
    house.own("the register of refused requests")
}
