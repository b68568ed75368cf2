//! `causeway notice`: how does a partner read what it is told about somebody, and answer?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_package::key::Identities;
use causeway_package::notice::{ANSWER_TYPE, Answer, AnswerOutcome, Certificate, open_notice};
use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;

use super::receipt::beside;
use super::{Ended, ReadFor, private_key};

/// Notices, from the partner's side.
#[derive(Subcommand)]
pub enum Notice {
    /// Verifies and decrypts, and prints it as JSON.
    Open {
        /// The notice's folder.
        notice: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        /// The partner's age identity file.
        #[arg(long)]
        identity: PathBuf,
        #[command(flatten)]
        read_for: ReadFor,
    },
    /// Signs an answer.
    Answer {
        /// The notice's folder.
        notice: PathBuf,
        /// The sender's public key file.
        #[arg(long)]
        sender: PathBuf,
        /// The partner's age identity file.
        #[arg(long)]
        identity: PathBuf,
        /// The partner's private signing key file.
        #[arg(long)]
        signing_key: PathBuf,
        /// What became of it.
        #[arg(long)]
        outcome: Word,
        /// Certifies that so many records were deleted.
        #[arg(long, value_name = "RECORDS", requires = "certified_by")]
        deleted: Option<u64>,
        /// Who certifies it: an office.
        #[arg(long, value_name = "OFFICE", requires = "deleted")]
        certified_by: Option<String>,
        /// The last day on which a backup may still hold them.
        #[arg(long, value_name = "DAY", requires = "deleted")]
        in_backups_until: Option<Date>,
        /// Where the answer goes; its signature goes beside it with `.sig`.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        read_for: ReadFor,
    },
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// It was opened, and will be acted on.
    Received,
    /// It was acted on.
    Done,
    /// There is no such record, or no more.
    NotHeld,
}

impl Notice {
    /// Carries it out.
    pub fn run(&self) -> Ended {
        match self {
            Notice::Open { notice, sender, identity, read_for } => {
                let opened = open_notice(notice, &Identities::load(identity)?, &read_for.sender(sender)?)?;
                println!("{}", super::person::json(&opened)?);
            }
            Notice::Answer {
                notice,
                sender,
                identity,
                signing_key,
                outcome,
                deleted,
                certified_by,
                in_backups_until,
                out,
                read_for,
            } => {
                let key = read_for.sender(sender)?;
                let opened = open_notice(notice, &Identities::load(identity)?, &key)?;
                let now = (crate::hooks::surroundings().now)();
                let certificate = deleted.zip(certified_by.clone()).map(|(records, certified_by)| Certificate {
                    deleted_at: now,
                    records,
                    in_backups_until: *in_backups_until,
                    certified_by,
                });
                let answer = Answer {
                    kind: ANSWER_TYPE.to_owned(),
                    about: opened.notice.clone(),
                    environment: key.environment(),
                    token: opened.token.reveal().to_owned(),
                    outcome: match outcome {
                        Word::Received => AnswerOutcome::Received,
                        Word::Done => AnswerOutcome::Done,
                        Word::NotHeld => AnswerOutcome::NotHeld,
                    },
                    answered_at: now,
                    certificate,
                    note: None,
                };
                let (json, signature) = answer.sign(&private_key(signing_key)?)?;
                write(out, &json)?;
                write(&beside(out), &signature)?;
                println!("{} and {}: send both back", out.display(), beside(out).display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    std::fs::write(path, bytes).map_err(EngineError::file("write", path))
}
