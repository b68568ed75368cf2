//! Does what a partner sends come to stand in a registry once, exactly, whoever dies on the way?

mod conflicts;
mod decides;
pub mod documents;
mod ended;
pub mod folder;
mod held;
pub mod killed;
mod many;
pub mod purged;
pub mod registry;
mod retried;
pub mod reviewed;
pub mod scene;
mod sent;
mod target;
pub mod undone;
mod walked;
