//! How does personal data leave the house so that only the partner can read it, and how does the partner prove it?
//!
//! A *package* is a folder: `manifest.json` (clear, signed), `manifest.sig`, and opaque `*.age` parts. The first part is
//! the inner manifest; the others, decrypted, decompressed and joined in order, are the data file. The partner needs
//! nothing of ours to open it (`docs/guides/partner.md`); this crate, which depends on no other of ours, is the comfortable way.
//!
//! - [`environment`] tells production from tests, in keys and in everything that they sign.
//! - [`seal`] makes a package in one streaming pass, [`open`](mod@open) verifies and opens it.
//! - [`delta`] lets a partner's copy follow without everything being sent again.
//! - [`receipt`] is what the partner signs and sends back.
//! - [`notice`] is what the partner is told later about somebody in a package, and what it answers.
//! - [`answer`] is what is told to a client over the network, sealed to it.
//! - [`client`] is what the partner signs about a program that acts for it.
//! - [`inbound`] is the other way: what a partner seals and signs for the operation.
//! - [`mac`] tags records and people, millions under one key.
//! - [`disclosure`] and [`report`] are sealed to ourselves: who was in a transfer, and what could not be released.
//!
//! Time and randomness are arguments; only `age` itself draws its file keys from the operating system.

pub mod answer;
pub mod canonical;
pub mod client;
pub mod delta;
pub mod digest;
pub mod disclosure;
pub mod entropy;
pub mod environment;
pub mod error;
mod files;
pub mod inbound;
pub mod inner;
pub mod key;
pub mod mac;
pub mod manifest;
pub mod notice;
pub mod open;
mod padding;
pub mod receipt;
pub mod report;
pub mod seal;
mod sorted;
mod stream;

pub use digest::RecordDigest;
pub use entropy::Entropy;
pub use environment::{Data, Environment};
pub use error::PackageError;
pub use inner::{InnerFacts, InnerManifest};
pub use mac::Mac;
pub use manifest::OuterManifest;
pub use open::{Limits, Opened, Verified, open, read_inner, verify};
pub use seal::{PackageWriter, SealedPackage, Spec};
