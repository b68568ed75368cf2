//! How is a source of the catalogue opened for reading?
//!
//! | kind | held still by | ends early when |
//! |---|---|---|
//! | `sqlite` | one read transaction | the file is damaged or cut |
//! | `csv` | size, time and inode compared | a quote stays open, the last row is short, `records` differs, the compressed stream stops |
//! | `json-lines` | the same | the last line does not parse, `records` differs, the compressed stream stops |
//! | `parquet` | the same | the footer is missing |
//! | `mariadb` | one consistent snapshot on one connection | the server sends an error or breaks off, nothing comes for a minute |
//! | `postgres` | one exported snapshot, shared by connections | the copy has no end, the connection breaks, nothing comes for a minute |

mod csv;
pub(crate) mod csv_records;
mod file;
mod handoff;
pub(crate) mod json_line;
mod json_lines;
mod mariadb;
mod pace;
mod parquet;
mod postgres;
mod pump;
mod refuse;
pub(crate) mod server;
mod sqlite;

use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::{Source, SourceError};
use causeway_model::Code;
use causeway_model::catalogue::{self, Connection};

pub use pace::{Pace, RealPace};

pub(crate) use csv::without_mark;
pub(crate) use file::HeldFile;
pub(crate) use mariadb::{Bind as MariadbBind, Failed as MariadbFailed, Writer as MariadbWriter, look as mariadb_look};
pub(crate) use postgres::{TableName, answers as postgres_answers, refused as postgres_refused};
pub(crate) use refuse::Refuse;
pub(crate) use server::tls_client as client_of;
pub(crate) use sqlite::{connect as connect_sqlite, quoted, sql_error};

use file::{FileSource, Format};
use pace::Brakes;

/// Opens `source`; its path is relative to `base`, the folder of the catalogue. Nothing is read before a snapshot.
///
/// # Errors
/// Limits or a delimiter that make no sense.
pub fn open(source: &catalogue::Source, base: &Path) -> Result<Box<dyn Source>, SourceError> {
    open_at_pace(source, base, Arc::new(RealPace::default()))
}

/// Opens `source` with another clock for its limits.
///
/// # Errors
/// As [`open`].
pub fn open_at_pace(
    source: &catalogue::Source,
    base: &Path,
    pace: Arc<dyn Pace>,
) -> Result<Box<dyn Source>, SourceError> {
    let brakes = Arc::new(Brakes::new(source, pace)?);
    let name = source.name.clone();
    let (shown, format) = match &source.connect {
        Connection::Sqlite { path } => {
            let shown = path.clone();
            return Ok(Box::new(sqlite::SqliteSource { name, shown, path: base.join(path), brakes }));
        }
        Connection::Csv { path, delimiter, records } => {
            let delimiter = csv_delimiter(source, *delimiter)?;
            (path, Format::Csv { delimiter, records: *records })
        }
        Connection::JsonLines { path, records } => (path, Format::JsonLines { records: *records }),
        Connection::Parquet { path } => (path, Format::Parquet),
        Connection::Postgres(server) => {
            let max_age =
                source.limits.snapshot_max_age_s.map(|seconds| std::time::Duration::from_secs(seconds.into()));
            let (server, base) = (server.clone(), base.to_owned());
            return Ok(Box::new(postgres::PostgresSource { name, server, base, brakes, max_age }));
        }
        Connection::Mariadb(server) => {
            let max_age =
                source.limits.snapshot_max_age_s.map(|seconds| std::time::Duration::from_secs(seconds.into()));
            let (server, base) = (server.clone(), base.to_owned());
            return Ok(Box::new(mariadb::MariadbSource { name, server, base, brakes, max_age }));
        }
    };
    Ok(Box::new(FileSource { name, shown: shown.clone(), path: base.join(shown), format, brakes }))
}

fn csv_delimiter(source: &catalogue::Source, delimiter: Option<char>) -> Result<u8, SourceError> {
    let delimiter = delimiter.unwrap_or(',');
    match u8::try_from(delimiter) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(byte),
        _ => {
            let detail =
                format!("`{}` cannot delimit fields: use a comma, a semicolon, a tab", delimiter.escape_debug());
            Err(SourceError::new(Code::SourceUnreachable, &source.name, detail))
        }
    }
}

/// The header of a CSV file.
pub(crate) fn csv_header(held: &HeldFile, delimiter: Option<char>) -> Result<Vec<Vec<u8>>, SourceError> {
    csv::header(&held.open()?, u8::try_from(delimiter.unwrap_or(',')).unwrap_or(b','))
}

/// Columns of a Parquet file: name, type, whether a value may be missing.
pub(crate) fn parquet_columns(held: &HeldFile) -> Result<Vec<(String, String, bool)>, SourceError> {
    parquet::columns(&held.open()?)
}

/// The member names of the first records of a JSON Lines file.
pub(crate) fn json_members(held: &HeldFile, records: usize) -> Result<Vec<Vec<u8>>, SourceError> {
    json_lines::members(&held.open()?, records)
}
