//! Why could a population not be made or changed? Paths, tables and counts are named; values of people never are.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What stood in the way of making or editing a population.
#[derive(Debug, Error)]
pub enum PopulationError {
    /// The plant asks for more people than there are.
    #[error("the plant asks for {planted} people, but the population has {people}; plant fewer or make more people")]
    TooManyPlanted {
        /// Sum of the plant's counts.
        planted: u64,
        /// People in the specification.
        people: u32,
    },
    /// A file of a population is there already; generating never writes over one.
    #[error("`{path}` is there already; choose an empty directory or remove it first")]
    AlreadyThere {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot read or write `{path}`")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A store could not be opened, read or written.
    #[error("the store `{path}` refused")]
    Store {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A line of a JSON Lines file is not the object it should be.
    #[error("line {line} of `{path}` is not a JSON object with an `individual_id`")]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
    },
    /// An edit names a column that the store does not have.
    #[error("the store has no column `{column}` in a table `{table}` with a primary key")]
    NoSuchColumn {
        /// The table named by the caller.
        table: String,
        /// The column named by the caller.
        column: String,
    },
    /// An edit names a key that no row has.
    #[error("no row of `{table}` has the key `{key}`")]
    NoSuchRow {
        /// The table that was searched.
        table: String,
        /// The key named by the caller.
        key: String,
    },
}
