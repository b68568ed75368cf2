//! `causeway status`: what waits on whom, what is late, what failed and why, does the house work, and where does every transfer stand?

use std::process::ExitCode;

use causeway_engine::query::{Failed, Halted, HouseStatus, Overview, overview, transfers_seen};
use causeway_engine::{EngineError, House};
use causeway_model::transfer::Transfer;
use causeway_store::query::{TransferFilter, TransferRow};
use clap::Args;
use serde_json::{Value, json};

use super::page::{End, Page};
use super::{Ended, Place};
use crate::say::plain;

/// Which transfers.
#[derive(Args)]
pub struct Status {
    /// Only those of this exchange.
    #[arg(long, value_name = "NAME")]
    exchange: Option<String>,
    /// Only those under this arrangement.
    #[arg(long, value_name = "NAME")]
    arrangement: Option<String>,
    /// For programs: one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    page: Page,
}

impl Status {
    /// Tells what somebody should look at, then lists transfers, newest first.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        let overview = overview(&house, &place.actor).await?;
        let (rows, end) = self.transfers(&house, &place.actor).await?;
        if self.json {
            println!("{}", as_json(&overview, &rows));
            return Ok(ExitCode::SUCCESS);
        }
        tell(&overview, &rows);
        list(&house, &overview, &rows).await?;
        end.tell();
        Ok(ExitCode::SUCCESS)
    }

    async fn transfers(&self, house: &House, actor: &str) -> Result<(Vec<TransferRow>, End), EngineError> {
        let filter = TransferFilter {
            exchange: self.exchange.clone(),
            arrangement: self.arrangement.clone(),
            state: None,
            moved_since: None,
            after: self.page.after().map(str::to_owned),
            limit: Some(self.page.asked()),
        };
        Ok(self.page.cut(transfers_seen(house, actor, filter).await?, |row| row.id.clone()))
    }
}

/// What people should look at: nothing where there is nothing.
fn tell(found: &Overview, listed: &[TransferRow]) {
    found.stopped.iter().for_each(|stop| halted("STOPPED", "", stop));
    found.paused.iter().for_each(|pause| halted("PAUSED", "schedule of ", pause));
    for late in &found.overdue {
        let (partner, transfer, exchange) = (&late.partner, &late.transfer, &late.exchange);
        line("OVERDUE", &format!("{transfer} of {exchange}: {partner} has not receipted it since {}", late.arrived_at));
    }
    for one in &found.failing {
        let why = one.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let (transfer, exchange, count, again) = (&one.transfer, &one.exchange, one.failures, one.again_at);
        line("FAILING", &format!("{transfer} of {exchange}: {count} times, again at {again}{why}"));
    }
    // Those in the list below have their reasons there.
    let listed = |failed: &&Failed| !listed.iter().any(|row| row.id == failed.transfer);
    for one in found.failed.iter().filter(listed) {
        line(
            "FAILED",
            &format!("{} of {}: {} at {} {}", one.transfer, one.exchange, one.state, one.at, one.why.join("; ")),
        );
    }
    for one in &found.intakes {
        let (intake, exchange, state, since) = (&one.intake, &one.exchange, &one.state, one.since);
        match (&one.why, one.waiting) {
            (_, waiting) if state == "awaiting-review" => {
                line("WAITS", &format!("{waiting} records of {intake} of {exchange} wait for a person since {since}"));
            }
            (why, _) => {
                let why = why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                line("HELD", &format!("{intake} of {exchange}: {state} since {since}{why}"));
            }
        }
    }
    // Who waits for an officer stands in the list below.
    let more: Vec<&str> = found.more.iter().copied().filter(|name| *name != "awaiting_approval").collect();
    if !more.is_empty() {
        line("MORE", &format!("of these only the first are told here: {}", more.join(", ")));
    }
    for end in &found.ending {
        line("ENDS", &format!("arrangement {} holds until {}", end.arrangement, end.until));
    }
    if let Some(house) = &found.house {
        of_house(house);
    }
}

fn halted(word: &str, kind: &str, halted: &Halted) {
    let by = halted.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = halted.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    line(word, &format!("{kind}{}{by} at {}{reason}", halted.what, halted.since));
}

fn of_house(house: &HouseStatus) {
    if let (Some(since), true) = (house.waiting_since, house.workers.is_empty()) {
        line("IDLE", &format!("work has waited since {since} and no worker was seen lately: start `causeway work`"));
    }
    if house.disk_is_low {
        let free = house.free_bytes.map_or("nobody knows how much".to_owned(), |free| format!("{} MiB", free >> 20));
        line("DISK", &format!("{free} is free where packages are made: free some before the next transfer"));
    }
    if house.alerts_dead > 0 {
        line("ALERTS", &format!("{} were given up: `causeway alert list --unsent`", house.alerts_dead));
    }
    if !house.workers.is_empty() {
        let next = house.next_run.map(|next| format!("; the next schedule is due at {next}")).unwrap_or_default();
        println!("{} at work{next}", house.workers.len());
    }
}

fn line(word: &str, text: &str) {
    println!("{word} {}", plain(text).trim_end());
}

async fn list(house: &House, found: &Overview, rows: &[TransferRow]) -> Result<(), EngineError> {
    let mut unfinished = 0;
    let own = found.house.is_some();
    for row in rows {
        let released = row.sealed.as_ref().map(|facts| facts.released.to_string()).unwrap_or_default();
        println!(
            "{}  {:<11} {:<20} {:>8}  {}  {}",
            row.id,
            row.state.name(),
            row.exchange,
            released,
            row.requested_at,
            row.state.package().unwrap_or("")
        );
        if let (Transfer::Refused { violations }, true) = (&row.state, own) {
            violations.iter().for_each(|violation| println!("    {}", plain(&violation.to_string())));
        }
        if found.waits.contains(&row.id) {
            println!("    asked for by {}; waits for an officer: `causeway transfer approve`", row.requested_by);
        } else if row.awaits_partner() {
            println!("    its package is ready: its partner takes it over the API");
        } else if row.state.is_unfinished() {
            unfinished += 1;
        }
    }
    if unfinished > 0 {
        println!("{unfinished} cut off or under way: `causeway transfer resume` carries them on");
    }
    let pending = house.store.pending_leaves().await?;
    println!("{} transfers; {pending} ledger entries wait for a checkpoint", rows.len());
    Ok(())
}

fn as_json(found: &Overview, rows: &[TransferRow]) -> Value {
    let own = found.house.is_some();
    let transfers: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut told = json!({
                "transfer": row.id, "exchange": row.exchange, "arrangement": row.arrangement, "state": row.state.name(),
                "requested_by": row.requested_by, "requested_at": row.requested_at, "updated_at": row.updated_at,
                "package": row.state.package(), "awaits_partner": row.awaits_partner(), "released": row.sealed.as_ref().map(|facts| facts.released),
            });
            if let (Transfer::Refused { violations }, true, Value::Object(told)) = (&row.state, own, &mut told) {
                told.insert("violations".to_owned(), json!(violations));
            }
            told
        })
        .collect();
    let mut told = json!(found);
    if let Value::Object(told) = &mut told {
        told.insert("list".to_owned(), Value::from(transfers));
    }
    told
}
