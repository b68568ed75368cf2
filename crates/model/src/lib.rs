//! What are the nouns of a governed exchange of personal data, and what may be decided from them alone?
//!
//! Pure: no input or output, no clock, no randomness, no async. Documents (catalogue, arrangement, exchange) are
//! parsed with positions, so that every finding names a line and a column; decisions carry stable codes.

pub mod alert;
pub mod arrangement;
pub mod assessment;
pub mod catalogue;
pub mod configuration;
pub mod document;
pub mod enquiry;
pub mod environment;
pub mod exchange;
pub mod form;
pub mod hierarchy;
pub mod inbound;
pub mod intake;
pub mod json;
pub mod lineage;
pub mod named;
pub mod onward;
pub mod partner;
pub mod permission;
pub mod person;
pub mod ping;
pub mod population;
pub mod public_register;
pub mod refused;
pub mod request;
pub mod retention;
pub mod rights;
pub mod states;
pub mod stop;
pub mod transfer;
pub mod value;
pub mod violation;

pub use form::Form;
pub use lineage::ElementRef;
pub use person::Person;
pub use refused::Refused;
pub use value::{Value, ValueType};
pub use violation::{Code, Violation};
