//! **enforce** lets through what the arrangement allows, record by record, and nothing else.
//!
//! In: a [`Draft`] and the plan. Out: [`Cleared`], a stream of released records that ends in a [`Clearance`], or a
//! refusal. Guarantees: every record passed the population, consent, marks, people's own decisions and the country-of-origin rule once more,
//! whatever came before; what is left out stands in the sealed report only. Refuses when: a record outside the
//! population comes this far, the row cap is passed, a key that must be unique is not, too many records are quarantined, the result is unexpectedly small.
//! Of an answer, whoever asks is not to learn that somebody is known: a key that is not unique and a country of origin leave out whom they are
//! about.
//! Ledger events: `transfer-refused` with codes, or the clearance's counts within `transfer-sealed`.

mod clear;
mod held;
mod judge;
mod people;
mod register;
mod report;
#[cfg(test)]
mod tests;

pub use clear::{Clearance, Cleared, Expectation, enforce, enforce_answer};
pub use judge::{Verdict, judge};
pub use people::PersonKeys;
pub use register::Register;
pub use report::{ReportLine, ReportReason, Reporter, Sink};
