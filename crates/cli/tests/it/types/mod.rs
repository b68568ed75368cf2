//! Is every value of every store, at its edges, exact in each format at the partner's, or quarantined by its element?
//!
//! Each row of a store holds one edge, in one column. A transfer walks the whole street with the real binary, once in each
//! format; the partner opens the package and reads the file with a reader that is not ours. A further edge is a further
//! line of a table.

mod files;
mod holding;
mod keys;
mod mariadb;
mod postgres;
mod read_back;
mod refusals;
mod scene;

/// Type of the column in the store, type of the element (and after a blank its notation), the value as the store's own
/// language writes it, what comes of it.
type Edge = (&'static str, &'static str, &'static str, Comes);

/// What comes of a value. A text with `*500` at its end is the text before it, five hundred times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    /// Exactly this, at the partner's.
    As(&'static str),
    /// No value, in a record that is released.
    Nothing,
    /// The record is quarantined for this reason.
    Not(&'static str),
}

use Comes::{As, Not, Nothing};

const WRONG: Comes = Not("wrong-type");
const IMPOSSIBLE: Comes = Not("date-impossible");
const UNKNOWN: Comes = Not("code-unknown");
const OVERSIZE: Comes = Not("value-oversize");
