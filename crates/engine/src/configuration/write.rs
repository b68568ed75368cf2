//! How does the configuration become files: the same every time, nothing secret, nothing that only this database knows?

use std::path::Path;

use causeway_model::document::to_yaml;
use serde_json::{Value, json};

use super::standing::{Object, Standing};
use super::{INDEX, Kind, installation, standing};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// Writes everything that is in use into a new or empty folder; how many objects there were.
pub async fn export(house: &House, out: &Path) -> Result<usize, EngineError> {
    if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(EngineError::Wrong(format!("`{}` is not empty: name a new folder", out.display())));
    }
    let standing = standing(house).await?;
    let of = installation(house);
    let mut listed = Vec::new();
    for object in standing.objects()? {
        let text = text(&standing, &object, &of);
        let path = object.kind.file(&object.name);
        let mut entry = json!({ "file": path });
        if let (Some(members), Some(version)) = (entry.as_object_mut(), object.version) {
            members.insert("version".to_owned(), json!(version));
        }
        if object.kind == Kind::Arrangement
            && let Some(members) = entry.as_object_mut()
        {
            members.insert("state".to_owned(), json!(state(house, &object.name).await?));
            members.insert("sha256".to_owned(), json!(sha256_hex(&text)));
        }
        listed.push(entry);
        write(&out.join(&path), &text)?;
    }
    let index = json!({
        "configuration": 1, "operation": house.home.config().operation, "installation": of,
        "environment": house.environment(), "objects": listed,
    });
    write(&out.join(INDEX), &to_yaml(&index))?;
    Ok(listed.len())
}

/// The name of the state of an arrangement's newest version.
async fn state(house: &House, name: &str) -> Result<&'static str, EngineError> {
    let lives = house.store.arrangement_lives(name).await?;
    Ok(lives.last().map_or("draft", |life| life.state.name()))
}

/// The text of an object's file. An arrangement's is the very text that was signed; it says itself whose it is.
fn text(standing: &Standing, object: &Object, of: &str) -> String {
    match object.kind {
        Kind::Arrangement => standing.arrangements.get(&object.name).map(|read| read.text.clone()).unwrap_or_default(),
        Kind::Exchange => {
            let text = standing.exchanges.get(&object.name).map(|read| read.as_text().to_owned()).unwrap_or_default();
            format!("of: {of}\n{text}")
        }
        _ => {
            let mut members = serde_json::Map::from_iter([("of".to_owned(), json!(of))]);
            members.extend(object.value.as_object().cloned().unwrap_or_default());
            to_yaml(&Value::Object(members))
        }
    }
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(EngineError::file("make", folder))?;
    }
    std::fs::write(path, text).map_err(EngineError::file("write", path))
}
