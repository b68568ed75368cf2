//! What do tests, previews and the demo stand on, so that none of them touches a real person, a real clock or real chance?
//!
//! - [`bench`]: a population of any size in live databases, and the answer that the gateway must give of it.
//! - [`population`]: a refugee operation's stores filled with invented people, and exact knowledge of who was planted in
//!   them ([`population::Truth`]). Built from a [`population::Spec`]; changed afterwards with [`population::edit`].
//! - [`clock`]: [`FakeClock`], a clock that moves only when a test moves it.
//! - [`random`]: [`seeded`], randomness that is the same on every run and every machine.
//! - [`street`]: the whole street walked with the real binary: an installation, its officers, a partner.
//! - [`throw_away`]: directories that vanish with the test.
//!
//! ```
//! use causeway_testkit::{population, throw_away};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = throw_away::directory()?;
//! let truth = population::generate(dir.path(), &population::Spec::of(120).plant(population::Plant::none()))?;
//! assert_eq!(truth.people, 120);
//! # Ok(())
//! # }
//! ```
//!
//! This crate is for development and demonstration. Everyone in it is invented.

pub mod bench;
pub mod clock;
pub mod population;
pub mod random;
pub mod server;
pub mod street;
pub mod throw_away;

pub use clock::FakeClock;
pub use random::seeded;
