//! How is a backup made while others work?

use std::io::Read as _;
use std::path::{Path, PathBuf};

use causeway_model::permission::Action;
use causeway_package::report::ReportWriter;
use causeway_store::backup::BackupRow;
use serde_json::json;

use super::{CHUNK, FORMAT, Header, Line, Tally, last_day};
use crate::error::EngineError;
use crate::house::House;

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// How many rows of the database.
    pub rows: u64,
    /// How many files.
    pub files: u64,
    /// Size of the backup, in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The last day on which it may be kept.
    pub keep_until: jiff::civil::Date,
}

struct Writer {
    sealed: ReportWriter,
    tally: Tally,
}

impl Writer {
    fn line(&mut self, line: &Line) -> Result<(), EngineError> {
        self.tally.add(line);
        Ok(self.sealed.line(line)?)
    }

    fn file(&mut self, data: &Path, path: &Path) -> Result<(), EngineError> {
        let name = path.strip_prefix(data).ok().and_then(Path::to_str);
        let name = name.ok_or_else(|| EngineError::Wrong(format!("`{}` has no name in UTF-8", path.display())))?;
        self.line(&Line::File(name.to_owned()))?;
        let mut file = std::fs::File::open(path).map_err(EngineError::file("read", path))?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = file.read(&mut buffer).map_err(EngineError::file("read", path))?;
            match buffer.get(..read) {
                Some([]) | None => return Ok(()),
                Some(bytes) => self.line(&Line::Bytes(hex::encode(bytes)))?,
            }
        }
    }
}

/// Makes a backup in a new file. It enters the ledger first, so that the backup knows of itself.
pub async fn make(house: &House, actor: &str, path: &Path) -> Result<Made, EngineError> {
    if path.exists() {
        return Err(EngineError::Wrong(format!("`{}` exists: name a new file", path.display())));
    }
    house.permit(actor, Action::Backup, &house.own("backup")).await?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let keep_until = last_day(house.now(), &house.home).to_zoned(jiff::tz::TimeZone::UTC).date();
    house.record(actor, "backup-made", "backup", json!({ "file": name, "keep_until": keep_until })).await?;
    let mut export = house.store.export().await?;
    let header = Header {
        format: FORMAT,
        schema: export.schema(),
        operation: house.home.config().operation.clone(),
        environment: house.environment(),
        made_at: house.now(),
        checkpoint: house.store.newest_checkpoint().await?,
    };
    let mut writer = Writer { sealed: ReportWriter::create(path, house.keys.recipient())?, tally: Tally::default() };
    writer.line(&Line::Backup(header))?;
    let mut packages = Vec::new();
    loop {
        let page = export.next_page().await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            packages.extend(held(&row).map(|id| house.home.packages().join(id)));
            writer.line(&Line::Row(row))?;
        }
    }
    // A package is where it belongs before its row is committed, and is never changed: those of the rows are copied, whoever adds
    // another meanwhile.
    let intakes = house.home.intakes();
    let intakes = intakes.exists().then_some(intakes);
    for folder in packages.into_iter().chain([house.home.sealed()]).chain(intakes) {
        if was_erased(house, &folder).await? {
            continue;
        }
        for file in files(&folder)? {
            writer.file(&house.home.data(), &file)?;
        }
    }
    let Writer { mut sealed, tally } = writer;
    let trailer = tally.trailer();
    sealed.line(&Line::End(trailer.clone()))?;
    let file = sealed.finish()?;
    Ok(Made { rows: trailer.rows, files: trailer.files, size: file.size, sha256: file.sha256, keep_until })
}

/// Whether a package's bytes went since its row was read.
async fn was_erased(house: &House, folder: &Path) -> Result<bool, EngineError> {
    if folder.exists() {
        return Ok(false);
    }
    let id = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    Ok(house.store.package(id).await?.is_some_and(|package| package.erased_at.is_some()))
}

/// The id of a package that is not erased, where the row is of one.
fn held(row: &BackupRow) -> Option<&str> {
    let standing = row.table == "package" && row.values.get("erased_at").is_none_or(serde_json::Value::is_null);
    row.values.get("id").and_then(serde_json::Value::as_str).filter(|_| standing)
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(EngineError::file("read", &folder))? {
            let entry = entry.map_err(EngineError::file("read", &folder))?;
            let kind = entry.file_type().map_err(EngineError::file("look at", entry.path()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
