//! How does the partner know that a package is what the sender signed, and get its data out?
//!
//! Order matters: signature, then each part's size and digest, then decrypting, then the inner digest, then each part's
//! plaintext size, digest and record count; files get their names only after all of that.

mod count;
mod unpack;
mod verify;

pub use unpack::{Limits, Opened, open, read_inner};
pub(crate) use unpack::{inner_of, unpack};
pub use verify::{Verified, verify};
