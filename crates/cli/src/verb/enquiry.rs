//! `causeway enquiry`: who asks for data, and could they be shared?

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{
    Moved, assess_enquiry, decline_enquiry, draft_of_enquiry, enquire, enquiry, said_of_answer, withdraw_enquiry,
};
use causeway_engine::{EngineError, House};
use causeway_model::enquiry::{Point, State};
use causeway_model::request::{Asker, Manner};
use clap::Subcommand;

use super::officer::again;
use super::{Ended, Place};
use crate::say::plain;

/// Enquiries.
#[derive(Subcommand)]
pub enum Enquiry {
    /// Takes an enquiry in: purpose, elements, people (`causeway schema enquiry`). Says what is known against it at once.
    Receive {
        /// Its name here.
        name: String,
        /// The document.
        file: PathBuf,
        /// The partner that asks; whoever acts is of that partner, unless said. None for one that is no partner yet.
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
    },
    /// Answers the feasibility checklist (`causeway schema checklist`). Exit 4 while a point is open or not met.
    Assess {
        /// The enquiry.
        name: String,
        /// The answers; those given before stand where it says nothing else.
        file: PathBuf,
    },
    /// Writes the beginning of an arrangement's text after an enquiry that is feasible.
    Draft {
        /// The enquiry.
        name: String,
        /// Identifier of the arrangement.
        #[arg(long, value_name = "NAME")]
        arrangement: String,
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
    },
    /// Declines an enquiry. It stands in the register of refused requests.
    Decline {
        /// The enquiry.
        name: String,
        /// What kind of organisation asked: state, donor, law-enforcement, partner, other.
        #[arg(long)]
        asker: Asker,
        /// How: formal, informal.
        #[arg(long)]
        manner: Manner,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Takes an enquiry back, for whoever asked.
    Withdraw {
        /// The enquiry.
        name: String,
    },
    /// Shows an enquiry and its checklist.
    Show {
        /// The enquiry.
        name: String,
    },
    /// Lists enquiries.
    List {
        /// Begins after the enquiry of this name.
        #[arg(long, default_value = "")]
        after: String,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
}

impl Enquiry {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        let actor = place.actor.as_str();
        match self {
            Enquiry::Receive { name, file, partner } => {
                let (saved, obstacles) = enquire(&house, actor, name, partner.as_deref(), file).await?;
                println!("enquiry {name} is received{}", again(saved));
                for (point, answer) in &obstacles {
                    println!("  {point}: {}", plain(&said_of_answer(Some(answer))));
                }
            }
            Enquiry::Assess { name, file } => tell(name, &assess_enquiry(&house, actor, name, file).await?),
            Enquiry::Draft { name, arrangement, out } => {
                let text = draft_of_enquiry(&house, actor, name, arrangement).await?;
                let mut made = std::fs::File::create_new(out).map_err(EngineError::file("make", out))?;
                made.write_all(text.as_bytes()).map_err(EngineError::file("write", out))?;
                println!("{}: the beginning of {arrangement} version 1", out.display());
                println!("say what is open, then `causeway arrangement draft {} --enquiry {name}`", out.display());
            }
            Enquiry::Decline { name, asker, manner, reason } => {
                tell(name, &decline_enquiry(&house, actor, name, (*asker, *manner), reason).await?);
            }
            Enquiry::Withdraw { name } => tell(name, &withdraw_enquiry(&house, actor, name).await?),
            Enquiry::Show { name } => show(&house, name).await?,
            Enquiry::List { after, limit } => {
                let rows = house.store.enquiries(after, *limit).await?;
                for row in &rows {
                    let of = row.partner.as_ref().map_or_else(String::new, |partner| format!(" of {partner}"));
                    println!("{}{of}  {}  {}", row.name, row.state, row.asked_at);
                }
                if let Some(last) = rows.last().filter(|_| rows.len() == *limit as usize) {
                    println!("more: --after {}", last.name);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(name: &str, moved: &Moved<State>) {
    match moved {
        Moved::Now(state) => println!("enquiry {name} is {state}"),
        Moved::Already(state) => println!("enquiry {name} is {state}: already so, nothing changed"),
    }
}

async fn show(house: &House, name: &str) -> Result<(), EngineError> {
    let (row, document, answers) = enquiry(house, name).await?;
    println!("{name}: {}, {}", plain(&document.organisation), plain(&document.purpose));
    println!("people: {}", plain(&document.people));
    for item in &document.elements {
        println!("  {} as {}: {}", item.element, item.form, plain(&item.necessity));
    }
    println!("received by {} on {}", row.asked_by, row.asked_at);
    match &row.state {
        State::Drafted { arrangement } => println!("state: drafted as {arrangement}"),
        State::Declined { by, reason } => println!("state: declined by {}: {}", by.name, plain(reason)),
        State::Feasible { by, .. } => println!("state: feasible, says {}", by.name),
        state => println!("state: {state}"),
    }
    for point in Point::ALL {
        println!("  {point}: {}", plain(&said_of_answer(answers.get(point))));
    }
    Ok(())
}
