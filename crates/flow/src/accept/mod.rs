//! How does what comes in walk from a sealed file to the tables of a target?

pub mod target;
