//! `causeway exchange schedule | pause | unpause`: when does an exchange run by itself, and who lets it not?

use std::process::ExitCode;

use causeway_engine::command::{pause_schedule, unpause_schedule};
use causeway_engine::schedule::{Ahead, Handled, Outcome, preview};
use causeway_model::exchange::schedule::CatchUp;
use causeway_store::Saved;
use causeway_store::query::OccurrenceRow;
use jiff::civil::DateTime;

use super::{Ended, Place};
use crate::say::plain;

/// Shows what comes and what was last.
pub async fn show(place: &Place, exchange: &str, next: u16) -> Ended {
    let house = place.beside().await?;
    let Some(found) = preview(&house, exchange, next.into(), house.now()).await? else {
        println!("exchange {exchange} has no schedule: it runs only when somebody asks");
        return Ok(ExitCode::SUCCESS);
    };
    let schedule = &found.schedule;
    let late = schedule.latest_start.map(|minutes| format!(", up to {minutes} minutes late")).unwrap_or_default();
    let catch_up = match schedule.catch_up {
        CatchUp::Skip => "what is missed is skipped",
        CatchUp::Latest => "of what is missed the newest starts",
        CatchUp::All => "what is missed starts",
    };
    println!(
        "exchange {exchange} version {}: `{}` in {}; {catch_up}{late}",
        found.version,
        plain(&schedule.cron),
        plain(&schedule.time_zone)
    );
    found.last.iter().for_each(was);
    if found.waiting > 0 {
        println!("{} came due and are not handled yet: nobody is at work here", found.waiting);
    }
    if let Some(pause) = &found.paused {
        println!(
            "PAUSED by {} at {}: {}; `causeway exchange unpause` lets it go on",
            pause.paused_by,
            pause.paused_at,
            plain(&pause.reason)
        );
    }
    let word = if found.paused.is_some() { "paused" } else { "next" };
    found.ahead.iter().for_each(|ahead| comes(ahead, word));
    Ok(ExitCode::SUCCESS)
}

fn minute(local: DateTime) -> String {
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

fn was(row: &OccurrenceRow) {
    let before = if row.occurrences > 1 { format!(" and {} before it", row.occurrences - 1) } else { String::new() };
    let what = match (&row.transfer, &row.skipped) {
        (Some(transfer), _) => format!("transfer {transfer}"),
        (None, skipped) => format!("skipped{before}: {}: {}", skipped.as_deref().unwrap_or_default(), row.detail),
    };
    println!("{:<8} {}  {}  {}", "was", minute(row.due_local), row.due_at, plain(&what));
}

fn comes(ahead: &Ahead, word: &str) {
    let (at, request) = (&ahead.occurrence, &ahead.request);
    let mut line = match &ahead.blackout {
        Some(reason) => format!("{:<8} {}  {}  blackout: {}", "skipped", minute(at.local), at.due, plain(reason)),
        None => format!("{word:<8} {}  {}", minute(at.local), at.due),
    };
    if ahead.blackout.is_none() {
        line.extend(request.cycle.iter().map(|cycle| format!("  cycle {}", plain(cycle))));
        line.extend(request.cut_off.iter().map(|day| format!("  cut-off {day}")));
    }
    println!("{line}");
}

/// Pauses a schedule.
pub async fn pause(place: &Place, exchange: &str, reason: &str) -> Ended {
    let house = place.beside().await?;
    let saved = pause_schedule(&house, &place.actor, exchange, reason).await?;
    match saved {
        Saved::New => println!("exchange {exchange} does not run by itself until `causeway exchange unpause`"),
        Saved::Already => println!("exchange {exchange} is paused already"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets a schedule go on.
pub async fn unpause(place: &Place, exchange: &str) -> Ended {
    let house = place.beside().await?;
    match unpause_schedule(&house, &place.actor, exchange).await? {
        Saved::New => println!("exchange {exchange} runs by itself again"),
        Saved::Already => println!("exchange {exchange} is not paused"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Handles what schedules ask for, once, as whoever works does.
#[cfg(feature = "test-hooks")]
pub async fn tick(place: &Place) -> Ended {
    use causeway_engine::schedule;
    let house = place.beside().await?;
    let ticked = schedule::tick(&house, house.now()).await?;
    ticked.handled.iter().for_each(|one| println!("{}", plain(&line(one))));
    for (exchange, error) in &ticked.troubles {
        println!("{exchange}: {}", plain(&error.to_string()));
    }
    if let Some(next) = schedule::next_due(&house, house.now()).await? {
        println!("next at {next}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What became of an occurrence, in one line.
pub fn line(one: &Handled) -> String {
    let (exchange, at, count) = (&one.exchange, minute(one.occurrence.local), one.count);
    match &one.outcome {
        Outcome::Requested { transfer, awaits_approval } => {
            let waits = if *awaits_approval { ", which waits for an officer" } else { "" };
            format!("{exchange} {at}: transfer {transfer}{waits}")
        }
        Outcome::Skipped { reason, detail } => format!("{exchange} {at}: skipped x{count}: {reason}: {detail}"),
    }
}
