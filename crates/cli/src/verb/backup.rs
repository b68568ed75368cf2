//! `causeway backup` and `causeway restore`: how does an installation outlive its machine?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::{EngineError, Home, backup};
use clap::Args;

use super::{Ended, Place};

/// Copies database, sealed packages and sealed reports into one file, encrypted to the operation's key. Never keys.
#[derive(Args)]
pub struct Backup {
    /// The file to make.
    file: PathBuf,
    /// Destroys backups beside it that may not be kept any more.
    #[arg(long)]
    destroy_old: bool,
}

/// Fills an empty installation from a backup; its keys must be there already.
#[derive(Args)]
pub struct Restore {
    /// The backup.
    file: PathBuf,
    /// Accept that so many of the newest ledger entries are lost, because no newer backup exists. The ledger will tell it.
    #[arg(long, value_name = "ENTRIES")]
    accept_loss: Option<u64>,
    /// Who accepts the loss: a representative or a data protection officer. Who acts, unless said.
    #[arg(long, value_name = "NAME", requires = "accept_loss")]
    loss_accepted_by: Option<String>,
}

impl Backup {
    /// Makes it.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        let aged = backup::aged(&house, &self.file)?;
        if let (Some(oldest), false) = (aged.first(), self.destroy_old) {
            return Err(EngineError::Wrong(format!(
                "`{}` was made at {} and may not be kept longer than {} days: destroy it, or say `--destroy-old`",
                oldest.path.display(),
                oldest.made_at,
                house.home.config().backup_days
            )));
        }
        let made = backup::make(&house, &place.actor, &self.file).await?;
        for one in &aged {
            backup::destroy(&house, &place.actor, one).await?;
            println!("{} is destroyed: it was made at {}", one.path.display(), one.made_at);
        }
        println!("{}: {} rows, {} files, {} bytes", self.file.display(), made.rows, made.files, made.size);
        println!("sha256 {}", made.sha256);
        println!("keep it until {} at the latest, then destroy it", made.keep_until);
        println!("keys are not in it: without `{}` nobody can open it", house.home.keys().display());
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    /// Restores it, proves the ledger and signs that it was restored.
    pub async fn run(&self, place: &Place) -> Ended {
        let home = Home::open(&place.home)?;
        let surroundings = crate::hooks::surroundings();
        let by = self.loss_accepted_by.as_deref();
        let back = backup::restore(&home, surroundings, &place.actor, &self.file, self.accept_loss, by).await?;
        let house = place.house().await?;
        house.sequence().await?;
        let verified = house.store.ledger().await?.verify(None).await?;
        println!("restored as of {}: {} rows, {} files", back.made_at, back.database.rows, back.files);
        println!("ledger is whole: {} leaves, root {}", verified.size, verified.root.to_hex());
        if back.database.lost > 0 {
            println!("{} ledger entries are lost; the ledger tells it", back.database.lost);
            println!("ask partners for receipts and packages since then, and compare");
        }
        Ok(ExitCode::SUCCESS)
    }
}
