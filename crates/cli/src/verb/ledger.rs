//! `causeway ledger`: can it be proven that nothing in the log was changed?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_model::permission::Action;
use clap::Subcommand;

use super::{Ended, Place};

/// The ledger.
#[derive(Subcommand)]
pub enum Ledger {
    /// Verifies every row, the tree and every checkpoint. Exit 3 with the index where it is wrong.
    Verify {
        /// A checkpoint saved earlier, or a receipt that holds one: the log must still contain it.
        #[arg(long)]
        against: Option<PathBuf>,
    },
    /// Writes the log for an outside verifier.
    Export {
        /// Where it goes; the standard output unless said.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Writes the inclusion proof of one leaf.
    Prove {
        /// Its index.
        index: u64,
    },
}

impl Ledger {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        if !matches!(self, Ledger::Verify { .. }) {
            house.may_see(&place.actor, Action::ExportLedger, &house.own("the ledger")).await?;
        }
        if matches!(self, Ledger::Export { .. }) {
            // What was done beside another command may still wait for its place.
            house.sequence().await?;
        }
        let mut ledger = house.store.ledger().await?;
        match self {
            Ledger::Verify { against } => {
                let saved = against.as_ref().map(checkpoint).transpose()?;
                let verified = ledger.verify(saved.as_deref()).await?;
                println!("ledger is whole: {} leaves, root {}", verified.size, verified.root.to_hex());
            }
            Ledger::Export { out: None } => {
                drop(ledger.export(std::io::stdout().lock()).await?);
            }
            Ledger::Export { out: Some(path) } => {
                let file = std::fs::File::create_new(path).map_err(EngineError::file("make", path))?;
                let file = ledger.export(std::io::BufWriter::new(file)).await?;
                file.into_inner()
                    .map_err(|error| error.into_error())
                    .and_then(|file| file.sync_all())
                    .map_err(EngineError::file("write", path))?;
                println!("{}", path.display());
            }
            Ledger::Prove { index } => print!("{}", ledger.prove(*index).await?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The checkpoint in a file: its whole text, or `checkpoint_seen` of a receipt.
fn checkpoint(path: &PathBuf) -> Result<String, EngineError> {
    let text = std::fs::read_to_string(path).map_err(EngineError::file("read", path))?;
    let receipt: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let seen = receipt.as_ref().and_then(|receipt| receipt.get("checkpoint_seen")).and_then(serde_json::Value::as_str);
    Ok(seen.map(str::to_owned).unwrap_or(text))
}
