//! What may be commanded? A file a verb.

mod accept_receipt;
mod add_officer;
mod add_partner;
mod approve;
mod import;
mod in_force;
mod open_quarantine;
mod preview_real;
mod request_transfer;

pub use accept_receipt::{Accepted, accept_receipt};
pub use add_officer::add_officer;
pub use add_partner::{PartnerKeys, add_partner};
pub use approve::{approval_bytes, approve};
pub use import::{import_arrangement, import_catalogue, import_exchange};
pub use in_force::in_force;
pub use open_quarantine::open_quarantine;
pub use preview_real::preview_real;
pub(crate) use request_transfer::beyond;
pub use request_transfer::request_transfer;
