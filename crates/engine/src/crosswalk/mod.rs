//! How does a partner get other pseudonyms without losing whom it has? It is told old and new ones, once, sealed to its key, for exactly the people
//! that it has; from its receipt on, packages carry the new ones. Begun and acknowledged by commands; here is with which secrets, and of whom.

mod secret;
mod walk;

pub(crate) use walk::{Walk, everybody};
