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
//! - [`lease`]: who works on a transfer or an intake now;
//! - [`outbox`]: whom to tell of what, and how far that has come;
//! - [`upload`]: how much of a file that comes in pieces is here;
//! - [`beat`]: which workers are seen;
//! - [`ledger`]: the sequencer, and reading the log to verify, export and prove.
//!
//! Times and salts are arguments. The database is an SQLite file or on a PostgreSQL server, and every statement is one
//! text for both, in the types that both have: 64-bit numbers, text, bytes. What is of one of them alone lives in `db`, in
//! `open` and in the migrations. Every test runs on both.
//!
//! # To add a change
//! A file in [`change`] with the value that a caller hands over, `impl Change` for it (`apply` reads and writes rows by
//! `query("… $1 …").bind(…)` on `writing.rows()`, and says `Applied::Changed` or `Applied::Nothing`) and a method of
//! [`Store`] that calls `self.save(change, stamp)`. `apply` may be asked again on the unchanged database, so it does
//! nothing outside of it. In `tests/it`: a line in `atomic.rs`, and a function with its name in an `on_both!`.
//!
//! # To add a query
//! A function of [`Reader`] in the file of its subject in [`query`]. Name the columns, never `*`: a running program must
//! not stumble over a column that a newer one adds.
//!
//! # To add a table or a column
//! The next number in both folders of migrations, a line in `open/schema.rs`, and for a table a line in `backup`. On
//! PostgreSQL `INTEGER` is `BIGINT`, `BLOB` is `BYTEA`, `TEXT` is `TEXT COLLATE "C"`; conditions are the same word for word. Only add
//! what the program before does not need to know (a column has a default): it goes on running on the new tables.

pub mod backup;
pub mod beat;
pub mod change;
mod changed;
mod db;
mod error;
pub mod lease;
pub mod ledger;
pub mod open;
pub mod outbox;
pub mod query;
mod safeguard;
mod step;
pub mod upload;

pub use changed::{AuditEvent, Changed, Saved, Stamp};
pub use db::postgres::{Password, Server, Tls};
pub use db::{DatabaseError, Kind};
pub use error::StoreError;
pub use ledger::LedgerSnapshot;
pub use open::schema::newest as newest_schema;
pub use open::{Facts, Lock, Opening, Place, Reader, Store, Watch};
pub use safeguard::{Safeguard, Safeguards};
