//! `causeway intake`: what comes in from partners.

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{Decided, cancel_intake, retry_intake, submit_records};
use causeway_engine::query;
use causeway_model::intake::{Counts, Intake as State};
use causeway_store::query::{IntakeFilter, IntakeRow};
use clap::Subcommand;

use super::{Ended, Place};
use crate::say::plain;

/// What comes in from partners.
#[derive(Subcommand)]
pub enum Intake {
    /// Takes in a file that a partner sealed and signed. Whoever is at work opens it.
    Submit {
        /// The file.
        file: PathBuf,
        /// The exchange for which it came.
        #[arg(long)]
        exchange: String,
    },
    /// Lists what came in, the newest first.
    List {
        /// Of this exchange only.
        #[arg(long)]
        exchange: Option<String>,
        /// In this state only.
        #[arg(long)]
        state: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Shows one: how far it has come, how its records fared, what waits. Never a record.
    Show {
        /// Its id.
        intake: String,
    },
    /// Has what was quarantined or refused read once more, by the documents now in use. What was applied stays.
    Retry {
        /// Its id.
        intake: String,
    },
    /// Takes one back before anything of it is applied.
    Cancel {
        /// Its id.
        intake: String,
        /// Why, in a few words.
        #[arg(long)]
        reason: String,
    },
}

impl Intake {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        // Whoever brings or takes back something waits for nobody.
        let house = place.beside().await?;
        match self {
            Intake::Submit { file, exchange } => {
                let received = submit_records(&house, &place.actor, exchange, file).await?;
                let again = if received.again { ", which had come before" } else { "" };
                println!("intake {} of {}{again}", received.intake, plain(&received.partner));
            }
            Intake::List { exchange, state, limit } => {
                let filter = IntakeFilter {
                    exchange: exchange.clone(),
                    state: state.clone(),
                    limit: Some(*limit),
                    ..IntakeFilter::default()
                };
                let rows = query::intakes(&house, &place.actor, filter).await?;
                rows.iter().for_each(|row| println!("{}", line(row)));
                println!("{} intakes", rows.len());
            }
            Intake::Show { intake } => show(&query::intake(&house, &place.actor, intake).await?),
            Intake::Retry { intake } => {
                retry_intake(&house, &place.actor, intake).await?;
                println!("intake {intake} is read once more by whoever is at work");
            }
            Intake::Cancel { intake, reason } => match cancel_intake(&house, &place.actor, intake, reason).await? {
                Decided::Now => println!("intake {intake} is cancelled"),
                Decided::Already => println!("intake {intake} was cancelled before"),
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(row: &IntakeRow) -> String {
    let number = row.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let records = row.counts.map_or_else(String::new, |counts| format!(", {} records", counts.records));
    format!(
        "{}  {}  {} of {}, number {number}: {}{records}",
        row.id,
        row.received_at,
        plain(&row.versions.exchange.0),
        plain(&row.partner),
        row.state
    )
}

fn show(shown: &query::ShownIntake) {
    let row = &shown.row;
    println!("{}", line(row));
    println!("  sha256       {}", row.sha256);
    println!("  bytes        {}", row.size);
    println!("  came by      {}, from {}", row.way.name(), plain(&row.received_by));
    let (exchange, arrangement) = (&row.versions.exchange, &row.versions.arrangement);
    println!("  read by      {} version {}, {} version {}", exchange.0, exchange.1, arrangement.0, arrangement.1);
    if let Some(counts) = &row.counts {
        told(counts);
    }
    if let State::Rejected { violations } = &row.state {
        for violation in violations {
            println!("  rejected     {}\n    help: {}", plain(&violation.to_string()), violation.code.help());
        }
    }
    for one in &shown.waiting {
        let said =
            one.decision.as_ref().map_or_else(|| "waits".to_owned(), |(what, who)| format!("{what} by {}", plain(who)));
        println!("  record {:<6} {}: {} rows it may be, {said}", one.record, one.codes.join(", "), one.candidates);
    }
    if let Some(why) = &shown.why {
        println!("  last try     {}", plain(why));
    }
}

fn told(counts: &Counts) {
    println!("  records      {}", counts.records);
    for (name, count) in [
        ("inserted", counts.inserted),
        ("updated", counts.updated),
        ("duplicate", counts.duplicate),
        ("superseded", counts.superseded),
        ("quarantined", counts.quarantined),
        ("waiting", counts.waiting),
        ("left out", counts.left_out),
        ("conflict", counts.conflict),
    ] {
        if count > 0 {
            println!("    {name:<10} {count}");
        }
    }
}
