//! Which state takes which event? Tried out on samples, for the reference and for the tests that review it.

use std::collections::{BTreeMap, BTreeSet};

/// The table state × event of one machine, and so its diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Names of the events, in the order given.
    pub events: Vec<&'static str>,
    /// Names of the states, in the order given, each with the states that an event may lead to. No entry: refused.
    pub rows: Vec<(&'static str, BTreeMap<&'static str, BTreeSet<&'static str>>)>,
}

/// Applies every event to every state. Several samples of one name make one row or column of all that they show.
pub fn table<S: Clone, E: Clone>(
    states: &[S],
    events: &[E],
    state_name: impl Fn(&S) -> &'static str,
    event_name: impl Fn(&E) -> &'static str,
    apply: impl Fn(S, E) -> Option<S>,
) -> Table {
    let mut table = Table { events: Vec::new(), rows: Vec::new() };
    for event in events.iter().map(&event_name) {
        if !table.events.contains(&event) {
            table.events.push(event);
        }
    }
    for state in states {
        let name = state_name(state);
        if !table.rows.iter().any(|(row, _)| *row == name) {
            table.rows.push((name, BTreeMap::new()));
        }
        let Some((_, row)) = table.rows.iter_mut().find(|(row, _)| *row == name) else { continue };
        for event in events {
            if let Some(next) = apply(state.clone(), event.clone()) {
                row.entry(event_name(event)).or_default().insert(state_name(&next));
            }
        }
    }
    table
}

impl Table {
    /// A line a state: `state: event → next, …`.
    pub fn lines(&self) -> String {
        let line = |(state, row): &(&str, BTreeMap<&'static str, BTreeSet<&'static str>>)| {
            let moves = self.events.iter().filter_map(|event| {
                let next: Vec<&str> = row.get(event)?.iter().copied().collect();
                Some(format!("{event} → {}", next.join(" or ")))
            });
            format!("{state}: {}\n", moves.collect::<Vec<_>>().join(", "))
        };
        self.rows.iter().map(line).collect()
    }
}
