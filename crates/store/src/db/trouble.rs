//! What went wrong with the database itself, and is it worth asking again?

use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::StoreError;

/// What the database said when it failed. It names tables, columns and conditions, never what stands in a row.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    message: String,
    ends: Ends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// It would fail again.
    ForGood,
    /// Another transaction was in the way; this one was undone.
    Undone,
    /// The connection is gone; what was not committed is undone by the server.
    Disconnected,
}

impl DatabaseError {
    pub(crate) fn of(message: impl Into<String>) -> Self {
        Self { message: message.into(), ends: Ends::ForGood }
    }

    pub(crate) fn disconnected(message: impl Into<String>) -> Self {
        Self { message: message.into(), ends: Ends::Disconnected }
    }

    /// Whether the connection was lost.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.ends == Ends::Disconnected
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|error| format!(" (SQLite {})", error.extended_code));
        Self::of(format!("{error}{}", code.unwrap_or_default()))
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            // Only the kinds of trouble of the connection itself come without words of the server.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let message = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
            let gone = error.is_closed()
                || std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>());
            return if gone { Self::disconnected(message) } else { Self::of(message) };
        };
        let code = said.code();
        // The detail beside the message can hold a row: it is left out.
        let message = format!("{} (SQLSTATE {})", said.message(), code.code());
        let ends = match code.code() {
            _ if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
                Ends::Undone
            }
            // A newer program has added a column meanwhile: the statement must be prepared again.
            _ if *code == SqlState::FEATURE_NOT_SUPPORTED => Ends::Undone,
            // The server is stopping or starting, ended our session, or has no place for us yet.
            "57P01" | "57P02" | "57P03" | "53300" | "25P03" => Ends::Disconnected,
            other if other.starts_with("08") => Ends::Disconnected,
            _ => Ends::ForGood,
        };
        Self { message, ends }
    }
}

/// How long one goes on trying.
pub(crate) struct Patience {
    undone: u32,
    waited: Duration,
    pause: Duration,
}

/// A change that was undone so often is not tried again.
const UNDONE: u32 = 10;
/// A server that restarts is waited for.
const RESTART: Duration = Duration::from_secs(15);

impl Patience {
    pub(crate) fn new() -> Self {
        Self { undone: 0, waited: Duration::ZERO, pause: Duration::from_millis(20) }
    }

    /// Whether what failed so may be tried once more; pauses before it says yes.
    pub(crate) async fn allows_another(&mut self, error: &StoreError) -> bool {
        let ends = match error {
            StoreError::Database(error) => error.ends,
            StoreError::Unreachable { again: true, .. } => Ends::Disconnected,
            _ => Ends::ForGood,
        };
        let allowed = match ends {
            Ends::ForGood => false,
            Ends::Undone => self.undone < UNDONE,
            Ends::Disconnected => self.waited < RESTART,
        };
        if allowed {
            self.undone += 1;
            self.waited += self.pause;
            tokio::time::sleep(self.pause).await;
            self.pause = (self.pause * 2).min(Duration::from_secs(1));
        }
        allowed
    }
}
