//! How is a MariaDB or MySQL database read, fast and from one consistent snapshot?
//!
//! We speak the protocol ourselves, on the thread that reads: rows come unbuffered as text, and go from the connection's
//! buffer into the columns of a batch without an allocation for a row or a value. Who takes batches slowly lets the
//! server wait, through TCP. One connection has the snapshot, so that one stream is open at a time.
//!
//! | file | answers |
//! |---|---|
//! | `target`, `greeting`, `auth` | who is talked to, and as whom |
//! | `wire`, `fields`, `patience`, `failure` | packets, waiting, trouble |
//! | `session` | statements, and stopping them |
//! | `snapshot`, `reading` | one state of the database, scan after scan |
//! | `definition`, `cells`, `moment` | types, and values |
//! | `statement`, `asked`, `filter`, `known`, `keys` | what is asked, and what the server may leave out |
//! | `tables`, `outlook`, `look` | what the server says of its tables and of our rights |
//! | `writer`, `prepared` | what is written, in statements with their values apart |

mod asked;
mod auth;
mod cells;
mod definition;
mod failure;
mod fields;
mod filter;
mod greeting;
mod keys;
mod known;
mod look;
mod moment;
mod outlook;
mod patience;
mod prepared;
mod reading;
mod session;
mod snapshot;
mod statement;
mod tables;
mod target;
mod wire;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use causeway_model::catalogue::Server;

use super::pace::Brakes;

pub(crate) use look::look;
pub(crate) use prepared::Bind;
pub(crate) use writer::{Failed, Writer};

/// A MariaDB or MySQL database.
#[derive(Clone)]
pub(crate) struct MariadbSource {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) base: PathBuf,
    pub(crate) brakes: Arc<Brakes>,
    pub(crate) max_age: Option<Duration>,
}
