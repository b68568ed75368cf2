//! What does each reason code mean, and what is to be done about it?

use std::fmt::Write;

use causeway_model::Code;

use super::head;

/// `docs/reference/codes.md`: an entry for each code, in the order of the list in the code.
pub fn page() -> String {
    let mut page = head("Reason codes", "`crates/model/src/violation.rs`");
    page.push_str(
        "\nA refusal, a withheld person and a quarantined record carry one of these codes. Codes are stable: they stand in \
         the ledger,\nin reports and in tickets. What a code is about (an element, an output, a source) stands beside it, a \
         value never does.\nA partner is never told codes or counts of withheld and quarantined people.\n",
    );
    for code in Code::ALL {
        let help = sentence(code.help());
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {code}\n\n{}\n\n**What to do:** {help}\n", code.explain().trim());
    }
    page
}

/// Upper case first, full stop last.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    let rest = characters.as_str();
    if first == "`" { format!("`{rest}.") } else { format!("{first}{rest}.") }
}
