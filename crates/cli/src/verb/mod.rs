//! The verbs of the command line, a file a noun.

pub mod alert;
pub mod arrangement;
pub mod assessment;
pub mod backup;
pub mod catalogue;
pub mod configuration;
pub mod doctor;
mod ending;
pub mod enquiry;
pub mod exchange;
mod history;
pub mod init;
pub mod intake;
pub mod key;
pub mod ledger;
pub mod notice;
pub mod officer;
pub mod package;
mod page;
pub mod partner;
pub mod person;
mod progress;
pub mod quarantine;
pub mod receipt;
pub mod register;
pub mod request;
pub mod retention;
pub mod sandbox;
pub mod schedule;
pub mod schema;
pub mod serve;
pub mod status;
pub mod stop;
pub mod target;
pub mod transfer;
pub mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::{EngineError, Home, House};
use causeway_package::Environment;
use causeway_package::key::{SigningKey, VerifyingKey};

/// How a verb ends.
pub type Ended = Result<ExitCode, EngineError>;

/// Where a verb works, and for whom.
pub struct Place {
    /// Folder of the installation.
    pub home: PathBuf,
    /// Who acts.
    pub actor: String,
}

impl Place {
    /// The installation, to work in it.
    pub async fn house(&self) -> Result<House, EngineError> {
        told(House::open(Home::open(&self.home)?, crate::hooks::surroundings()).await?).await
    }

    /// The installation, beside whoever works in it: for decisions that wait for nobody.
    pub async fn beside(&self) -> Result<House, EngineError> {
        told(House::beside(Home::open(&self.home)?, crate::hooks::surroundings()).await?).await
    }
}

/// Says so where the clock was set back.
async fn told(house: House) -> Result<House, EngineError> {
    if let Some(newest) = house.clock_set_back().await? {
        eprintln!(
            "warning: the clock was set back: the newest entry of the ledger is of {newest}; that is entered there too"
        );
    }
    Ok(house)
}

/// Who signs, where an installation demands it.
#[derive(clap::Args)]
pub struct By {
    /// The officer who signs.
    #[arg(long, value_name = "NAME")]
    officer: String,
    /// The officer's private key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Who signs, where an installation demands two people.
#[derive(clap::Args)]
pub struct PerhapsBy {
    /// The officer who stages it, where the installation demands two people.
    #[arg(long, value_name = "NAME", requires = "key")]
    officer: Option<String>,
    /// The officer's private key file.
    #[arg(long, value_name = "FILE", requires = "officer")]
    key: Option<PathBuf>,
}

impl By {
    /// The officer's name.
    fn officer(&self) -> &str {
        &self.officer
    }

    /// The officer's key, from its file.
    fn key(&self) -> Result<SigningKey, EngineError> {
        private_key(&self.key)
    }
}

/// What a package is read for, on the partner's side.
#[derive(clap::Args)]
pub struct ReadFor {
    /// What it is read for: `production`, or `test` for invented people. A package of the other kind is refused.
    #[arg(long, value_enum, default_value_t = For::Production)]
    environment: For,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum For {
    /// Real people's data.
    Production,
    /// Invented people's.
    Test,
}

impl ReadFor {
    /// The sender's public key, from its file.
    fn sender(&self, path: &Path) -> Result<VerifyingKey, EngineError> {
        let environment = match self.environment {
            For::Production => Environment::Production,
            For::Test => Environment::Test,
        };
        Ok(VerifyingKey::load_for(path, environment)?)
    }
}

/// Reads a public key file.
pub fn public_key(path: &Path) -> Result<VerifyingKey, EngineError> {
    Ok(VerifyingKey::load(path)?)
}

/// Reads a private key file; one that others can read is refused.
pub fn private_key(path: &Path) -> Result<SigningKey, EngineError> {
    Ok(SigningKey::load(path)?)
}
