//! Does the whole street hold, walked with the real binary?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[cfg(feature = "test-hooks")]
mod accept;
#[cfg(feature = "test-hooks")]
mod alerts;
#[cfg(feature = "test-hooks")]
mod api;
#[cfg(feature = "test-hooks")]
mod asked;
mod bad_input;
#[cfg(feature = "test-hooks")]
mod canary;
mod catalogue_check;
mod cloned;
#[cfg(feature = "test-hooks")]
mod copied;
mod database;
mod deltas;
#[cfg(feature = "test-hooks")]
mod disclosed;
#[cfg(feature = "test-hooks")]
mod drill;
#[cfg(feature = "test-hooks")]
mod environment;
mod febrl;
#[cfg(feature = "test-hooks")]
mod governance;
#[cfg(feature = "test-hooks")]
mod idle;
#[cfg(feature = "test-hooks")]
mod in_flight;
#[cfg(feature = "test-hooks")]
mod in_force;
#[cfg(feature = "test-hooks")]
mod kill;
mod live;
mod moving;
#[cfg(feature = "test-hooks")]
mod overseen;
mod packaged;
#[cfg(feature = "test-hooks")]
mod permission;
#[cfg(feature = "test-hooks")]
mod ping;
mod preview;
#[cfg(feature = "test-hooks")]
mod referrals;
mod reproduced;
mod script;
#[cfg(feature = "test-hooks")]
mod serve;
#[cfg(feature = "test-hooks")]
mod stop;
mod street;
mod tamper;
mod targets;
mod types;
#[cfg(feature = "test-hooks")]
mod unhindered;
#[cfg(feature = "test-hooks")]
mod work;
