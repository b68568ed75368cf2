//! Do the invariants hold in every history, whoever dies, sleeps, stops or withdraws, and would anybody notice if a safeguard were
//! missing?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod crowd;
mod desk;
mod documents;
mod history;
mod missing;
mod model;
mod partner;
mod place;
mod seeds;
mod stage;
mod street;
mod world;
