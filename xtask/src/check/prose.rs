//! Do documents name files, links and tests that exist?
//!
//! Prose that nothing checks drifts. So: every relative link leads somewhere; every path of this repository in
//! backticks is there; every name in backticks that reads like a test (four words or more, joined by `_`) is one.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{Finding, World};
use crate::Outcome;

/// Where our files lie. A word in backticks that begins like this is a path.
const PLACES: &[&str] = &["crates/", "docs/", "examples/", "xtask/", ".ci/"];

/// Reads every document.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let tests = test_names(world);
    let mut found = Vec::new();
    for file in world.files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        for (number, line) in prose(file.text()) {
            let place = format!("{}:{number}", file.path);
            for link in links(line) {
                if !world.root.join(folder).join(link).exists() {
                    found.push(Finding::new(&place, format!("the link `{link}` leads nowhere"), "mend the link"));
                }
            }
            for word in line.split('`').skip(1).step_by(2) {
                if is_path(word) && !world.root.join(plain(word)).exists() {
                    found.push(Finding::new(
                        &place,
                        format!("`{word}` is not there"),
                        "name the file that took its place",
                    ));
                }
                if is_test_name(word) && !tests.contains(word) {
                    found.push(Finding::new(
                        &place,
                        format!("there is no test `{word}`"),
                        "name a test that exists, or say `not yet`",
                    ));
                }
            }
        }
    }
    Ok(found)
}

/// Lines outside fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// Targets of relative links, without their anchors.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    let files = targets.filter_map(|target| target.split('#').next());
    files.filter(|target| !target.is_empty() && !target.contains(':')).collect()
}

fn is_path(word: &str) -> bool {
    let simple = !word
        .contains(|c: char| c.is_whitespace() || matches!(c, '*' | '{' | '…' | '<' | '$') || c.is_ascii_uppercase());
    simple && PLACES.iter().any(|place| word.starts_with(place))
}

/// The path without what leads out of the repository.
fn plain(word: &str) -> PathBuf {
    Path::new(word).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

fn is_test_name(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    letters && word.split('_').filter(|part| !part.is_empty()).count() >= 4
}

/// Names of functions that follow a test attribute, with or without other attributes between.
fn test_names<'a>(world: &'a World<'_>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for file in world.files.iter().filter(|file| file.is_rust()) {
        for line in file.test_code().lines() {
            let line = line.trim_start();
            let line = line.strip_prefix("async ").unwrap_or(line);
            if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                names.insert(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_paths_and_tests_are_told_from_other_words() {
        assert_eq!(links("see [a](docs/a.md#b), [c](#d) and [e](mailto:x)"), ["docs/a.md"]);
        assert!(is_path("crates/flow/src/lib.rs") && !is_path("crates/NAME/src") && !is_path("flow/src"));
        assert!(is_test_name("the_whole_table_is_as_reviewed") && !is_test_name("may_select_by"));
    }

    #[test]
    fn fenced_blocks_are_no_prose() {
        let lines: Vec<_> = prose("a\n```sh\nb\n```\nc").collect();
        assert_eq!(lines, [(1, "a"), (5, "c")]);
    }
}
