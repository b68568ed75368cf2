//! How is a working exchange drafted for another operation, and when does the draft become documents to import?

use std::collections::BTreeMap;
use std::path::Path;

use causeway_model::document::{Document, Findings, to_yaml};
use causeway_model::permission::{Action, Owner};
use serde_json::json;

use super::stage_configuration::whole;
use crate::configuration::Report;
use crate::configuration::clone::{
    ARRANGEMENT, CATALOGUE, Documents, EXCHANGE, Identifier, MAPPING, Mapping, needed, template,
};
use crate::error::EngineError;
use crate::house::House;

/// A draft that was written.
pub struct Cloned {
    /// How many identifiers must be mapped.
    pub open: usize,
    /// How many are known already.
    pub known: usize,
}

/// Writes the documents that `exchange` needs into a new folder, with a mapping file that lists every identifier.
pub async fn clone_exchange(
    house: &House,
    officer: &str,
    exchange: &str,
    to: &Path,
    operation: &str,
) -> Result<Cloned, EngineError> {
    let found = house.exchange(exchange).await?;
    let arrangement = house.arrangement(&found.arrangement).await?.value;
    let thing = whole(house, exchange).owned_by(Owner::Both(arrangement.partner.clone()));
    house.permit(officer, Action::CloneExchange, &thing).await?;
    if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(EngineError::Wrong(format!("`{}` is not empty: name a new folder", to.display())));
    }
    let own = &house.home.config().operation;
    let documents = needed(&Documents { catalogue: house.catalogue().await?, arrangement, exchange: found });
    let known = BTreeMap::from([((Identifier::Operation, own.clone()), operation.to_owned())]);
    let mapping = template(&documents, &known);
    write_all(&documents, to)?;
    write(&to.join(MAPPING), &mapping)?;
    let open = mapping.lines().filter(|line| line.starts_with("  ") && line.ends_with(": ~")).count();
    let body = json!({ "for_operation": operation, "identifiers": open + known.len() });
    house.record(officer, "exchange-cloned", exchange, body).await?;
    Ok(Cloned { open, known: known.len() })
}

/// Writes the documents of a draft as they are called in the other operation into `out`: version 1 of each, to import
/// there. Refused, by name and place, while anything is not mapped.
pub fn clone_apply(dir: &Path, mapping: &Path, out: &Path) -> Result<(), EngineError> {
    if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(EngineError::Wrong(format!("`{}` is not empty: name a new folder", out.display())));
    }
    let [catalogue, arrangement, exchange] =
        [CATALOGUE, ARRANGEMENT, EXCHANGE].map(|file| (file, read(&dir.join(file))));
    let files = [(catalogue.0, catalogue.1?), (arrangement.0, arrangement.1?), (exchange.0, exchange.1?)];
    let [(_, catalogue), (_, arrangement), (_, exchange)] = &files;
    let mut documents =
        Documents { catalogue: catalogue.read()?, arrangement: arrangement.read()?, exchange: exchange.read()? };
    let document = read(mapping)?;
    let (mapping, findings) = Mapping::read(&document, &documents, &files);
    let mut report = Report::default();
    report.add(&document, &findings);
    report.refuse_errors(document.name())?;
    mapping.apply(&mut documents);
    documents.catalogue.version = 1;
    documents.arrangement.version = 1;
    documents.exchange.version = 1;
    let mut report = Report::default();
    let checks: [Findings; 3] = [
        documents.catalogue.check(),
        documents.arrangement.check(&documents.catalogue),
        documents.exchange.check(&documents.catalogue),
    ];
    for ((file, value), findings) in documents.values()?.iter().zip(&checks) {
        report.add(&Document::parse(&out.join(file).display().to_string(), &to_yaml(value))?, findings);
    }
    report.refuse_errors("what the mapping makes")?;
    write_all(&documents, out)
}

fn read(path: &Path) -> Result<Document, EngineError> {
    let text = std::fs::read_to_string(path).map_err(EngineError::file("read", path))?;
    Ok(Document::parse(&path.display().to_string(), &text)?)
}

fn write_all(documents: &Documents, dir: &Path) -> Result<(), EngineError> {
    std::fs::create_dir_all(dir).map_err(EngineError::file("make", dir))?;
    for (file, value) in documents.values()? {
        write(&dir.join(file), &to_yaml(&value))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    std::fs::write(path, text).map_err(EngineError::file("write", path))
}
