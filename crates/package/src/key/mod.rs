//! Which keys seal, open, sign and prove a package, and how do people compare them?
//!
//! Signing keys are Ed25519 in PEM (PKCS#8 private, SPKI public), as `openssl genpkey` writes them; sealing keys are age
//! X25519, as `age-keygen` writes them. A secret is wiped when dropped, is never printed, and its file must be its owner's only.

mod file;
mod fingerprint;
mod sealing;
mod signing;

pub(crate) use file::unusable;
pub use fingerprint::Fingerprint;
pub use sealing::{Identities, Identity, RECIPIENT_TYPE, Recipient};
pub use signing::{SIGNATURE_SIZE, SigningKey, VerifyingKey};

#[cfg(test)]
mod tests;
