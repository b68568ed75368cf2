//! Does the partner API keep its own description, whatever is sent? `cargo xtask schemathesis [EXAMPLES]` lets a program invent calls
//! from the description, a thousand an operation unless said, and holds each answer against it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

/// The program that invents them: from PyPI, into a folder of the target directory.
const PACKAGE: &str = "schemathesis==4.32.5";

/// How many calls an operation are invented unless said, and how many when all tests run.
const USUAL: &str = "1000";
pub const SHORT: &str = "20";

/// What names the program for the test that calls it, and how many calls it invents.
pub const PROGRAM: &str = "CAUSEWAY_SCHEMATHESIS";
pub const EXAMPLES: &str = "CAUSEWAY_SCHEMATHESIS_EXAMPLES";

/// Runs it.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let examples = match arguments {
        [] => USUAL,
        [number] if number.parse::<u32>().is_ok() => number,
        _ => return Err("give a number of examples, or nothing".into()),
    };
    let mut cargo = shell::cargo(root);
    cargo.env(PROGRAM, program(root)?).env(EXAMPLES, examples);
    cargo.args(["test", "-p", "causeway", "--features", "causeway/test-hooks", "--test", "it"]);
    cargo.args(["--", "--nocapture", "--test-threads", "1", "api::invented"]);
    if shell::succeeds(&mut cargo)? { Ok(()) } else { Err("an answer is not as described, see above".into()) }
}

/// The program; made where it is not there yet.
pub fn program(root: &Path) -> Outcome<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join("schemathesis");
    let (program, made) = (folder.join("bin/schemathesis"), folder.join(PACKAGE));
    if made.is_file() {
        return Ok(program);
    }
    eprintln!("installing {PACKAGE} into {}", folder.display());
    let venv = Command::new("python3").args(["-m", "venv"]).arg(&folder).status()?.success();
    let pip = venv && Command::new(folder.join("bin/pip")).args(["install", "--quiet", PACKAGE]).status()?.success();
    if !pip {
        return Err(format!("{PACKAGE} could not be installed: see above (python3-venv, and a way to PyPI)").into());
    }
    std::fs::write(made, "")?;
    Ok(program)
}
