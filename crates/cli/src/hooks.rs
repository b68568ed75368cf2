//! Where do time and randomness come from, and how do tests make the program die or leak on purpose?
//!
//! The hooks exist only in builds with the feature `test-hooks`; a release has none of them.

use causeway_engine::Surroundings;

/// The surroundings of this process.
pub fn surroundings() -> Surroundings {
    Surroundings { now, entropy, probe }
}

#[expect(clippy::disallowed_methods, reason = "the one place where time is read")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn entropy(buffer: &mut [u8]) {
    use rand::TryRngCore;
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing may be sealed")]
    rand::rngs::OsRng.try_fill_bytes(buffer).expect("the system gives randomness");
}

#[cfg(not(feature = "test-hooks"))]
fn probe(_: &'static str) {}

/// Dies as by SIGKILL at the mark that `CAUSEWAY_CRASH_AT` names.
#[cfg(feature = "test-hooks")]
fn probe(mark: &'static str) {
    if std::env::var("CAUSEWAY_CRASH_AT").is_ok_and(|wanted| wanted == mark) {
        let own = std::process::id().to_string();
        let _ = std::process::Command::new("kill").args(["-KILL", &own]).status();
        std::thread::sleep(std::time::Duration::from_secs(5));
    }
}
