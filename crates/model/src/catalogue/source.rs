//! Where are records read, and how hard may that place be asked?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::environment::DataKind;

/// A place where records are read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name, unique in the catalogue.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// Whose data it holds: real people's unless it says `synthetic`. An installation for tests reads no real ones.
    #[serde(default = "real", skip_serializing_if = "is_real")]
    pub data: DataKind,
    /// How it is reached.
    pub connect: Connection,
    /// How hard it may be asked.
    #[serde(default)]
    pub limits: Limits,
}

fn real() -> DataKind {
    DataKind::Real
}

fn is_real(data: &DataKind) -> bool {
    *data == DataKind::Real
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
    /// A PostgreSQL database, read from one exported snapshot; a replica will do.
    Postgres(Server),
    /// A MariaDB or MySQL database, read from one consistent snapshot.
    Mariadb(Server),
}

/// A database server and how to sign in. No secret stands in the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Name or address of the host.
    pub host: String,
    /// Port; the usual one of the kind unless said.
    #[serde(default)]
    pub port: Option<u16>,
    /// Database.
    pub database: String,
    /// User, who should be able to read the declared columns and nothing else.
    pub user: String,
    /// Where the password is kept; none where a certificate or the server's own rules identify the user.
    #[serde(default)]
    pub password: Option<Secret>,
    /// How the connection is protected. `verify-full` unless said.
    #[serde(default)]
    pub tls: Tls,
    /// How the tables are held still while they are read. `transaction` unless said.
    #[serde(default)]
    pub snapshot: SnapshotMode,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Secret {
    /// A file that only its owner can read; one final line feed is not part of the secret.
    File(String),
    /// An environment variable.
    Env(String),
}

/// How a connection to a database server is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Whether and how far the server is verified.
    #[serde(default)]
    pub mode: TlsMode,
    /// File of certificates (PEM) that sign the server's; the public authorities unless said.
    #[serde(default)]
    pub ca: Option<String>,
    /// File of our own certificate (PEM), where the server asks for one.
    #[serde(default)]
    pub certificate: Option<String>,
    /// File of our certificate's private key (PEM), which only its owner can read.
    #[serde(default)]
    pub key: Option<String>,
}

/// Whether and how far a server is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Encrypted; the server's certificate is signed by a known authority for the host's name.
    #[default]
    VerifyFull,
    /// Neither encrypted nor verified: only on the same machine or a network of its own.
    Off,
}

/// How the tables of a server are held still while they are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotMode {
    /// Every table is read from one consistent snapshot; a table whose engine knows no transactions refuses.
    #[default]
    Transaction,
    /// Tables may change between and while they are read: only for engines without transactions, and told to the partner.
    None,
}

impl Connection {
    /// The kind as documents write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Connection::Sqlite { .. } => "sqlite",
            Connection::Csv { .. } => "csv",
            Connection::JsonLines { .. } => "json-lines",
            Connection::Parquet { .. } => "parquet",
            Connection::Postgres(_) => "postgres",
            Connection::Mariadb(_) => "mariadb",
        }
    }

    /// Whether the source holds one table only: itself.
    pub fn is_file(&self) -> bool {
        matches!(self, Connection::Csv { .. } | Connection::JsonLines { .. } | Connection::Parquet { .. })
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
    /// Seconds after which a snapshot is too old to be read from: what a held snapshot costs the server grows with time.
    #[serde(default)]
    pub snapshot_max_age_s: Option<u32>,
    /// Daily window in UTC in which the source may be read: `18:00-06:00`.
    #[serde(default)]
    pub window: Option<String>,
}
