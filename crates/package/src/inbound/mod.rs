//! How do records come in so that only the operation reads them, and only a known partner can have sent them?
//!
//! An *envelope* is one file: a line `causeway-inbound/1 N`, N bytes of manifest (JSON), the 64 bytes of its Ed25519 signature, and the
//! parts one behind the other, each age over Zstandard. `printf`, `cat`, `age`, `zstd`, `sha256sum` and `openssl` make one;
//! `causeway-open submit` is the comfortable way.
//!
//! - `manifest`: what is signed;
//! - `make`: the partner's side;
//! - `source`: the file, read as often as it takes;
//! - `header`: whether an age header is one that we try;
//! - [`open`](open()): our side, every limit in the order in which it is asked;
//! - `kept`: what is sealed to the operation as it is received;
//! - `acknowledgement`: what the partner gets back.

mod acknowledgement;
mod fault;
mod header;
mod kept;
mod make;
mod manifest;
mod open;
mod source;

pub use acknowledgement::{ACKNOWLEDGEMENT_TYPE, Acknowledgement};
pub use fault::EnvelopeFault;
pub use kept::{sealed, unsealed};
pub use make::{Posted, Submission, submit};
pub use manifest::{INBOUND_TYPE, InboundManifest, InboundPart, MANIFEST_MAX, Total};
pub use open::{Claims, Envelope, Expected, Limits, Records, claims, open};
pub use source::Source;
