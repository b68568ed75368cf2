//! Does the ledger hold what it promises, against other implementations and against tampering?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod export;
mod hashing;
mod notes;
mod parsers;
mod python;
mod sample;
mod tampering;
mod tree;
