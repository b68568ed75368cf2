//! `causeway package`: what does the partner see?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::private_folder;
use causeway_package::delta::{Signed, apply};
use causeway_package::key::Identities;
use causeway_package::{Data, Limits, open, verify};
use clap::Subcommand;

use super::{Ended, ReadFor};

/// Packages.
#[derive(Subcommand)]
pub enum Package {
    /// Verifies all that can be verified without the recipient's key.
    Verify {
        /// The package's folder.
        package: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        #[command(flatten)]
        read_for: ReadFor,
    },
    /// Verifies, decrypts and unpacks.
    Open {
        /// The package's folder.
        package: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        /// The recipient's age identity file.
        #[arg(long)]
        identity: PathBuf,
        /// Folder for the data.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        read_for: ReadFor,
    },
    /// Verifies, decrypts and applies a package of an exchange that is sent as states, full or a delta.
    Apply {
        /// The package's folder.
        package: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        /// The recipient's age identity file.
        #[arg(long)]
        identity: PathBuf,
        /// Folder of the states that are held.
        #[arg(long)]
        states: PathBuf,
        /// The sender changed its signing key, and the new one was confirmed: go on from states that the old one signed.
        #[arg(long)]
        sender_key_changed: bool,
        #[command(flatten)]
        read_for: ReadFor,
    },
}

impl Package {
    /// Carries it out.
    pub fn run(&self) -> Ended {
        match self {
            Package::Verify { package, sender, read_for } => {
                let verified = verify(package, &read_for.sender(sender)?)?;
                println!(
                    "signature and {} parts are right: {}",
                    verified.manifest.parts.len(),
                    verified.manifest.package
                );
            }
            Package::Open { package, sender, identity, out, read_for } => {
                let sender = read_for.sender(sender)?;
                private_folder(out)?;
                let opened = open(package, &Identities::load(identity)?, &sender, out, &Limits::default())?;
                if opened.inner.data == Data::Synthetic {
                    println!("SYNTHETIC: nobody in it exists");
                }
                println!("{} records of exchange {}", opened.inner.released, opened.inner.about.exchange);
                opened.data.iter().for_each(|file| println!("{}", file.display()));
            }
            Package::Apply { package, sender, identity, states, sender_key_changed, read_for } => {
                let sender = read_for.sender(sender)?;
                private_folder(states)?;
                let signed = if *sender_key_changed { Signed::ByAnother } else { Signed::AsBefore };
                let identities = Identities::load(identity)?;
                let applied = apply(package, &identities, &sender, signed, states, &Limits::default())?;
                if applied.inner.data == Data::Synthetic {
                    println!("SYNTHETIC: nobody in it exists");
                }
                let about = &applied.inner.about;
                let before = if applied.again { ", applied before" } else { "" };
                println!(
                    "number {} of exchange {}{before}: {} records are held",
                    about.sequence, about.exchange, applied.state.count
                );
                println!("{}", applied.data.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
