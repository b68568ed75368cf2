//! How is anything remembered, and never without saying so? Our own database, and the only crate that touches it.
//!
//! INVARIANT (a change and its ledger entry are one transaction): every function that changes something takes a
//! [`Changed`], which cannot be made without its [`AuditEvent`], and there is one way to commit, which enters the
//! event as a leaf. [`Store::sequence`] puts the committed leaves in order, grows the tree and signs a checkpoint;
//! what leaves the house waits for that.
//!
//! - [`backup`]: everything out of one database and into another, of either kind;
//! - [`open`](mod@open): the database file, its lock, its schema, and the guard against an older copy;
//! - [`change`]: the named transactions, a file a verb;
//! - [`query`]: what can be asked, a file a subject;
//! - [`ledger`]: the sequencer, and reading the log to verify, export and prove.
//!
//! Times and salts are arguments. The SQL text is meant for PostgreSQL too: what is SQLite's alone lives in `db` and
//! in the migrations.

pub mod backup;
pub mod change;
mod changed;
mod db;
mod error;
pub mod ledger;
pub mod open;
pub mod query;

pub use changed::{AuditEvent, Changed, Saved, Stamp};
pub use db::postgres::{Password, Server, Tls};
pub use db::{DatabaseError, Kind};
pub use error::StoreError;
pub use ledger::LedgerSnapshot;
pub use open::schema::newest as newest_schema;
pub use open::{Facts, Lock, Opening, Place, Reader, Store};
