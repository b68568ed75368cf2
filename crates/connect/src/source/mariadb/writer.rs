//! How is a database written over a connection of its own?

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use causeway_flow::source::{SourceError, Watch};
use causeway_model::catalogue::{Connection, Limits, Server, Source};
use causeway_model::environment::DataKind;

use super::MariadbSource;
use super::failure::Trouble;
use super::prepared::{Bind, Executed, Prepared};
use super::session::Session;
use super::target::Target;
use crate::source::pace::{Brakes, RealPace};
use crate::source::pump::Run;
use crate::source::server::CONNECT;

/// Statements that stay prepared.
const PREPARED: usize = 64;

/// A connection that writes.
pub(crate) struct Writer {
    session: Session,
    prepared: HashMap<String, Prepared>,
    silence: Duration,
}

/// Why a server did not do what it was asked.
pub(crate) enum Failed {
    /// It says no, by its error number.
    Refused(u16),
    /// The connection is of no use any more; why, without a value.
    Lost(String),
}

impl Writer {
    /// Connects to `server` as `origin`; files are relative to `base`. A statement may take `patience`.
    pub(crate) fn open(origin: &str, server: &Server, base: &Path, patience: Duration) -> Result<Self, SourceError> {
        let source = Source {
            name: origin.to_owned(),
            description: String::new(),
            data: DataKind::Real,
            connect: Connection::Mariadb(server.clone()),
            limits: Limits::default(),
        };
        let brakes = Arc::new(Brakes::new(&source, Arc::new(RealPace::default()))?);
        let (name, server, base) = (origin.to_owned(), server.clone(), base.to_owned());
        let run = Run { origin: name.clone(), watch: Watch::default(), brakes: brakes.clone(), closes: None };
        let target = Arc::new(Target::new(&MariadbSource { name, server, base, brakes, max_age: None })?);
        let session = Session::open_to_write(&target, &run, patience)?;
        Ok(Self { session, prepared: HashMap::new(), silence: patience + CONNECT })
    }

    /// Runs a statement that is ours to the last letter.
    pub(crate) fn plain(&mut self, sql: &'static str) -> Result<Vec<Vec<Option<String>>>, Failed> {
        self.session.wire.patience.wait(self.silence);
        let rows = self.session.rows_of(sql);
        rows.map_err(|trouble| self.failed(trouble))
    }

    /// Carries a statement out, its values apart from it.
    pub(crate) fn execute(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Executed, Failed> {
        self.session.wire.patience.wait(self.silence);
        let done = self.executed(sql, binds);
        done.map_err(|trouble| self.failed(trouble))
    }

    fn executed(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Executed, Trouble> {
        if !self.prepared.contains_key(sql) {
            if self.prepared.len() >= PREPARED {
                for (_, prepared) in self.prepared.drain() {
                    self.session.forget(&prepared)?;
                }
            }
            let prepared = self.session.prepare(sql)?;
            self.prepared.insert(sql.to_owned(), prepared);
        }
        let prepared = self.prepared.get(sql).ok_or(Trouble::Garbled("a statement that nobody knows"))?;
        self.session.run_prepared(prepared, binds)
    }

    fn failed(&mut self, trouble: Trouble) -> Failed {
        match trouble {
            Trouble::Refused(number) if !trouble.is_final() => Failed::Refused(number),
            other => {
                let detail = self.session.refuse(other, "writing").detail;
                // Whatever it was, what the server still does for us ends with the connection.
                self.session.wire.close();
                Failed::Lost(detail)
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.session.quit();
    }
}
