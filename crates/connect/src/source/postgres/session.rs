//! How is a connection to PostgreSQL opened, asked and closed?

use causeway_flow::source::SourceError;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Client, Config, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::copied::{Copied, Plain, Tapping};
use super::refusal::{refused, statement_error};
use super::{PORT, PostgresSource};
use crate::source::Refuse;
use crate::source::server::{CONNECT, secret, tls_client};

/// What every session is told as it begins. Nothing can be written; a table is found by its whole name; times are in UTC,
/// texts of types that have no binary form as ISO 8601 and SQL write them.
const OPTIONS: &str = "-c default_transaction_read_only=on -c search_path=pg_catalog,public -c TimeZone=UTC \
    -c client_encoding=UTF8 -c DateStyle=ISO -c IntervalStyle=iso_8601 -c extra_float_digits=3 \
    -c standard_conforming_strings=on";

/// A server ends our transaction when it has heard nothing of us for so long; [`super::worker`] gives signs of life.
const IDLE: &str = "5min";

/// An open connection in a read-only transaction; closing it ends the transaction.
pub(crate) struct Session {
    pub(crate) origin: String,
    pub(crate) user: String,
    pub(crate) client: Client,
    /// Whether the server keeps its texts as UTF-8.
    pub(crate) is_utf8: bool,
    /// What is copied comes here.
    pub(super) copied: Copied,
    /// What asks whether a table that was read is another by now.
    replaced: OnceCell<Statement>,
    tls: Option<MakeRustlsConnect>,
}

impl Session {
    /// Connects, signs in, begins.
    pub(crate) async fn open(source: &PostgresSource) -> Result<Self, SourceError> {
        let (origin, server) = (source.name.as_str(), &source.server);
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port.unwrap_or(PORT))
            .dbname(&server.database)
            .user(&server.user)
            .application_name("causeway")
            .connect_timeout(CONNECT)
            .keepalives_idle(std::time::Duration::from_secs(20))
            .keepalives_interval(std::time::Duration::from_secs(10))
            .options(OPTIONS);
        if let Some(kept) = &server.password {
            config.password(secret(origin, kept, &source.base)?);
        }
        let tls = tls_client(origin, &server.tls, &source.base)?.map(MakeRustlsConnect::new);
        let copied = Copied::default();
        let connected = async {
            config.ssl_mode(SslMode::Require);
            Ok(match &tls {
                None => {
                    config.ssl_negotiation(SslNegotiation::Direct);
                    let (client, connection) = config.connect(Tapping(Plain, copied.clone())).await?;
                    tokio::spawn(connection);
                    client
                }
                Some(tls) => {
                    let (client, connection) = config.connect(Tapping(tls.clone(), copied.clone())).await?;
                    tokio::spawn(connection);
                    client
                }
            })
        };
        // The driver's own timeout ends with the first byte: a server that accepts and then says nothing is as bad.
        let client = tokio::time::timeout(CONNECT, connected).await.map_err(|_| {
            let place = super::refusal::place(server);
            Refuse(origin).unreachable(format!("{place} does not answer within {} s", CONNECT.as_secs()))
        })?;
        let client = client.map_err(|error| refused(origin, server, &error))?;
        let (origin, user) = (origin.to_owned(), server.user.clone());
        let mut session = Self { origin, user, client, is_utf8: false, copied, replaced: OnceCell::new(), tls };
        session.begin(source.brakes.statement_timeout).await?;
        Ok(session)
    }

    /// Where the catalogue limits a statement, its time is counted by ourselves, without our own waiting; where it does
    /// not, the server's own limit holds. A lock that is waited for longer is held by somebody who changes the table.
    async fn begin(&mut self, limit: Option<std::time::Duration>) -> Result<(), SourceError> {
        let own = if limit.is_some() { "SET statement_timeout = 0; " } else { "" };
        let lock = limit.map_or(5_000, |limit| (limit.as_millis() / 2).min(5_000));
        self.execute(&format!("{own}SET lock_timeout = {lock}; SET idle_in_transaction_session_timeout = '{IDLE}'"))
            .await?;
        let rows = self.rows("SELECT pg_catalog.current_setting('server_encoding')", &[]).await?;
        let encoding: Option<String> = rows.first().map(|row| self.field(row, 0)).transpose()?;
        self.is_utf8 = encoding.as_deref() == Some("UTF8");
        // A database that does not know what its bytes mean cannot convert them: it would end the statement at the first
        // text that is not UTF-8. Sent as it is, that text is a fault of its record, and of no other.
        if encoding.as_deref() == Some("SQL_ASCII") {
            self.execute("SET client_encoding = 'SQL_ASCII'").await?;
        }
        // Whoever joins a snapshot must do so before anything else in its transaction.
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Exports the snapshot of this session's transaction.
    pub(crate) async fn export_snapshot(&self) -> Result<String, SourceError> {
        let rows = self.rows("SELECT pg_catalog.pg_export_snapshot()", &[]).await?;
        let row = rows.first().ok_or_else(|| Refuse(&self.origin).early("the server keeps its snapshot to itself"))?;
        self.field(row, 0)
    }

    /// Runs statements that give nothing.
    pub(crate) async fn execute(&self, statements: &str) -> Result<(), SourceError> {
        self.client.batch_execute(statements).await.map_err(|error| self.error("preparing to read", &error))
    }

    /// Rows of a statement.
    pub(crate) async fn rows(&self, statement: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, SourceError> {
        self.client.query(statement, params).await.map_err(|error| self.error("looking at the table", &error))
    }

    /// The statement of that text, prepared the first time.
    pub(super) async fn replaced(&self, text: &str) -> Result<&Statement, SourceError> {
        let prepared = self.replaced.get_or_try_init(|| self.client.prepare(text)).await;
        prepared.map_err(|error| self.error("looking at the table", &error))
    }

    /// A field of a row.
    pub(crate) fn field<'r, T: FromSql<'r>>(&self, row: &'r Row, place: usize) -> Result<T, SourceError> {
        let strange = |_| Refuse(&self.origin).malformed("the server answers otherwise than it was asked: report it");
        row.try_get(place).map_err(strange)
    }

    /// About how many rows the planner expects of a statement: `Seq Scan on t  (cost=0.00..1.01 rows=1 width=4)`.
    pub(crate) async fn estimate(&self, statement: &str) -> Result<Option<u64>, SourceError> {
        let rows = self.rows(&format!("EXPLAIN {statement}"), &[]).await?;
        let line: Option<String> = rows.first().map(|row| self.field(row, 0)).transpose()?;
        let rows = line.and_then(|line| Some(line.split_once(" rows=")?.1.split(' ').next()?.to_owned()));
        Ok(rows.and_then(|rows| rows.parse().ok()))
    }

    /// Asks the server to stop what this session does.
    pub(crate) async fn cancel(&self) {
        let token = self.client.cancel_token();
        let asked = async {
            match &self.tls {
                None => token.cancel_query(Plain).await,
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
    pub(crate) fn error(&self, doing: &str, error: &tokio_postgres::Error) -> SourceError {
        statement_error(&self.origin, doing, error)
    }
}

/// A runtime for one connection.
pub(crate) fn runtime(origin: &str) -> Result<Runtime, SourceError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Refuse(origin).unreachable(format!("nothing to run the connection with: {}", error.kind())))
}
