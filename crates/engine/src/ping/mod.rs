//! What do clients of PING's own API mean, in our own terms? The door itself, with every word of the wire, is `causeway_web::ping`.
//!
//! - [`ids`]: the ids by which documents are known to them;
//! - [`sent`]: what they send, as records of an exchange.

mod ids;
mod sent;

pub(crate) use ids::Ids;
pub use sent::Sent;
