//! Where are records read, and how hard may that place be asked?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place where records are read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name, unique in the catalogue.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// How it is reached.
    pub connect: Connection,
    /// How hard it may be asked.
    #[serde(default)]
    pub limits: Limits,
}

/// How a source is reached. Paths are relative to the catalogue's file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Connection {
    /// A SQLite database file, opened read-only.
    Sqlite {
        /// Path of the file.
        path: String,
    },
    /// A CSV file (RFC 4180, UTF-8, header line).
    Csv {
        /// Path of the file; `.gz` and `.zst` are decompressed.
        path: String,
        /// Field delimiter, a comma unless said.
        #[serde(default)]
        delimiter: Option<char>,
        /// How many records the file must have, when its sender states it; another count is an early end.
        #[serde(default)]
        records: Option<u64>,
    },
    /// A JSON Lines file (one object a line, UTF-8).
    JsonLines {
        /// Path of the file; `.gz` and `.zst` are decompressed.
        path: String,
        /// How many records the file must have, when its sender states it; another count is an early end.
        #[serde(default)]
        records: Option<u64>,
    },
    /// A Parquet file.
    Parquet {
        /// Path of the file.
        path: String,
    },
}

impl Connection {
    /// The kind as documents write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Connection::Sqlite { .. } => "sqlite",
            Connection::Csv { .. } => "csv",
            Connection::JsonLines { .. } => "json-lines",
            Connection::Parquet { .. } => "parquet",
        }
    }

    /// Whether the source holds one table only: itself.
    pub fn is_file(&self) -> bool {
        !matches!(self, Connection::Sqlite { .. })
    }
}

/// How hard a source may be asked.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Rows a second over all scans of the source.
    #[serde(default)]
    pub rows_per_second: Option<u32>,
    /// Seconds that one statement may take.
    #[serde(default)]
    pub statement_timeout_s: Option<u32>,
    /// Daily window in UTC in which the source may be read: `18:00-06:00`.
    #[serde(default)]
    pub window: Option<String>,
}
