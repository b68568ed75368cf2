//! Where do time and randomness come from, and how do tests make the program die or leak on purpose?
//!
//! The hooks exist only in builds with the feature `test-hooks`; a release has none of them.

use causeway_engine::Surroundings;

/// The surroundings of this process.
pub fn surroundings() -> Surroundings {
    Surroundings {
        now,
        entropy,
        environment: |name| std::env::var(name).ok(),
        probe,
        #[cfg(feature = "test-hooks")]
        fixed_pseudonyms,
        #[cfg(feature = "test-hooks")]
        share,
        #[cfg(feature = "test-hooks")]
        without: None,
    }
}

fn now() -> jiff::Timestamp {
    #[cfg(feature = "test-hooks")]
    if let Some(told) = told() {
        return told;
    }
    #[expect(clippy::disallowed_methods, reason = "the one place where time is read")]
    jiff::Timestamp::now()
}

/// The moment that `CAUSEWAY_NOW` names instead of the clock's; once a mark was passed, the one that
/// `CAUSEWAY_NOW_AFTER=MARK=MOMENT` names.
#[cfg(feature = "test-hooks")]
fn told() -> Option<jiff::Timestamp> {
    let later = std::env::var("CAUSEWAY_NOW_AFTER").unwrap_or_default();
    let later = later.split_once('=').filter(|_| PASSED_LATER.load(std::sync::atomic::Ordering::Relaxed));
    let text = later.map_or_else(|| std::env::var("CAUSEWAY_NOW").unwrap_or_default(), |(_, moment)| moment.to_owned());
    text.parse().ok()
}

/// Whether the mark of `CAUSEWAY_NOW_AFTER` was passed.
#[cfg(feature = "test-hooks")]
static PASSED_LATER: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn entropy(buffer: &mut [u8]) {
    use rand::TryRngCore;
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing may be sealed")]
    rand::rngs::OsRng.try_fill_bytes(buffer).expect("the system gives randomness");
}

#[cfg(not(feature = "test-hooks"))]
fn probe(_: &'static str) {}

/// Dies as by SIGKILL at the mark that `CAUSEWAY_CRASH_AT` names: `MARK`, or `MARK:3` for the third time it is passed.
#[cfg(feature = "test-hooks")]
fn probe(mark: &'static str) {
    slow(mark);
    meanwhile(mark);
    use std::sync::atomic::{AtomicUsize, Ordering};
    static PASSED: AtomicUsize = AtomicUsize::new(0);
    let later = std::env::var("CAUSEWAY_NOW_AFTER").unwrap_or_default();
    if later.split_once('=').is_some_and(|(name, _)| name == mark) {
        PASSED_LATER.store(true, Ordering::Relaxed);
    }
    let wanted = std::env::var("CAUSEWAY_CRASH_AT").unwrap_or_default();
    let (name, time) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if name == mark && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == time.parse().unwrap_or(1) {
        die();
    }
}

/// What others do at that very moment: runs the shell script that `CAUSEWAY_RUN_AT=MARK=FILE` names, the first time that the
/// mark is passed, and waits for its end.
#[cfg(feature = "test-hooks")]
fn meanwhile(mark: &'static str) {
    static RAN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let wanted = std::env::var("CAUSEWAY_RUN_AT").unwrap_or_default();
    let Some((_, script)) = wanted.split_once('=').filter(|(name, _)| *name == mark) else { return };
    if RAN.swap(true, std::sync::atomic::Ordering::Relaxed) {
        return;
    }
    let mut shell = std::process::Command::new("sh");
    shell.arg("-eu").arg(script).env_remove("CAUSEWAY_RUN_AT").env_remove("CAUSEWAY_NOW_AFTER");
    if !shell.status().is_ok_and(|ended| ended.success()) {
        eprintln!("the script at `{mark}` failed");
        std::process::exit(70);
    }
}

/// Is as slow as a bad line at the mark that `CAUSEWAY_SLOW_AT=MARK=MILLISECONDS` names.
#[cfg(feature = "test-hooks")]
fn slow(mark: &'static str) {
    let wanted = std::env::var("CAUSEWAY_SLOW_AT").unwrap_or_default();
    let pause = wanted.split_once('=').filter(|(name, _)| *name == mark).and_then(|(_, pause)| pause.parse().ok());
    if let Some(pause) = pause {
        std::thread::sleep(std::time::Duration::from_millis(pause));
    }
}

/// The key that `CAUSEWAY_BENCH_PSEUDONYM` holds in hexadecimal, and the prefixes of entities after it:
/// `KEY;individual=ind|;household=grp|`.
#[cfg(feature = "test-hooks")]
fn fixed_pseudonyms() -> Option<causeway_engine::FixedPseudonyms> {
    let text = std::env::var("CAUSEWAY_BENCH_PSEUDONYM").ok()?;
    let mut parts = text.split(';');
    let digits = parts.next()?;
    let mut key = [0; 32];
    for (to, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *to = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    let prefix = |part: &str| part.split_once('=').map(|(entity, prefix)| (entity.to_owned(), prefix.to_owned()));
    Some((key, parts.filter_map(prefix).collect()))
}

/// Bytes that each operator of an aggregation may hold, from `CAUSEWAY_SPILL_PAST`: past them it spills.
#[cfg(feature = "test-hooks")]
fn share() -> Option<usize> {
    std::env::var("CAUSEWAY_SPILL_PAST").ok()?.parse().ok()
}

/// Dies as by SIGKILL.
#[cfg(feature = "test-hooks")]
fn die() {
    let own = std::process::id().to_string();
    let _ = std::process::Command::new("kill").args(["-KILL", &own]).status();
    std::thread::sleep(std::time::Duration::from_secs(5));
}

/// Leaks on purpose, so that a test can prove that it would see a leak: writes the bytes that `CAUSEWAY_LEAK_VALUE` holds
/// in hexadecimal to the place that `CAUSEWAY_LEAK` names.
#[cfg(feature = "test-hooks")]
pub async fn leak(
    house: &causeway_engine::House,
    actor: &str,
    transfer: &str,
) -> Result<(), causeway_engine::EngineError> {
    use std::io::Write;
    let place = std::env::var("CAUSEWAY_LEAK").unwrap_or_default();
    let digits = std::env::var("CAUSEWAY_LEAK_VALUE").unwrap_or_default();
    let value: Vec<u8> = digits
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let append = |path: std::path::PathBuf| {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(causeway_engine::EngineError::file("open", path.clone()))?;
        file.write_all(&value).map_err(causeway_engine::EngineError::file("write", path))
    };
    match place.as_str() {
        "output" => {
            std::io::stdout().write_all(&value).map_err(causeway_engine::EngineError::file("write", "standard output"))
        }
        "log" => {
            tracing::trace!("leaked on purpose: {}", String::from_utf8_lossy(&value));
            Ok(())
        }
        "data" => append(house.home.data().join("leak.bin")),
        "tmp" => append(std::env::temp_dir().join("leak.bin")),
        // Behind the last frame: SQLite passes over it. A run that ends well may remove the file, so this one dies.
        "wal" => append(house.home.data().join("causeway.sqlite-wal")).map(|()| die()),
        "ledger" => {
            let body = serde_json::json!({ "leak": String::from_utf8_lossy(&value) });
            house.record(actor, "leaked-on-purpose", transfer, body).await
        }
        _ => Ok(()),
    }
}
