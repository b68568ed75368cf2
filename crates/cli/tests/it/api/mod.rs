//! Do partners' programs get what their partner may have, and nobody anything else?

mod calls;
mod encrypted;
mod invented;
pub mod place;
mod routes;
mod token;
mod told;
