//! How does an officer answer whose data a compromised key exposes, and who of the registry is among them?

use std::path::Path;

use causeway_model::permission::Action;
use causeway_package::key::Recipient;
use causeway_package::report::ReportWriter;
use serde_json::json;

use crate::error::EngineError;
use crate::house::House;
use crate::query::{Exposure, canonical, found_exposure, whole};

/// What became of a list of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many keys were on it.
    pub people: usize,
    /// How many of them are exposed.
    pub exposed: usize,
    /// Packages whose people are of another entity: they were not compared.
    pub not_compared: usize,
}

/// What the key with this fingerprint exposes. The question stands in the ledger before the answer is shown.
pub async fn expose_key(house: &House, actor: &str, fingerprint: &str) -> Result<Exposure, EngineError> {
    house.permit(actor, Action::ExposeKey, &house.own("keys")).await?;
    let found = found_exposure(house, fingerprint).await?.exposure;
    let body = json!({ "packages": found.packages.len(), "people": found.people });
    house.record(actor, "key-exposure-assessed", &found.fingerprint, body).await?;
    Ok(found)
}

/// Writes which people of a list, a key a line, are exposed by the key with this fingerprint: into `out`, which must not exist,
/// sealed to `recipient`. The question stands in the ledger before that.
pub async fn check_exposed(
    house: &House,
    actor: &str,
    fingerprint: &str,
    (entity, list): (Option<&str>, &str),
    (out, recipient): (&Path, &Recipient),
) -> Result<Checked, EngineError> {
    house.permit(actor, Action::ExposeKey, &house.own("keys")).await?;
    if let Err(refused) = house.demand_environment("age recipient", recipient.environment()) {
        return Err(house.deny(actor, "expose-key", fingerprint, refused).await);
    }
    let catalogue = house.catalogue().await?;
    let people = match entity {
        Some(name) => catalogue.entity(name).filter(|entity| entity.subject.is_some()),
        None => catalogue.subject(),
    };
    let people = people.ok_or_else(|| EngineError::Unknown {
        what: "entity of people",
        name: entity.unwrap_or("-").to_owned(),
        help: "take the one that the catalogue calls a `subject`",
    })?;
    let pseudonyms = house.keys.disclosure();
    let pseudonyms = pseudonyms.of(&people.name);
    let (mut lines, mut asked) = (Vec::new(), Vec::new());
    for (at, line) in list.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let key = canonical(people, line).map_err(|error| EngineError::Wrong(format!("line {}: {error}", at + 1)))?;
        asked.push(pseudonyms.pseudonym(key.as_bytes()));
        lines.push(line);
    }
    let found = found_exposure(house, fingerprint).await?;
    let (same, others): (Vec<_>, Vec<_>) = found.sets.into_iter().partition(|(subject, _)| *subject == people.name);
    let sets: Vec<_> = same.into_iter().map(|(_, set)| set).collect();
    let held = tokio::task::block_in_place(|| whole(house.sets.among(&sets, &asked, &house.keys.operation)))?;
    let exposed = held.iter().filter(|held| **held).count();
    let checked = Checked { people: lines.len(), exposed, not_compared: others.len() };
    let body = json!({
        "entity": people.name, "people_checked": checked.people, "people_exposed": exposed,
        "packages": sets.len(), "packages_not_compared": checked.not_compared,
        "sealed_to": recipient.fingerprint().to_string(),
    });
    house.record(actor, "key-exposure-checked", &found.exposure.fingerprint, body).await?;
    let mut file = ReportWriter::create(out, recipient)?;
    for (line, _) in lines.iter().zip(&held).filter(|(_, held)| **held) {
        file.line(line)?;
    }
    file.finish()?;
    Ok(checked)
}
