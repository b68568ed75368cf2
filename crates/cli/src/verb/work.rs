//! `causeway work`: the process that carries transfers out, for as long as it runs.

use std::process::ExitCode;
use std::sync::Arc;

use causeway_engine::alert::{Office, Told, office};
use causeway_engine::ask::Desk;
use causeway_engine::drive::{Done, Outcome, Working, work};
use causeway_store::outbox::End;
use clap::Args;
use tokio::sync::Notify;
use tokio::sync::watch::Receiver;
use tracing::{info, warn};

use super::ending::{ending, ready};
use super::{Ended, Place};
use crate::connectors::AllConnectors;
use crate::postman::AllPostmen;
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
        let house = Arc::new(place.house().await?);
        let post = Office::open(Arc::clone(&house), Arc::new(AllPostmen))?;
        let (ending, waiting) = ending();
        ready();
        info!("at work");
        // Beside the driver: whatever it has in hand, alerts go out and its worker is seen.
        let telling = (!self.until_idle).then(|| tokio::spawn(office(post.clone(), ending.clone(), tell_of_alert)));
        let woken = Arc::new(Notify::new());
        let desk = (!self.until_idle).then(|| Desk::new(Arc::clone(&house), &AllConnectors, Arc::clone(&woken)));
        let sitting = desk.map(|desk| tokio::spawn(sit(desk, ending.clone())));
        let worked = work(&house, &AllConnectors, Working { until_idle: self.until_idle, ending, woken }, &tell).await;
        worked?;
        if let Some(sitting) = sitting {
            let _what_was_asked_is_answered = sitting.await;
        }
        match telling {
            Some(telling) => {
                let _what_is_sent_has_its_lease = telling.await;
            }
            None => post.once(tell_of_alert).await?,
        }
        waiting.abort();
        info!("ended");
        Ok(ExitCode::SUCCESS)
    }
}

/// Answers what `serve` asks, beside the driver.
async fn sit(desk: Arc<Desk>, ending: Receiver<bool>) {
    if let Err(error) = desk.sit(ending).await {
        warn!("nobody can ask over the network what only this process may do: {}", plain(&error.to_string()));
    }
}

fn tell(done: Done) {
    match done {
        Done::Cleared { packages } => info!(packages, "cleared what never came to be a package"),
        Done::Expired { arrangement } => info!(arrangement, "arrangement has expired"),
        Done::Scheduled { handled } => info!("{}", plain(&super::schedule::line(&handled))),
        Done::Purged { purged } => {
            info!(
                package = purged.package,
                transfer = purged.transfer,
                rule = purged.rule,
                "erased what is not kept any more"
            );
        }
        Done::ErasedIntakes { erased } => {
            let (originals, undo_keys) = (erased.originals, erased.undo_keys);
            info!(originals, undo_keys, "erased what came in and is not kept any more");
        }
        Done::Untaken { untaken } => {
            warn!(transfer = untaken.transfer, why = plain(&untaken.why), "its package was not taken: it has lapsed");
        }
        Done::Noticed { sent } => match &sent.held {
            None => info!(notice = sent.notice, partner = sent.partner, "notice sent"),
            Some(why) => warn!(notice = sent.notice, partner = sent.partner, why = plain(why), "notice held back"),
        },
        Done::Collected { collected } => {
            info!(intake = collected.received.intake, exchange = collected.exchange, "taken in from a folder");
        }
        Done::TookIn { intake, outcome, seconds } => match outcome {
            Outcome::Done => info!(intake, seconds, "done"),
            Outcome::Held { why } => warn!(intake, why = plain(&why), "held back"),
            Outcome::Failed { why, again_s } => warn!(intake, again_s, why = plain(&why), "failed, and is tried again"),
            Outcome::GivenUp { why } => warn!(intake, why = plain(&why), "given up"),
            Outcome::Lost => warn!(intake, "another worker has it"),
        },
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

/// Ids, names of ways and what stood in their way; never an address.
fn tell_of_alert(told: Told) {
    match told {
        Told::Tried { alert, route, end: End::Sent { .. } } => info!(alert, way = route, "told"),
        Told::Tried { alert, route, end: End::Failed { why, again_at } } => {
            warn!(alert, way = route, again_at = %again_at, why = plain(&why), "not told, and is tried again")
        }
        Told::Tried { alert, route, end: End::Held { why, again_at } } => {
            info!(alert, way = route, again_at = %again_at, why = plain(&why), "held back")
        }
        Told::Tried { alert, route, end: End::Dead { why, .. } } => {
            warn!(alert, way = route, why = plain(&why), "given up: `causeway alert retry` tries it again")
        }
        Told::Nobody { alert } => info!(alert, "told to nobody: no way of [alerts] is for it"),
        Told::Troubled { error } => warn!("alerts go on: {}", plain(&error.to_string())),
    }
}
