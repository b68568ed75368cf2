//! How is the export written? A line at a time, to anything that takes bytes.

use std::io::{self, Write};

use super::{EndLine, FORMAT, HeaderLine, Line, VERSION};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::key::VerifierKey;
use crate::leaf::Row;

/// Why an export could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The bytes were not taken.
    #[error("the export could not be written: {0}")]
    Io(#[from] io::Error),
    /// A leaf came out of turn.
    #[error("leaf {found} came where leaf {expected} belongs: read the rows in the order of their index")]
    Order {
        /// The index that was due.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// A checkpoint does not stand behind the last leaf that it covers.
    #[error("a checkpoint of size {size} came behind {leaves} leaves: the log is shorter than it, or it came too late")]
    Place {
        /// The checkpoint's size.
        size: u64,
        /// How many leaves were written.
        leaves: u64,
    },
    /// A text given as a checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// An export being written.
pub struct ExportWriter<W> {
    out: W,
    leaves: u64,
}

impl<W: Write> ExportWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the bytes are not taken.
    pub fn new(out: W, key: &VerifierKey) -> Result<Self, WriteError> {
        let mut writer = Self { out, leaves: 0 };
        writer.line(&Line::Header(HeaderLine {
            format: FORMAT.to_owned(),
            version: VERSION,
            origin: key.name().to_owned(),
            key: key.to_string(),
        }))?;
        Ok(writer)
    }

    /// Writes the next leaf, with its hash as stored.
    ///
    /// # Errors
    /// When it is not the next one, or the bytes are not taken.
    pub fn leaf(&mut self, row: &Row) -> Result<(), WriteError> {
        if row.index != self.leaves {
            return Err(WriteError::Order { expected: self.leaves, found: row.index });
        }
        self.line(&Line::Leaf(row.into()))?;
        self.leaves += 1;
        Ok(())
    }

    /// Writes a signed checkpoint that covers just the leaves written so far.
    ///
    /// # Errors
    /// When it covers more or fewer, is no checkpoint, or the bytes are not taken.
    pub fn checkpoint(&mut self, text: &str) -> Result<(), WriteError> {
        let size = Checkpoint::parse(text)?.size;
        if size != self.leaves {
            return Err(WriteError::Place { size, leaves: self.leaves });
        }
        self.line(&Line::Checkpoint(text.to_owned()))
    }

    /// Writes the last line and gives the sink back, flushed.
    ///
    /// # Errors
    /// When the bytes are not taken.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.line(&Line::End(EndLine { size: self.leaves }))?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, line: &Line) -> Result<(), WriteError> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::from)?;
        text.push(b'\n');
        self.out.write_all(&text)?;
        Ok(())
    }
}

/// Writes a whole log: rows in order of index, checkpoints in order of signing, each put where it belongs.
///
/// # Errors
/// As the methods of [`ExportWriter`], and what reading the log gives.
pub fn write_export<W: Write, E: From<WriteError>>(
    out: W,
    key: &VerifierKey,
    rows: impl IntoIterator<Item = Result<Row, E>>,
    checkpoints: impl IntoIterator<Item = Result<String, E>>,
) -> Result<W, E> {
    let mut writer = ExportWriter::new(out, key)?;
    let mut checkpoints = checkpoints.into_iter();
    let mut waiting = checkpoints.next().transpose()?;
    let mut rows = rows.into_iter();
    loop {
        while let Some(text) = waiting.take() {
            if Checkpoint::parse(&text).map_err(WriteError::from)?.size > writer.leaves {
                waiting = Some(text);
                break;
            }
            writer.checkpoint(&text)?;
            waiting = checkpoints.next().transpose()?;
        }
        match rows.next().transpose()? {
            Some(row) => writer.leaf(&row)?,
            None => break,
        }
    }
    if let Some(text) = waiting {
        writer.checkpoint(&text)?;
    }
    Ok(writer.finish()?)
}
