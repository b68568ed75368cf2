//! How is a connection to MariaDB or MySQL opened, asked, watched over and closed?

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use causeway_flow::source::SourceError;
use causeway_model::Code;
use causeway_model::catalogue::SnapshotMode;

use super::cell::Kind;
use super::wire::{Fields, Wire};
use super::{MariadbSource, auth};
use crate::source::Refuse;
use crate::source::handoff::{Handoff, cancelled};
use crate::source::pump::Run;
use crate::source::server::{CONNECT, LOOK, SILENCE, secret, tls_client};

/// Long passwords, long flags, database, protocol 4.1, transactions, secure connection, authentication by plugin.
const CAPABILITIES: u32 = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
const TLS: u32 = 0x800;
const LARGEST_PACKET: u32 = 1 << 30;
const UTF8MB4: u8 = 45;

/// An open connection.
pub(crate) struct Session {
    pub(crate) origin: String,
    wire: Wire,
    id: u32,
    watched: Option<Watched>,
    silence: Duration,
    /// Whether an answer is still on its way.
    busy: bool,
    failed: bool,
}

/// Who is read for.
struct Watched {
    run: Run,
    wanted: Arc<Handoff>,
    dies: Option<Duration>,
}

impl Session {
    /// Connects and signs in.
    pub(crate) fn open(source: &MariadbSource) -> Result<Self, SourceError> {
        let (origin, server) = (source.name.as_str(), &source.server);
        let refuse = Refuse(origin);
        let port = server.port.unwrap_or(3306);
        let at = format!("`{}:{port}`", server.host);
        let unreachable = |error: io::Error| refuse.unreachable(format!("{at} cannot be reached: {}", error.kind()));
        let mut addresses = (server.host.as_str(), port).to_socket_addrs().map_err(unreachable)?;
        let address = addresses.next().ok_or_else(|| refuse.unreachable(format!("{at} has no address")))?;
        let tcp = TcpStream::connect_timeout(&address, CONNECT).map_err(unreachable)?;
        tcp.set_nodelay(true).and_then(|()| tcp.set_read_timeout(Some(CONNECT))).map_err(unreachable)?;
        let silence = source.brakes.statement_timeout.map_or(SILENCE, |timeout| timeout + LOOK * 10);
        let clock = tcp.try_clone().map_err(unreachable)?;
        let mut session = Self {
            origin: origin.to_owned(),
            wire: Wire::new(tcp),
            id: 0,
            watched: None,
            silence,
            busy: false,
            failed: false,
        };
        session.sign_in(source, &at)?;
        // From now on a read that waits looks around now and then.
        clock.set_read_timeout(Some(LOOK)).map_err(unreachable)?;
        let timeout = source.brakes.statement_timeout.map_or(0, |timeout| timeout.as_secs());
        session.run("SET NAMES utf8mb4")?;
        session.run("SET SESSION time_zone = '+00:00', lock_wait_timeout = 5, net_write_timeout = 3600")?;
        session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        if timeout > 0 && session.run(&format!("SET SESSION max_statement_time = {timeout}")).is_err() {
            session.run(&format!("SET SESSION max_execution_time = {}", timeout * 1_000))?;
        }
        Ok(session)
    }

    fn sign_in(&mut self, source: &MariadbSource, at: &str) -> Result<(), SourceError> {
        let server = &source.server;
        let refuse = Refuse(&source.name);
        let strange = || refuse.unreachable(format!("{at} does not speak as MariaDB or MySQL do"));
        let greeting = self.receive()?.to_vec();
        if let Some(error) = error_of(&source.name, &greeting) {
            return Err(error);
        }
        let hello = Greeting::read(&greeting).ok_or_else(strange)?;
        self.id = hello.connection;
        let tls = tls_client(&source.name, &server.tls, &source.base)?;
        let capabilities = CAPABILITIES | if tls.is_some() { TLS } else { 0 };
        let mut head = Vec::new();
        head.extend_from_slice(&capabilities.to_le_bytes());
        head.extend_from_slice(&LARGEST_PACKET.to_le_bytes());
        head.push(UTF8MB4);
        head.extend_from_slice(&[0; 23]);
        let broken =
            |error: io::Error| refuse.unreachable(format!("{at} breaks off while we sign in: {}", error.kind()));
        if let Some(config) = tls {
            if hello.capabilities & TLS == 0 {
                let detail = format!("{at} offers no TLS: switch it on there, or write `tls: {{ mode: off }}`");
                return Err(refuse.unreachable(detail));
            }
            self.wire.send(&head).map_err(broken)?;
            self.wire.protect(config, &server.host).map_err(|error| {
                refuse.unreachable(format!("{at} shows a certificate that is not valid for it: {}", tls_reason(&error)))
            })?;
        }
        let password = match &server.password {
            None => String::new(),
            Some(kept) => secret(&source.name, kept, &source.base)?,
        };
        let method = if hello.method.is_empty() { "mysql_native_password" } else { &hello.method };
        let known = auth::answer(method, &password, &hello.challenge);
        let (method, proof) = match known {
            Some(proof) => (method, proof),
            None => (
                "mysql_native_password",
                auth::answer("mysql_native_password", &password, &hello.challenge).unwrap_or_default(),
            ),
        };
        let mut answer = head;
        answer.extend_from_slice(server.user.as_bytes());
        answer.push(0);
        answer.push(proof.len() as u8);
        answer.extend_from_slice(&proof);
        answer.extend_from_slice(server.database.as_bytes());
        answer.push(0);
        answer.extend_from_slice(method.as_bytes());
        answer.push(0);
        self.wire.send(&answer).map_err(broken)?;
        self.prove(&password, method.to_owned(), at)
    }

    /// Answers whatever else the server asks before it lets us in.
    fn prove(&mut self, password: &str, mut method: String, at: &str) -> Result<(), SourceError> {
        let origin = self.origin.clone();
        let refuse = Refuse(&origin);
        let broken =
            |error: io::Error| refuse.unreachable(format!("{at} breaks off while we sign in: {}", error.kind()));
        loop {
            let packet = self.receive()?.to_vec();
            match packet.split_first() {
                Some((0x00, _)) => return Ok(()),
                Some((0xff, _)) => {
                    return Err(error_of(&origin, &packet).unwrap_or_else(|| refuse.unreachable("it refuses us")));
                }
                Some((0xfe, rest)) => {
                    let mut fields = Fields(rest);
                    method = String::from_utf8_lossy(fields.until_nul().unwrap_or_default()).into_owned();
                    let proof = auth::answer(&method, password, fields.0).ok_or_else(|| {
                        refuse.unreachable(format!(
                            "{at} wants the sign-in method `{method}`, which we do not have: let the user have mysql_native_password or caching_sha2_password"
                        ))
                    })?;
                    self.wire.send(&proof).map_err(broken)?;
                }
                // The server has the password in its cache.
                Some((0x01, [0x03, ..])) => {}
                Some((0x01, [0x04, ..])) if method == "caching_sha2_password" => {
                    if !self.wire.is_protected() {
                        let detail = format!("{at} wants the password itself, which we send over TLS only");
                        return Err(refuse.unreachable(detail));
                    }
                    let mut whole = password.as_bytes().to_vec();
                    whole.push(0);
                    self.wire.send(&whole).map_err(broken)?;
                }
                _ => return Err(refuse.unreachable(format!("{at} answers the sign-in with something unknown"))),
            }
        }
    }

    /// Begins the transaction that holds the tables still.
    pub(super) fn begin(&mut self, mode: SnapshotMode) -> Result<(), SourceError> {
        match mode {
            SnapshotMode::Transaction => self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
            SnapshotMode::None => self.run("SET SESSION TRANSACTION READ ONLY"),
        }
    }

    /// Refuses a table whose engine knows no transactions.
    pub(super) fn transactional(&mut self, table: &str) -> Result<(), SourceError> {
        let (schema, name) = named(table);
        let found = self.texts(&format!(
            "SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine \
             WHERE t.table_schema = {schema} AND t.table_name = {name} AND e.transactions <> 'YES'"
        ))?;
        match found.first().and_then(|row| row.first()) {
            None => Ok(()),
            Some(engine) => {
                let detail = format!(
                    "table `{table}` is kept by the engine {engine}, which knows no transactions: convert it, or write `snapshot: none`"
                );
                Err(Refuse(&self.origin).unreachable(detail))
            }
        }
    }

    /// About how many rows a table has.
    pub(super) fn rows(&mut self, table: &str) -> Result<Option<u64>, SourceError> {
        let (schema, name) = named(table);
        let found = self.texts(&format!(
            "SELECT table_rows FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {name} AND table_rows > 0"
        ))?;
        Ok(found.first().and_then(|row| row.first()).and_then(|rows| rows.parse().ok()))
    }

    /// Columns of each index that holds them unique.
    pub(super) fn unique(&mut self, table: &str) -> Result<Vec<Vec<String>>, SourceError> {
        let (schema, name) = named(table);
        let found = self.texts(&format!(
            "SELECT index_name, column_name FROM information_schema.statistics s WHERE table_schema = {schema} AND table_name = {name} \
             AND non_unique = 0 AND NOT EXISTS (SELECT 1 FROM information_schema.statistics p WHERE p.table_schema = s.table_schema \
             AND p.table_name = s.table_name AND p.index_name = s.index_name AND p.sub_part IS NOT NULL) ORDER BY index_name, seq_in_index"
        ))?;
        let mut indexes: Vec<(String, Vec<String>)> = Vec::new();
        for row in found {
            let [index, column] = row.as_slice() else { continue };
            match indexes.last_mut().filter(|(known, _)| known == index) {
                Some((_, columns)) => columns.push(column.clone()),
                None => indexes.push((index.clone(), vec![column.clone()])),
            }
        }
        Ok(indexes.into_iter().map(|(_, columns)| columns).collect())
    }

    /// Columns of a table and their kinds.
    pub(super) fn kinds(&mut self, table: &str) -> Result<Vec<(String, Kind)>, SourceError> {
        let (schema, name) = named(table);
        let found = self.texts(&format!(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {name}"
        ))?;
        let column = |row: Vec<String>| match row.as_slice() {
            [name, kind] => Some((name.clone(), Kind::named(kind))),
            _ => None,
        };
        Ok(found.into_iter().filter_map(column).collect())
    }

    /// All rows of a small answer, as text; what is missing is empty.
    pub(crate) fn texts(&mut self, statement: &str) -> Result<Vec<Vec<String>>, SourceError> {
        let columns = self.query(statement)?.len();
        let mut rows = Vec::new();
        while let Some(mut row) = self.row()? {
            let text = |value: Option<Option<&[u8]>>| {
                String::from_utf8_lossy(value.flatten().unwrap_or_default()).into_owned()
            };
            rows.push((0..columns).map(|_| text(row.value())).collect());
        }
        Ok(rows)
    }

    /// Sends a statement that gives no rows.
    fn run(&mut self, statement: &str) -> Result<(), SourceError> {
        self.query(statement).map(|_| ())
    }

    /// Sends a statement; the kinds of the columns of its rows, which must be read then; none of a statement without rows.
    pub(super) fn query(&mut self, statement: &str) -> Result<Vec<Kind>, SourceError> {
        let mut command = vec![0x03];
        command.extend_from_slice(statement.as_bytes());
        self.wire.restart();
        self.wire.send(&command).map_err(|error| broke(&self.origin, &error))?;
        self.busy = true;
        let first = self.receive()?.to_vec();
        let strange = |origin: &str| Refuse(origin).malformed("an answer is not as the protocol has it: report it");
        match first.first() {
            Some(0x00) => {
                self.busy = false;
                return Ok(Vec::new());
            }
            Some(0xff) => {
                self.busy = false;
                let error = error_of(&self.origin, &first);
                return Err(error.unwrap_or_else(|| strange(&self.origin)));
            }
            Some(0xfb) | None => return Err(strange(&self.origin)),
            Some(_) => {}
        }
        let count = match first.as_slice() {
            [short] => usize::from(*short),
            [0xfc, a, b] => usize::from(u16::from_le_bytes([*a, *b])),
            _ => return Err(strange(&self.origin)),
        };
        let mut kinds = Vec::with_capacity(count);
        for _ in 0..count {
            let column = self.receive()?;
            let kind = kind_of(column);
            kinds.push(kind.ok_or_else(|| strange(&self.origin))?);
        }
        if self.receive()?.first() != Some(&0xfe) {
            return Err(strange(&self.origin));
        }
        Ok(kinds)
    }

    /// The next row of the statement; none after the last.
    #[inline]
    pub(super) fn row(&mut self) -> Result<Option<Fields<'_>>, SourceError> {
        if !self.busy {
            return Ok(None);
        }
        let Self { wire, watched, origin, silence, busy, failed, .. } = self;
        let packet = receive(wire, watched.as_ref(), origin, *silence, failed)?;
        match packet {
            [0xfe, rest @ ..] if rest.len() < 8 => {
                *busy = false;
                Ok(None)
            }
            [0xff, ..] => {
                *busy = false;
                let error = error_of(origin, packet);
                Err(error.unwrap_or_else(|| Refuse(origin).early("the server broke off")))
            }
            row => Ok(Some(Fields(row))),
        }
    }

    fn receive(&mut self) -> Result<&[u8], SourceError> {
        let Self { wire, watched, origin, silence, failed, .. } = self;
        receive(wire, watched.as_ref(), origin, *silence, failed)
    }

    /// Whether nothing is left of the last answer, so that another statement may be sent.
    pub(super) fn is_clean(&self) -> bool {
        !self.busy && !self.failed
    }

    /// While it is read for somebody: waiting looks whether that one still wants it.
    pub(super) fn watch(&mut self, run: &Run, wanted: Arc<Handoff>, dies: Option<Duration>) {
        self.watched = Some(Watched { run: run.clone(), wanted, dies });
    }

    pub(super) fn unwatch(&mut self) {
        self.watched = None;
    }

    /// Told when the reading pauses because of us and when it goes on.
    pub(super) fn pausing(&mut self, _paused: bool) {
        if let Some(Watched { run, dies: Some(dies), .. }) = &self.watched
            && run.brakes.pace.elapsed() >= *dies
        {
            self.failed = true;
        }
    }

    /// Gives up a session in the middle of an answer: the server is told to stop, so that nothing stays open there.
    pub(super) fn abandon(self, source: &MariadbSource) {
        let id = self.id;
        drop(self);
        if let Ok(mut other) = Self::open(source) {
            let _ = other.run(&format!("KILL CONNECTION {id}"));
        }
    }
}

/// The next packet; looks around while none comes.
fn receive<'w>(
    wire: &'w mut Wire,
    watched: Option<&Watched>,
    origin: &str,
    silence: Duration,
    failed: &mut bool,
) -> Result<&'w [u8], SourceError> {
    if *failed {
        let detail = "its snapshot grew older than `snapshot_max_age_s` allows";
        return Err(SourceError::new(Code::SourceLimit, origin, detail));
    }
    let (mut naps, mut why) = (0_u32, None);
    let most = silence.as_millis() / LOOK.as_millis();
    let mut waiting = || {
        naps += 1;
        if let Some(watched) = watched {
            if watched.run.watch.is_cancelled() {
                why = Some(cancelled(origin));
            } else if watched.wanted.is_over() {
                why = Some(Refuse(origin).early("nobody wants the rest"));
            }
        }
        if u128::from(naps) > most {
            let detail = format!("the server was silent for {} s in the middle of its answer", silence.as_secs());
            why = Some(Refuse(origin).early(detail));
        }
        if why.is_some() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    };
    let received = wire.receive(&mut waiting);
    received.map_err(|error| {
        *failed = true;
        why.unwrap_or_else(|| broke(origin, &error))
    })
}

fn broke(origin: &str, error: &io::Error) -> SourceError {
    Refuse(origin).early(format!("the connection broke: {}", error.kind()))
}

fn tls_reason(error: &io::Error) -> &'static str {
    let told = error.to_string();
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

/// Schema and name of `database.table` or `table` as SQL.
fn named(table: &str) -> (String, String) {
    match table.split_once('.') {
        Some((schema, name)) => (super::filter::text(schema), super::filter::text(name)),
        None => ("DATABASE()".to_owned(), super::filter::text(table)),
    }
}

/// The kind that a column's description tells.
fn kind_of(packet: &[u8]) -> Option<Kind> {
    let mut fields = Fields(packet);
    for _ in 0..6 {
        fields.value()?;
    }
    fields.byte()?;
    let charset = fields.short()?;
    fields.long()?;
    Some(Kind::of(fields.byte()?, charset))
}

/// What a server says before anything else.
struct Greeting {
    connection: u32,
    capabilities: u32,
    challenge: Vec<u8>,
    method: String,
}

impl Greeting {
    fn read(packet: &[u8]) -> Option<Self> {
        let mut fields = Fields(packet);
        if fields.byte()? != 10 {
            return None;
        }
        fields.until_nul()?;
        let connection = fields.long()?;
        let mut challenge = fields.take(8)?.to_vec();
        fields.byte()?;
        let low = fields.short()?;
        fields.byte()?;
        fields.short()?;
        let high = fields.short()?;
        let length = usize::from(fields.byte()?);
        fields.take(10)?;
        challenge.extend_from_slice(fields.take(length.saturating_sub(8).max(13))?);
        challenge.truncate(20);
        let method = String::from_utf8_lossy(fields.until_nul().unwrap_or(fields.0)).into_owned();
        Some(Self { connection, capabilities: u32::from(low) | u32::from(high) << 16, challenge, method })
    }
}

/// The error that a packet tells, by its number: the server's text may repeat what was sent.
fn error_of(origin: &str, packet: &[u8]) -> Option<SourceError> {
    let mut fields = Fields(packet);
    if fields.byte()? != 0xff {
        return None;
    }
    let number = fields.short()?;
    let refuse = Refuse(origin);
    let limit = |detail: String| SourceError::new(Code::SourceLimit, origin, detail);
    Some(match number {
        1045 | 1044 | 1698 => refuse.unreachable(format!("the server refuses the user or the password ({number})")),
        1049 => refuse.unreachable(format!("the server has no such database ({number})")),
        1142 | 1143 => refuse.unreachable(format!("the user may not read a declared table or column ({number})")),
        1146 => refuse.missing(format!("a declared table is not there ({number})")),
        1054 => refuse.missing(format!("a declared column is not there ({number})")),
        1205 => limit(format!("a table is locked by somebody who changes it ({number}): run again later")),
        1969 | 3024 => limit(format!("the statement took longer than its limit ({number})")),
        1317 => limit(format!("the statement was stopped at the server ({number})")),
        1412 => refuse.early(format!("a table was altered while its snapshot was held ({number})")),
        1053 | 1927 | 1152 => refuse.early(format!("the server ended the connection ({number})")),
        _ => refuse.early(format!("the server refused the statement ({number})")),
    })
}
