//! Where is the server, who are we there, and how is a connection to it begun?

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::StoreError;
use crate::db::DatabaseError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// What every connection is told first. A commit is on the server's disk when it returns; nobody waits for ever for a lock.
const SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '30s'; SET statement_timeout = 0; \
    SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET standard_conforming_strings = on; SET row_security = off";

/// A PostgreSQL server and our database in it.
#[derive(Clone, Debug)]
pub struct Server {
    config: Config,
    tls: Tls,
}

/// A password. It is never shown.
#[derive(Clone)]
pub struct Password(String);

/// How the connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted; the server shows a certificate for its name, signed by the authority in this file, or by one that this
    /// machine trusts.
    VerifyFull {
        /// The authority's certificate, PEM.
        ca: Option<PathBuf>,
    },
    /// Not at all: for a server on this machine.
    Off,
}

impl Password {
    /// Takes a password; a file's last line end does not belong to it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(…)")
    }
}

impl Server {
    /// A server by its URL, `postgres://USER@HOST:PORT/DATABASE`.
    ///
    /// # Errors
    /// [`StoreError::BadUrl`] when it is none, holds a password or has parameters, or when the connection would be in the
    /// clear to another machine. The URL itself is not repeated: somebody may have put a password there.
    pub fn new(url: &str, password: Option<Password>, tls: Tls) -> Result<Self, StoreError> {
        let bad = |what| Err(StoreError::BadUrl { what });
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return bad("it does not begin with `postgres://`");
        }
        if url.contains('?') {
            return bad(
                "it has parameters after `?`: everything but user, host, port and database has its own setting",
            );
        }
        let Ok(mut config) = url.parse::<Config>() else { return bad("it cannot be read") };
        if config.get_password().is_some() {
            return bad("it holds a password: keep that in a file or in the environment");
        }
        if config.get_user().is_none() || config.get_dbname().is_none() {
            return bad("it names no user or no database");
        }
        let [host] = config.get_hosts() else { return bad("it does not name one host") };
        let near = match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]"),
        };
        if tls == Tls::Off && !near {
            return bad("the server is on another machine, and TLS is off: everything would go there in the clear");
        }
        if let Some(Password(password)) = password {
            config.password(password);
        }
        config.application_name("causeway").connect_timeout(CONNECT).keepalives_idle(Duration::from_secs(20));
        config.keepalives_interval(Duration::from_secs(10)).keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(60));
        Ok(Self { config, tls })
    }

    /// Host, port and database, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("{host}:{port}/{}", self.config.get_dbname().unwrap_or_default())
    }
}

/// A server, ready to be connected to.
pub(crate) struct Dial {
    server: Server,
    tls: Option<MakeRustlsConnect>,
    read_only: bool,
}

impl Dial {
    pub(crate) fn new(server: &Server, read_only: bool) -> Result<Self, StoreError> {
        let is_file = matches!(server.config.get_hosts(), [Host::Unix(_)]);
        let tls = match &server.tls {
            Tls::VerifyFull { ca } if !is_file => Some(MakeRustlsConnect::new(tls::client(ca.as_deref())?)),
            _ => None,
        };
        Ok(Self { server: server.clone(), tls, read_only })
    }

    pub(super) fn place(&self) -> String {
        self.server.place()
    }

    pub(super) async fn connect(&self) -> Result<Client, StoreError> {
        let unreachable = |why, again| StoreError::Unreachable { place: self.place(), why, again };
        // The driver's own limit ends with the first byte: a server that accepts and then says nothing is as bad.
        let connected = tokio::time::timeout(CONNECT, self.sign_in()).await;
        let connected = connected.map_err(|_| unreachable("it does not answer within 10 s".to_owned(), true))?;
        connected.map_err(|error| {
            let error = DatabaseError::from(error);
            unreachable(error.to_string(), error.is_disconnected())
        })
    }

    async fn sign_in(&self) -> Result<Client, tokio_postgres::Error> {
        let mut config = self.server.config.clone();
        let client = match &self.tls {
            None => {
                let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
            Some(tls) => {
                let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls.clone()).await?;
                tokio::spawn(connection);
                client
            }
        };
        client.batch_execute(SETTINGS).await?;
        if self.read_only {
            client.batch_execute("SET default_transaction_read_only = on").await?;
        }
        Ok(client)
    }
}

/// Reads a password file; it must be its owner's alone.
impl TryFrom<&Path> for Password {
    type Error = StoreError;

    fn try_from(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File { doing: "read the password file", path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if crate::open::is_open_to_others(&metadata) {
            return Err(StoreError::TooOpen { path: path.to_owned() });
        }
        std::fs::read_to_string(path).map(Self::new).map_err(failed)
    }
}
