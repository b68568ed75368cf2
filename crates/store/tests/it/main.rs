//! Does the store keep what it is told, only with its leaf, and does it notice every hand but its own?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod answers;
mod atomic;
mod backup;
mod both;
mod clients;
mod configuration;
mod conflict;
mod decisions;
mod disclosures;
mod dying;
mod environment;
mod figures;
mod governed;
mod house;
mod intake;
mod keys;
mod lease;
mod ledger;
mod life;
mod lock;
mod outbox;
mod property;
mod raw;
mod receipt;
mod rollback;
mod round_trip;
mod schedules;
mod schema;
mod server;
mod several;
mod states;
mod street;
mod taken;
mod tampering;
