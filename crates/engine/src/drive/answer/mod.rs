//! How is a partner's program told about people at once? What is told is written first; nothing of it is kept.
//!
//! | file | answers |
//! |---|---|
//! | [`ready`] | may anything be told under this exchange now, by which plan? |
//! | [`known`] | who asked a moment ago, and might? |
//! | [`seats`] | how many read records at a time? |
//! | [`in_time`] | until when is it told, or not at all? |
//! | [`rows`] | which records, page by page? |
//! | [`round`] | what of one person, for each of those who ask? |
//! | [`teller`] | what is held between two calls? |
//! | [`segment`] | where is kept who was asked about? |

mod in_time;
mod known;
mod ready;
mod round;
mod rows;
mod seats;
mod segment;
mod teller;

use causeway_package::answer::AnswerKey;

pub use in_time::patience;
pub use known::{Known, Lately, Place};
pub(crate) use ready::no_key;
pub use round::{Looked, Looker, Waiting};
pub use rows::{Told, rows};
pub(crate) use segment::{close, close_due, pause, unpause};
pub use teller::{Page, Teller};

/// No page and no record is longer in bytes: sealed, it still goes over the socket to `serve`.
const LONGEST: usize = 8 << 20;

/// Who asks, as far as that was proven.
pub struct Asker<'a> {
    /// The client, as the ledger names it.
    pub name: &'a str,
    /// Its partner.
    pub partner: &'a str,
    /// The thumbprint of the client's key for answers, and the key.
    pub key: Option<(String, AnswerKey)>,
}
