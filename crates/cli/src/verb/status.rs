//! `causeway status`: where does every transfer stand?

use std::process::ExitCode;

use causeway_model::permission::Action;
use causeway_model::transfer::Transfer;
use causeway_store::query::TransferFilter;
use clap::Args;

use super::page::Page;
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
    #[command(flatten)]
    page: Page,
}

impl Status {
    /// Lists transfers, newest first, and what is left to do.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        for stop in house.store.standing_stops().await? {
            println!("STOPPED {} by {} at {}: {}", stop.scope, stop.by.name, stop.at, plain(&stop.reason));
        }
        super::schedule::tell_paused(&house).await?;
        let waiting = house.store.requests_awaiting_approval().await?;
        let filter = TransferFilter {
            exchange: self.exchange.clone(),
            arrangement: self.arrangement.clone(),
            state: None,
            since: None,
            after: self.page.after().map(str::to_owned),
            limit: Some(self.page.asked()),
        };
        let (found, end) = self.page.cut(house.store.transfers(&filter).await?, |row| row.id.clone());
        let mut rows = Vec::new();
        for row in found {
            let partner = match house.arrangement_version(&row.arrangement, row.arrangement_version).await {
                Ok(read) => read.value.partner,
                Err(_) => String::new(),
            };
            if house.sees(&place.actor, Action::ShowTransfers, &house.of_both(&row.id, &partner)).await? {
                rows.push(row);
            }
        }
        let (mut unfinished, own) = (0, house.is_own_staff(&place.actor).await?);
        for row in &rows {
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
            if waiting.iter().any(|request| request.transfer == row.id) {
                println!("    asked for by {}; waits for an officer: `causeway transfer approve`", row.requested_by);
            } else if row.state.is_unfinished() {
                unfinished += 1;
            }
        }
        if unfinished > 0 {
            println!("{unfinished} cut off or under way: `causeway transfer resume` carries them on");
        }
        let pending = house.store.pending_leaves().await?;
        println!("{} transfers; {pending} ledger entries wait for a checkpoint", rows.len());
        end.tell();
        Ok(ExitCode::SUCCESS)
    }
}
