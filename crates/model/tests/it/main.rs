//! What must hold whatever happens: properties of governance over random facts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod commands;
mod hierarchy;
mod in_force;
mod invented;
mod within;
