//! Which backups are too old to be kept? What was purged since they were made lies in them.

use std::path::{Path, PathBuf};

use causeway_package::report::ReportReader;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::{Header, Line};
use crate::error::EngineError;
use crate::home::Home;
use crate::house::House;

/// A backup that may not be kept any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Its file.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
}

/// The last moment at which a backup may be kept.
pub(crate) fn last_day(made_at: Timestamp, home: &Home) -> Timestamp {
    let hours = i64::from(home.config().backup_days) * 24;
    made_at.checked_add(hours.hours()).unwrap_or(Timestamp::MAX)
}

/// Backups of this installation beside a file that are too old to be kept, oldest first. What is no backup of it is passed over.
///
/// # Errors
/// The folder cannot be read.
pub fn aged(house: &House, beside: &Path) -> Result<Vec<Aged>, EngineError> {
    let folder = match beside.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(EngineError::file("read", folder))? {
        let path = entry.map_err(EngineError::file("read", folder))?.path();
        if !path.is_file() {
            continue;
        }
        let first = ReportReader::open(&path, &house.keys.operation).and_then(|mut sealed| sealed.next_line::<Line>());
        if let Ok(Some(Line::Backup(Header { operation, made_at, .. }))) = first
            && operation == house.operation()
            && last_day(made_at, &house.home) < house.now()
        {
            found.push(Aged { path, made_at });
        }
    }
    found.sort_by_key(|one| one.made_at);
    Ok(found)
}

/// Destroys a backup that is too old, and enters that it is gone.
///
/// # Errors
/// The file cannot be removed; nothing is entered then.
pub async fn destroy(house: &House, actor: &str, aged: &Aged) -> Result<(), EngineError> {
    std::fs::remove_file(&aged.path).map_err(EngineError::file("remove", &aged.path))?;
    let name = aged.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let body = json!({ "file": name, "made_at": aged.made_at.to_string() });
    house.record(actor, "backup-destroyed", "backup", body).await
}
