//! Does what a partner sends come to stand in a registry once, exactly, whoever dies on the way?

mod conflicts;
#[cfg(feature = "test-hooks")]
mod decides;
pub mod documents;
#[cfg(feature = "test-hooks")]
mod ended;
#[cfg(feature = "test-hooks")]
pub mod folder;
#[cfg(feature = "test-hooks")]
mod held;
#[cfg(feature = "test-hooks")]
pub mod killed;
mod many;
#[cfg(feature = "test-hooks")]
pub mod purged;
pub mod registry;
mod retried;
pub mod reviewed;
pub mod scene;
mod sent;
mod target;
pub mod undone;
mod walked;
