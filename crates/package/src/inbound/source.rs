//! Where do the bytes of an envelope lie, so that they can be read as often as it takes?

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An envelope's bytes: in a file that nobody else writes, or at hand.
#[derive(Clone)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// At hand.
    Bytes(Arc<[u8]>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source(hidden)")
    }
}

impl Source {
    /// In a file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::File(path.to_owned())
    }

    /// At hand.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// How many bytes there are.
    pub(super) fn size(&self) -> io::Result<u64> {
        match self {
            Self::File(path) => Ok(path.metadata()?.len()),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// The `length` bytes from `at` on; fewer where it ends before.
    pub(super) fn piece(&self, at: u64, length: u64) -> io::Result<BufReader<Box<dyn Read + Send>>> {
        let from: Box<dyn Read + Send> = match self {
            Self::File(path) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(at))?;
                Box::new(file.take(length))
            }
            Self::Bytes(bytes) => {
                let mut cursor = Cursor::new(Arc::clone(bytes));
                cursor.set_position(at);
                Box::new(cursor.take(length))
            }
        };
        Ok(BufReader::new(from))
    }
}
