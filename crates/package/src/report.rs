//! Where do the details go that only the operation may read (what was quarantined or withheld, and why)?
//!
//! JSON Lines, compressed, filled and sealed to the operation's key while they are written: never a plaintext byte on disk.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{PackageError, json_place};
use crate::files::Unfinished;
use crate::inner::Compression;
use crate::key::{Identities, Recipient};
use crate::stream::{SealingStream, unseal};

/// No line of a report is longer.
const LINE_MAX: u64 = 16 * 1024 * 1024;

/// A report in the making; destroyed when dropped unfinished.
pub struct ReportWriter {
    stream: SealingStream,
    lines: u64,
    failed: bool,
    unfinished: Unfinished,
}

/// A finished report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedReport {
    /// Lines in it.
    pub lines: u64,
    /// SHA-256 of the sealed file.
    pub sha256: String,
    /// Bytes of the sealed file.
    pub size: u64,
}

impl ReportWriter {
    /// Creates the file, readable by its owner only; it must not exist.
    ///
    /// # Errors
    /// A file is in the way or the disk refuses.
    pub fn create(path: &Path, operation: &Recipient) -> Result<Self, PackageError> {
        Self::shared(path, std::slice::from_ref(operation))
    }

    /// The same for several readers, each with a key of its own.
    ///
    /// # Errors
    /// A file is in the way or the disk refuses.
    pub fn shared(path: &Path, readers: &[Recipient]) -> Result<Self, PackageError> {
        let stream = SealingStream::create(path, readers, Compression::Zstd)?;
        // CRASH: an unfinished report cannot be read to its end; the attempt that wrote it is made again from the start.
        let mut unfinished = Unfinished::default();
        unfinished.add(path.to_path_buf());
        Ok(Self { stream, lines: 0, failed: false, unfinished })
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The value is no JSON, or the disk refuses; the report is then given up.
    pub fn line<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), PackageError> {
        if self.failed {
            return Err(PackageError::GivenUp);
        }
        self.failed = true;
        let mut line = Zeroizing::new(
            serde_json::to_vec(value).map_err(|error| PackageError::malformed("report", json_place(&error)))?,
        );
        line.push(b'\n');
        self.stream.write(&line)?;
        self.lines += 1;
        self.failed = false;
        Ok(())
    }

    /// Lines so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Closes and keeps the report.
    ///
    /// # Errors
    /// The disk refuses; the file is then destroyed.
    pub fn finish(mut self) -> Result<SealedReport, PackageError> {
        if self.failed {
            return Err(PackageError::GivenUp);
        }
        let sealed = self.stream.finish()?;
        self.unfinished.keep();
        Ok(SealedReport { lines: self.lines, sha256: sealed.sha256, size: sealed.size })
    }
}

impl std::fmt::Debug for ReportWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReportWriter({} lines)", self.lines)
    }
}

/// Reads a report line by line in constant memory.
pub struct ReportReader {
    plain: BufReader<Box<dyn Read + Send>>,
    path: PathBuf,
    number: u64,
}

impl ReportReader {
    /// Opens a report.
    ///
    /// # Errors
    /// The key does not fit, or the file is not a sealed report.
    pub fn open(path: &Path, identities: &Identities) -> Result<Self, PackageError> {
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        let plain = unseal(file, identities, Compression::Zstd)
            .map_err(|closed| closed.of(&path.display().to_string(), identities))?;
        Ok(Self { plain: BufReader::new(plain), path: path.to_path_buf(), number: 0 })
    }

    /// The next line as the caller's type; `None` at the end.
    ///
    /// # Errors
    /// The file is damaged or truncated, or the line is not of that type; the error names the line, not its values.
    pub fn next_line<T: DeserializeOwned>(&mut self) -> Result<Option<T>, PackageError> {
        let name = self.path.display().to_string();
        let mut line = Zeroizing::new(Vec::new());
        let read = (&mut self.plain).take(LINE_MAX).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(None),
            Ok(_) => self.number += 1,
            Err(source) => return Err(PackageError::PartUnreadable { part: name, source }),
        }
        serde_json::from_slice(&line)
            .map(Some)
            .map_err(|error| PackageError::malformed(&name, format!("line {} is {}", self.number, json_place(&error))))
    }

    /// All remaining lines.
    pub fn lines<T: DeserializeOwned>(mut self) -> impl Iterator<Item = Result<T, PackageError>> {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let line = self.next_line().transpose();
            ended = !matches!(line, Some(Ok(_)));
            line
        })
    }
}

impl std::fmt::Debug for ReportReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReportReader({})", self.path.display())
    }
}
