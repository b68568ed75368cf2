//! How does a script reach a live server that is longer than an argument may be?

use std::io::Write;
use std::process::{Command, Stdio};

/// Has a server's own client carry out `script`, which must succeed.
pub fn carry_out(mut client: Command, script: &str) {
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(client.wait().unwrap().success(), "{}", script.chars().take(2_000).collect::<String>());
}
