//! What must a connection to a database be able to do, so that groups can be applied over it?

use causeway_flow::accept::target::{Refusal, Stored, TargetError};
use causeway_model::Code;

use super::dialect::Dialect;
use super::wanted::Wanted;

/// A row as it comes.
pub(super) type Fields = Vec<Stored>;

/// A connection that is asked one thing after the other.
pub(super) trait Link: Send {
    /// Which kind of database it leads to.
    fn dialect(&self) -> Dialect;

    /// The columns of a table with their declared types; none where there is no such table.
    fn columns(&mut self, table: &str) -> Result<Option<Vec<(String, String)>>, Trouble>;

    /// What is wrong with a table for writing in it.
    fn unfit(&mut self, table: &str) -> Result<Option<String>, Trouble>;

    /// What is wrong with our rights: too many, or too few for what is wanted.
    fn rights(&mut self, wanted: &[Wanted]) -> Result<Vec<String>, Trouble>;

    /// Begins a transaction.
    fn begin(&mut self) -> Result<(), Trouble>;

    /// Within a transaction: nobody else of us adds rows to a table until it ends, since they would ask for the same. Programs that are
    /// not ours are kept out by the table's own unique keys alone.
    fn alone(&mut self, table: &str) -> Result<(), Trouble>;

    /// Ends it: what was done holds.
    fn commit(&mut self) -> Result<(), Trouble>;

    /// Ends it: nothing was done.
    fn rollback(&mut self) -> Result<(), Trouble>;

    /// Rows of a statement, its values bound.
    fn rows(&mut self, statement: &str, binds: &[Stored]) -> Result<Vec<Fields>, Trouble>;

    /// Carries a statement out, its values bound; how many rows it touched.
    fn run(&mut self, statement: &str, binds: &[Stored]) -> Result<u64, Trouble>;
}

/// Why a database did not do what it was asked. Never holds a value.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection is gone, or of no use any more.
    Lost(String),
    /// Somebody else holds what is asked for.
    Busy(String),
    /// Our user may not do that.
    Rights(String),
    /// A table or column is not there, or of a type that takes no such thing.
    Missing(String),
    /// A unique key of the target is taken.
    Taken(String),
    /// A rule of the target is against these values.
    Refused {
        /// The column, where the target says so.
        column: Option<String>,
        /// What is wrong.
        detail: String,
    },
}

impl Trouble {
    /// A rule of the target is against it.
    pub(super) fn refused(detail: impl Into<String>) -> Self {
        Trouble::Refused { column: None, detail: detail.into() }
    }

    /// As an error of the target.
    pub(super) fn error(self, target: &str) -> TargetError {
        let (code, detail) = match self {
            Trouble::Lost(detail) => (Code::TargetUnreachable, detail),
            Trouble::Busy(detail) => (Code::TargetBusy, detail),
            Trouble::Rights(detail) => (Code::TargetRights, detail),
            Trouble::Missing(detail) => (Code::TargetNotPrepared, detail),
            Trouble::Taken(detail) | Trouble::Refused { detail, .. } => (Code::TargetRefused, detail),
        };
        TargetError::new(code, target, detail)
    }

    /// As what a record meets: a refusal of it alone, or an error that stops everything.
    pub(super) fn of_record(self, target: &str, table: &str) -> Result<Refusal, TargetError> {
        let (column, detail) = match self {
            Trouble::Refused { column, detail } => (column, detail),
            Trouble::Taken(detail) => (None, detail),
            other => return Err(other.error(target)),
        };
        Ok(Refusal { code: Code::TargetRefused, table: table.to_owned(), column, detail })
    }
}
