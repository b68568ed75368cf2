//! Does what a partner sends come to stand in a registry once, exactly, whoever dies on the way?

pub mod documents;
#[cfg(feature = "test-hooks")]
pub mod killed;
pub mod scene;
mod target;
mod walked;
