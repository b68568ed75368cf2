//! `causeway target`: can what partners send be written where the catalogue says?

use std::process::ExitCode;

use causeway_connect::target;
use causeway_engine::House;
use causeway_engine::query::{Written, written};
use causeway_flow::accept::target::Layout;
use causeway_model::permission::Action;
use clap::Subcommand;

use super::{Ended, Place};
use crate::say::plain;

/// Targets of what comes in.
#[derive(Subcommand)]
pub enum Target {
    /// Prints what an administrator of a target runs: the table of ours, and the rights that our user needs.
    Prepare {
        /// Name of the target in the catalogue.
        name: String,
    },
    /// Connects to a target, and says what keeps it from being written. Exit 2 when something does.
    Check {
        /// Name of the target in the catalogue.
        name: String,
    },
}

impl Target {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        house.may_see(&place.actor, Action::InspectTargets, &house.own("the targets")).await?;
        match self {
            Target::Prepare { name } => {
                let Written { target, layouts } = written(&house, name).await?;
                for line in target::prepare(&target, &layouts).lines() {
                    println!("{}", plain(line));
                }
                Ok(ExitCode::SUCCESS)
            }
            Target::Check { name } => {
                let written = written(&house, name).await?;
                Ok(tokio::task::block_in_place(|| check(&house, &written)))
            }
        }
    }
}

/// Opens the target as each exchange would; where none writes there yet, for our own table alone.
fn check(house: &House, written: &Written) -> ExitCode {
    let opened = target::open(&written.target, &house.home.sources());
    let own = [Layout { exchange: String::new(), mappings: Vec::new() }];
    let layouts = if written.layouts.is_empty() { &own } else { written.layouts.as_slice() };
    let mut wrong = 0;
    for layout in layouts {
        let name = if layout.exchange.is_empty() { "any exchange" } else { &layout.exchange };
        match opened.open(layout) {
            Ok(_) => println!("{}", plain(&format!("ok    target {} can be written by {name}", written.target.name))),
            Err(error) => {
                wrong += 1;
                println!("{}", plain(&format!("WRONG {error}, for {name}")));
                println!("      {}", error.code.help());
            }
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
