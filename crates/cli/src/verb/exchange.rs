//! `causeway exchange`: what would leave, and does the arrangement agree?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::import_exchange;
use causeway_engine::documents::{Read, lines};
use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;
use causeway_model::exchange as model;
use clap::Subcommand;

use super::{Ended, Place};

/// Exchanges.
#[derive(Subcommand)]
pub enum Exchange {
    /// Explains every output of an exchange file against its arrangement. Exit 4 when something may not leave.
    Check {
        /// The exchange file.
        file: PathBuf,
    },
    /// Imports an exchange file.
    Import {
        /// The exchange file.
        file: PathBuf,
    },
}

impl Exchange {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.house().await?;
        match self {
            Exchange::Check { file } => {
                let read: Read<model::Exchange> = Read::file(file)?;
                let catalogue = house.catalogue().await?;
                let findings = read.value.check(&catalogue);
                lines(&read.document, &findings).iter().for_each(|line| println!("{}", crate::say::plain(line)));
                if findings.has_errors() {
                    return Ok(ExitCode::from(2));
                }
                let arrangement = house.arrangement(&read.value.arrangement).await?.value;
                let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
                let explained = Plan::explain(&arrangement, &read.value, &catalogue, &pseudonyms);
                for (name, lineage) in &explained.outputs {
                    let made: Vec<String> = lineage.0.iter().map(|(element, form)| format!("{element} as {form}")).collect();
                    println!("{name:<28} {}", if made.is_empty() { "nothing of a person".to_owned() } else { made.join(", ") });
                }
                for (element, how) in &explained.selection.0 {
                    println!("records: {how} {element}");
                }
                for violation in &explained.violations {
                    println!("refused: {violation}\n    help: {}", violation.code.help());
                }
                println!("{} outputs, {} reasons to refuse", explained.outputs.len(), explained.violations.len());
                Ok(if explained.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
            }
            Exchange::Import { file } => {
                let (read, _) = import_exchange(&house, &place.actor, file).await?;
                println!("exchange {} version {} under {}", read.value.exchange, read.value.version, read.value.arrangement);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
