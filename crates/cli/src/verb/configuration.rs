//! `causeway configuration`: what is in use, what would change, and who brought it in?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::House;
use causeway_engine::command::{
    Signing, Staged, activate_configuration, diff_configuration, export_configuration, roll_back_configuration,
    stage_configuration, stage_file, withdraw_configuration,
};
use causeway_engine::configuration::Bringing;
use causeway_model::environment::Environment;
use causeway_store::Saved;
use causeway_store::change::StagedKind;
use causeway_store::query::SetHistory;
use clap::{Args, Subcommand};

use super::officer::again;
use super::page::Page;
use super::{By, Ended, Place, private_key};
use crate::say::plain;

/// The configuration as documents.
#[derive(Subcommand)]
pub enum Configuration {
    /// Writes everything that is in use into a new folder, one file an object.
    Export {
        /// A new folder.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Tells what a folder would change, member by member, and what stands against it. Exit 2 when something does.
    Diff {
        /// The folder, as `export` writes it.
        dir: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// Stages what a folder changes, all of it or nothing, for a second officer to activate.
    Import {
        /// The folder, as `export` writes it.
        dir: PathBuf,
        /// Name of the staged set.
        #[arg(long, value_name = "SET", required_unless_present = "dry_run")]
        stage: Option<String>,
        /// Only tells what would be staged.
        #[arg(long, conflicts_with = "stage")]
        dry_run: bool,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        by: By,
    },
    /// Takes a staged set back, as one of the two: it never comes into use.
    Withdraw {
        /// The set.
        set: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Brings a staged set into use, as another officer than the one who staged it.
    Activate {
        /// The set.
        set: String,
        #[command(flatten)]
        by: By,
    },
    /// Stages what was in use when a set was activated, as next versions, for a second officer to activate.
    RollBack {
        /// The set to go back to.
        to: String,
        /// Name of the staged set.
        #[arg(long, value_name = "SET")]
        stage: String,
        #[command(flatten)]
        by: By,
    },
    /// Lists the sets, oldest first: who staged them, who activated them, what is in them.
    History(Page),
}

/// How a folder is brought in.
#[derive(Args)]
pub struct How {
    /// What is not in the folder stays as it is.
    #[arg(long)]
    partial: bool,
    /// It comes on purpose from the operation's installation of that environment (`test`): implies `--partial`.
    #[arg(long, value_name = "ENVIRONMENT")]
    promoted_from: Option<Environment>,
}

impl How {
    fn bringing(&self) -> Bringing {
        Bringing { partial: self.partial, promoted_from: self.promoted_from }
    }
}

impl Configuration {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        match self {
            Configuration::Export { out } => {
                let objects = export_configuration(&house, &place.actor, out).await?;
                println!("{objects} objects in {}", out.display());
            }
            Configuration::Diff { dir, how } => {
                let proposal = diff_configuration(&house, &place.actor, dir, how.bringing()).await?;
                tell(&proposal.lines);
                proposal.sound(&dir.display().to_string())?;
            }
            Configuration::Import { dir, dry_run: true, how, by, .. } => {
                let proposal = diff_configuration(&house, by.officer(), dir, how.bringing()).await?;
                tell(&proposal.lines);
                let proposal = proposal.sound(&dir.display().to_string())?;
                println!("{} would be staged", counted(proposal.documents.len()));
            }
            Configuration::Import { dir, stage, how, by, .. } => {
                let (set, key) = (stage.as_deref().unwrap_or_default(), by.key()?);
                let signing = Signing { officer: by.officer(), key: &key };
                let (proposal, staged) = stage_configuration(&house, signing, dir, set, how.bringing()).await?;
                tell(&proposal.lines);
                match staged {
                    Some(staged) => staged_set(&staged),
                    None => println!("nothing to stage"),
                }
            }
            Configuration::Activate { set, by } => {
                let key = by.key()?;
                let signing = Signing { officer: by.officer(), key: &key };
                let (documents, saved) = activate_configuration(&house, signing, set).await?;
                match saved {
                    Saved::New => println!("set {set} is in use: {}", counted(documents)),
                    Saved::Already => println!("set {set} was in use already; nothing was changed"),
                }
            }
            Configuration::RollBack { to, stage, by } => {
                let key = by.key()?;
                let signing = Signing { officer: by.officer(), key: &key };
                let back = roll_back_configuration(&house, signing, to, stage).await?;
                back.goes_back.iter().for_each(|line| println!("{}", plain(line)));
                back.stays.iter().for_each(|line| println!("stays: {}", plain(line)));
                match back.staged {
                    Some(staged) => staged_set(&staged),
                    None => println!("everything is as it was then; nothing to stage"),
                }
            }
            Configuration::Withdraw { set, reason } => {
                let saved = withdraw_configuration(&house, &place.actor, set, reason).await?;
                println!("set {} is taken back{}", plain(set), again(saved));
            }
            Configuration::History(page) => history(&house, page).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Stages one file as a set of its own.
pub(super) async fn stage_one(house: &House, officer: &str, key: &Path, kind: StagedKind, file: &Path) -> Ended {
    let key = private_key(key)?;
    staged_set(&stage_file(house, Signing { officer, key: &key }, kind, file).await?);
    Ok(ExitCode::SUCCESS)
}

fn tell(lines: &[String]) {
    lines.iter().for_each(|line| println!("{}", plain(line)));
    if lines.is_empty() {
        println!("no difference");
    }
}

fn staged_set(staged: &Staged) {
    let again = if staged.again { " already" } else { "" };
    println!("set {} is staged{again}: {}, sha256 {}", staged.set, counted(staged.documents), staged.sha256);
    println!("not in use until another officer activates it: `causeway configuration activate {}`", staged.set);
}

fn counted(documents: usize) -> String {
    format!("{documents} document{}", if documents == 1 { "" } else { "s" })
}

async fn history(house: &House, page: &Page) -> Result<(), causeway_engine::EngineError> {
    let found = house.store.set_history(page.after(), page.asked()).await?;
    let withdrawals = house.store.withdrawals().await?;
    let (sets, end) = page.cut(found, |history| history.set.name.clone());
    for SetHistory { set, activated, documents } in sets {
        let standing = activated.map_or_else(
            || match withdrawals.iter().find(|one| one.set == set.name) {
                Some(one) => {
                    format!("taken back by {} on {}: {}", one.withdrawn_by, one.withdrawn_at, plain(&one.reason))
                }
                None => "not activated".to_owned(),
            },
            |(number, by, at)| format!("activated as number {number} by {by} on {at}"),
        );
        let (name, origin) = (plain(&set.name), set.origin.name());
        println!("{name} ({origin}): staged by {} on {}, {standing}", set.staged_by, set.staged_at);
        for (kind, name, version) in documents {
            println!("  {} {} version {version}", kind.name(), plain(&name));
        }
    }
    end.tell();
    Ok(())
}
