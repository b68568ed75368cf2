//! How do governance documents enter: read, checked, frozen, stored as versions that nothing edits?

use std::path::Path;

use causeway_flow::accept::check_rules;
use causeway_model::catalogue::Catalogue;
use causeway_model::document::Findings;
use causeway_model::inbound::Inbound;
use causeway_model::permission::Action;
use causeway_model::{Refused, Violation};
use causeway_store::change::{DocumentKind, NewDocument};
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::configuration::turned;
use crate::documents::{AnyExchange, Read, read_catalogue, sha256_hex};
use crate::environment::{source_allowed, target_allowed};
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::ping::Ids;
use crate::schedule::too_frequent;

/// Imports a catalogue; its code list files are frozen into it.
pub async fn import_catalogue(
    house: &House,
    actor: &str,
    path: &Path,
) -> Result<(Read<Catalogue>, Saved), EngineError> {
    one_officer_will_do(house)?;
    let read = read_catalogue(path)?;
    read.refuse_errors(&read.value.check())?;
    house.permit(actor, Action::ImportConfiguration, &house.own(&read.value.catalogue)).await?;
    let foreign = foreign_sources(house, &read.value);
    if let Err(refused) = Refused::unless_empty(foreign) {
        return Err(house.deny(actor, Action::ImportConfiguration.as_str(), &read.value.catalogue, refused).await);
    }
    let text = serde_json::to_string(&read.value).map_err(|error| EngineError::Wrong(error.to_string()))?;
    let saved = import(house, actor, DocumentKind::Catalogue, &read.value.catalogue, read.value.version, text).await?;
    Ok((read, saved))
}

/// Sources and targets of a catalogue that an installation of this kind does not open.
pub(crate) fn foreign_sources(house: &House, catalogue: &Catalogue) -> Vec<Violation> {
    let sources = catalogue.sources.iter().map(|source| source_allowed(house.environment(), source));
    let targets = catalogue.targets.iter().map(|target| target_allowed(house.environment(), target));
    sources.chain(targets).filter_map(Result::err).collect()
}

/// Imports an exchange.
pub async fn import_exchange(house: &House, actor: &str, path: &Path) -> Result<(AnyExchange, Saved), EngineError> {
    one_officer_will_do(house)?;
    let any = AnyExchange::file(path)?;
    let catalogue = house.catalogue().await?;
    match &any {
        AnyExchange::Provides(read) => {
            let mut findings: Findings = read.value.check(&catalogue);
            not_turned(house, &any, &mut findings).await?;
            not_taken(house, &any, &mut findings).await?;
            read.refuse_errors(&findings)?;
            house.arrangement(&read.value.arrangement).await?;
            findings.extend(too_frequent(house, &read.value).await?);
            read.refuse_errors(&findings)?;
        }
        AnyExchange::Accepts(read) => {
            let mut findings = accepted(house, &read.value, &catalogue).await?;
            not_turned(house, &any, &mut findings).await?;
            not_taken(house, &any, &mut findings).await?;
            read.refuse_errors(&findings)?;
        }
    }
    let (name, version, _) = any.names();
    let saved = import(house, actor, DocumentKind::Exchange, name, version, any.as_text().to_owned()).await?;
    Ok((any, saved))
}

/// What is wrong with an exchange that accepts, in itself and under the newest text of its arrangement.
async fn accepted(house: &House, inbound: &Inbound, catalogue: &Catalogue) -> Result<Findings, EngineError> {
    let mut findings = inbound.check(catalogue);
    findings.extend(check_rules(inbound));
    let terms = house.arrangement(&inbound.arrangement).await?.value;
    findings.extend(inbound.check_terms(&terms));
    Ok(findings)
}

async fn not_turned(house: &House, new: &AnyExchange, findings: &mut Findings) -> Result<(), EngineError> {
    let (name, _, _) = new.names();
    let before = house.store.latest_document(DocumentKind::Exchange, name).await?;
    if let Some(before) = before
        && AnyExchange::text(name, before.text)?.accepts() != new.accepts()
    {
        turned(findings);
    }
    Ok(())
}

async fn not_taken(house: &House, new: &AnyExchange, findings: &mut Findings) -> Result<(), EngineError> {
    let Some(ids) = Ids::of(new) else { return Ok(()) };
    let all = house.all_exchanges().await?;
    ids.clash(&all.iter().filter_map(|(_, exchange)| Ids::of(exchange)).collect::<Vec<_>>(), findings);
    Ok(())
}

/// Where the installation demands two people, a file is laid by for the second.
fn one_officer_will_do(house: &House) -> Result<(), EngineError> {
    if house.home.config().two_person {
        return Err(EngineError::Wrong(
            "here the configuration comes into use by two officers: say who you are with `--officer NAME --key FILE`, \
             and have another one run `causeway configuration activate`"
                .to_owned(),
        ));
    }
    Ok(())
}

async fn import(
    house: &House,
    actor: &str,
    kind: DocumentKind,
    name: &str,
    version: u32,
    text: String,
) -> Result<Saved, EngineError> {
    house.permit(actor, Action::ImportConfiguration, &house.own(name)).await?;
    let event = audit(
        actor,
        "document-imported",
        name,
        json!({ "kind": kind.name(), "version": version, "sha256": sha256_hex(&text) }),
    );
    let document = NewDocument { kind, name: name.to_owned(), version, text };
    let saved = house.store.import_document(Changed::new(document, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}
