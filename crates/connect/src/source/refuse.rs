//! Which error does a source's trouble become? Never one with a value in it.

use std::io;

use causeway_flow::source::SourceError;
use causeway_model::Code;

/// An error about the source `origin`.
pub(crate) struct Refuse<'o>(pub(crate) &'o str);

impl Refuse<'_> {
    /// The source cannot be opened, or is something else than declared.
    pub(crate) fn unreachable(&self, detail: impl Into<String>) -> SourceError {
        SourceError::new(Code::SourceUnreachable, self.0, detail)
    }

    /// The source stopped before its end, or did not hold still.
    pub(crate) fn early(&self, detail: impl Into<String>) -> SourceError {
        SourceError::new(Code::SourceEndedEarly, self.0, detail)
    }

    /// The source holds something at a stated place that is no record at all.
    pub(crate) fn malformed(&self, detail: impl Into<String>) -> SourceError {
        SourceError::new(Code::WrongType, self.0, detail)
    }

    /// A record is longer than what we are ready to hold.
    pub(crate) fn oversize(&self, detail: impl Into<String>) -> SourceError {
        SourceError::new(Code::ValueOversize, self.0, detail)
    }

    /// A table or a column is not there.
    pub(crate) fn missing(&self, detail: impl Into<String>) -> SourceError {
        SourceError::new(Code::ColumnMissing, self.0, detail)
    }

    /// Reading failed: a compressed stream that stops is an early end, a damaged one is malformed.
    pub(crate) fn reading(&self, path: &str, error: &io::Error) -> SourceError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.early(format!("`{path}` is cut off: its compressed data has no end")),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                self.malformed(format!("`{path}` is damaged or not compressed as its name says"))
            }
            kind => self.unreachable(format!("`{path}` cannot be read: {kind}")),
        }
    }
}
