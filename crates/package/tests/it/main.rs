//! Does a package keep its promises against plain tools, tampering, wrong keys and crashes?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod acknowledge;
mod delta_figures;
mod disclosure_figures;
mod envelope;
mod environment;
mod guide;
mod opener;
mod padding;
mod reports;
mod round_trip;
mod shape;
mod states;
mod states_held;
mod support;
mod tamper;
mod tools;
mod unfinished;
