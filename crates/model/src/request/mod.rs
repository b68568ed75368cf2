//! What does somebody ask for, is it within what is agreed, and where does the request stand?
//!
//! - [`TransferRequest`]: one transfer of an exchange: cycle, place, cut-off day, note;
//! - [`Wanted`]: elements, forms and people, perhaps more than agreed; what lies beyond can become an amendment;
//! - [`State`]: from received to approved, refused or withdrawn;
//! - [`RefusedRequest`]: the register of what was refused, with statistics.

mod register;
mod state;
mod transfer;
mod wanted;

pub use register::{Asker, Manner, RefusedRequest, Statistics, statistics};
pub use state::{Event, State};
pub use transfer::{Earlier, Place, TransferRequest};
pub use wanted::{Proposal, Wanted, WantedElement, beyond, propose};

#[cfg(test)]
mod tests;
