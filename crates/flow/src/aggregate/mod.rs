//! **aggregate** brings the records of disparate stores together: one record per root.
//!
//! In: an [`Extract`] and the plan. Out: a [`Bundle`]: a stream of root records, each with its related values, lists and
//! control columns. Guarantees: related records never multiply a root; two origins of one element are merged by
//! precedence and every conflict is counted; a person who may not be shared is in no list and no reduction. Refuses
//! when: a key that must be unique is not. Ledger events: none of its own; conflicts are counted in the transfer's.

mod conflicts;
mod key;
pub(crate) mod predicate;
mod reduce;
mod run;

pub(crate) use key::{Keys, Unique};
pub use run::{Bundle, RunState, aggregate};
pub(crate) use run::{Stream, with_columns};
