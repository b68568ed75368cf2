//! How does a partner get other pseudonyms without losing whom it has? It is told old and new ones, once, sealed to its key, for exactly the people
//! that it has; from its receipt on, packages carry the new ones.

mod acknowledge;
mod rotate;
mod secret;
mod walk;

pub use acknowledge::{Acknowledged, acknowledge_pseudonyms};
pub(crate) use rotate::clear_rotations;
pub use rotate::{Rotation, rotate_pseudonyms};
