//! Does a partner that is sent what differs hold what is shared, exactly, whatever is lost on the way and whoever dies?

mod documents;
#[cfg(feature = "test-hooks")]
mod followed;
#[cfg(feature = "test-hooks")]
pub mod killed;
mod live;
mod partner;
#[cfg(feature = "test-hooks")]
mod small;
mod writer;
