//! Is a generated population what it says it is?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod bench;
mod determinism;
mod edits;
mod families;
mod integrity;
mod names;
mod plants;
mod server;
mod world;
