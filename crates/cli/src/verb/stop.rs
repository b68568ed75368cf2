//! `causeway stop` and `causeway resume`: how is everything held back at once, and let go again by two?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{Switched, object, resume, stop};
use causeway_engine::{EngineError, House};
use causeway_model::stop as model;
use clap::{Args, ValueEnum};

use super::{Ended, Place, private_key};

/// How wide a stop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wide {
    /// One partner, whose name follows.
    Partner,
    /// The operation.
    Operation,
    /// Everything of the installation.
    All,
}

/// What is meant.
#[derive(Args)]
pub struct What {
    /// How wide.
    wide: Wide,
    /// The partner's name.
    #[arg(required_if_eq("wide", "partner"))]
    partner: Option<String>,
}

/// Stops a partner, the operation or everything. No further byte leaves after five seconds; nothing is lost.
#[derive(Args)]
pub struct Stop {
    #[command(flatten)]
    what: What,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// Consents, as one of two, to resume what was stopped.
#[derive(Args)]
pub struct Resume {
    #[command(flatten)]
    what: What,
    /// Who consents.
    #[arg(long, required_unless_present = "object")]
    officer: Option<String>,
    /// The officer's private key file.
    #[arg(long, required_unless_present = "object")]
    key: Option<PathBuf>,
    /// Takes the first consent back instead, so that it stays stopped.
    #[arg(long, conflicts_with_all = ["officer", "key"])]
    object: bool,
}

impl What {
    fn scope(&self, house: &House) -> Result<model::Scope, EngineError> {
        let operation = house.home.config().operation.clone();
        let surplus = || EngineError::Wrong("only `partner` takes a name".to_owned());
        match (self.wide, &self.partner) {
            (Wide::Partner, Some(partner)) => Ok(model::Scope::Partner { operation, partner: partner.clone() }),
            (Wide::Partner, None) => Err(EngineError::Wrong("say which partner".to_owned())),
            (_, Some(_)) => Err(surplus()),
            (Wide::Operation, None) => Ok(model::Scope::Operation(operation)),
            (Wide::All, None) => Ok(model::Scope::All),
        }
    }
}

impl Stop {
    /// Stops it.
    pub async fn run(&self, place: &Place) -> Ended {
        // A stop waits for nobody who works.
        let house = place.beside().await?;
        let scope = self.what.scope(&house)?;
        match stop(&house, &place.actor, scope.clone(), &self.reason).await? {
            Switched::Now(_) => println!("{scope} is stopped; two officers resume it with `causeway resume`"),
            Switched::Already(stop) => println!("{scope} is stopped already, by {}: {}", stop.by.name, stop.reason),
            Switched::NotStopped => println!("{scope} was resumed at this very moment: stop it again"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Resume {
    /// Consents, or objects.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        let scope = self.what.scope(&house)?;
        let switched = match (&self.officer, &self.key) {
            (Some(officer), Some(key)) => resume(&house, officer, &private_key(key)?, &scope).await?,
            _ => object(&house, &place.actor, &scope).await?,
        };
        match switched {
            Switched::NotStopped => println!("{scope} is not stopped"),
            Switched::Already(stop) | Switched::Now(stop) => match &stop.state {
                model::State::Standing => println!("{scope} stays stopped"),
                model::State::Resuming { first } => {
                    println!("{} has consented to resume {scope}; another officer must too", first.name);
                }
                model::State::Lifted { first, second } => {
                    println!("{scope} is resumed, by {} and {}", first.name, second.name);
                    println!("`causeway transfer resume` carries on what was held back");
                }
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}
