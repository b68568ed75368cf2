//! How is a file held still while it is read, and read whole?
//!
//! A file has no transactions. It is looked at when the snapshot is taken and again after the last record: another
//! size, time of change or file under the same name refuses the transfer.

use std::fs::{self, File, Metadata};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use causeway_flow::source::{BatchStream, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use jiff::Timestamp;

use super::pace::Brakes;
use super::pump::{self, Rows, Run};
use super::refuse::Refuse;
use super::{csv, json_lines, parquet};

/// How the bytes of a file are records.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Comma-separated values.
    Csv { delimiter: u8, records: Option<u64> },
    /// JSON Lines.
    JsonLines { records: Option<u64> },
    /// Parquet.
    Parquet,
}

/// A source that is one file.
pub(crate) struct FileSource {
    pub(crate) name: String,
    /// As the catalogue has it, for messages.
    pub(crate) shown: String,
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    pub(crate) brakes: Arc<Brakes>,
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let closes = self.brakes.enter(now)?;
        let held = HeldFile::new(&self.name, &self.shown, &self.path)?;
        let run = Run { origin: self.name.clone(), watch: watch.clone(), brakes: self.brakes.clone(), closes };
        Ok(Box::new(FileSnapshot { held, format: self.format.clone(), run, taken_at: now }))
    }
}

struct FileSnapshot {
    held: HeldFile,
    format: Format,
    run: Run,
    taken_at: Timestamp,
}

impl Snapshot for FileSnapshot {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "whole-file".to_owned(), taken_at: self.taken_at }
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let open = self.held.open()?;
        let rows: Box<dyn Rows + Send> = match self.format {
            Format::Csv { delimiter, records } => Box::new(csv::CsvRows::new(open, scan, delimiter, records)?),
            Format::JsonLines { records } => Box::new(json_lines::JsonRows::new(open, scan, records)?),
            Format::Parquet => Box::new(parquet::ParquetRows::new(open, scan)?),
        };
        pump::on_own_thread(rows, scan.clone(), self.run.clone())
    }
}

/// A file as it was when the snapshot was taken.
#[derive(Clone, Debug)]
pub(crate) struct HeldFile {
    pub(crate) origin: String,
    pub(crate) shown: String,
    path: PathBuf,
    stamp: Stamp,
}

impl HeldFile {
    /// Looks at the file.
    pub(crate) fn new(origin: &str, shown: &str, path: &Path) -> Result<Self, SourceError> {
        let refuse = Refuse(origin);
        let metadata =
            fs::metadata(path).map_err(|e| refuse.unreachable(format!("`{shown}` cannot be opened: {}", e.kind())))?;
        if !metadata.is_file() {
            return Err(refuse.unreachable(format!("`{shown}` is not a file")));
        }
        let stamp = Stamp::of(&metadata);
        Ok(Self { origin: origin.to_owned(), shown: shown.to_owned(), path: path.to_path_buf(), stamp })
    }

    /// Opens the file, if it is still the same.
    pub(crate) fn open(&self) -> Result<OpenFile, SourceError> {
        let refuse = Refuse(&self.origin);
        let cannot = |e: std::io::Error| refuse.unreachable(format!("`{}` cannot be opened: {}", self.shown, e.kind()));
        let file = File::open(&self.path).map_err(cannot)?;
        let open = OpenFile { held: self.clone(), file };
        open.unchanged()?;
        Ok(open)
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct OpenFile {
    held: HeldFile,
    file: File,
}

impl OpenFile {
    /// Source and path, for messages.
    pub(crate) fn names(&self) -> (String, String) {
        (self.held.origin.clone(), self.held.shown.clone())
    }

    /// The same file, opened once more.
    pub(crate) fn again(&self) -> Result<OpenFile, SourceError> {
        self.held.open()
    }

    /// Another handle of the open file.
    pub(crate) fn handle(&self) -> Result<File, SourceError> {
        let cannot = |e: std::io::Error| Refuse(&self.held.origin).unreachable(format!("cannot be read: {}", e.kind()));
        self.file.try_clone().map_err(cannot)
    }

    /// Its bytes, decompressed as its name says (`.gz`, `.zst`).
    pub(crate) fn bytes(&self) -> Result<Box<dyn Read + Send>, SourceError> {
        let file = self.handle()?;
        let ending = self.held.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending {
            "gz" => Ok(Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file)))),
            "zst" => {
                let decoder = zstd::Decoder::new(file);
                let decoder = decoder.map_err(|e| Refuse(&self.held.origin).reading(&self.held.shown, &e))?;
                Ok(Box::new(decoder))
            }
            _ => Ok(Box::new(file)),
        }
    }

    /// Refuses when the file is no longer what it was when the snapshot was taken.
    pub(crate) fn unchanged(&self) -> Result<(), SourceError> {
        let refuse = Refuse(&self.held.origin);
        let same = self.file.metadata().is_ok_and(|metadata| Stamp::of(&metadata) == self.held.stamp);
        if same { Ok(()) } else { Err(refuse.early(format!("`{}` changed while it was read", self.held.shown))) }
    }
}

/// What would be different if the file had changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: (metadata.dev(), metadata.ino()),
            #[cfg(unix)]
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Refuses when a sender's stated number of records is not what was read.
pub(crate) fn count(open: &OpenFile, stated: Option<u64>, rows: u64) -> Result<(), SourceError> {
    match stated {
        Some(stated) if stated != rows => {
            let (origin, shown) = open.names();
            Err(Refuse(&origin).early(format!("`{shown}` has {rows} records, and {stated} were stated")))
        }
        _ => Ok(()),
    }
}
