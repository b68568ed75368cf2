//! How are people's decisions recorded, heeded when a package is sealed, and carried to whoever has the person already?
//!
//! *Record* (one transaction: the decision, what it calls back, who is told), *heed* (whom a package may hold, and whether that still
//! holds when it is sealed), *send* (notices, like packages), *answer* (what the partner signed).

mod about;
mod answer;
mod heed;
mod listed;
mod notice;
mod record;
mod reference;
mod send;

pub use about::Whose;
pub use answer::{Answered, accept_answer};
pub(crate) use heed::{Heeded, is_overtaken};
pub use listed::{Listed, notices};
pub use record::{Asked, Recorded, Told, many, record};
pub use send::{Sent, send_notices};
