//! Which states do transfers, intakes, enquiries, arrangements, assessments, partners, requests, sets of configuration and stops go through?

use std::fmt::Write;

use causeway_model::intake::{self, Intake};
use causeway_model::states::{Table, table};
use causeway_model::transfer::{Event, Transfer};
use causeway_model::{arrangement, assessment, configuration, enquiry, partner, request, stop};

use super::head;

/// `docs/reference/states.md`: for each machine the table state × event, tried out, and its diagram.
pub fn page() -> String {
    let mut page = head("States", "the `apply` functions of `crates/model`");
    page.push_str("\nAn empty cell: the event is refused in that state, with the code `wrong-state`.\n");
    let transfers = table(&transfers(), &events(), Transfer::name, Event::name, |s, e| s.apply(e).ok());
    section(&mut page, "A transfer", "One execution of an exchange.", &transfers);
    let (states, events) = (Intake::samples(), intake::Event::samples());
    section(
        &mut page,
        "An intake",
        "One file that came in. Records that wait for a person, or that somebody else changed meanwhile, hold nothing else up: the rest is \
         applied, and they follow when it was decided. `retry` reads once more what was quarantined or refused.",
        &table(&states, &events, Intake::name, intake::Event::name, |s, e| s.apply(e).ok()),
    );
    let (states, events) = (enquiry::State::samples(), enquiry::Event::samples());
    section(
        &mut page,
        "An enquiry",
        "Somebody asks whether data could be shared. It is feasible when every point of the checklist is met; a declined one belongs in the \
         register of refused requests.",
        &table(&states, &events, enquiry::State::name, enquiry::Event::name, |s, e| s.apply(e).ok()),
    );
    let (states, events) = (arrangement::State::samples(), arrangement::Event::samples());
    let name = |event: &arrangement::Event| event.name();
    section(
        &mut page,
        "A version of an arrangement",
        "It comes into force when every party has signed its text, each by a key that is neither the drafter's nor revoked, on its days, and \
         with an impact assessment where one is due. *Expired*, *terminated* and *superseded* are its ends. A later version \
         supersedes it in the moment in which that one comes into force; transfers under way end under the version that they began with.",
        &table(&states, &events, arrangement::State::name, name, |s, e| s.apply(e).ok()),
    );
    let (states, events) = (assessment::State::samples(), assessment::Event::samples());
    section(
        &mut page,
        "An impact assessment",
        "Nobody approves what they wrote. Whether an approved one still covers what transfers have become is computed each time from the \
         figures; an *expired* one covers nothing.",
        &table(&states, &events, assessment::State::name, assessment::Event::name, |s, e| s.apply("", e).ok()),
    );
    let (states, events) = (partner::State::samples(), partner::Event::samples());
    section(
        &mut page,
        "A partner",
        "It is verified when a key of each purpose is trusted: fingerprint confirmed by another way and possession proven, both. `revoke-key` \
         shows what becomes of it when the last trusted key of a purpose is revoked.",
        &table(&states, &events, partner::State::name, partner::Event::name, |s, e| s.apply(e).ok()),
    );
    let (states, events) = (request::State::samples(), request::Event::samples());
    section(
        &mut page,
        "A request for a transfer",
        "Judged at once by the rules; where the exchange asks for it, an officer other than whoever asked decides.",
        &table(&states, &events, request::State::name, request::Event::name, |s, e| s.apply(e).ok()),
    );
    let (states, events) = (configuration::State::samples(), configuration::Event::samples());
    section(
        &mut page,
        "A set of configuration",
        "Whoever stages it does not activate it, under any name or key. It is never edited: going back stages the old texts as the next \
         versions, in a set of their own.",
        &table(&states, &events, configuration::State::name, configuration::Event::name, |s, e| s.apply("", e).ok()),
    );
    let (states, events) = (stop::State::samples(), stop::Event::samples());
    section(
        &mut page,
        "A stop",
        "One authorised person stops at once; two, different by name and by key, resume. Until the second has, everything stays stopped.",
        &table(&states, &events, stop::State::name, stop::Event::name, |s, e| s.apply(e).ok()),
    );
    page
}

fn section(page: &mut String, title: &str, about: &str, table: &Table) {
    // Writing to a string cannot fail.
    let _ = write!(page, "\n## {title}\n\n{about}\n\n");
    let columns = table.events.len();
    let _ = writeln!(page, "| state | {} |\n|---|{}", table.events.join(" | "), "---|".repeat(columns));
    for (state, row) in &table.rows {
        let cells: Vec<String> = table
            .events
            .iter()
            .map(|event| {
                row.get(event).map(|next| next.iter().copied().collect::<Vec<_>>().join(" or ")).unwrap_or_default()
            })
            .collect();
        let _ = writeln!(page, "| **{state}** | {} |", cells.join(" | "));
    }
    let first = table.rows.first().map(|(state, _)| *state).unwrap_or_default();
    let _ = write!(page, "\n```mermaid\nstateDiagram-v2\n    [*] --> {first}\n");
    for (state, row) in &table.rows {
        for event in &table.events {
            for next in row.get(event).into_iter().flatten() {
                let _ = writeln!(page, "    {state} --> {next}: {event}");
            }
        }
        if row.is_empty() {
            let _ = writeln!(page, "    {state} --> [*]");
        }
    }
    page.push_str("```\n");
}

fn transfers() -> Vec<Transfer> {
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
