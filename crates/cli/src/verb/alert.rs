//! `causeway alert list | show | retry | test`: who is told of what, and how far has it come?

use std::process::ExitCode;

use causeway_engine::House;
use causeway_engine::command::{retry_alert, try_alert};
use causeway_engine::query::alerts_seen;
use causeway_model::permission::Action;
use causeway_store::Saved;
use causeway_store::query::{AlertFilter, AlertRow, DispatchRow, DispatchState};
use clap::{Args, Subcommand};

use super::{Ended, Place};
use crate::say::plain;

/// Alerts.
#[derive(Subcommand)]
pub enum Alert {
    /// Lists alerts, the newest first.
    List(List),
    /// Shows an alert and each of its ways.
    Show {
        /// The alert.
        alert: String,
    },
    /// Tries again what was given up, or what no way was for.
    Retry {
        /// The alert.
        alert: String,
    },
    /// Posts an alert that says nothing on one way of `[alerts]`, to see whether it arrives.
    Test {
        /// The way, as `causeway.toml` calls it.
        way: String,
    },
}

/// Which alerts.
#[derive(Args)]
pub struct List {
    /// Only those of which something is not confirmed: it waits, was given up, or nobody is told.
    #[arg(long)]
    unsent: bool,
    /// How many are shown at most, 1000 at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Alert {
    /// Does it.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        match self {
            Self::List(list) => list.run(&house, &place.actor).await?,
            Self::Show { alert } => show(&house, &place.actor, alert).await?,
            Self::Retry { alert } => match retry_alert(&house, &place.actor, alert).await? {
                Saved::New => println!("alert {alert} is tried again by whoever works"),
                Saved::Already => println!("nothing of alert {alert} was given up"),
            },
            Self::Test { way } => {
                try_alert(&house, &place.actor, way).await?;
                println!(
                    "a trial is posted for `{way}`: whoever works sends it; `causeway alert list` tells how it went"
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(&self, house: &House, actor: &str) -> Result<(), causeway_engine::EngineError> {
        let which = if self.unsent { AlertFilter::Unsent } else { AlertFilter::All };
        let alerts = alerts_seen(house, actor, which, self.limit).await?;
        for alert in &alerts {
            let ways = house.store.dispatches(&alert.id).await?;
            let line = format!(
                "{}  {:<19} {:<24} {}  {}  {}",
                alert.id,
                alert.kind.as_str(),
                alert.to.to_string(),
                alert.posted_at,
                alert.subject,
                summary(alert, &ways)
            );
            println!("{}", plain(&line));
        }
        println!("{} alerts", alerts.len());
        Ok(())
    }
}

/// How far it has come, in a word or two.
pub fn summary(alert: &AlertRow, ways: &[DispatchRow]) -> String {
    if alert.addressed_at.is_none() {
        return "waits for a worker".to_owned();
    }
    if ways.is_empty() {
        return "told to nobody".to_owned();
    }
    let count = |state| ways.iter().filter(|way| way.state == state).count();
    let of = |state, word: &str| (count(state) > 0).then(|| format!("{} {word}", count(state)));
    let all =
        [of(DispatchState::Sent, "told"), of(DispatchState::Waiting, "waiting"), of(DispatchState::Dead, "given up")];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn show(house: &House, actor: &str, id: &str) -> Result<(), causeway_engine::EngineError> {
    let alert = house.alert(id).await?;
    house.may_see(actor, Action::ShowAlerts, &house.of_alert(id, &alert.to)).await?;
    println!("alert {id}: {} to {}, posted at {}", alert.kind, plain(&alert.to.to_string()), alert.posted_at);
    println!("  subject: {}", plain(&alert.subject));
    alert.ids.iter().for_each(|(what, id)| println!("  {what}: {}", plain(id)));
    let ways = house.store.dispatches(id).await?;
    if ways.is_empty() {
        println!("  {}", summary(&alert, &ways));
    }
    // Why it is late names our officers and places: that is for our own people.
    let own = house.is_own_staff(actor).await?;
    for way in ways {
        let why = way.why.as_deref().filter(|_| own).map(|why| format!(": {}", plain(why))).unwrap_or_default();
        let how = match (way.state, way.ended_at) {
            (DispatchState::Sent, Some(at)) => format!("told at {at}"),
            (DispatchState::Dead, Some(at)) => format!("given up at {at}{why}"),
            _ if way.tries > 0 || way.why.is_some() => format!("waits until {}{why}", way.not_before),
            _ => "waits".to_owned(),
        };
        println!("  by {}, {} tries: {how}", way.route, way.tries);
    }
    Ok(())
}
