//! Does every file say which question it answers, stay short, belong to us, and know nothing of a machine?

use super::{Finding, World};
use crate::Outcome;
use crate::files::Tracked;

/// A Rust file longer than this is asking to be two.
const LONGEST: usize = 450;

/// Names of folders in which other people's files would lie.
const FOREIGN: &[&str] = &["vendor", "third_party", "third-party", "node_modules", "external"];

/// Looks at every file of the repository.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    Ok(world.files.iter().flat_map(look).collect())
}

fn look(file: &Tracked) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |what: String, remedy: &str| found.push(Finding::new(&file.path, what, remedy));
    if file.is_rust() {
        if !file.text().starts_with("//!") {
            add("does not begin with `//!`".into(), "open it with the question that the file answers");
        }
        let lines = file.text().lines().count();
        if lines > LONGEST {
            add(format!("has {lines} lines, more than {LONGEST}"), "make two files of it, each with its own question");
        }
    }
    let mut folders = file.path.split('/').rev().skip(1);
    if folders.any(|folder| FOREIGN.contains(&folder)) || file.path.contains(".min.") {
        add("looks like somebody else's file".into(), "depend on a published package instead of copying it");
    }
    if !file.path.starts_with("LICENSE-") {
        for (number, line) in file.text().lines().enumerate() {
            let number = number + 1;
            if claims_copyright(line) {
                add(
                    format!("line {number} holds a notice of copyright"),
                    "write it ourselves, or depend on a published package",
                );
            }
            if let Some(place) = machine_path(line) {
                add(
                    format!("line {number} names a place of one machine: `{place}…`"),
                    "use a path from the root, a variable or a temporary folder",
                );
            }
        }
    }
    found
}

fn claims_copyright(line: &str) -> bool {
    let line = line.to_lowercase();
    let word = ["copy", "right"].concat();
    line.split_once(&word).is_some_and(|(_, rest)| {
        let rest = rest.trim_start();
        rest.starts_with("(c)") || rest.starts_with('©') || rest.starts_with("19") || rest.starts_with("20")
    })
}

/// The beginning of a path that exists on somebody's machine only.
fn machine_path(line: &str) -> Option<&'static str> {
    const PLACES: &[&str] =
        &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    PLACES.iter().copied().find(|place| {
        line.match_indices(place).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default();
            // What transcripts write for the folder in which they are walked.
            !before.ends_with("[dir]")
                && before.chars().next_back().is_none_or(|before| {
                    !before.is_alphanumeric() && !matches!(before, '.' | '-' | '_' | '}' | '/' | '*')
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> usize {
        look(&Tracked { path: path.into(), text: Some(text.into()) }).len()
    }

    #[test]
    fn what_should_not_be_there_is_found() {
        assert_eq!(file("crates/x/src/a.rs", "fn a() {}"), 1);
        assert_eq!(file("crates/x/src/a.rs", &format!("//! Why?\n{}", "\n".repeat(LONGEST))), 1);
        assert_eq!(file("web/vendor/lib.js", ""), 1);
        assert_eq!(file("a.md", &["Copy", "right 2021 Somebody"].concat()), 1);
        assert_eq!(file("a.toml", &["path = \"/ho", "me/somebody/x\""].concat()), 1);
        assert_eq!(file("a.md", &["delivered: [x]/ho", "me/outbox"].concat()), 1);
    }

    #[test]
    fn ordinary_files_pass() {
        assert_eq!(file("crates/x/src/a.rs", "//! Why?\n"), 0);
        assert_eq!(file("a.md", "a copyright notice; examples/home/x; $HOME/.cache"), 0);
        assert_eq!(file("a.md", "delivered: [dir]/home/outbox"), 0);
    }
}
