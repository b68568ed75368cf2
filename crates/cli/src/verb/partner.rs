//! `causeway partner`: to whom may packages be sealed?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{PartnerKeys, add_partner};
use causeway_package::key::Recipient;
use clap::Subcommand;

use super::{Ended, Place, public_key};

/// Partners.
#[derive(Subcommand)]
pub enum Partner {
    /// Registers a partner with its public keys, each confirmed by its fingerprint.
    Add {
        /// Short name, as arrangements write it.
        name: String,
        /// Full name.
        #[arg(long)]
        title: String,
        /// File with the age recipient (`age1…`).
        #[arg(long)]
        recipient: PathBuf,
        /// Fingerprint of the recipient, as the partner told it by another way.
        #[arg(long)]
        recipient_fingerprint: String,
        /// File with the public key that receipts are signed with.
        #[arg(long)]
        signing_key: PathBuf,
        /// Fingerprint of that key, as the partner told it by another way.
        #[arg(long)]
        signing_fingerprint: String,
    },
    /// Lists partners.
    List,
}

impl Partner {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.house().await?;
        match self {
            Partner::Add { name, title, recipient, recipient_fingerprint, signing_key, signing_fingerprint } => {
                let text = std::fs::read_to_string(recipient).map_err(EngineError::file("read", recipient))?;
                let line = text.lines().map(str::trim).find(|line| line.starts_with("age1")).unwrap_or_default();
                let keys = PartnerKeys {
                    recipient: &Recipient::parse(line)?,
                    recipient_confirmed: recipient_fingerprint,
                    signing: &public_key(signing_key)?,
                    signing_confirmed: signing_fingerprint,
                };
                add_partner(&house, &place.actor, name, title, keys).await?;
                println!("partner {name} added with two confirmed keys");
            }
            Partner::List => {
                for partner in house.store.partners().await? {
                    println!("{}  {}  {}  {}", partner.name, partner.state.name(), partner.title, partner.fingerprint);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
