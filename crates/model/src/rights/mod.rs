//! What did a person decide about their data, and what holds of it for one purpose and recipient?

mod decision;
mod standing;
mod terms;
#[cfg(test)]
mod tests;

pub use decision::{Assent, Child, Consent, Decision, Kind, Reason, Scope};
pub use standing::Standing;
pub use terms::{ConsentFrom, NOTICE_DAYS, OnContested, RightsTerms};
