//! What does each transform take, give and refuse?

use std::fmt::Write;

use causeway_flow::transform::{TransformDoc, reference};

use super::{cell, head};

/// `docs/reference/transforms.md`: a table to choose from, then an entry for each.
pub fn page() -> String {
    let mut page = head("Transforms", "`crates/flow/src/transform/reference.rs`");
    page.push_str(
        "\nA field of an exchange takes one element, or several, and passes its value through a chain of transforms. Each \
         either has a\nresult for a value or refuses it with a code; nothing is guessed. The examples are run by a test.\n\n\
         | transform | takes | gives | form | refuses |\n|---|---|---|---|---|\n",
    );
    let all = reference();
    for one in &all {
        let _ = writeln!(
            page,
            "| [`{0}`](#{0}) | {1} | {2} | {3} | {4} |",
            one.name,
            cell(one.takes),
            cell(one.gives),
            cell(one.form),
            cell(one.refuses)
        );
    }
    all.iter().for_each(|one| entry(&mut page, one));
    page
}

fn entry(page: &mut String, one: &TransformDoc) {
    let shown =
        |value: Option<&str>| value.map_or_else(|| "no value".to_owned(), |value| format!("`{}`", visible(value)));
    let _ = write!(
        page,
        "\n## {}\n\n{}\n\n```yaml\n{}\n```\n\nFrom {} (`{}`) it makes {}.\n",
        one.name,
        one.does,
        one.written,
        shown(one.example_in),
        one.example_type,
        shown(one.example_out),
    );
}

/// White space and combining marks written as escapes, so that the page shows them.
fn visible(text: &str) -> String {
    let escape = |c: char| c.is_control() || (c.is_whitespace() && c != ' ') || ('\u{300}'..='\u{36f}').contains(&c);
    text.chars().map(|c| if escape(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}
