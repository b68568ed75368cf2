//! What can be done to our memory? These named transactions, a file a verb; there is no other way to write.

mod accept_receipt;
mod add_officer;
mod add_partner;
mod advance;
mod approve;
mod begin_attempt;
mod begin_delivery;
mod cancel;
mod erase_package;
mod finish_delivery;
mod import_document;
mod lapse;
mod record_event;
mod refuse;
mod request_transfer;
mod revoke_officer;
mod seal;
mod writing;

pub use accept_receipt::{NewReceipt, ReceiptOutcome};
pub use add_officer::NewOfficer;
pub use add_partner::{NewPartner, PartnerState};
pub use advance::Seen;
pub use approve::NewApproval;
pub use begin_attempt::BeginAttempt;
pub use begin_delivery::BeginDelivery;
pub use cancel::CancelTransfer;
pub use erase_package::ErasePackage;
pub use finish_delivery::{DeliveryOutcome, FinishDelivery};
pub(crate) use import_document::sha256_hex;
pub use import_document::{DocumentKind, NewDocument};
pub use lapse::LapseTransfer;
pub use refuse::RefuseTransfer;
pub use request_transfer::NewTransfer;
pub use revoke_officer::RevokeOfficer;
pub use seal::{SealTransfer, SealedFacts};
pub(crate) use writing::enter;
