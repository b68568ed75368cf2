//! How is everything that an installation remembers copied into one file, and back? Never its keys.
//!
//! A backup is a sealed file of JSON lines, encrypted to the operation's key while it is written: a first line that says
//! what it is, the rows of the database as of one moment, the sealed packages and reports byte for byte, and a last line
//! with counts and a digest over all lines before. A copy that is cut or altered does not open to its end.

mod aged;
mod make;
mod restore;

use causeway_model::environment::Environment;
use causeway_store::backup::BackupRow;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use aged::last_day;
pub use aged::{Aged, aged, destroy};
pub use make::{Made, make};
pub use restore::{Back, restore};

/// The format that this program writes and reads.
const FORMAT: u32 = 1;

/// Bytes of a file in one line.
const CHUNK: usize = 64 << 10;

/// A line of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    /// What it is.
    Backup(Header),
    /// A row of the database.
    Row(BackupRow),
    /// A file begins: its path in the data folder.
    File(String),
    /// The next bytes of the file, hexadecimal.
    Bytes(String),
    /// Nothing follows.
    End(Trailer),
}

fn production() -> Environment {
    Environment::Production
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    schema: i64,
    operation: String,
    /// For what the installation is. A backup of before there was a choice is of production.
    #[serde(default = "production")]
    environment: Environment,
    made_at: jiff::Timestamp,
    /// The newest checkpoint, where anything was ever ordered.
    checkpoint: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    rows: u64,
    files: u64,
    sha256: String,
}

/// Counts lines and digests them, alike when they are written and when they are read.
#[derive(Default)]
struct Tally {
    digest: Sha256,
    rows: u64,
    files: u64,
}

impl Tally {
    fn add(&mut self, line: &Line) {
        match line {
            Line::Row(_) => self.rows += 1,
            Line::File(_) => self.files += 1,
            _ => {}
        }
        self.digest.update(serde_json::to_vec(line).unwrap_or_default());
        self.digest.update(b"\n");
    }

    fn trailer(self) -> Trailer {
        Trailer { rows: self.rows, files: self.files, sha256: hex::encode(self.digest.finalize()) }
    }
}
