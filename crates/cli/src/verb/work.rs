//! `causeway work`: the process that carries transfers out, for as long as it runs.

use std::process::ExitCode;

use causeway_engine::drive::{Done, Outcome, Working, work};
use clap::Args;
use tracing::{info, warn};

use super::ending::{ending, ready};
use super::{Ended, Place};
use crate::connectors::AllConnectors;
use crate::say::plain;

/// How it works.
#[derive(Args)]
pub struct Work {
    /// Ends as soon as nothing is due, instead of waiting for more.
    #[arg(long)]
    until_idle: bool,
}

impl Work {
    /// Works until it is asked to end, by SIGTERM or Ctrl-C.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.house().await?;
        let (ending, waiting) = ending();
        ready();
        info!("at work");
        let worked = work(&house, &AllConnectors, Working { until_idle: self.until_idle, ending }, &tell).await;
        waiting.abort();
        worked?;
        info!("ended");
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(done: Done) {
    match done {
        Done::Cleared { packages } => info!(packages, "cleared what never came to be a package"),
        Done::Expired { arrangement } => info!(arrangement, "arrangement has expired"),
        Done::Scheduled { handled } => info!("{}", plain(&super::schedule::line(&handled))),
        Done::Troubled { error } => warn!("it goes on: {}", plain(&error.to_string())),
        Done::Worked { transfer, outcome, seconds } => match outcome {
            Outcome::Done => info!(transfer, seconds, "done"),
            Outcome::Held { why } => warn!(transfer, why = plain(&why), "held back"),
            Outcome::Failed { why, again_s } => {
                warn!(transfer, again_s, why = plain(&why), "failed, and is tried again")
            }
            Outcome::GivenUp { why } => warn!(transfer, why = plain(&why), "given up"),
            Outcome::Lost => warn!(transfer, "another worker has it"),
        },
    }
}
