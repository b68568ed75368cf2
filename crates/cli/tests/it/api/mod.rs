//! Do partners' programs get what their partner may have, and nobody anything else?

mod calls;
pub mod decided;
mod distinguished;
mod encrypted;
mod intakes;
mod invented;
pub mod killed;
pub mod place;
mod program;
mod routes;
pub mod taken;
mod together;
mod token;
mod told;
pub mod uploads;
