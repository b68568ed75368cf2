//! What can be asked of our memory? A file a subject; nothing here writes.

mod deliveries;
mod documents;
mod officers;
mod packages;
mod partners;
mod transfers;

pub use deliveries::Delivery;
pub use documents::{Document, DocumentListing};
pub use officers::{Approval, Officer};
pub use packages::{Package, Receipt, Release};
pub use partners::Partner;
pub(crate) use transfers::next_sequence;
pub use transfers::{LastReceipted, TransferFilter, TransferRow};
