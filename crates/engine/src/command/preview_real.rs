//! How may an officer look at a few real records before anything leaves? Masked, with a reason, never without a trace.

use causeway_flow::FlowError;
use causeway_flow::plan::Plan;
use causeway_flow::preview::{self, MOST_REAL, Shown};
use causeway_flow::source::Watch;
use causeway_flow::transform::Pseudonyms;
use causeway_model::permission::Action;
use serde_json::json;

use super::{foreign_sources, in_force};
use crate::drive::Heeded;
use crate::error::EngineError;
use crate::house::{Connectors, House};

/// Shows the first `records` records that would be released, masked. The look stands in the ledger before a source is
/// read, and so does a look that was refused.
pub async fn preview_real(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    exchange: &str,
    records: usize,
    reason: &str,
) -> Result<Shown, EngineError> {
    if !(1..=MOST_REAL).contains(&records) {
        return Err(EngineError::Wrong(format!("{records} real records cannot be shown: ask for 1 to {MOST_REAL}")));
    }
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why real records are needed: --reason TEXT".to_owned()));
    }
    let document = house.exchange(exchange).await?;
    let partner = house.terms(&document.arrangement).await?.value.partner;
    house.permit(actor, Action::PreviewReal, &house.of_both(exchange, &partner)).await?;
    let arrangement = in_force(house, &document.arrangement).await?;
    let about = json!({
        "reason": reason, "records": records, "exchange_version": document.version,
        "arrangement": document.arrangement,
    });
    let arrangement = match arrangement {
        Ok(standing) => standing.terms,
        Err(refused) => {
            let mut about = about;
            if let Some(members) = about.as_object_mut() {
                members.insert("violations".to_owned(), json!(refused.violations));
            }
            house.record(actor, "preview-real-refused", exchange, about).await?;
            return Err(EngineError::NotShown { exchange: exchange.to_owned(), violations: refused.violations });
        }
    };
    house.record(actor, "preview-real", exchange, about).await?;
    let catalogue = house.catalogue().await?;
    let foreign = foreign_sources(house, &catalogue);
    if !foreign.is_empty() {
        return Err(EngineError::NotShown { exchange: exchange.to_owned(), violations: foreign });
    }
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
    // INVARIANT (a person's word holds): who decided against it is looked at by nobody either.
    let heeded = Heeded::load(house, catalogue.subject().map_or("", |people| &people.name), &arrangement).await?;
    let look = || {
        let plan = Plan::compile(&arrangement, &document, &catalogue, &pseudonyms).map_err(FlowError::Refused)?;
        let sources = crate::query::sources(house, connectors, &catalogue, &plan)?;
        let memory = house.memory(house.home.staging());
        preview::glimpse(&plan, &sources, house.now(), &Watch::default(), heeded.register(house), &memory, records)
    };
    tokio::task::block_in_place(look).map_err(|error| EngineError::not_shown(exchange, &error))
}
