//! `causeway intake`: what comes in from partners.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{
    CancelledIntake, Decided, cancel_intake, open_review, retry_intake, review_intake, submit_records, undo_intake,
};
use causeway_engine::{EngineError, query};
use causeway_model::intake::{Counts, Intake as State, Verdict};
use causeway_store::query::{IntakeFilter, IntakeRow, WaitingRow};
use clap::{Args, Subcommand};
use serde_json::Value;

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
    /// Opens what waits for a person into a file of its own: each record as it came, and the rows that it may be, by their numbers.
    /// The opening and its reason stand in the ledger.
    Open {
        /// Its id.
        intake: String,
        /// This record only.
        #[arg(long)]
        record: Option<u64>,
        /// The file, which must not be there yet.
        #[arg(long)]
        out: PathBuf,
        /// Why it is opened.
        #[arg(long)]
        reason: String,
    },
    /// Decides on a record that waits. Whoever is at work carries it out, as long as the rows are still those that could be seen.
    Review {
        /// Its id.
        intake: String,
        /// The record's number in the file.
        record: u64,
        #[command(flatten)]
        decision: Decision,
        /// Why, in a few words.
        #[arg(long)]
        reason: String,
    },
    /// Has what was applied put back, as far as it still stands so. Nothing is deleted: a new row gets the status that says that it does
    /// not hold.
    Undo {
        /// Its id.
        intake: String,
        /// Why, in a few words.
        #[arg(long)]
        reason: String,
    },
    /// Has what was quarantined, left out, refused or undone read once more, by the documents now in use. What was applied stays.
    Retry {
        /// Its id.
        intake: String,
    },
    /// Takes one back; of one that is being applied, or waits, what is applied stays and the rest is left out.
    Cancel {
        /// Its id.
        intake: String,
        /// Why, in a few words.
        #[arg(long)]
        reason: String,
    },
}

/// What is decided on a record.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Decision {
    /// It is the candidate of this number.
    #[arg(long, value_name = "N")]
    link: Option<u64>,
    /// It becomes a new row.
    #[arg(long)]
    insert: bool,
    /// Nothing becomes of it.
    #[arg(long)]
    leave_out: bool,
}

impl Decision {
    fn said(&self) -> (Verdict, Option<u64>) {
        match self.link {
            Some(number) => (Verdict::Link, Some(number)),
            None if self.insert => (Verdict::Insert, None),
            None => (Verdict::LeaveOut, None),
        }
    }
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
            Intake::Open { intake, record, out, reason } => {
                let told = open_review(&house, &place.actor, intake, *record, reason).await?;
                write(out, &told)?;
                println!(
                    "{} records of intake {intake} are in {}: remove it once you have decided",
                    told.len(),
                    out.display()
                );
            }
            Intake::Review { intake, record, decision, reason } => {
                let said = decision.said();
                let decided = review_intake(&house, &place.actor, intake, *record, said, reason).await?;
                let again = if decided == Decided::Already { ", as before" } else { "" };
                println!("record {record} of intake {intake}: {}{again}", said.0);
            }
            Intake::Undo { intake, reason } => match undo_intake(&house, &place.actor, intake, reason).await? {
                Decided::Now => println!("intake {intake} is undone by whoever is at work"),
                Decided::Already => println!("intake {intake} was undone before, or is being undone"),
            },
            Intake::Cancel { intake, reason } => match cancel_intake(&house, &place.actor, intake, reason).await? {
                (Decided::Now, CancelledIntake::TakenBack) => println!("intake {intake} is cancelled"),
                (Decided::Already, CancelledIntake::TakenBack) => println!("intake {intake} was cancelled before"),
                (Decided::Now, CancelledIntake::LeftOut) => {
                    println!(
                        "what is applied of intake {intake} stays, and the rest is left out by whoever is at work"
                    );
                }
                (Decided::Already, CancelledIntake::LeftOut) => {
                    println!("the rest of intake {intake} was left out before")
                }
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes what was opened where nobody else reads it; nothing is overwritten.
fn write(out: &Path, told: &[Value]) -> Result<(), EngineError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
    let mut file = file.map_err(EngineError::file("make", out))?;
    for line in told {
        writeln!(file, "{line}").map_err(EngineError::file("write", out))?;
    }
    file.sync_all().map_err(EngineError::file("sync", out))
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
    if let Some(since) = row.left_out_at {
        println!("  ended        {since}: what is applied stays, the rest is left out");
    }
    for one in &shown.waiting {
        let said = said(one);
        println!("  record {:<6} {}: {} rows it may be, {said}", one.record, one.codes.join(", "), one.candidates);
    }
    for one in &shown.not_undone {
        let rows: Vec<String> = one.rows.iter().map(|(table, what)| format!("{} {what}", plain(table))).collect();
        println!("  record {:<6} not as before: {}", one.record, rows.join(", "));
    }
    if let Some(why) = &shown.why {
        println!("  last try     {}", plain(why));
    }
}

fn said(one: &WaitingRow) -> String {
    let settled = if one.settled_at.is_some() { ", carried out" } else { "" };
    match &one.decision {
        Some(said) => {
            let number = said.candidate.map(|number| format!(" {number}")).unwrap_or_default();
            format!("{}{number} by {}{settled}", said.verdict, plain(&said.officer))
        }
        None if one.settled_at.is_some() => "waits no more".to_owned(),
        None => "waits".to_owned(),
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
