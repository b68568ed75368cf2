//! What may be done, by whom, and how is a transfer carried through to its end?
//!
//! *Commands* (a file a verb) change state, one transaction each, ledger entry included. The *driver* carries transfers
//! from request to delivery (a file a step). Nothing here knows a connector: [`Connectors`] is handed in.

mod actor;
pub mod alert;
mod api;
pub mod ask;
pub mod backup;
pub mod command;
pub mod configuration;
mod crosswalk;
mod database;
pub mod documents;
pub mod drive;
mod environment;
mod error;
mod home;
mod house;
pub mod intake;
mod keys;
pub mod letter;
mod lookout;
mod misread;
mod ping;
pub mod query;
pub mod register;
pub mod rights;
pub mod schedule;
mod standing;
pub mod token;
mod worker;

pub use actor::NOBODY;
pub use api::Api;
pub use database::{Database, Reading, TlsMode};
pub use environment::source_allowed;
pub use error::EngineError;
pub use home::{Config, Home, private_folder};
#[cfg(feature = "test-hooks")]
pub use house::FixedPseudonyms;
pub use house::{Connectors, House, Surroundings};
pub use keys::{KeyFingerprints, Keys, SandboxKeys, hidden, kept, write_secret};
pub use lookout::{Health, KnownToken, LOW_DISK, Lookout, Seen, free_bytes};
pub use standing::{Standing, signed_bytes};
pub use token::certificate_digest;
