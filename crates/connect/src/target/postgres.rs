//! How is a PostgreSQL database written, and what does its trouble mean?
//!
//! One connection on a thread of its own, whoever asks. Values go as text and are read by the input function of their column's
//! type, so that no type needs to be known here; what comes back is the server's own exact spelling.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::time::Duration;

use bytes::BytesMut;
use causeway_flow::accept::target::{Stored, TargetError};
use causeway_model::Code;
use causeway_model::catalogue::Server;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::dialect::Dialect;
use super::link::{Fields, Link, Trouble};
use super::wanted::Wanted;
use crate::source::server::{CONNECT, secret, tls_client};
use crate::source::{TableName, postgres_refused};

/// What every session is told as it begins: moments in UTC, dates as ISO 8601, numbers with every digit. Where names are looked
/// for is left as the role has it: triggers there count on it, and our own statements name everything whole.
const OPTIONS: &str = "-c TimeZone=UTC -c client_encoding=UTF8 -c DateStyle=ISO -c IntervalStyle=iso_8601 \
    -c extra_float_digits=3 -c bytea_output=hex -c standard_conforming_strings=on \
    -c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off -c synchronous_commit=on \
    -c idle_in_transaction_session_timeout=5min";

/// Statements that stay prepared.
const PREPARED: usize = 64;

const PORT: u16 = 5432;

/// A connection with a thread of its own.
pub(super) struct Postgres {
    asks: Option<Sender<Task>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

type Task = Box<dyn FnOnce(&mut Connected) + Send>;

struct Connected {
    runtime: Runtime,
    client: Client,
    prepared: HashMap<String, Statement>,
    patience: Duration,
}

/// What a statement gave.
enum Wanting {
    Rows,
    Count,
}

impl Postgres {
    pub(super) fn open(target: &str, server: &Server, base: &Path, patience: Duration) -> Result<Self, TargetError> {
        let unreachable = |detail: String| TargetError::new(Code::TargetUnreachable, target, detail);
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port.unwrap_or(PORT))
            .dbname(&server.database)
            .user(&server.user)
            .application_name("causeway")
            .connect_timeout(CONNECT)
            .keepalives_idle(Duration::from_secs(20))
            .keepalives_interval(Duration::from_secs(10))
            .options(OPTIONS);
        if let Some(kept) = &server.password {
            config.password(secret(target, kept, base).map_err(|error| unreachable(error.detail))?);
        }
        let tls = tls_client(target, &server.tls, base).map_err(|error| unreachable(error.detail))?;
        let (asks, asked) = channel::<Task>();
        let (ready, begun) = sync_channel(1);
        let server = server.clone();
        let act = move || match connect(&config, tls, &server, patience) {
            Ok(mut connected) => {
                let _ = ready.send(Ok(()));
                asked.into_iter().for_each(|task: Task| task(&mut connected));
            }
            Err(detail) => {
                let _ = ready.send(Err(detail));
            }
        };
        let thread = std::thread::Builder::new().name("target-postgres".to_owned()).spawn(act);
        let thread = thread.map_err(|error| unreachable(format!("no thread for its connection: {}", error.kind())))?;
        let link = Self { asks: Some(asks), thread: Some(thread) };
        match begun.recv() {
            Ok(Ok(())) => Ok(link),
            Ok(Err(detail)) => Err(unreachable(detail)),
            Err(_) => Err(unreachable("its connection ended without saying why".to_owned())),
        }
    }

    /// Asks the thread; waits for its answer.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Connected) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let gone = || Trouble::Lost("its connection is gone".to_owned());
        let (answer, answered) = sync_channel(1);
        let task: Task = Box::new(move |connected| {
            let _ = answer.send(question(connected));
        });
        self.asks.as_ref().ok_or_else(gone)?.send(task).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }

    fn plain(&self, statement: &'static str) -> Result<(), Trouble> {
        self.ask(move |connected| connected.wait(async |client| client.batch_execute(statement).await))
    }

    /// Rows of texts.
    fn texts(&mut self, statement: &str, binds: &[&str]) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let binds: Vec<Stored> = binds.iter().map(|bind| Stored::Text((*bind).to_owned())).collect();
        let text = |field| match field {
            Stored::Text(text) => Some(text),
            _ => None,
        };
        let rows = self.rows(statement, &binds)?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(
    config: &Config,
    tls: Option<rustls::ClientConfig>,
    server: &Server,
    patience: Duration,
) -> Result<Connected, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("nothing to run its connection with: {}", error.kind()))?;
    let mut config = config.clone();
    let connected = async {
        Ok::<Client, tokio_postgres::Error>(match tls {
            None => {
                let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
            Some(tls) => {
                let tls = MakeRustlsConnect::new(tls);
                let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls).await?;
                tokio::spawn(connection);
                client
            }
        })
    };
    // The driver's own timeout ends with the first byte: a server that accepts and then says nothing is as bad.
    let client = runtime.block_on(async { tokio::time::timeout(CONNECT, connected).await });
    let client = client.map_err(|_| format!("the server does not answer within {} s", CONNECT.as_secs()))?;
    let client = client.map_err(|error| postgres_refused("", server, &error).detail)?;
    let mut connected = Connected { runtime, client, prepared: HashMap::new(), patience };
    let (most, lock) = (patience.as_millis(), patience.as_millis() / 2);
    // A plan that was made while a table was empty would read all of it ever after.
    let settings = format!(
        "SET statement_timeout = {most}; SET lock_timeout = {lock}; \
         SELECT pg_catalog.set_config(name, 'force_custom_plan', false) FROM pg_catalog.pg_settings WHERE name = 'plan_cache_mode'"
    );
    connected.wait(async |client| client.batch_execute(&settings).await).map_err(|trouble| trouble.error("").detail)?;
    Ok(connected)
}

impl Connected {
    /// Waits for an answer, a little longer than the server itself would.
    fn wait<T>(&mut self, asked: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T, Trouble> {
        let most = self.patience + CONNECT;
        let client = &self.client;
        match self.runtime.block_on(async { tokio::time::timeout(most, asked(client)).await }) {
            Ok(answer) => answer.map_err(|error| trouble(&error)),
            Err(_) => Err(Trouble::Lost(format!("the server was silent for {} s", most.as_secs()))),
        }
    }

    fn execute(&mut self, sql: &str, binds: &[Stored], wanting: Wanting) -> Result<(Vec<Row>, u64), Trouble> {
        let statement = match self.prepared.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let statement = self.wait(async |client| client.prepare(sql).await)?;
                if self.prepared.len() >= PREPARED {
                    self.prepared.clear();
                }
                self.prepared.insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        if statement.params().len() != binds.len() {
            return Err(Trouble::Missing("a statement does not fit its values: report it".to_owned()));
        }
        let bound: Vec<Bound<'_>> = binds.iter().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|bound| bound as &(dyn ToSql + Sync)).collect();
        match wanting {
            Wanting::Rows => self.wait(async |client| client.query(&statement, &bound).await).map(|rows| (rows, 0)),
            Wanting::Count => {
                self.wait(async |client| client.execute(&statement, &bound).await).map(|count| (Vec::new(), count))
            }
        }
    }
}

#[derive(Debug)]
struct Bound<'b>(&'b Stored);

impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        match self.0 {
            Stored::Null => return Ok(IsNull::Yes),
            Stored::Text(text) => put(text),
            Stored::Integer(value) => put(&value.to_string()),
            Stored::Real(bits) => put(&f64::from_bits(*bits).to_string()),
            Stored::Bytes(bytes) => put(&format!("\\x{}", hex::encode(bytes))),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// Tables that our user, or a role that it could become, could give itself rights to, or delete rows of.
const TOO_MUCH: &str =
    "WITH ours AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER'))
    SELECT n.nspname::text, c.relname::text, EXISTS (SELECT FROM ours WHERE ours.oid IN (c.relowner, n.nspowner))::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
      AND EXISTS (SELECT FROM ours WHERE ours.oid IN (c.relowner, n.nspowner)
        OR pg_catalog.has_table_privilege(ours.oid, c.oid, 'DELETE, TRUNCATE'))
    ORDER BY 1, 2";

impl Link for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn columns(&mut self, table: &str) -> Result<Option<Vec<(String, String)>>, Trouble> {
        let name = TableName::parse(table);
        let sql = "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')";
        let rows = self.texts(sql, &[&name.schema, &name.table])?;
        let pair = |row: Vec<Option<String>>| {
            let mut row = row.into_iter().flatten();
            row.next().zip(row.next())
        };
        let columns: Vec<(String, String)> = rows.into_iter().filter_map(pair).collect();
        Ok((!columns.is_empty()).then_some(columns))
    }

    fn unfit(&mut self, table: &str) -> Result<Option<String>, Trouble> {
        let name = TableName::parse(table);
        let sql = "SELECT c.relpersistence::text FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
        let kept = self.texts(sql, &[&name.schema, &name.table])?.into_iter().flatten().flatten().next();
        let why = "it is unlogged, and would be empty after the server's crash: `ALTER TABLE … SET LOGGED`";
        Ok((kept.as_deref() == Some("u")).then(|| why.to_owned()))
    }

    fn rights(&mut self, wanted: &[Wanted]) -> Result<Vec<String>, Trouble> {
        let who = "SELECT current_user::text, bool_or(r.rolsuper)::text
            FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')";
        let mut who = self.texts(who, &[])?.into_iter().flatten();
        let user = who.next().flatten().unwrap_or_default();
        if who.next().flatten().as_deref() != Some("false") {
            return Ok(vec![format!("`{user}` is a superuser, or could become one")]);
        }
        let mut wrong = Vec::new();
        for row in self.texts(TOO_MUCH, &[])? {
            if let [Some(schema), Some(table), owns] = row.as_slice() {
                let owns = owns.as_deref() == Some("true");
                let (schema, table) = (schema.escape_debug(), table.escape_debug());
                let what = if owns { "owns, or could become the owner of," } else { "may delete from" };
                wrong.push(format!("`{user}` {what} table `{schema}.{table}`"));
            }
        }
        let may = "SELECT pg_catalog.has_column_privilege($1::pg_catalog.text::pg_catalog.regclass, $2, $3)::text";
        for table in wanted {
            let name = TableName::parse(&table.table).sql();
            for (right, columns) in [("SELECT", &table.selects), ("INSERT", &table.inserts), ("UPDATE", &table.updates)]
            {
                for column in columns {
                    let may = self.texts(may, &[&name, column, right])?.into_iter().flatten().flatten().next();
                    if may.as_deref() != Some("true") {
                        let (column, table) = (column.escape_debug(), table.table.escape_debug());
                        wrong.push(format!("`{user}` lacks {right} on column `{column}` of table `{table}`"));
                    }
                }
            }
        }
        Ok(wrong)
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        self.plain("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    }

    fn alone(&mut self, table: &str) -> Result<(), Trouble> {
        let sql = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('causeway ' || $1::pg_catalog.text, 0))";
        self.run(sql, &[Stored::Text(TableName::parse(table).sql())]).map(|_| ())
    }

    fn commit(&mut self) -> Result<(), Trouble> {
        self.plain("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), Trouble> {
        self.plain("ROLLBACK")
    }

    fn rows(&mut self, statement: &str, binds: &[Stored]) -> Result<Vec<Fields>, Trouble> {
        let (sql, binds) = (statement.to_owned(), binds.to_vec());
        self.ask(move |connected| {
            let (rows, _) = connected.execute(&sql, &binds, Wanting::Rows)?;
            let strange = |_| Trouble::Lost("the server answers otherwise than it was asked".to_owned());
            let field = |row: &Row, at| row.try_get::<_, Option<String>>(at).map_err(strange);
            let fields = |row: &Row| {
                let all = (0..row.len()).map(|at| Ok(field(row, at)?.map_or(Stored::Null, Stored::Text)));
                all.collect::<Result<Fields, Trouble>>()
            };
            rows.iter().map(fields).collect()
        })
    }

    fn run(&mut self, statement: &str, binds: &[Stored]) -> Result<u64, Trouble> {
        let (sql, binds) = (statement.to_owned(), binds.to_vec());
        self.ask(move |connected| connected.execute(&sql, &binds, Wanting::Count).map(|(_, count)| count))
    }
}

/// The server's trouble as ours, by its SQLSTATE (PostgreSQL's documentation, appendix A). Its own words may quote a value.
fn trouble(error: &tokio_postgres::Error) -> Trouble {
    let Some(database) = error.as_db_error() else {
        return Trouble::Lost("the connection broke".to_owned());
    };
    let state = database.code().code();
    // Names of columns are no values.
    let refused = |why: &str| Trouble::Refused {
        column: database.column().map(str::to_owned),
        detail: format!("{why} ({state})"),
    };
    match state {
        "23505" => Trouble::Taken(format!("a unique key is taken ({state})")),
        "23503" => refused("a row that it refers to is not there, or is referred to"),
        "23502" => refused("a column that needs a value has none"),
        "23514" | "44000" => refused("a check is not met"),
        "22001" => refused("a text is too long for its column"),
        "22003" => refused("a number is too large for its column"),
        "22021" | "22P05" => refused("a text has no form in the database's encoding"),
        "P0001" => refused("a trigger is against it"),
        _ if state.starts_with("22") => refused("a value is none of its column's type"),
        _ if state.starts_with("23") => refused("a constraint is not met"),
        "55P03" => Trouble::Busy(format!("somebody else holds the row or table for too long ({state})")),
        "57014" => Trouble::Busy(format!("a statement took longer than it may ({state})")),
        "40001" | "40P01" => Trouble::Busy(format!("the server gave it up for somebody else's lock ({state})")),
        _ if state.starts_with("53") => Trouble::Busy(format!("the server has no room or connection left ({state})")),
        "42501" => Trouble::Rights(format!("our user may not do that ({state})")),
        "25006" => Trouble::Missing(format!("the server takes no changes: it is a replica, perhaps ({state})")),
        "428C9" => Trouble::Missing(format!("a column takes only what the server gives it ({state})")),
        _ if state.starts_with("42") || state == "3F000" => {
            Trouble::Missing(format!("a table or column is not as the exchange says ({state})"))
        }
        _ => Trouble::Lost(format!("the server ended it (its code {state})")),
    }
}
