//! How are populations loaded and outputs checked fast? By the test kit's example, built in release.

use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::bench::Answer;

use crate::{Outcome, shell};

/// What is built for a benchmark.
pub struct Built {
    /// The gateway, with its test hooks.
    pub causeway: PathBuf,
    /// What partners open with.
    pub opener: PathBuf,
    /// Loads and checks.
    pub helper: Helper,
    /// Cargo's target directory.
    pub target: PathBuf,
}

/// The helper's binary.
pub struct Helper(PathBuf);

/// Builds the gateway, unless there is a binary already, and the helper.
pub fn build(root: &Path, binary: Option<&Path>) -> Outcome<Built> {
    let mut cargo = shell::cargo(root);
    cargo.args(["build", "--release", "--package", "causeway-testkit", "--example", "bench"]);
    cargo.args(["--package", "causeway-package", "--bin", "causeway-open"]);
    if binary.is_none() {
        cargo.args(["--package", "causeway", "--bin", "causeway", "--features", "causeway/test-hooks"]);
    }
    if !shell::succeeds(&mut cargo)? {
        return Err("the benchmark does not build".into());
    }
    let metadata = shell::output(shell::cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    let target = PathBuf::from(target.ok_or("cargo names no target directory")?);
    let causeway = binary.map_or_else(|| target.join("release/causeway"), Path::to_path_buf);
    if !causeway.is_file() {
        return Err(format!("there is no program `{}`", causeway.display()).into());
    }
    let helper = Helper(target.join("release/examples/bench"));
    let opener = target.join("release/causeway-open");
    Ok(Built { causeway: std::path::absolute(causeway)?, opener, helper, target })
}

impl Helper {
    /// Loads a population into two empty databases and a file; the expected answers as JSON.
    pub fn load(&self, people: u64, assistance: &Path, psql: &[String], mariadb: &[String]) -> Outcome<String> {
        let mut command = Command::new(&self.0);
        command.args(["load", &people.to_string()]).arg(assistance);
        command.args([serde_json::to_string(psql)?, serde_json::to_string(mariadb)?]);
        shell::output(&mut command)
    }

    /// Answer of output files together.
    pub fn check(&self, files: &[PathBuf]) -> Outcome<Answer> {
        if files.is_empty() {
            return Err("there is no output to check".into());
        }
        Ok(serde_json::from_str(&shell::output(Command::new(&self.0).arg("check").args(files))?)?)
    }
}
