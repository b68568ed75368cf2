//! Does every state take exactly the events that it should?

use super::*;

#[test]
fn the_whole_table_is_as_reviewed() {
    let package = || "P".to_owned();
    let states = [
        Transfer::Requested,
        Transfer::Preparing { attempt: 1 },
        Transfer::Sealed { package: package() },
        Transfer::Delivering { package: package(), attempt: 1 },
        Transfer::Delivered { package: package() },
        Transfer::Receipted { package: package() },
        Transfer::Disputed { package: package() },
        Transfer::Refused { violations: vec![] },
        Transfer::Cancelled,
        Transfer::Lapsed,
        Transfer::Abandoned { package: None },
    ];
    let events = [
        Event::Begin,
        Event::Refuse(vec![]),
        Event::Seal { package: package() },
        Event::Send,
        Event::Arrive,
        Event::Acknowledge,
        Event::Dispute,
        Event::Cancel,
        Event::Lapse,
        Event::GiveUp,
    ];
    let mut table = String::new();
    for state in &states {
        let row = events.iter().filter_map(|event| {
            let next = state.clone().apply(event.clone()).ok()?;
            Some(format!("{} → {}", event.name(), next.name()))
        });
        table.push_str(&format!("{}: {}\n", state.name(), row.collect::<Vec<_>>().join(", ")));
    }
    assert_eq!(
        table,
        "requested: begin → preparing, refuse → refused, cancel → cancelled, lapse → lapsed, give-up → abandoned\n\
         preparing: begin → preparing, refuse → refused, seal → sealed, cancel → cancelled, lapse → lapsed, give-up → abandoned\n\
         sealed: send → delivering, cancel → cancelled, lapse → lapsed, give-up → abandoned\n\
         delivering: send → delivering, arrive → delivered, lapse → lapsed, give-up → abandoned\n\
         delivered: acknowledge → receipted, dispute → disputed\n\
         receipted: \ndisputed: \nrefused: \ncancelled: \nlapsed: \nabandoned: \n"
    );
}
