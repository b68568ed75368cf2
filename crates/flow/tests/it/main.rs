//! Does a whole transfer release what the arrangement allows, and nothing else, whatever the stores hold?
//!
//! `street` walks the stages; `small` is an invented operation of 33 elements in memory; the others each ask one question.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod absent;
mod accept;
mod accept_applied;
mod aggregate;
mod answers;
mod conjunction_property;
mod crosswalk;
mod examples;
mod lineage_property;
mod looked_up;
mod memory;
mod refusals;
mod sandbox;
mod small;
mod smuggling;
mod street;
