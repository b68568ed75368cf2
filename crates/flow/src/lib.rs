//! How do records walk from the stores to a sealed package, one stage after the other?
//!
//! The stages stand below in street order. Each takes what only the stage before it can make. The other street, by which records
//! come in, stands in [`accept`].

pub mod accept;
pub mod aggregate;
pub mod enforce;
pub mod plan;
pub mod seal;
pub mod source;
pub mod transform;

pub mod batch;
pub mod crosswalk;
pub mod error;
mod lookup;
pub mod personal;
pub mod preview;
pub mod types;

pub use batch::{Batch, Fault, Faults};
pub use error::FlowError;
pub use personal::Personal;
