//! `causeway retention`: where are copies of what left, and who has certified that theirs is gone?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{accept_certificate, erase_package};
use causeway_engine::query::copies;
use causeway_package::notice::{ANSWER_TYPE, Answer, AnswerOutcome, Certificate};
use causeway_package::receipt::Receipt;
use clap::Subcommand;
use jiff::civil::Date;

use super::receipt::beside;
use super::{Ended, Place, private_key};
use crate::say::plain;

/// Copies of what left.
#[derive(Subcommand)]
pub enum Retention {
    /// Packages of which a copy is here, or may be at a partner.
    List {
        /// Only of this partner.
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
        /// Only those of which the partner's day is over and nothing is certified.
        #[arg(long)]
        overdue: bool,
    },
    /// Erases our copy of a package before its time.
    Erase {
        /// The package.
        package: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Adds a partner's certificate that it erased what was in a package.
    Add {
        /// The certificate.
        certificate: PathBuf,
        /// Its signature; the certificate's name with `.sig` unless said.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
    /// Signs such a certificate, as the partner.
    Certify {
        /// The receipt that was signed for the package.
        receipt: PathBuf,
        /// The partner's private signing key file.
        #[arg(long)]
        signing_key: PathBuf,
        /// How many records were deleted.
        #[arg(long, value_name = "RECORDS")]
        deleted: u64,
        /// Who certifies it: an office.
        #[arg(long, value_name = "OFFICE")]
        certified_by: String,
        /// The last day on which a backup may still hold them.
        #[arg(long, value_name = "DAY")]
        in_backups_until: Option<Date>,
        /// Where the certificate goes; its signature goes beside it with `.sig`.
        #[arg(long)]
        out: PathBuf,
    },
}

impl Retention {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Retention::List { partner, overdue } => {
                let house = place.beside().await?;
                let found = copies(&house, &place.actor, partner.as_deref(), *overdue).await?;
                for one in &found {
                    let ours = match (one.package.erased_at, one.ours_until) {
                        (Some(_), _) => "erased here".to_owned(),
                        (None, Some(day)) => format!("here until {day}"),
                        (None, None) => format!("here, {}", one.package.state),
                    };
                    let theirs = match (one.package.was_begun, one.package.certified_at) {
                        (false, _) => "never sent".to_owned(),
                        (true, Some(_)) => format!("{} certified", plain(&one.partner)),
                        (true, None) => format!("{} until {}", plain(&one.partner), one.theirs_until),
                    };
                    let late = if one.overdue { ": OVERDUE" } else { "" };
                    println!("{}  {}  {ours}; {theirs}{late}", one.package.package, plain(&one.package.exchange));
                }
                if found.is_empty() {
                    println!("{}", if *overdue { "no partner is late" } else { "there are no copies" });
                }
            }
            Retention::Erase { package, reason } => {
                let house = place.beside().await?;
                match erase_package(&house, &place.actor, package, reason).await? {
                    Some(purged) => println!("package {} is erased", purged.package),
                    None => println!("package {} was erased before", plain(package)),
                }
            }
            Retention::Add { certificate, signature } => {
                let found = signature.clone().unwrap_or_else(|| beside(certificate));
                let json = std::fs::read(certificate).map_err(EngineError::file("read", certificate))?;
                let signature = std::fs::read(&found).map_err(EngineError::file("read", found))?;
                let house = place.beside().await?;
                let came = accept_certificate(&house, &place.actor, &json, &signature).await?;
                let again = if came.again { ", as before" } else { "" };
                println!(
                    "package {}: {} certifies that {} records are deleted{again}",
                    came.package,
                    plain(&came.partner),
                    came.records
                );
                if came.records != came.released {
                    println!("  {} were in it: ask what became of the others", came.released);
                }
            }
            Retention::Certify { receipt, signing_key, deleted, certified_by, in_backups_until, out } => {
                let text = std::fs::read(receipt).map_err(EngineError::file("read", receipt))?;
                let receipt: Receipt = serde_json::from_slice(&text)
                    .map_err(|_| EngineError::Wrong(format!("`{}` is no receipt", receipt.display())))?;
                let now = (crate::hooks::surroundings().now)();
                let answer = Answer {
                    kind: ANSWER_TYPE.to_owned(),
                    about: receipt.package,
                    environment: receipt.environment,
                    token: receipt.token,
                    outcome: AnswerOutcome::Done,
                    answered_at: now,
                    certificate: Some(Certificate {
                        deleted_at: now,
                        records: *deleted,
                        in_backups_until: *in_backups_until,
                        certified_by: certified_by.clone(),
                    }),
                    note: None,
                };
                let (json, signature) = answer.sign(&private_key(signing_key)?)?;
                std::fs::write(out, json).map_err(EngineError::file("write", out))?;
                std::fs::write(beside(out), signature).map_err(EngineError::file("write", beside(out)))?;
                println!("{} and {}: send both back", out.display(), beside(out).display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
