//! Where does an installation keep its configuration, keys and data?

use std::path::{Path, PathBuf};

use causeway_model::environment::Environment;
use serde::{Deserialize, Serialize};

use crate::alert::Settings;
use crate::api::Api;
use crate::database::Database;
use crate::error::EngineError;
use crate::misread;

/// The configuration file's name.
pub const CONFIG_FILE: &str = "causeway.toml";

/// The configuration. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The operation that this installation belongs to: name of its ledger.
    pub operation: String,
    /// For what it is, from its making on. One that was made before there was a choice is for production.
    #[serde(default = "production")]
    pub environment: Environment,
    /// Folder of the database, staging, packages and sealed reports; relative to the configuration.
    pub data: PathBuf,
    /// Folder of the four keys and of the ledger's saved head; outside the data folder.
    pub keys: PathBuf,
    /// Folder that the catalogue's source paths start from.
    pub sources: PathBuf,
    /// Memory that a transfer aims to stay within, in mebibytes.
    #[serde(default = "usual_memory")]
    pub memory_mebibytes: u32,
    /// Whether a catalogue or an exchange comes into use only by a second officer.
    #[serde(default)]
    pub two_person: bool,
    /// Whom people turn to with questions about their data: stands in letters to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Days after which a backup may not be kept any more.
    #[serde(default = "usual_backup_days", skip_serializing_if = "is_usual_backup_days")]
    pub backup_days: u32,
    /// Who is told of what, by which way.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub alerts: Settings,
    /// Where programs of partners may ask; absent, nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// A database on a server; absent, it is a file in the data folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
}

fn production() -> Environment {
    Environment::Production
}

fn is_usual(settings: &Settings) -> bool {
    *settings == Settings::default()
}

fn usual_memory() -> u32 {
    512
}

fn usual_backup_days() -> u32 {
    90
}

fn is_usual_backup_days(days: &u32) -> bool {
    *days == usual_backup_days()
}

/// An installation's folder.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
    config: Config,
}

impl Home {
    /// Makes a new installation's folders and configuration in `root`. It works in `database`, or in a file of its own.
    pub fn create(
        root: &Path,
        operation: &str,
        environment: Environment,
        database: Option<Database>,
    ) -> Result<Self, EngineError> {
        let path = root.join(CONFIG_FILE);
        if path.exists() {
            return Err(EngineError::Wrong(format!(
                "`{}` exists: this folder is an installation already",
                path.display()
            )));
        }
        let plain =
            !operation.is_empty() && operation.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        if !plain {
            return Err(EngineError::Wrong(format!(
                "`{operation}` is no name of an operation: use letters, digits, dashes and dots"
            )));
        }
        let config = Config {
            operation: operation.to_owned(),
            environment,
            data: "data".into(),
            keys: "keys".into(),
            sources: "sources".into(),
            memory_mebibytes: usual_memory(),
            two_person: false,
            contact: None,
            backup_days: usual_backup_days(),
            alerts: Settings::default(),
            api: None,
            database,
        };
        let home = Self { root: root.to_owned(), config };
        for folder in [home.data(), home.staging(), home.packages(), home.sealed()] {
            private_folder(&folder)?;
        }
        home.make_hidden()?;
        let text = toml::to_string(&home.config)
            .map_err(|_| EngineError::Wrong("the configuration cannot be written".to_owned()))?;
        std::fs::write(&path, text).map_err(EngineError::file("write", path))?;
        Ok(home)
    }

    /// Makes the folders of keys, secrets and sources, also those that are empty for now: a service from which they are hidden must find
    /// them when it starts.
    pub(crate) fn make_hidden(&self) -> Result<(), EngineError> {
        let hidden = [self.keys(), self.rotated_secrets(), self.sandbox_keys(), self.secrets(), self.sources()];
        hidden.iter().try_for_each(|folder| private_folder(folder))
    }

    /// Lets catalogues and exchanges come into use only by a second officer, from now on.
    pub fn demand_two_people(&mut self) -> Result<(), EngineError> {
        self.config.two_person = true;
        let text = toml::to_string(&self.config)
            .map_err(|_| EngineError::Wrong("the configuration cannot be written".to_owned()))?;
        let path = self.root.join(CONFIG_FILE);
        std::fs::write(&path, text).map_err(EngineError::file("write", path))
    }

    /// Opens the installation in `root`.
    pub fn open(root: &Path) -> Result<Self, EngineError> {
        let path = root.join(CONFIG_FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => EngineError::Wrong(format!(
                "`{}` is no installation: make one with `causeway init`, or name another with --home",
                root.display()
            )),
            _ => EngineError::File { action: "read", path: path.clone(), source },
        })?;
        let config: Config = toml::from_str(&text)
            .map_err(|error| EngineError::Wrong(format!("{}: {}", path.display(), misread::said(&text, &error))))?;
        let home = Self { root: root.to_owned(), config };
        if home.keys().starts_with(home.data()) {
            return Err(EngineError::Wrong(
                "`keys` lies inside `data`: keep keys outside, or a copy of the data carries them along".to_owned(),
            ));
        }
        if let Some(api) = &home.config.api {
            api.check()?;
        }
        Ok(home)
    }

    /// `[alerts]` as the configuration says now: people may have changed it since.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    pub fn reread_alerts(&self) -> Result<Settings, EngineError> {
        let alerts = Self::open(&self.root)?.config.alerts;
        alerts.check()?;
        Ok(alerts)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Database, staging, packages, sealed reports.
    pub fn data(&self) -> PathBuf {
        self.root.join(&self.config.data)
    }

    /// Packages of sandboxes, for partners to take: nobody in them exists.
    pub fn sandbox_outbox(&self) -> PathBuf {
        self.root.join("sandbox-outbox")
    }

    /// The four keys.
    pub fn keys(&self) -> PathBuf {
        self.root.join(&self.config.keys)
    }

    /// Where source paths start.
    pub fn sources(&self) -> PathBuf {
        self.root.join(&self.config.sources)
    }

    /// The embedded database: its file.
    pub fn database(&self) -> PathBuf {
        self.data().join("causeway.sqlite")
    }

    /// The newest checkpoint, kept outside the data.
    pub fn ledger_head(&self) -> PathBuf {
        self.keys().join("ledger.head")
    }

    /// Packages in the making: ciphertext without a manifest.
    pub fn staging(&self) -> PathBuf {
        self.data().join("staging")
    }

    /// Where whoever works can be asked by whoever answers over the network: nothing in it lasts.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Locks of the processes that work here.
    pub fn workers(&self) -> PathBuf {
        self.data().join("workers")
    }

    /// What came in and is too long for a row of the database, and what was written down of it: ciphertext.
    pub fn intakes(&self) -> PathBuf {
        self.data().join("intakes")
    }

    /// Files that come in pieces, as the partner sealed them: each is removed once it is an intake. Not in backups: they are sent again.
    pub fn uploads(&self) -> PathBuf {
        self.data().join("uploads")
    }

    /// Packages that exist.
    pub fn packages(&self) -> PathBuf {
        self.data().join("packages")
    }

    /// Sets of states that deltas start from, sealed to the operation itself. Not in backups: without them a transfer is full.
    pub fn states(&self) -> PathBuf {
        self.data().join("states")
    }

    /// Notices that are being sent: ciphertext, each removed as soon as it has arrived.
    pub fn notices(&self) -> PathBuf {
        self.data().join("notices")
    }

    /// Packages that tell of other pseudonyms, until they have arrived.
    pub fn rotations(&self) -> PathBuf {
        self.data().join("pseudonyms")
    }

    /// Secrets of pseudonyms that took the root's place: keys, like the four.
    pub fn rotated_secrets(&self) -> PathBuf {
        self.keys().join("pseudonyms")
    }

    /// Keys with which packages of invented people are made.
    pub fn sandbox_keys(&self) -> PathBuf {
        self.keys().join("sandbox")
    }

    /// Where the secrets of `[alerts]` belong: nothing that answers over the network can look in.
    pub fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }

    /// Reports and disclosure sets, sealed to the operation itself.
    pub fn sealed(&self) -> PathBuf {
        self.data().join("sealed")
    }
}

/// Makes a folder that only its owner can enter, if it is not there.
pub fn private_folder(path: &Path) -> Result<(), EngineError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(EngineError::file("make", path))
}
