//! How does a partner get other pseudonyms without losing whom it has? It is told old and new ones, once, sealed to its key, for exactly the people
//! that it has; from its receipt on, packages carry the new ones. Begun and acknowledged by commands; here is with which secrets,
//! of whom, and in what package.

mod package;
mod secret;
mod walk;

pub(crate) use package::{Told, alone, clear_rotations, exchanges, sealed};
pub(crate) use walk::{Walk, everybody};
