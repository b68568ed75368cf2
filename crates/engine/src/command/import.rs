//! How do governance documents enter: read, checked, frozen, stored as versions that nothing edits?

use std::path::Path;

use causeway_model::catalogue::Catalogue;
use causeway_model::document::Findings;
use causeway_model::exchange::Exchange;
use causeway_model::permission::Action;
use causeway_model::{Refused, Violation};
use causeway_store::change::{DocumentKind, NewDocument};
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::documents::{Read, read_catalogue, sha256_hex};
use crate::environment::{source_allowed, target_allowed};
use crate::error::EngineError;
use crate::house::{House, audit};
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
pub async fn import_exchange(house: &House, actor: &str, path: &Path) -> Result<(Read<Exchange>, Saved), EngineError> {
    one_officer_will_do(house)?;
    let read: Read<Exchange> = Read::file(path)?;
    let catalogue = house.catalogue().await?;
    let mut findings: Findings = read.value.check(&catalogue);
    read.refuse_errors(&findings)?;
    house.arrangement(&read.value.arrangement).await?;
    findings.extend(too_frequent(house, &read.value).await?);
    read.refuse_errors(&findings)?;
    let saved =
        import(house, actor, DocumentKind::Exchange, &read.value.exchange, read.value.version, read.text.clone())
            .await?;
    Ok((read, saved))
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
