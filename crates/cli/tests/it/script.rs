//! How does a script reach a live server that is longer than an argument may be?

use std::io::Write;
use std::process::{Command, Stdio};

/// Has a server's own client carry out `script`, which must succeed.
pub fn carry_out(mut client: Command, script: &str) {
    let mut child = client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(script.as_bytes()));
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    });
}
