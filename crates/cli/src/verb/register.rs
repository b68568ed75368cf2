//! `causeway register`: what may everybody see of the sharing, and is it what the ledger says?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::{EngineError, register};
use causeway_ledger::VerifierKey;
use clap::Subcommand;

use super::{Ended, Place};

/// The public register.
#[derive(Subcommand)]
pub enum Register {
    /// Writes the register as one page for people and one file for programs, each entry with its proof.
    Export {
        /// The folder; made if it is not there.
        #[arg(long)]
        out: PathBuf,
    },
    /// Proves a published register; no installation is needed. Exit 3 when something is not in the ledger.
    Verify {
        /// The folder that was published.
        folder: PathBuf,
        /// File with the ledger's public key (`ledger.vkey`), which the operation told by another way.
        #[arg(long)]
        key: PathBuf,
    },
}

impl Register {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Register::Export { out } => {
                let house = place.beside().await?;
                let published = register::export(&house, &place.actor, out).await?;
                let (arrangements, refused) = (published.register.arrangements.len(), published.register.refused.total);
                println!("{arrangements} arrangements in force, {refused} refused requests");
                println!("{} and {}", out.join(register::PAGE_FILE).display(), out.join(register::JSON_FILE).display());
            }
            Register::Verify { folder, key } => {
                let text = std::fs::read_to_string(key).map_err(EngineError::file("read", key))?;
                let key = VerifierKey::parse(text.trim())
                    .map_err(|error| EngineError::Wrong(format!("`{}`: {error}", key.display())))?;
                let verified = register::verify(folder, &key)?;
                println!("{} entries stand in the ledger of {} leaves", verified.entries, verified.size);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
