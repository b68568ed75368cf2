//! How is a signed-in connection asked, and how is a running statement stopped?

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_flow::source::SourceError;

use super::definition::Definition;
use super::failure::Trouble;
use super::fields::Fields;
use super::patience::Patience;
use super::target::Target;
use super::wire::Wire;
use crate::source::Refuse;
use crate::source::pump::Run;

/// The command that carries a statement, and the one that says goodbye.
const QUERY: u8 = 3;
const QUIT: u8 = 1;

/// Rows of an answer about tables, at most.
const MOST: usize = 1_000_000;

/// Columns of an answer, at most: what a table can have.
const WIDEST: usize = 4_096;

/// An answer about tables: texts, row by row.
pub(super) type Answer = Vec<Vec<Option<String>>>;

/// A signed-in connection.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) target: Arc<Target>,
    run: Run,
    is_mariadb: bool,
    id: u32,
}

impl Session {
    /// Connects, and makes the session one that depends on nothing that the server's administrator has set.
    pub(super) fn open(target: &Arc<Target>, run: &Run) -> Result<Self, SourceError> {
        let mut session = Self::connect(target, run, Patience::new(run.clone()))?;
        for statement in session.settings() {
            session.execute(&statement).map_err(|trouble| session.refuse(trouble, "preparing the session"))?;
        }
        Ok(session)
    }

    /// Connects, and makes the session one that writes: what does not fit is refused and never cut, a zero is a zero, and a
    /// backslash one. A lock and a statement are waited for as long as `patience` says.
    pub(super) fn open_to_write(
        target: &Arc<Target>,
        run: &Run,
        patience: std::time::Duration,
    ) -> Result<Self, SourceError> {
        let mut session = Self::connect(target, run, Patience::new(run.clone()))?;
        let seconds = patience.as_secs().max(1);
        let lock = (seconds / 2).max(1);
        let mut statements = vec![
            "SET NAMES utf8mb4 COLLATE utf8mb4_bin".to_owned(),
            format!(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,\
                 ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', sql_auto_is_null = 0, \
                 autocommit = 1, foreign_key_checks = 1, unique_checks = 1, sql_big_selects = 1, \
                 sql_select_limit = 18446744073709551615, innodb_lock_wait_timeout = {lock}, lock_wait_timeout = {lock}"
            ),
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE".to_owned(),
        ];
        if session.is_mariadb {
            statements.push(format!("SET SESSION max_statement_time = {seconds}, check_constraint_checks = 1"));
        }
        for statement in statements {
            session.execute(&statement).map_err(|trouble| session.refuse(trouble, "preparing the session"))?;
        }
        Ok(session)
    }

    fn connect(target: &Arc<Target>, run: &Run, patience: Patience) -> Result<Self, SourceError> {
        let (wire, greeting) = target.connect(patience)?;
        let (is_mariadb, id) = (greeting.is_mariadb(), greeting.id);
        Ok(Self { wire, target: target.clone(), run: run.clone(), is_mariadb, id })
    }

    /// What every session of ours is: UTF-8, UTC, without a mode that changes what is read or how; and read-only.
    ///
    /// Rows that wait for us must not make the server give up (`net_write_timeout`), nor may it cut an answer short
    /// (`sql_select_limit`) or take a condition for another (`sql_auto_is_null`). Its own limit for a statement counts our
    /// waiting too, so it is only a net, ten times as wide, for the case that we die.
    fn settings(&self) -> Vec<String> {
        let mut statements = vec![
            "SET NAMES utf8mb4 COLLATE utf8mb4_bin".to_owned(),
            "SET SESSION sql_mode = '', time_zone = '+00:00', sql_auto_is_null = 0, sql_big_selects = 1, \
             sql_select_limit = 18446744073709551615, net_write_timeout = 28800, wait_timeout = 28800, \
             lock_wait_timeout = 5"
                .to_owned(),
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY".to_owned(),
        ];
        if let Some(limit) = self.run.brakes.statement_timeout {
            let net = limit.as_secs().saturating_mul(10).min(1_000_000);
            statements.push(if self.is_mariadb {
                format!("SET SESSION max_statement_time = {net}")
            } else {
                format!("SET SESSION max_execution_time = {}", net * 1_000)
            });
        }
        statements
    }

    /// Runs a statement that gives no rows.
    pub(super) fn execute(&mut self, sql: &str) -> Result<(), Trouble> {
        self.rows(sql).map(|_| ())
    }

    /// Runs a statement about tables.
    pub(super) fn rows(&mut self, sql: &str) -> Result<Answer, Trouble> {
        self.named_rows(sql).map(|(_, rows)| rows)
    }

    /// Runs a statement whose columns are known by name only.
    pub(super) fn table(&mut self, sql: &str) -> Result<Vec<BTreeMap<String, String>>, Trouble> {
        let (names, rows) = self.named_rows(sql)?;
        let named = |row: Vec<Option<String>>| {
            let fields = names.iter().cloned().zip(row);
            fields.filter_map(|(name, text)| text.map(|text| (name, text))).collect()
        };
        Ok(rows.into_iter().map(named).collect())
    }

    /// Runs a statement about tables, as long as the connection's patience lasts.
    pub(super) fn rows_of(&mut self, sql: &str) -> Result<Answer, Trouble> {
        self.read_rows(sql).map(|(_, rows)| rows)
    }

    fn named_rows(&mut self, sql: &str) -> Result<(Vec<String>, Answer), Trouble> {
        self.wire.patience.prompt();
        self.read_rows(sql)
    }

    fn read_rows(&mut self, sql: &str) -> Result<(Vec<String>, Answer), Trouble> {
        let names: Vec<String> = self.begin(sql)?.into_iter().map(|definition| definition.name).collect();
        let mut rows = Vec::new();
        if names.is_empty() {
            return Ok((names, rows));
        }
        while let Some(packet) = row(self.wire.packet()?)? {
            rows.push(texts(packet).ok_or(Trouble::Garbled("a row is cut"))?);
            if rows.len() > MOST {
                return Err(Trouble::Garbled("a list of tables without an end"));
            }
        }
        Ok((names, rows))
    }

    /// The columns of an answer that has no rows.
    pub(super) fn describe(&mut self, sql: &str) -> Result<Vec<Definition>, Trouble> {
        self.wire.patience.prompt();
        let definitions = self.begin(sql)?;
        match row(self.wire.packet()?)? {
            None => Ok(definitions),
            Some(_) => Err(Trouble::Garbled("rows that were not asked for")),
        }
    }

    /// Sends a statement; returns the columns of the rows that follow, none where no rows do.
    pub(super) fn begin(&mut self, sql: &str) -> Result<Vec<Definition>, Trouble> {
        self.wire.command(&[&[QUERY], sql.as_bytes()])?;
        let packet = self.wire.packet()?;
        let columns = match packet.first() {
            Some(0) => return Ok(Vec::new()),
            Some(0xff) => return Err(Trouble::of_packet(packet)),
            // A server that asks for one of our files gets none.
            Some(0xfb) => return Err(Trouble::Garbled("it asks for a file of ours")),
            _ => Fields(packet).length().flatten(),
        };
        self.definitions(columns)
    }

    /// The descriptions of an answer's columns.
    pub(super) fn definitions(&mut self, columns: Option<usize>) -> Result<Vec<Definition>, Trouble> {
        let columns = columns.filter(|columns| *columns <= WIDEST);
        let mut definitions = Vec::new();
        for _ in 0..columns.ok_or(Trouble::Garbled("an answer without a number of columns"))? {
            let packet = self.wire.packet()?;
            definitions.push(Definition::parse(packet).ok_or(Trouble::Garbled("a column's description is cut"))?);
        }
        match self.wire.packet()? {
            packet if packet.first() == Some(&0xfe) && packet.len() < 9 => Ok(definitions),
            _ => Err(Trouble::Garbled("descriptions of columns without an end")),
        }
    }

    /// Stops a statement of which rows are still to come, so that the session can go on; where that does not work, the
    /// connection is given up, and with it everything that the server still holds for us.
    pub(super) fn abandon(&mut self) {
        if self.wire.is_open() && (self.kill().is_err() || self.drain().is_err()) {
            self.wire.close();
        }
    }

    /// By a connection of its own, as the running one is not listening.
    fn kill(&self) -> Result<(), SourceError> {
        let mut other = Self::connect(&self.target, &self.run, Patience::ending(self.run.clone()))?;
        let done = other.begin(&format!("KILL QUERY {}", self.id));
        other.quit();
        done.map(|_| ()).map_err(|trouble| trouble.error(&self.run.origin, "stopping a statement"))
    }

    /// Reads up to the end of the statement, and makes sure that a late stop does not hit the next one.
    fn drain(&mut self) -> Result<(), Trouble> {
        self.wire.patience.end();
        loop {
            match row(self.wire.packet()?) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(trouble @ Trouble::Refused(_)) if !trouble.is_final() => break,
                Err(trouble) => return Err(trouble),
            }
        }
        for _ in 0..3 {
            match self.begin("DO 0") {
                Err(Trouble::Refused(1317)) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(Trouble::Refused(1317))
    }

    /// Ends the transaction and the connection. The server closes its side once it has ended everything: that is waited for.
    pub(super) fn quit(&mut self) {
        if self.wire.is_open() {
            self.wire.patience.end();
            let _ = self.begin("ROLLBACK");
            let _ = self.wire.command(&[&[QUIT]]);
            let _ = self.wire.packet();
            self.wire.close();
        }
    }

    /// The error of trouble while `what` was being done. A statement that we stopped waiting for is stopped; a connection
    /// that cannot be used any more is given up.
    pub(super) fn refuse(&mut self, trouble: Trouble, what: &str) -> SourceError {
        match trouble {
            Trouble::Stop(_) => self.abandon(),
            ref other if other.is_final() => self.wire.close(),
            _ => {}
        }
        trouble.error(&self.run.origin, what)
    }

    /// Whether there is still something to ask.
    pub(super) fn alive(&self) -> Result<(), SourceError> {
        if self.wire.is_open() {
            return Ok(());
        }
        Err(Refuse(&self.run.origin).early("its connection is gone, and the snapshot with it"))
    }
}

/// The packet if it is a row; none after the last.
#[inline]
pub(super) fn row(packet: &[u8]) -> Result<Option<&[u8]>, Trouble> {
    match packet.first() {
        Some(0xff) => Err(Trouble::of_packet(packet)),
        Some(0xfe) if packet.len() < 9 => end(packet),
        _ => Ok(Some(packet)),
    }
}

fn end(packet: &[u8]) -> Result<Option<&[u8]>, Trouble> {
    /// Status bit: the server has another answer, which nobody asked for.
    const MORE: u16 = 8;
    let mut fields = Fields(packet);
    fields.take(3);
    match fields.u16() {
        Some(status) if status & MORE == 0 => Ok(None),
        _ => Err(Trouble::Garbled("an answer that nobody asked for")),
    }
}

fn texts(row: &[u8]) -> Option<Vec<Option<String>>> {
    let mut fields = Fields(row);
    let mut out = Vec::new();
    while !fields.0.is_empty() {
        out.push(fields.value()?.map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    Some(out)
}
