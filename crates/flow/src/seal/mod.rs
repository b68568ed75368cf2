//! **seal** turns released records into the package that only the partner can open.
//!
//! What stands here: how records become the bytes of a data file ([`Encoder`]), as which bytes they enter the record
//! digest ([`Record::canonical`]), and how our own files are read back ([`read`]).

mod cell;
mod civil;
mod encode;
mod error;
mod follow;
mod json;
pub mod read;
pub mod spreadsheet;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use cell::Column;
pub use cell::{Cells, Record, canonical};
pub(crate) use civil::civil;
pub use encode::Encoder;
pub use error::{EncodeError, ReadError};
pub use follow::Following;
pub(crate) use json::{member_name, write_value};
pub(crate) use stage::elements;
pub use stage::{Sealed, Sealing, seal};
