//! How does the configuration go back to an earlier set? Forward: the old texts as next versions, laid by for a second officer.

use causeway_model::document::Document;
use causeway_store::change::{DocumentKind, InUse, SetOrigin, StagedDocument, StagedKind};
use serde_json::Value;

use super::stage_configuration::{Signing, Staged, lay_by, told, whole};
use crate::configuration::standing;
use crate::documents::Read;
use crate::error::EngineError;
use crate::house::House;

/// What a roll-back lays by, and what it leaves as it is, with the reason.
pub struct RolledBack {
    /// The new set; none where everything is as it was.
    pub staged: Option<Staged>,
    /// What goes back to which text, under which version.
    pub goes_back: Vec<String>,
    /// What stays.
    pub stays: Vec<String>,
}

/// Lays by, under the name `set`, what was in use when `to` was activated.
pub async fn roll_back_configuration(
    house: &House,
    by: Signing<'_>,
    to: &str,
    set: &str,
) -> Result<RolledBack, EngineError> {
    let outcome = roll_back(house, by, to, set).await;
    told(house, by.officer, "roll-back", set, outcome).await
}

async fn roll_back(house: &House, by: Signing<'_>, to: &str, set: &str) -> Result<RolledBack, EngineError> {
    let action = causeway_model::permission::Action::RollBackConfiguration;
    house.permit(by.officer, action, &whole(house, set)).await?;
    let then = house.store.activations().await?.into_iter().find(|activation| activation.set == to);
    let then = then.ok_or_else(|| EngineError::Unknown {
        what: "activated set",
        name: to.to_owned(),
        help: "name one that `causeway configuration history` calls activated",
    })?;
    let now = standing(house).await?.in_use();
    let mut found = RolledBack { staged: None, goes_back: Vec::new(), stays: Vec::new() };
    let mut documents = Vec::new();
    for old in &then.in_use {
        if now.contains(old) {
            continue;
        }
        let Some(kind) = StagedKind::from_name(&old.kind).filter(|kind| *kind != StagedKind::Arrangement) else {
            found.stays.push(format!("arrangement {}: signed terms are amended, not rolled back", old.name));
            continue;
        };
        let newest = newest(house, kind, &old.name).await?;
        let (before, after) = (text_of(house, kind, old).await?, newest);
        let same = match &after {
            Some(after) if now.iter().any(|one| one.kind == old.kind && one.name == old.name) => {
                apart_from_version(&before)? == apart_from_version(&after.text)?
            }
            _ => false,
        };
        if same {
            continue;
        }
        let version = after.map_or(1, |after| after.version.saturating_add(1));
        found.goes_back.push(format!("{} {}: version {} again, as version {version}", old.kind, old.name, old.version));
        documents.push(StagedDocument { kind, name: old.name.clone(), version, text: with_version(&before, version)? });
    }
    for new in &now {
        if !then.in_use.iter().any(|old| old.kind == new.kind && (old.name == new.name || old.kind == "catalogue")) {
            found.stays.push(format!("{} {}: it came later, and nothing is ever removed", new.kind, new.name));
        }
    }
    if !documents.is_empty() {
        found.staged = Some(lay_by(house, by, set, SetOrigin::RollBack, &documents).await?);
    }
    Ok(found)
}

struct Newest {
    version: u32,
    text: String,
}

async fn newest(house: &House, kind: StagedKind, name: &str) -> Result<Option<Newest>, EngineError> {
    Ok(match kind.document() {
        Some(kind) => {
            let found = house.store.latest_document(kind, name).await?;
            found.map(|found| Newest { version: found.listing.version, text: found.text })
        }
        None => house.store.thresholds().await?.map(|found| Newest { version: found.version, text: found.text }),
    })
}

/// The text of a version that was in use.
async fn text_of(house: &House, kind: StagedKind, old: &InUse) -> Result<String, EngineError> {
    let document: Option<DocumentKind> = kind.document();
    let mut text = match document {
        Some(kind) => house.store.document(kind, &old.name, old.version).await?.map(|found| found.text),
        None => None,
    };
    if document.is_none() {
        for activation in house.store.activations().await? {
            let staged = house.store.staged_documents(&activation.set).await?;
            let found = staged.into_iter().find(|one| one.kind == kind && one.version == old.version);
            text = found.map(|one| one.text).or(text);
        }
    }
    text.ok_or_else(|| EngineError::Unknown {
        what: "version in use then",
        name: format!("{} {} version {}", old.kind, old.name, old.version),
        help: "restore the newest copy of the database",
    })
}

fn apart_from_version(text: &str) -> Result<Value, EngineError> {
    let mut document = Document::parse("text", text)?;
    document.take("version");
    Ok(document.value().clone())
}

/// The same text under another version: nothing but the number changes, comments stay.
fn with_version(text: &str, version: u32) -> Result<String, EngineError> {
    let read: Read<Value> = Read::text("text", text.to_owned())?;
    let at = read.document.locate("/version");
    let wrong = || EngineError::Wrong("a document without a version cannot be rolled back".to_owned());
    let lines: Vec<&str> = text.split('\n').collect();
    let line = lines.get(at.line.saturating_sub(1)).ok_or_else(wrong)?;
    let column = line.char_indices().nth(at.column.saturating_sub(1)).map(|(at, _)| at).ok_or_else(wrong)?;
    let (before, rest) = (line.get(..column).ok_or_else(wrong)?, line.get(column..).ok_or_else(wrong)?);
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let changed = format!("{before}{version}{after}");
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    if let Some(line) = lines.get_mut(at.line.saturating_sub(1)) {
        *line = changed;
    }
    let found = lines.join("\n");
    let again = Document::parse("text", &found)?;
    if again.value().get("version") == Some(&Value::from(version)) { Ok(found) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn only_the_number_changes() {
        let yaml = "# kept\nexchange: a # and this\nversion: 12 # 12\nfields: [{ version: 12 }]\n";
        assert_eq!(with_version(yaml, 7).unwrap(), yaml.replacen("version: 12", "version: 7", 1));
        assert_eq!(
            with_version(r#"{"catalogue":"é","version":1,"n":1}"#, 34).unwrap(),
            r#"{"catalogue":"é","version":34,"n":1}"#
        );
        assert!(with_version("exchange: a\n", 2).is_err());
        assert_eq!(apart_from_version(yaml).unwrap(), apart_from_version(&yaml.replace(": 12 #", ": 1 #")).unwrap());
    }
}
