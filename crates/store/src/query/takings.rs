//! What lies ready for partners' programs, and what of it was taken?

use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// Bytes of a part that a program took, or began to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The package.
    pub package: String,
    /// Its number among those of the package, from 1.
    pub number: u64,
    /// The part's name.
    pub part: String,
    /// The program.
    pub client: String,
    /// From which byte on.
    pub first_byte: u64,
    /// How many were asked for.
    pub bytes: u64,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// How many were handed over; none as long as nobody has told.
    pub given: Option<u64>,
}

/// Never `*`: a column that a newer program adds must not change what a running one has prepared.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT package, number, part, client, first_byte, bytes, begun_at, given FROM part_taking", $rest)
    };
}

impl Reader {
    /// What was taken of a package, in order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn takings(&self, package: &str) -> Result<Vec<Taking>, StoreError> {
        let rows = query(select!(" WHERE package = $1 ORDER BY number")).bind(package);
        rows.fetch_all(&self.pool).await?.iter().map(taking).collect()
    }

    /// What was begun with this digest.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn taking(&self, token_sha256: &str) -> Result<Option<Taking>, StoreError> {
        let row = query(select!(" WHERE token_sha256 = $1")).bind(token_sha256);
        row.fetch_optional(&self.pool).await?.as_ref().map(taking).transpose()
    }
}

fn taking(row: &Row) -> Result<Taking, StoreError> {
    let cells = Cells::new(row, "part_taking", "package");
    Ok(Taking {
        package: cells.get("package")?,
        number: cells.count("number")?,
        part: cells.get("part")?,
        client: cells.get("client")?,
        first_byte: cells.count("first_byte")?,
        bytes: cells.count("bytes")?,
        begun_at: cells.time("begun_at")?,
        given: cells.optional_count("given")?,
    })
}
