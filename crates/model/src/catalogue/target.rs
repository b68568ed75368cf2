//! Where is what comes in written, and as whom?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Connection, Server, Source};
use crate::environment::DataKind;

/// A database in which what comes in is written, by a user of its own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Name, unique among the targets.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// Whose data it holds: real people's unless it says `synthetic`. An installation for tests writes beside no real ones.
    #[serde(default = "real", skip_serializing_if = "is_real")]
    pub data: DataKind,
    /// How it is reached.
    pub connect: TargetConnection,
    /// Seconds that one statement may take, and that a lock is waited for; 30 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_timeout_s: Option<u32>,
}

fn real() -> DataKind {
    DataKind::Real
}

fn is_real(data: &DataKind) -> bool {
    *data == DataKind::Real
}

/// How a target is reached: as a source of the kind is. Paths are relative to the catalogue's file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TargetConnection {
    /// A SQLite database file, which has to be there.
    Sqlite {
        /// Path of the file.
        path: String,
    },
    /// A PostgreSQL database.
    Postgres(Server),
    /// A MariaDB or MySQL database.
    Mariadb(Server),
}

impl TargetConnection {
    /// The kind as documents write it.
    pub fn kind(&self) -> &'static str {
        match self {
            TargetConnection::Sqlite { .. } => "sqlite",
            TargetConnection::Postgres(_) => "postgres",
            TargetConnection::Mariadb(_) => "mariadb",
        }
    }

    /// The server, where it is one.
    pub fn server(&self) -> Option<&Server> {
        match self {
            TargetConnection::Sqlite { .. } => None,
            TargetConnection::Postgres(server) | TargetConnection::Mariadb(server) => Some(server),
        }
    }

    /// Whether it signs in as the source does. One server has many names and addresses, so that users are told apart by their
    /// own names alone.
    pub fn is_user_of(&self, source: &Source) -> bool {
        match (self, &source.connect) {
            (TargetConnection::Postgres(own), Connection::Postgres(other))
            | (TargetConnection::Mariadb(own), Connection::Mariadb(other)) => own.user == other.user,
            _ => false,
        }
    }
}
