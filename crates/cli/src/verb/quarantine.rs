//! `causeway quarantine`: who was left out, for the eyes of the operation only?

use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::open_quarantine;
use clap::Subcommand;

use super::{Ended, Place};

/// Records that were left out.
#[derive(Subcommand)]
pub enum Quarantine {
    /// Opens the sealed report of a transfer. The opening and its reason stand in the ledger.
    Open {
        /// The transfer.
        transfer: String,
        /// Why it is opened.
        #[arg(long)]
        reason: String,
    },
}

impl Quarantine {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let Quarantine::Open { transfer, reason } = self;
        let house = place.beside().await?;
        for line in open_quarantine(&house, &place.actor, transfer, reason).await? {
            // JSON escapes control characters, so that no name can speak to the terminal.
            let text = serde_json::to_string(&line).map_err(|error| EngineError::Wrong(error.to_string()))?;
            println!("{}", crate::say::plain(&text));
        }
        Ok(ExitCode::SUCCESS)
    }
}
