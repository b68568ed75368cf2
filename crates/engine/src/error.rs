//! Why could a command not be carried out?

use std::path::PathBuf;

use causeway_model::document::DocumentError;
use causeway_model::{Code, Violation};
use causeway_package::PackageError;
use causeway_store::StoreError;

/// Why a command could not be carried out. Never holds a personal value.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key, a package or a receipt is not what it should be.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A document cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A document was read and is wrong.
    #[error("{name} has {errors} errors")]
    Findings {
        /// File.
        name: String,
        /// How many errors.
        errors: usize,
        /// The findings, located: line, column, text.
        lines: Vec<String>,
    },
    /// A line of a file could not be carried out; those before it were.
    #[error("line {line}: {source}; {before} lines before it are recorded: run the file again")]
    Line {
        /// Its number.
        line: usize,
        /// How many before it were.
        before: usize,
        /// Why.
        source: Box<EngineError>,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The transfer was refused; the violations stand in the ledger too.
    #[error("transfer {transfer} was refused")]
    Refused {
        /// The transfer.
        transfer: String,
        /// Why.
        violations: Vec<Violation>,
    },
    /// The transfer is held back by a stop and not lost.
    #[error("transfer {transfer} is held back; it goes on with `causeway transfer resume` when the stop is lifted")]
    Held {
        /// The transfer.
        transfer: String,
        /// By what.
        violation: Box<Violation>,
    },
    /// The transfer waits for people.
    #[error("transfer {transfer} waits for {what}")]
    Waits {
        /// The transfer.
        transfer: String,
        /// For what.
        what: &'static str,
    },
    /// The transfer lapsed: its arrangement went out of force, or the key of its package, before it was delivered. Nothing
    /// more leaves.
    #[error("transfer {transfer} lapsed: its {} before it was delivered", lapsed(violations))]
    Lapsed {
        /// The transfer.
        transfer: String,
        /// Why.
        violations: Vec<Violation>,
    },
    /// Nothing of an exchange may be shown.
    #[error("nothing of exchange `{exchange}` is shown")]
    NotShown {
        /// The exchange.
        exchange: String,
        /// Why.
        violations: Vec<Violation>,
    },
    /// A rule denies what was tried; the attempt and the reasons stand in the ledger.
    #[error("`{what}` of `{subject}` is denied")]
    Denied {
        /// What was tried.
        what: String,
        /// On what.
        subject: String,
        /// Why.
        violations: Vec<Violation>,
    },
    /// It is another partner's: to whoever asked it is not there, and the attempt is entered once that was said.
    #[error("there is no {what} `{name}`")]
    Others {
        /// Who asked.
        actor: String,
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something that was named is not there.
    #[error("there is no {what} `{name}`: {help}")]
    Unknown {
        /// Kind of thing.
        what: &'static str,
        /// Its name as given.
        name: String,
        /// What to do.
        help: &'static str,
    },
    /// The package is sealed and could not be put where the partner takes it.
    #[error(
        "transfer {transfer} is sealed and could not be delivered: {detail}; run `causeway transfer resume` once that is mended"
    )]
    Undelivered {
        /// The transfer.
        transfer: String,
        /// What stood in the way.
        detail: String,
    },
    /// Calls cannot be answered.
    #[error("{0}")]
    Unserved(String),
    /// A request that makes no sense as it stands.
    #[error("{0}")]
    Wrong(String),
    /// Something failed the proof that was asked for.
    #[error("{0}")]
    NotProven(String),
}

impl EngineError {
    /// A file error.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// Exit code of the command line: 2 input or use, 3 a proof failed, 4 refused, 5 trouble with the system.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Lapsed { .. } | Self::NotShown { .. } | Self::Denied { .. } => 4,
            Self::Held { .. } | Self::Waits { .. } => 4,
            Self::Store(StoreError::SameOfficer { .. } | StoreError::ActivatedAlready { .. }) => 4,
            Self::Store(StoreError::Withdrawn { .. }) => 4,
            Self::Line { source, .. } => source.exit_code(),
            Self::NotProven(_) => 3,
            Self::Store(StoreError::Tampered(_) | StoreError::RolledBack { .. } | StoreError::LedgerDamaged { .. }) => {
                3
            }
            Self::Store(
                StoreError::HeadMissing { .. } | StoreError::BadHead { .. } | StoreError::OlderBackup { .. },
            ) => 3,
            Self::Package(error) if error.is_verification() => 3,
            Self::Unserved(_) => 5,
            Self::File { .. } | Self::Undelivered { .. } | Self::Package(PackageError::Io { .. }) => 5,
            Self::Store(StoreError::File { .. } | StoreError::Locked { .. } | StoreError::Database(_)) => 5,
            Self::Store(StoreError::Unreachable { .. } | StoreError::Unfit { .. } | StoreError::Tls { .. }) => 5,
            _ => 2,
        }
    }
}

/// What of a transfer went out of force.
fn lapsed(violations: &[Violation]) -> &'static str {
    let key =
        |violation: &Violation| matches!(violation.code, Code::KeyRevoked | Code::KeyRetired | Code::KeyNotVerified);
    if violations.iter().any(|violation| violation.code == Code::PackageRecalled) {
        return "package was called back";
    }
    if violations.iter().any(key) { "package's key went out of force" } else { "arrangement went out of force" }
}
