//! **aggregate** brings the records of disparate stores together: one record per root.
//!
//! In: an [`Extract`] and the plan. Out: a [`Bundle`]: a stream of root records, each with its related values, lists and
//! control columns. Guarantees: related records never multiply a root; two origins of one element are merged by
//! precedence and every conflict is counted; a person who may not be shared is in no list and no reduction. Refuses
//! when: a key that must be unique is not. Ledger events: none of its own; conflicts are counted in the transfer's.

mod conflicts;
mod forecast;
mod key;
mod keyed;
mod memory;
mod merge;
mod only;
pub(crate) mod predicate;
mod reduce;
mod related;
mod release;
mod run;

pub use forecast::{Reading, forecast};
pub(crate) use key::{Keys, ShortKey, Unique};
pub use memory::Memory;
pub use only::Only;
pub use run::{Bundle, RunState, aggregate, aggregate_only};
pub(crate) use run::{Stream, find, with_columns};
