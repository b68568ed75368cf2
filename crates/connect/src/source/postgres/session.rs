//! How is a connection to PostgreSQL opened, watched over and closed?

use std::sync::mpsc::{Sender, channel, sync_channel};

use causeway_flow::source::SourceError;
use causeway_model::Code;
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresSource;
use crate::source::Refuse;
use crate::source::server::{CONNECT, secret, tls_client};

/// An open connection; closing it ends whatever transaction it is in.
pub(crate) struct Session {
    pub(crate) origin: String,
    pub(crate) client: Client,
    tls: Option<MakeRustlsConnect>,
}

impl Session {
    /// Connects and signs in. Nothing can be written in this session.
    pub(crate) async fn open(source: &PostgresSource) -> Result<Self, SourceError> {
        let (origin, server) = (source.name.as_str(), &source.server);
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port.unwrap_or(5432))
            .dbname(&server.database)
            .user(&server.user)
            .application_name("causeway")
            .connect_timeout(CONNECT)
            .keepalives_idle(std::time::Duration::from_secs(20))
            .options("-c default_transaction_read_only=on -c TimeZone=UTC -c client_encoding=UTF8 -c DateStyle=ISO");
        if let Some(kept) = &server.password {
            config.password(secret(origin, kept, &source.base)?);
        }
        let failed = |error: Error| refused(origin, server, &error);
        let opened = match tls_client(origin, &server.tls, &source.base)? {
            None => {
                config.ssl_mode(tokio_postgres::config::SslMode::Disable);
                let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
                tokio::spawn(connection);
                Self { origin: origin.to_owned(), client, tls: None }
            }
            Some(client_config) => {
                config.ssl_mode(tokio_postgres::config::SslMode::Require);
                let tls = MakeRustlsConnect::new(client_config);
                let (client, connection) = config.connect(tls.clone()).await.map_err(failed)?;
                tokio::spawn(connection);
                Self { origin: origin.to_owned(), client, tls: Some(tls) }
            }
        };
        let timeout = source.brakes.statement_timeout.map_or(0, |timeout| timeout.as_millis());
        // A lock that is waited for longer than this is held by somebody who changes the table.
        let limits = format!(
            "SET statement_timeout = {timeout}; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '1h'; \
             BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        );
        opened.client.batch_execute(&limits).await.map_err(|error| opened.error(&error))?;
        Ok(opened)
    }

    /// Exports the snapshot of this session's transaction.
    pub(crate) async fn export_snapshot(&self) -> Result<String, SourceError> {
        let row = self.client.query_one("SELECT pg_catalog.pg_export_snapshot()", &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(|error| self.error(&error))
    }

    /// Takes another session's snapshot.
    pub(crate) async fn import_snapshot(&self, id: &str) -> Result<(), SourceError> {
        let statement = format!("SET TRANSACTION SNAPSHOT '{}'", id.replace('\'', "''"));
        self.client.batch_execute(&statement).await.map_err(|error| self.error(&error))
    }

    /// A number that a statement gives for the table `$1`, if it gives one that is not negative.
    pub(crate) async fn number(&self, statement: &str, table: &str) -> Result<Option<u64>, SourceError> {
        let row = self.client.query_opt(statement, &[&table]).await.map_err(|error| self.error(&error))?;
        let number = row.map(|row| row.try_get::<_, i64>(0)).transpose().map_err(|error| self.error(&error))?;
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    }

    /// About how many rows the planner expects of a statement.
    pub(crate) async fn estimate(&self, statement: &str) -> Result<Option<u64>, SourceError> {
        let plan = self.client.query(&format!("EXPLAIN {statement}"), &[]).await.map_err(|error| self.error(&error))?;
        let line: Option<String> = plan.first().and_then(|row| row.try_get(0).ok());
        let rows = line.and_then(|line| Some(line.split_once(" rows=")?.1.split(' ').next()?.to_owned()));
        Ok(rows.and_then(|rows| rows.parse().ok()))
    }

    /// Asks the server to stop what this session does.
    pub(crate) async fn cancel(&self) {
        let token = self.client.cancel_token();
        let asked = async {
            match &self.tls {
                None => token.cancel_query(NoTls).await,
                Some(tls) => token.cancel_query(tls.clone()).await,
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), asked).await;
    }

    /// Ends the transaction; the connection closes when the session is dropped.
    pub(crate) async fn finish(self) {
        let ended = self.client.batch_execute("ROLLBACK");
        if tokio::time::timeout(std::time::Duration::from_millis(500), ended).await.is_err() {
            self.cancel().await;
        }
    }

    /// What the server's refusal means.
    pub(crate) fn error(&self, error: &Error) -> SourceError {
        database_error(&self.origin, error)
    }
}

/// What a refused connection means. The server's text may repeat what was sent, so only its code is told.
fn refused(origin: &str, server: &causeway_model::catalogue::Server, error: &Error) -> SourceError {
    let at = format!("`{}:{}`", server.host, server.port.unwrap_or(5432));
    let refuse = Refuse(origin);
    if error.code().is_some() {
        return database_error(origin, error);
    }
    let told = chain(error);
    if told.contains("certificate") || told.contains("CertificateE") || told.contains("UnknownIssuer") {
        return refuse.unreachable(format!("{at} shows a certificate that is not valid for it: {}", tls_reason(&told)));
    }
    if told.contains("server does not support TLS") {
        return refuse.unreachable(format!("{at} offers no TLS: switch it on there, or write `tls: {{ mode: off }}`"));
    }
    refuse.unreachable(format!("{at} cannot be reached: {}", io_reason(error)))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        told.push_str(": ");
        told.push_str(&inner.to_string());
        cause = inner.source();
    }
    told
}

fn tls_reason(told: &str) -> &'static str {
    if told.contains("UnknownIssuer") {
        "nobody known signed it"
    } else if told.contains("not valid for name") || told.contains("NotValidForName") {
        "it names another host"
    } else if told.contains("xpired") {
        "it has expired"
    } else if told.contains("equired") {
        "the server asks for ours"
    } else {
        "it does not verify"
    }
}

fn io_reason(error: &Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind().to_string();
        }
        cause = inner.source();
    }
    if chain(error).contains("timed out") { "it does not answer".to_owned() } else { "the connection broke".to_owned() }
}

/// The error of a statement, by its SQLSTATE.
pub(crate) fn database_error(origin: &str, error: &Error) -> SourceError {
    let refuse = Refuse(origin);
    let Some(state) = error.code() else {
        return refuse.early(format!("the connection broke: {}", io_reason(error)));
    };
    let code = state.code();
    match *state {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            refuse.unreachable(format!("the server refuses the user or the password ({code})"))
        }
        SqlState::INVALID_CATALOG_NAME => refuse.unreachable(format!("the server has no such database ({code})")),
        SqlState::INSUFFICIENT_PRIVILEGE => {
            refuse.unreachable(format!("the user may not read a declared table or column ({code})"))
        }
        SqlState::UNDEFINED_TABLE => refuse.missing(format!("a declared table is not there ({code})")),
        SqlState::UNDEFINED_COLUMN => refuse.missing(format!("a declared column is not there ({code})")),
        SqlState::LOCK_NOT_AVAILABLE => {
            let detail = format!("a table is locked by somebody who changes it ({code}): run again later");
            SourceError::new(Code::SourceLimit, origin, detail)
        }
        SqlState::QUERY_CANCELED => {
            let detail = format!("the statement took longer than its limit, or was cancelled at the server ({code})");
            SourceError::new(Code::SourceLimit, origin, detail)
        }
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
            refuse.early(format!("the server ended the connection ({code})"))
        }
        _ => refuse.early(format!("the server refused the statement ({code})")),
    }
}

type Task = Box<dyn FnOnce(&Session, &Runtime) + Send>;

/// A connection with a thread of its own, which answers one question after the other.
pub(crate) struct Worker {
    asks: Option<Sender<Task>>,
    thread: Option<std::thread::JoinHandle<()>>,
    origin: String,
}

impl Worker {
    /// Opens a connection on a thread of its own.
    pub(crate) fn start(source: PostgresSource) -> Result<Self, SourceError> {
        let origin = source.name.clone();
        let (asks, asked) = channel::<Task>();
        let (ready, begun) = sync_channel(1);
        let thread = std::thread::Builder::new().name("source-postgres".to_owned());
        let act = move || {
            let opened = runtime(&source.name).and_then(|runtime| {
                let session = runtime.block_on(Session::open(&source))?;
                Ok((runtime, session))
            });
            match opened {
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
                Ok((runtime, session)) => {
                    let _ = ready.send(Ok(()));
                    asked.iter().for_each(|task| task(&session, &runtime));
                }
            }
        };
        let thread = thread.spawn(act).map_err(|error| crate::source::pump::no_thread(&origin, &error))?;
        match begun.recv() {
            Ok(Ok(())) => Ok(Self { asks: Some(asks), thread: Some(thread), origin }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Refuse(&origin).early("its reader stopped without saying why")),
        }
    }

    /// Asks the thread; waits for its answer.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Session, &Runtime) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let gone = || Refuse(&self.origin).early("its reader stopped without saying why");
        let (answer, answered) = sync_channel(1);
        let task: Task = Box::new(move |session, runtime| {
            let _ = answer.send(question(session, runtime));
        });
        self.asks.as_ref().ok_or_else(gone)?.send(task).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A runtime for one connection.
pub(crate) fn runtime(origin: &str) -> Result<Runtime, SourceError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Refuse(origin).unreachable(format!("nothing to run the connection with: {}", error.kind())))
}
