//! What can be told about this repository without running the product? `cargo xtask check`.
//!
//! Each check gives findings; all are run, so that one call tells everything. What needs compiling comes last.

mod arrows;
mod codes;
mod governance;
mod licences;
mod prose;
mod spdx;
mod text;

use std::fmt;
use std::path::Path;

use crate::files::{self, Tracked};
use crate::{Outcome, docs, shell};

/// Something that is not as it should be.
pub struct Finding {
    /// A path, a crate, a reason code.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    /// A finding at `place`.
    pub fn new(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n      {}", self.place, self.what, self.remedy)
    }
}

/// What every check may look at.
pub struct World<'a> {
    /// The folder of the workspace.
    pub root: &'a Path,
    /// Its files.
    pub files: Vec<Tracked>,
    /// What cargo knows of it and of everything that it depends on.
    pub metadata: serde_json::Value,
}

type Check = fn(&World<'_>) -> Outcome<Vec<Finding>>;

const CHECKS: &[(&str, Check)] = &[
    ("crates depend one way", arrows::check),
    ("files say what they answer and stay short", text::check),
    ("documents name what is there", prose::check),
    ("reason codes are explained and tested", codes::check),
    ("governance has its transcripts and asks for permission", governance::check),
    ("licences, bans and sources", licences::check),
    ("docs/reference is what the code says", docs::check),
    ("rustfmt", formatting),
    ("clippy", lints),
];

/// Runs every check and fails if any found something.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    crate::none(arguments)?;
    match report(root)?.len() {
        0 => Ok(()),
        1 => Err("1 finding, see above".into()),
        many => Err(format!("{many} findings, see above").into()),
    }
}

/// Runs every check, tells of each, and gives back what was found.
pub fn report(root: &Path) -> Outcome<Vec<Finding>> {
    let metadata = shell::output(shell::cargo(root).args(["metadata", "--format-version", "1"]))?;
    let world = World { root, files: files::all(root)?, metadata: serde_json::from_str(&metadata)? };
    let mut all = Vec::new();
    for (name, check) in CHECKS {
        let found = check(&world)?;
        eprintln!("{} {name}", if found.is_empty() { "ok   " } else { "WRONG" });
        found.iter().for_each(|finding| eprintln!("    - {finding}"));
        all.extend(found);
    }
    Ok(all)
}

fn formatting(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let good = shell::succeeds(shell::cargo(world.root).args(["fmt", "--all", "--check", "--", "-l"]))?;
    Ok(finding_unless(good, "rustfmt", "the files named above are not formatted", "run `cargo fmt --all`"))
}

fn lints(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let mut clippy = shell::cargo(world.root);
    clippy.args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]);
    let good = shell::succeeds(&mut clippy)?;
    Ok(finding_unless(
        good,
        "clippy",
        "there are warnings, shown above",
        "mend them; an exception is `#[expect(…, reason = \"…\")]`",
    ))
}

fn finding_unless(good: bool, place: &str, what: &str, remedy: &str) -> Vec<Finding> {
    if good { Vec::new() } else { vec![Finding::new(place, what, remedy)] }
}
