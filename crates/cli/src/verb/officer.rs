//! `causeway officer`: who may approve arrangements?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::add_officer;
use causeway_package::key::SigningKey;
use clap::Subcommand;

use super::{Ended, Place, public_key};

/// Officers.
#[derive(Subcommand)]
pub enum Officer {
    /// Makes an officer's key pair; run by the officer, who keeps the private file.
    New {
        /// Where the private key goes; the public key goes beside it with `.pub.pem`.
        #[arg(long)]
        out: PathBuf,
    },
    /// Registers an officer's public key.
    Add {
        /// Name, for the ledger.
        name: String,
        /// Role: representative, data-protection-officer …
        #[arg(long)]
        role: String,
        /// The public key file.
        #[arg(long)]
        key: PathBuf,
        /// Its fingerprint, as the officer told it by another way.
        #[arg(long)]
        fingerprint: String,
    },
}

impl Officer {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Officer::New { out } => {
                let mut seed = [0; 32];
                (crate::hooks::surroundings().entropy)(&mut seed);
                let key = SigningKey::from_seed(&seed);
                causeway_engine::write_secret(out, key.to_pem()?.as_bytes())?;
                let public = out.with_extension("pub.pem");
                std::fs::write(&public, key.verifying_key().to_pem()?)
                    .map_err(causeway_engine::EngineError::file("write", public.clone()))?;
                println!("private key {} (yours alone), public key {}", out.display(), public.display());
                println!("fingerprint {}", key.verifying_key().fingerprint());
            }
            Officer::Add { name, role, key, fingerprint } => {
                let house = place.house().await?;
                let fingerprint = add_officer(&house, &place.actor, name, role, &public_key(key)?, fingerprint).await?;
                println!("officer {name} ({role}), key {fingerprint}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
