//! Which states does a transfer go through?

use std::fmt::Write;

use causeway_model::transfer::{Event, Transfer};

use super::head;

/// `docs/reference/states.md`: the table state × event, tried out, and its diagram.
pub fn page() -> String {
    let mut page = head("States of a transfer", "`crates/model/src/transfer.rs`");
    page.push_str(
        "\nA transfer is one execution of an exchange. An empty cell: the event is refused in that state.\n\n",
    );
    let events = events();
    let names: Vec<&str> = events.iter().map(Event::name).collect();
    let _ = writeln!(page, "| state | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for state in states() {
        let row: Vec<&str> = events.iter().map(|event| after(&state, event).unwrap_or_default()).collect();
        let _ = writeln!(page, "| **{state}** | {} |", row.join(" | "));
    }
    page.push_str("\n```mermaid\nstateDiagram-v2\n    [*] --> requested\n");
    for state in states() {
        let moves: Vec<_> =
            events.iter().filter_map(|event| after(&state, event).map(|next| (event.name(), next))).collect();
        for (event, next) in &moves {
            let _ = writeln!(page, "    {state} --> {next}: {event}");
        }
        if moves.is_empty() {
            let _ = writeln!(page, "    {state} --> [*]");
        }
    }
    page.push_str("```\n");
    page
}

fn after(state: &Transfer, event: &Event) -> Option<&'static str> {
    state.clone().apply(event.clone()).ok().map(|next| next.name())
}

fn states() -> Vec<Transfer> {
    let package = String::new;
    vec![
        Transfer::Requested,
        Transfer::Preparing { attempt: 1 },
        Transfer::Sealed { package: package() },
        Transfer::Delivering { package: package(), attempt: 1 },
        Transfer::Delivered { package: package() },
        Transfer::Receipted { package: package() },
        Transfer::Disputed { package: package() },
        Transfer::Refused { violations: Vec::new() },
        Transfer::Cancelled,
        Transfer::Lapsed,
    ]
}

fn events() -> Vec<Event> {
    vec![
        Event::Begin,
        Event::Refuse(Vec::new()),
        Event::Seal { package: String::new() },
        Event::Send,
        Event::Arrive,
        Event::Acknowledge,
        Event::Dispute,
        Event::Cancel,
        Event::Lapse,
    ]
}
