//! Whose decision is it, which packages does it reach, and what is each partner told that has the person?
//!
//! Recorded by a command, heeded and sent by the driver; here is what both know of a person and of a notice.

mod about;
mod holders;
mod notice;
mod reference;

pub use about::Whose;
pub(crate) use holders::{Asking, People};
pub(crate) use notice::{Draft, Reached, reached};
