//! How long is a sealed package kept here, and does its partner erase what was in it by the day that was agreed?

mod certificate;
mod listed;
mod purge;

pub use certificate::{Certified, accept_certificate};
pub use listed::{Copies, copies};
pub(crate) use purge::erase_copies;
pub use purge::{Purged, erase_package, purge};
