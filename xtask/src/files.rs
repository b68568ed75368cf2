//! Which files make up this repository, and what stands in them?

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Outcome, shell};

/// One file of the repository.
pub struct Tracked {
    /// Path from the root, with `/`.
    pub path: String,
    /// Its text; none if it is not UTF-8.
    pub text: Option<String>,
}

impl Tracked {
    /// Whether this is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The text, empty where there is none.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// The part of a Rust file that is test code: all of a test file, else what follows the first `#[cfg(test)]`.
    pub fn test_code(&self) -> &str {
        let whole = self.path.contains("/tests/") || self.path.ends_with("/tests.rs");
        match (self.is_rust(), whole) {
            (false, _) => "",
            (true, true) => self.text(),
            (true, false) => self.text().split_once("#[cfg(test)]").map_or("", |(_, rest)| rest),
        }
    }
}

/// Every file that git knows or would know: tracked, or new and not ignored.
pub fn all(root: &Path) -> Outcome<Vec<Tracked>> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = shell::output(&mut git)?;
    let mut paths: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let full = root.join(path);
        // A file that was deleted and not yet committed is still listed.
        if full.is_file() {
            let bytes = fs::read(&full).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
            files.push(Tracked { path: path.to_owned(), text: String::from_utf8(bytes).ok() });
        }
    }
    Ok(files)
}
