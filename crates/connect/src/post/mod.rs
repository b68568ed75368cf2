//! How does an alert leave the house? By mail, or by a call of a webhook.
//!
//! What is said of a try that did not succeed holds no address, no secret, and nothing that the other side wrote.

pub mod mail;
mod reach;
pub mod webhook;

pub use reach::is_public;

/// Why a try did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The receiver says that it never will.
    Refused(String),
    /// Not this time.
    Failed(String),
}

fn failed(why: impl Into<String>) -> Unsent {
    Unsent::Failed(why.into())
}
