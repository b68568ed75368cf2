//! Which role may do what to whose things?

use std::fmt::Write;

use causeway_model::permission::{Action, Decision, Nature, Relation, Role};

use super::head;

/// `docs/reference/permissions.md`: the table action × role, for each relation, and what the words mean.
pub fn page() -> String {
    let mut page = head("Permissions", "`crates/model/src/permission/action.rs`");
    page.push_str(
        "\nWhoever acts has one or more roles, and may do what any of them permits. **yes**: permitted. **not own draft**: permitted to \
         anybody but\nwhoever drafted or requested the thing, under any name or key. An empty cell: refused with `not-permitted`. Nothing \
         is undecided.\n\n## Roles\n\n",
    );
    for role in Role::ALL {
        let whose = if role.is_partners() { " A partner's." } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "- `{role}`: {}{whose}", lower(role.explain()));
    }
    for (relation, title) in Relation::ALL.iter().zip([
        "Things of one's own organisation",
        "Things of another organisation that works with the same operation",
        "Things of another operation",
    ]) {
        let _ = write!(page, "\n## {title}\n\n");
        if *relation != Relation::Own {
            page.push_str("Actions that are open to no role are left out.\n\n");
        }
        let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        let _ = writeln!(page, "| action | {} |\n|---|{}", roles.join(" | "), "---|".repeat(roles.len()));
        for action in Action::ALL {
            let cells: Vec<&str> = Role::ALL.iter().map(|role| word(action.decision(*role, *relation))).collect();
            if *relation == Relation::Own || cells.iter().any(|cell| !cell.is_empty()) {
                let _ = writeln!(page, "| `{action}` | {} |", cells.join(" | "));
            }
        }
    }
    for (nature, title) in [(Nature::Change, "Actions that change something"), (Nature::Read, "Sensitive reads")] {
        let _ = write!(page, "\n## {title}\n\n");
        for action in Action::ALL.iter().filter(|action| action.nature() == nature) {
            let _ = writeln!(page, "- `{action}`: {}", lower(action.explain()));
        }
    }
    page
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Permit => "yes",
        Decision::Deny => "",
        Decision::PermitUnlessDrafter => "not own draft",
    }
}

/// Without the space before, and with a small first letter.
fn lower(text: &str) -> String {
    let mut characters = text.trim().chars();
    let first: String = characters.next().into_iter().flat_map(char::to_lowercase).collect();
    format!("{first}{}", characters.as_str())
}
