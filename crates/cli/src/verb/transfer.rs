//! `causeway transfer`: how is an exchange executed?

use std::process::ExitCode;

use causeway_engine::command::request_transfer;
use causeway_engine::drive::{self, Prepared};
use causeway_engine::{EngineError, House};
use causeway_flow::source::Watch;
use clap::Subcommand;

use super::progress::{Progress, Told};
use super::{Ended, Place};
use crate::connectors::AllConnectors;

/// Transfers.
#[derive(Subcommand)]
pub enum Transfer {
    /// Requests a transfer of an exchange and carries it to delivery; carries on what was cut off first.
    Run {
        /// Identifier of the exchange.
        exchange: String,
        /// Says that fewer records than last time, or none, are right.
        #[arg(long)]
        expect_fewer: bool,
        /// Memory to stay within, in mebibytes; the configuration's unless said.
        #[arg(long, value_name = "MEBIBYTES", value_parser = clap::value_parser!(u32).range(1..))]
        memory: Option<u32>,
        /// How progress is told on standard error.
        #[arg(long, value_enum, default_value_t = Told::Text)]
        progress: Told,
    },
    /// Carries on every transfer that was cut off.
    Resume,
}

impl Transfer {
    fn told(&self) -> Told {
        match self {
            Transfer::Run { progress, .. } => *progress,
            Transfer::Resume => Told::Text,
        }
    }

    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let mut house = place.house().await?;
        if let Transfer::Run { memory: Some(mebibytes), .. } = self {
            house.memory_mebibytes = *mebibytes;
        }
        let recovered = drive::recover(&house).await?;
        if recovered.destroyed > 0 {
            println!("cleared {} unfinished packages", recovered.destroyed);
        }
        let mut resumed = Vec::new();
        for id in &recovered.unfinished {
            println!("carrying on transfer {id}");
            carry(&house, place, id, self.told()).await?;
            resumed.push(house.store.transfer(id).await?.map(|row| row.exchange).unwrap_or_default());
        }
        match self {
            Transfer::Resume => println!("{} transfers carried on", resumed.len()),
            Transfer::Run { exchange, .. } if resumed.contains(exchange) => {
                println!("the transfer of `{exchange}` that was cut off is delivered; run again for another");
            }
            Transfer::Run { exchange, expect_fewer, .. } => {
                let id = request_transfer(&house, &place.actor, exchange, *expect_fewer).await?;
                carry(&house, place, &id, self.told()).await?;
                #[cfg(feature = "test-hooks")]
                crate::hooks::leak(&house, &place.actor, &id).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn carry(house: &House, place: &Place, id: &str, told: Told) -> Result<(), EngineError> {
    let watch = Watch::default();
    let progress = Progress::start(&watch, told);
    let stop = watch.clone();
    let cancel = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let outcome = drive::run(house, &AllConnectors, &place.actor, id, &watch).await;
    cancel.abort();
    progress.stop();
    let Prepared { package, clearance } = outcome?;
    if let Some(clearance) = clearance {
        let withheld: u64 = clearance.withheld.values().sum();
        println!("released {}, withheld {withheld}, quarantined {}", clearance.released, clearance.quarantined);
        for (code, count) in &clearance.withheld {
            println!("  withheld     {count:>6}  {code}");
        }
        for ((subject, code), count) in &clearance.faults {
            println!("  quarantined  {count:>6}  {subject}: {code}");
        }
        for (element, count) in &clearance.conflicts {
            println!("  conflicts    {count:>6}  {element}: two origins disagree, the first was taken");
        }
        for ((field, kind), count) in &clearance.substitutions {
            println!("  substituted  {count:>6}  {field}: {kind}");
        }
    }
    let spilled = watch.bytes_spilled();
    if spilled > 0 {
        println!("spilled: {spilled} bytes, encrypted");
    }
    let exchange = house.store.transfer(id).await?.map(|row| row.exchange).unwrap_or_default();
    let causeway_model::exchange::Delivery::Folder { path } = house.exchange(&exchange).await?.deliver;
    println!("transfer {id} delivered: {}", house.home.root().join(path).join(package).display());
    Ok(())
}
