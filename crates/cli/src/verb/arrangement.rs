//! `causeway arrangement` and `causeway approve`: how do terms come into force?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{approve, import_arrangement, in_force};
use causeway_engine::documents::{Read, lines, sha256_hex};
use causeway_model::arrangement as model;
use clap::{Args, Subcommand};

use super::{Ended, Place, private_key};

/// Arrangements.
#[derive(Subcommand)]
pub enum Arrangement {
    /// Checks an arrangement file against the catalogue in use.
    Check {
        /// The arrangement file.
        file: PathBuf,
    },
    /// Imports an arrangement: exactly the text that officers sign.
    Import {
        /// The arrangement file.
        file: PathBuf,
    },
    /// Says whether an arrangement is in force, and why not.
    Show {
        /// Its identifier.
        name: String,
    },
}

impl Arrangement {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.house().await?;
        match self {
            Arrangement::Check { file } => {
                let read: Read<model::Arrangement> = Read::file(file)?;
                let findings = read.value.check(&house.catalogue().await?);
                lines(&read.document, &findings).iter().for_each(|line| println!("{}", crate::say::plain(line)));
                println!("{} findings", findings.len());
                Ok(if findings.has_errors() { ExitCode::from(2) } else { ExitCode::SUCCESS })
            }
            Arrangement::Import { file } => {
                let (read, _) = import_arrangement(&house, &place.actor, file).await?;
                println!(
                    "arrangement {} version {}, sha256 {}",
                    read.value.arrangement,
                    read.value.version,
                    sha256_hex(&read.text)
                );
                println!(
                    "not in force until two officers sign it: `causeway approve {} --officer NAME --key FILE`",
                    read.value.arrangement
                );
                Ok(ExitCode::SUCCESS)
            }
            Arrangement::Show { name } => {
                let read = house.arrangement(name).await?;
                println!(
                    "{name} version {}: {} ({} to {})",
                    read.value.version, read.value.title, read.value.valid.from, read.value.valid.until
                );
                for approval in house.store.approvals(name, read.value.version).await? {
                    println!("  signed by {} on {}", approval.officer, approval.approved_at);
                }
                match in_force(&house, name).await? {
                    Ok(_) => println!("in force"),
                    Err(violation) => println!("not in force: {violation}"),
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Approves an arrangement.
#[derive(Args)]
pub struct Approve {
    /// Identifier of the arrangement.
    arrangement: String,
    /// Who approves.
    #[arg(long)]
    officer: String,
    /// The officer's private key file.
    #[arg(long)]
    key: PathBuf,
}

impl Approve {
    /// Signs and stores the signature.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.house().await?;
        let version = approve(&house, &self.officer, &self.arrangement, &private_key(&self.key)?).await?;
        println!("{} version {version} approved by {}", self.arrangement, self.officer);
        match in_force(&house, &self.arrangement).await? {
            Ok(_) => println!("in force"),
            Err(violation) => println!("not in force yet: {violation}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}
