//! `causeway transfer show`: what happened to one transfer, from its request on?

use std::process::ExitCode;

use causeway_engine::House;
use causeway_model::permission::Action;
use serde_json::Value;

use super::{Ended, Place};
use crate::say::plain;

/// Members of an entry's body that say what happened; the others are digests, for the ledger's own readers.
const TOLD: [&str; 14] = [
    "package",
    "part",
    "first_byte",
    "bytes",
    "given",
    "sent",
    "attempt",
    "released",
    "state",
    "people_disclosed",
    "quarantined",
    "detail",
    "reason",
    "was",
];

/// Tells where a transfer stands; the operation's own staff besides who has it in hand, and all that the ledger says of it.
pub async fn show(place: &Place, house: &House, id: &str) -> Ended {
    let row = house.transfer(id).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    house.permit(&place.actor, Action::ShowTransfers, &house.of_both(id, &partner)).await?;
    println!("transfer {id} is {}", row.state);
    println!("  exchange     {} version {}", row.exchange, row.exchange_version);
    println!("  arrangement  {} version {}, with {partner}", row.arrangement, row.arrangement_version);
    if let Some(sequence) = row.sequence {
        println!("  sequence     {sequence}");
    }
    if let Some(sealed) = &row.sealed {
        println!("  released     {}", sealed.released);
    }
    if let (true, Some(since)) = (row.awaits_partner(), row.ready_at) {
        println!("  ready        since {since}: its partner takes the package over the API");
    }
    if !house.is_own_staff(&place.actor).await? {
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(lease) = house.store.lease(id).await? {
        let worker = lease.holder(house.now());
        if let Some(worker) = worker {
            println!("  in hand      {worker}, taken {} times", lease.taken);
        }
        if let (Some(why), true) = (&lease.why, row.state.is_unfinished()) {
            println!("  last try     {}", plain(why));
            if lease.failures > 0 {
                println!("  failures     {} in a row", lease.failures);
            }
            if worker.is_none() {
                println!("  next try     {}", lease.not_before);
            }
        }
    }
    for entry in house.store.leaves_of(id).await? {
        let leaf = &entry.leaf;
        let at = jiff::Timestamp::from_microsecond(leaf.time_us).map(|at| at.to_string()).unwrap_or_default();
        println!("{at:<27}  {:<22} {}", leaf.event, plain(&leaf.actor));
        told(&serde_json::from_str(&leaf.body).unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

fn told(body: &Value) {
    for name in TOLD {
        match body.get(name) {
            Some(Value::String(text)) => println!("    {name}: {}", plain(text)),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => println!("    {name}: {value}"),
            _ => {}
        }
    }
    for violation in body.get("violations").and_then(Value::as_array).into_iter().flatten() {
        let word = |name| violation.get(name).and_then(Value::as_str).unwrap_or_default();
        println!("    {}: `{}`: {}", word("code"), plain(word("subject")), plain(word("detail")));
    }
}
