//! What can be asked of our memory? A file a subject; nothing here writes.

mod arrangements;
mod assessments;
mod configuration;
mod deliveries;
mod disclosures;
mod documents;
mod enquiries;
mod figures;
mod alerts;
mod officers;
mod packages;
mod partners;
mod requests;
mod sandboxes;
mod schedules;
mod stops;
mod transfers;

pub use arrangements::{ArrangementEvent, ArrangementLife, ArrangementSignature};
pub use assessments::StoredAssessment;
pub use configuration::{Activation, SetHistory, StagedSet, Withdrawal};
pub use deliveries::Delivery;
pub use disclosures::SentPackage;
pub use documents::{Document, DocumentListing};
pub use enquiries::EnquiryRow;
pub use figures::{Figures, Overdue};
pub use alerts::{DispatchRow, DispatchState, AlertFilter, AlertRow};
pub use officers::{Approval, Officer};
pub use packages::{Package, Receipt, Release};
pub(crate) use partners::partner_state;
pub use partners::{Partner, PartnerKey, PartnerLife};
pub use requests::{ConsentRow, RefusedRow, RequestRow};
pub(crate) use sandboxes::next_run;
pub use sandboxes::{RealDataAsked, Sandbox, SandboxKey, SandboxRun};
pub use schedules::{OccurrenceRow, PauseRow};
pub(crate) use transfers::next_sequence;
pub use transfers::{LastReceipted, TransferFilter, TransferRow};
