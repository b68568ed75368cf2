//! How are the records of a decrypted file read, one after another, whoever reads them?

use crate::source::Cell;

/// Records of a file. Nothing of it is trusted: what is no record is told as one, and what is no file ends it.
pub trait Records {
    /// Hands over the members of the next record.
    ///
    /// # Errors
    /// The file cannot be read any further.
    fn next(&mut self, member: &mut dyn FnMut(&[u8], Cell<'_>)) -> Result<Next, RecordsError>;

    /// Hands over the nested records of a list, as [`Cell::Nested`] gave it.
    ///
    /// # Errors
    /// It is no list of records; why, without a value.
    fn items(&mut self, list: &[u8], take: &mut dyn FnMut(Item<'_>)) -> Result<(), &'static str>;
}

/// What came next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A record, whose members were handed over.
    Record,
    /// Something that is no record, and after which the next one begins: why, without a value.
    Unreadable(&'static str),
    /// Nothing: the file was read to its end.
    End,
}

/// A piece of a list of nested records.
#[derive(Clone, Copy, Debug)]
pub enum Item<'i> {
    /// The next nested record begins.
    Begins,
    /// A member of it.
    Member(&'i [u8], Cell<'i>),
}

/// Why a file cannot be read any further. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// Decrypting, unpacking or reading failed.
    #[error("{0}")]
    Io(std::io::Error),
    /// What stands there is no file of this format.
    #[error("line {line}: {what}")]
    Malformed {
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        what: &'static str,
    },
}
