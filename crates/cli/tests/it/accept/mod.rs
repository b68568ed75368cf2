//! Does what a partner sends come to stand in a registry once, exactly, whoever dies on the way?

mod conflicts;
pub mod documents;
#[cfg(feature = "test-hooks")]
pub mod folder;
#[cfg(feature = "test-hooks")]
mod held;
#[cfg(feature = "test-hooks")]
pub mod killed;
mod many;
pub mod registry;
mod retried;
pub mod scene;
mod sent;
mod target;
mod walked;
