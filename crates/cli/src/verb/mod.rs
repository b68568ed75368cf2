//! The verbs of the command line, a file a noun.

pub mod arrangement;
pub mod backup;
pub mod catalogue;
pub mod doctor;
pub mod exchange;
pub mod init;
pub mod ledger;
pub mod officer;
pub mod package;
pub mod partner;
mod progress;
pub mod quarantine;
pub mod receipt;
pub mod schema;
pub mod status;
pub mod transfer;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::{EngineError, Home, House};
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
        House::open(Home::open(&self.home)?, crate::hooks::surroundings()).await
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
