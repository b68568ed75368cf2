//! Does every reason code have its page and at least one test that names it?

use causeway_model::Code;

use super::{Finding, World};
use crate::Outcome;

const PAGE: &str = "docs/reference/codes.md";

/// Looks for every code in the reference and in the tests of all crates.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let page = world.files.iter().find(|file| file.path == PAGE).map_or("", |file| file.text());
    // This file's own tests prove nothing about the product.
    let tests: Vec<&str> =
        world.files.iter().filter(|file| !file.path.starts_with("xtask/")).map(|file| file.test_code()).collect();
    let mut found = Vec::new();
    for code in Code::ALL {
        if !page.contains(&format!("## {code}\n")) {
            found.push(Finding::new(
                format!("code `{code}`"),
                format!("has no entry in {PAGE}"),
                "run `cargo xtask docs`",
            ));
        }
        if !tests.iter().any(|text| names(text, *code)) {
            let remedy = "write a test that provokes it, or remove the code";
            found.push(Finding::new(format!("code `{code}`"), "occurs in no test", remedy));
        }
    }
    Ok(found)
}

/// Whether `text` names `code`, as a variant or as it is written in documents.
fn names(text: &str, code: Code) -> bool {
    let whole = |word: &str, text: &str| {
        text.match_indices(word).any(|(at, _)| {
            let neighbours = [
                text.get(..at).and_then(|before| before.chars().next_back()),
                text.get(at + word.len()..).and_then(|after| after.chars().next()),
            ];
            !neighbours.into_iter().flatten().any(|near| near.is_alphanumeric() || near == '-' || near == '_')
        })
    };
    whole(&format!("Code::{code:?}"), text) || whole(code.as_str(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_named_whole_or_not_at_all() {
        assert!(names("assert_eq!(code, Code::RowCap);", Code::RowCap));
        assert!(names("stderr.contains(\"row-cap\")", Code::RowCap));
        assert!(!names("Code::RowCapped, row-cap-2", Code::RowCap));
    }
}
