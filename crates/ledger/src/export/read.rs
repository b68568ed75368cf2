//! Is this export whole and true? One pass over its lines, with the same walk that verifies a store.

use std::io::{self, BufRead, Read as _};

use super::{FORMAT, Line, VERSION};
use crate::checkpoint::CheckpointError;
use crate::key::VerifierKey;
use crate::verify::{Fault, LogWalk, Tile, Verified};

/// A longer line is refused rather than read into memory.
const LONGEST_LINE: u64 = 16 << 20;

/// What the verifier knows beforehand. The more, the more is proven.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The log's key, from a source other than the export. Without it the export's own is believed, and only its inner
    /// agreement is proven.
    pub key: Option<VerifierKey>,
    /// A checkpoint saved earlier, which the log must still contain.
    pub saved: Option<String>,
}

/// An export that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedExport {
    /// The log in it.
    pub log: Verified,
    /// The key it was verified with.
    pub key: VerifierKey,
}

/// Why an export is not accepted. No content of a leaf is told.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be read.
    #[error("the export could not be read: {0}")]
    Io(#[from] io::Error),
    /// A line is not what the format says.
    #[error("line {line} of the export, at leaf {index}: {problem}")]
    Malformed {
        /// Counted from one.
        line: u64,
        /// The leaf that was due.
        index: u64,
        /// In what way.
        problem: &'static str,
    },
    /// The header names another key than the one expected.
    #[error("the export is signed by `{found}`, not by `{expected}`")]
    OtherKey {
        /// The key expected, as vkey.
        expected: String,
        /// The key in the header, as vkey.
        found: String,
    },
    /// The saved checkpoint cannot be relied on, so that nothing was compared with it.
    #[error("the saved checkpoint cannot be used: {0}")]
    Saved(CheckpointError),
    /// The log is tampered with.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Verifies an export, a line at a time.
///
/// # Errors
/// When it cannot be read, is malformed, or the log in it is tampered with.
pub fn verify_export(reader: impl BufRead, expected: &Expected) -> Result<VerifiedExport, ExportError> {
    let mut lines = Lines { reader, number: 0 };
    let key = match lines.next(0)? {
        Some(Line::Header(header)) if header.format == FORMAT && header.version == VERSION => {
            let key = VerifierKey::parse(&header.key).map_err(|_| lines.malformed(0, "its key is not a public key"))?;
            if key.name() != header.origin {
                return Err(lines.malformed(0, "its key has another name than its origin"));
            }
            key
        }
        _ => return Err(lines.malformed(0, "not a header of `causeway-ledger-export`, version 1")),
    };
    if let Some(trusted) = expected.key.as_ref().filter(|trusted| **trusted != key) {
        return Err(ExportError::OtherKey { expected: trusted.to_string(), found: key.to_string() });
    }
    let mut walk = LogWalk::new(&key);
    if let Some(saved) = &expected.saved {
        walk = walk.against(saved).map_err(ExportError::Saved)?;
    }
    loop {
        let due = walk.rows();
        match lines.next(due)? {
            Some(Line::Leaf(leaf)) => {
                let row = leaf.into_row();
                let row =
                    row.ok_or_else(|| lines.malformed(due, "salt or hash is not 64 lower-case hexadecimal digits"))?;
                walk.row(&row, Tile::Absent)?;
            }
            Some(Line::Checkpoint(text)) => walk.checkpoint(&text)?,
            Some(Line::End(end)) => {
                let log = walk.finish()?;
                if end.size != log.size {
                    return Err(lines.malformed(due, "the last line counts another number of leaves"));
                }
                if lines.next(due)?.is_some() {
                    return Err(lines.malformed(due, "something follows the last line"));
                }
                return Ok(VerifiedExport { log, key });
            }
            Some(Line::Header(_)) => return Err(lines.malformed(due, "a second header")),
            None => return Err(lines.malformed(due, "the file ends before its last line: it was cut short")),
        }
    }
}

struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self, index: u64) -> Result<Option<Line>, ExportError> {
        let mut bytes = Vec::new();
        self.number += 1;
        self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.pop() != Some(b'\n') {
            return Err(self.malformed(index, "the line does not end, or is longer than 16 MiB"));
        }
        let line = serde_json::from_slice(&bytes);
        line.map(Some).map_err(|_| self.malformed(index, "not a line of this format"))
    }

    fn malformed(&self, index: u64, problem: &'static str) -> ExportError {
        ExportError::Malformed { line: self.number, index, problem }
    }
}
