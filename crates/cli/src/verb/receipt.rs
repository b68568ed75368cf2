//! `causeway receipt`: how does the partner's proof come back?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::accept_receipt;
use causeway_package::delta::held::Held;
use causeway_package::key::Identities;
use causeway_package::read_inner;
use causeway_package::receipt::{Outcome, RECEIPT_TYPE, Receipt as Proof};
use clap::{Subcommand, ValueEnum};

use super::{Ended, Place, ReadFor, private_key};

/// Receipts.
#[derive(Subcommand)]
pub enum Receipt {
    /// Signs a receipt, as the partner.
    Sign {
        /// The package's folder.
        package: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        /// The partner's age identity file.
        #[arg(long)]
        identity: PathBuf,
        /// The partner's private signing key file.
        #[arg(long)]
        signing_key: PathBuf,
        /// What became of the data.
        #[arg(long)]
        outcome: Word,
        /// Records loaded; all of them unless said.
        #[arg(long)]
        loaded: Option<u64>,
        /// Record digest as loaded, where it was computed.
        #[arg(long)]
        digest: Option<String>,
        /// Folder of states where the package was applied: the receipt tells what the state comes to now.
        #[arg(long)]
        states: Option<PathBuf>,
        /// Where the receipt goes; its signature goes beside it with `.sig`.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        read_for: ReadFor,
    },
    /// Adds a partner's receipt, as the operation.
    Add {
        /// The receipt.
        receipt: PathBuf,
        /// Its signature; the receipt's name with `.sig` unless said.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
}

/// What became of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// All records are loaded.
    Accepted,
    /// Some records are loaded.
    Partial,
    /// No record is loaded.
    Rejected,
}

impl Receipt {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Receipt::Sign {
                package,
                sender,
                identity,
                signing_key,
                outcome,
                loaded,
                digest,
                states,
                out,
                read_for,
            } => {
                let (_, inner) = read_inner(package, &Identities::load(identity)?, &read_for.sender(sender)?)?;
                let loaded = loaded.unwrap_or(if *outcome == Word::Rejected { 0 } else { inner.released });
                let state = states.as_deref().map(|states| Held::read(states)?.found(&inner)).transpose()?;
                let receipt = Proof {
                    kind: RECEIPT_TYPE.to_owned(),
                    package: inner.package.clone(),
                    environment: inner.environment,
                    data: inner.data,
                    transfer: inner.about.transfer.clone(),
                    token: inner.receipt_token.reveal().to_owned(),
                    outcome: match outcome {
                        Word::Accepted => Outcome::Accepted,
                        Word::Partial => Outcome::Partial,
                        Word::Rejected => Outcome::Rejected,
                    },
                    records_loaded: loaded,
                    records_rejected: inner.released.saturating_sub(loaded),
                    digest_as_loaded: digest.clone(),
                    state,
                    checkpoint_seen: inner.about.checkpoint.clone(),
                    loaded_at: (crate::hooks::surroundings().now)(),
                    note: None,
                };
                let (json, signature) = receipt.sign(&private_key(signing_key)?)?;
                std::fs::write(out, json).map_err(EngineError::file("write", out))?;
                let beside = beside(out);
                std::fs::write(&beside, signature).map_err(EngineError::file("write", beside.clone()))?;
                println!("{} and {}: send both back", out.display(), beside.display());
            }
            Receipt::Add { receipt, signature } => {
                let house = place.beside().await?;
                let found = signature.clone().unwrap_or_else(|| beside(receipt));
                let json = std::fs::read(receipt).map_err(EngineError::file("read", receipt))?;
                let signature = std::fs::read(&found).map_err(EngineError::file("read", found))?;
                let accepted = accept_receipt(&house, &place.actor, &json, &signature).await?;
                let again = if accepted.again { ", as before" } else { "" };
                println!(
                    "transfer {}: {}, {} records loaded{again}",
                    accepted.transfer, accepted.outcome, accepted.records_loaded
                );
                for disagreement in &accepted.disagreements {
                    println!("  disputed: {disagreement}");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Name of the signature file of a receipt: the receipt's, with `.sig` behind.
pub(super) fn beside(receipt: &std::path::Path) -> PathBuf {
    let mut name = receipt.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}
