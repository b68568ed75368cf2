//! Which database does an installation work in, and where is the password for it?

use std::path::{Path, PathBuf};

use causeway_store::{Password, Server, Tls};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// A PostgreSQL database instead of the embedded one. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `postgres://USER@HOST:PORT/DATABASE`, without a password.
    pub url: String,
    /// File with the password, its owner's alone; relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Name of the environment variable with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: TlsMode,
    /// The certificate of the authority that signed the server's, PEM; without it one that this machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// As whom `causeway serve` connects: a user that may only read, as `causeway database grants` lets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<Reading>,
}

/// A user that may only read. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The user.
    pub user: String,
    /// File with the password, its owner's alone; relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Name of the environment variable with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
}

/// How the connection to the database is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Encrypted, and the server's certificate is for its name.
    #[default]
    VerifyFull,
    /// Not at all: only for a server on this machine.
    Off,
}

impl Database {
    /// The same, as the user that may only read, where one is named.
    #[must_use]
    pub fn reading(&self) -> Self {
        let Some(Reading { user, password_file, password_env }) = self.serve.clone() else { return self.clone() };
        let url = match (self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{user}@{place}"),
            // No user is named there: what is wrong with it is said where it is used.
            _ => self.url.clone(),
        };
        Self { url, password_file, password_env, ..self.clone() }
    }

    /// The server, with the password from where it is kept; `environment` looks a variable up.
    pub fn server(&self, root: &Path, environment: impl Fn(&str) -> Option<String>) -> Result<Server, EngineError> {
        let password = match (&self.password_file, &self.password_env) {
            (Some(_), Some(_)) => {
                return Err(EngineError::Wrong(
                    "[database] has a password_file and a password_env: keep the password in one place".to_owned(),
                ));
            }
            (Some(file), None) => Some(Password::try_from(root.join(file).as_path())?),
            (None, Some(name)) => {
                let found = environment(name);
                let missing = || EngineError::Wrong(format!("the environment has no `{name}` with the password"));
                Some(Password::new(found.ok_or_else(missing)?))
            }
            (None, None) => None,
        };
        let tls = match self.tls {
            TlsMode::VerifyFull => Tls::VerifyFull { ca: self.ca.as_ref().map(|ca| root.join(ca)) },
            TlsMode::Off => Tls::Off,
        };
        Ok(Server::new(&self.url, password, tls)?)
    }
}
