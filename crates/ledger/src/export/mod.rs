//! How does a whole log leave the house so that a stranger can verify it? As JSON Lines.
//!
//! One JSON object a line, with exactly one key that says what it is:
//!
//! | line | object under the key |
//! |---|---|
//! | `header`, first | `format` (`causeway-ledger-export`), `version` (1), `origin`, `key` (a C2SP vkey) |
//! | `leaf`, in order | `index`, `time_us`, `actor`, `event`, `subject`, `body`, `salt` and `hash` (lower-case hexadecimal) |
//! | `checkpoint` | a string: the signed note. It stands right behind the last leaf that it covers |
//! | `end`, last | `size`, so that a file cut short is noticed |
//!
//! Checkpoints stand among the leaves, not behind them all, so that one pass with constant memory can verify them.

mod read;
mod write;

pub use read::{Expected, ExportError, VerifiedExport, verify_export};
pub use write::{ExportWriter, WriteError, write_export};

use serde::{Deserialize, Serialize};

use crate::hash::{Hash, bytes32_from_hex};
use crate::leaf::{Leaf, Row};

/// What the header calls the format.
const FORMAT: &str = "causeway-ledger-export";
/// The version of it written and read here.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Header(HeaderLine),
    Leaf(LeafLine),
    Checkpoint(String),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    format: String,
    version: u32,
    origin: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafLine {
    index: u64,
    time_us: i64,
    actor: String,
    event: String,
    subject: String,
    body: String,
    salt: String,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    size: u64,
}

impl From<&Row> for LeafLine {
    fn from(row: &Row) -> Self {
        Self {
            index: row.index,
            time_us: row.leaf.time_us,
            actor: row.leaf.actor.clone(),
            event: row.leaf.event.clone(),
            subject: row.leaf.subject.clone(),
            body: row.leaf.body.clone(),
            salt: hex::encode(row.leaf.salt),
            hash: row.hash.to_hex(),
        }
    }
}

impl LeafLine {
    /// The row, unless salt or hash are not 64 lower-case hexadecimal digits.
    fn into_row(self) -> Option<Row> {
        let salt = bytes32_from_hex(&self.salt)?;
        let hash = Hash::from_hex(&self.hash).ok()?;
        let Self { index, time_us, actor, event, subject, body, .. } = self;
        Some(Row { index, leaf: Leaf { time_us, actor, event, subject, body, salt }, hash })
    }
}
