//! `causeway request`: what if more is wanted than agreed, and what was refused so far?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{
    More, propose_amendment, refused_requests, refused_statistics, register_refused, request_more,
};
use causeway_model::arrangement::Arrangement;
use causeway_model::request::{Asker, Manner, RefusedRequest, Wanted, WantedElement};
use causeway_model::{ElementRef, Form};
use causeway_store::Saved;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::page::Page;
use super::{Ended, Place};
use crate::say::plain;

/// Requests beyond what is agreed.
#[derive(Subcommand)]
pub enum Request {
    /// Asks for more than an exchange gives. What is not agreed is refused, every element by its name. Exit 4.
    More(WantedMore),
    /// Enters a refused request into the register, however it was made.
    Register(Entry),
    /// Lists the register of refused requests, by the day on which they were asked.
    List(Page),
    /// Counts refused requests.
    Statistics {
        /// From this day on.
        #[arg(long)]
        from: Option<Date>,
        /// Until this day.
        #[arg(long)]
        until: Option<Date>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What is wanted.
#[derive(Args)]
pub struct WantedMore {
    /// The exchange.
    exchange: String,
    /// Elements with their forms: `individual.phone:raw,individual.date_of_birth:year`.
    #[arg(long, value_delimiter = ',', required = true)]
    elements: Vec<String>,
    /// Why the purpose cannot be met without them.
    #[arg(long)]
    necessity: String,
    /// Code of the purpose; the arrangement's unless said.
    #[arg(long)]
    purpose: Option<String>,
    /// How many records a transfer would hold.
    #[arg(long)]
    records: Option<u64>,
    /// Writes the amendment that would agree it to this new file.
    #[arg(long, value_name = "FILE")]
    propose: Option<PathBuf>,
}

/// An entry of the register. Never write a person's data into it.
#[derive(Args)]
pub struct Entry {
    /// What kind of organisation asked: state, donor, law-enforcement, partner, other.
    #[arg(long)]
    asker: Asker,
    /// Its name.
    #[arg(long)]
    organisation: String,
    /// How: formal, informal.
    #[arg(long)]
    manner: Manner,
    /// On which day.
    #[arg(long)]
    asked_on: Date,
    /// What was asked for, in words.
    #[arg(long)]
    asked_for: String,
    /// Elements, as far as they were named.
    #[arg(long, value_delimiter = ',')]
    elements: Vec<ElementRef>,
    /// Why it was refused.
    #[arg(long)]
    reason: String,
}

impl Request {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        match self {
            Request::More(more) => more.run(&house, place).await,
            Request::Register(entry) => {
                let saved = register_refused(&house, &place.actor, entry.entry()).await?;
                println!("{}", if saved == Saved::New { "registered" } else { "registered already, word for word" });
                Ok(ExitCode::SUCCESS)
            }
            Request::List(page) => {
                let found = refused_requests(&house, &place.actor, page.after(), page.asked()).await?;
                let (rows, end) = page.cut(found, |row| row.id.clone());
                for row in &rows {
                    let RefusedRequest { asker, manner, organisation, asked_for, reason, .. } = &row.entry;
                    println!("{}  {asker} ({manner})  {}", row.entry.asked_on, plain(organisation));
                    println!("    asked for: {}\n    refused: {}", plain(asked_for), plain(reason));
                    let codes: Vec<&str> = row.entry.codes.iter().map(|code| code.as_str()).collect();
                    if !codes.is_empty() {
                        println!("    rules: {}", codes.join(", "));
                    }
                }
                println!("{} refused requests", rows.len());
                end.tell();
                Ok(ExitCode::SUCCESS)
            }
            Request::Statistics { from, until, json } => {
                let (from, until) = (from.unwrap_or(Date::MIN), until.unwrap_or(Date::MAX));
                let found = refused_statistics(&house, &place.actor, from, until).await?;
                if *json {
                    let text = serde_json::to_string_pretty(&found);
                    println!("{}", text.map_err(|error| EngineError::Wrong(error.to_string()))?);
                    return Ok(ExitCode::SUCCESS);
                }
                println!("{} refused requests", found.total);
                for (asker, manners) in &found.by_asker {
                    let manners: Vec<String> = manners.iter().map(|(how, count)| format!("{count} {how}")).collect();
                    println!("  {asker}: {}", manners.join(", "));
                }
                for (title, counts) in [("rule", &found.by_code), ("element", &found.by_element)] {
                    counts.iter().for_each(|(name, count)| println!("  {title} {name}: {count}"));
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl WantedMore {
    async fn run(&self, house: &causeway_engine::House, place: &Place) -> Ended {
        let arrangement = house.terms(&house.exchange(&self.exchange).await?.arrangement).await?.value;
        let wanted = Wanted {
            purpose: self.purpose.clone().unwrap_or_else(|| arrangement.purpose.code.clone()),
            arrangement: arrangement.arrangement,
            elements: self.elements.iter().map(|text| self.element(text)).collect::<Result<_, _>>()?,
            population: None,
            records: self.records,
        };
        let More::Beyond(violations) = request_more(house, &place.actor, &self.exchange, &wanted).await? else {
            println!("all of it is agreed: `causeway transfer request {}`", self.exchange);
            return Ok(ExitCode::SUCCESS);
        };
        if let Some(file) = &self.propose {
            match propose_amendment(house, &place.actor, &self.exchange, &wanted).await? {
                None => println!("no amendment agrees it: another purpose needs an arrangement of its own"),
                Some(proposal) => {
                    write_new(file, &proposal.document)?;
                    println!("{}: proposal of version {}", file.display(), proposal.document.version);
                    for change in &proposal.changes {
                        println!("  {}", plain(&change.to_string()));
                    }
                }
            }
        }
        let (what, subject) = ("request-more".to_owned(), self.exchange.clone());
        Err(EngineError::Denied { what, subject, violations })
    }

    fn element(&self, text: &str) -> Result<WantedElement, EngineError> {
        let wrong = || EngineError::Wrong(format!("`{text}` is no element with its form: write `ENTITY.ELEMENT:FORM`"));
        let (element, form) = text.split_once(':').ok_or_else(wrong)?;
        let element: ElementRef = element.parse().map_err(|_| wrong())?;
        let form: Form = form.parse().map_err(|_| wrong())?;
        Ok(WantedElement { element, form, necessity: self.necessity.clone() })
    }
}

impl Entry {
    fn entry(&self) -> RefusedRequest {
        RefusedRequest {
            asker: self.asker,
            organisation: self.organisation.clone(),
            manner: self.manner,
            asked_on: self.asked_on,
            asked_for: self.asked_for.clone(),
            elements: self.elements.iter().cloned().collect(),
            reason: self.reason.clone(),
            codes: std::collections::BTreeSet::new(),
        }
    }
}

/// JSON, which is YAML: the proposal can be edited, checked and imported as it is.
fn write_new(file: &Path, document: &Arrangement) -> Result<(), EngineError> {
    use std::io::Write;
    let text = serde_json::to_string_pretty(document).map_err(|error| EngineError::Wrong(error.to_string()))?;
    let mut made = std::fs::File::create_new(file).map_err(EngineError::file("make", file))?;
    made.write_all(text.as_bytes()).and_then(|()| made.write_all(b"\n")).map_err(EngineError::file("write", file))
}
