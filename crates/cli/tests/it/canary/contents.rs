//! Is nothing that may not leave ever handed to the system to be written, also for a moment? What every write holds, as
//! `strace` sees it, with the spilling forced.

use std::collections::BTreeSet;
use std::process::Command;

use causeway_testkit::throw_away;

use super::search::{Found, Search};
use super::{Watched, plant};
use crate::live::stores::Kind;

/// Calls that give bytes to a file or a pipe.
const CALLS: &str = "trace=write,writev,pwrite64,?pwritev,?pwritev2,?sendfile,?copy_file_range,?splice";

/// A write: to where, and what.
struct Write {
    place: String,
    bytes: Vec<u8>,
}

#[test]
fn no_write_holds_a_canary_and_spilled_bytes_go_to_files_without_a_name() {
    let dir = throw_away::directory().unwrap();
    let mut watched = Watched::new(dir.path());
    let (canaries, _) = plant::plant(&watched.street.sources(), 1000, false);
    let search = canaries.search();
    watched.move_in(Kind::Postgres);
    watched.street.set_up().unwrap();
    for exchange in ["food-nested", "food-households"] {
        let (said, writes) = traced(&watched, exchange, &[]);
        assert_eq!(found(&search, &writes), BTreeSet::new());
        let staging = watched.street.home().join("data/staging").display().to_string();
        let nameless = |write: &&Write| {
            write.place.starts_with(&staging) && (write.place.contains("/#") || write.place.ends_with("(deleted)"))
        };
        let spilled: usize = writes.iter().filter(nameless).map(|write| write.bytes.len()).sum();
        assert!(spilled > 0 && said.contains(&format!("spilled: {spilled} bytes, encrypted")), "{spilled}: {said}");
        // What is in staging under a name is the package, what goes with it, and the ids of what was moved out.
        let named = writes.iter().filter(|write| write.place.starts_with(&staging) && !nameless(write));
        let strangers: Vec<&str> = named
            .map(|write| write.place.as_str())
            .filter(|place| !place.contains(".age") && !place.contains("/manifest.") && !place.ends_with("/moved"))
            .collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    }
    // A build that leaks is seen.
    let canary = &canaries.0[0];
    let hex: String = canary.spellings[0].iter().map(|byte| format!("{byte:02x}")).collect();
    let (_, writes) = traced(&watched, "food-nested", &[("CAUSEWAY_LEAK", "tmp"), ("CAUSEWAY_LEAK_VALUE", &hex)]);
    let found = found(&search, &writes);
    assert!(found.iter().all(|found| found.name == canary.name) && !found.is_empty(), "{found:?}");
}

/// Runs a transfer under `strace`; its output, and what it wrote.
fn traced(watched: &Watched, exchange: &str, environment: &[(&str, &str)]) -> (String, Vec<Write>) {
    let plain = watched.street.command(&["transfer", "run", exchange]);
    let log = watched.temporary.with_file_name("contents.log");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "4194304", "-e", CALLS, "-o"]).arg(&log);
    command.arg(plain.get_program()).args(plain.get_args());
    watched.shape(&mut command);
    let output =
        command.envs(environment.iter().copied()).output().expect("`strace` is there; install the package strace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let writes: Vec<Write> = text.lines().filter_map(write).collect();
    assert!(writes.iter().any(|write| write.place.contains("causeway.sqlite")), "the trace is empty");
    // All that went to standard output was seen as it is, so nothing was cut.
    let seen: Vec<u8> = writes
        .iter()
        .filter(|write| write.bytes.starts_with(b"transfer "))
        .flat_map(|write| write.bytes.clone())
        .collect();
    assert!(String::from_utf8_lossy(&seen).contains(" delivered: "), "standard output is not in the trace");
    (String::from_utf8_lossy(&output.stdout).into_owned(), writes)
}

fn found(search: &Search, writes: &[Write]) -> BTreeSet<Found> {
    writes.iter().flat_map(|write| search.bytes(&format!("a write to {}", write.place), &write.bytes)).collect()
}

/// What a line of the trace writes, in however many pieces.
fn write(line: &str) -> Option<Write> {
    let (_, arguments) = line.split_once('(')?;
    let (place, arguments) = arguments.split_once('<')?.1.split_once('>')?;
    let pieces = arguments.split('"').skip(1).step_by(2);
    let place =
        if place.contains("\\x") { String::from_utf8_lossy(&plain(place)).into_owned() } else { place.to_owned() };
    Some(Write { place, bytes: pieces.flat_map(plain).collect() })
}

/// Bytes that are written as `\x41\x42`.
fn plain(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(&digits[..2], 16).unwrap()).collect()
}

#[test]
fn a_line_of_the_trace_is_read() {
    let line = r#"12 pwritev(5<\x2f\x68>, [{iov_base="\x41\x42", iov_len=2}, {iov_base="\x43", iov_len=1}], 2, 0) = 3"#;
    let read = write(line).unwrap();
    assert_eq!((read.place.as_str(), &read.bytes[..]), ("/h", &b"ABC"[..]));
    assert!(write("12 +++ exited with 0 +++").is_none());
}
