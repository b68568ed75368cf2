//! `causeway init`: how does an installation begin?

use std::process::ExitCode;

use causeway_engine::{Home, Keys};
use clap::Args;

use super::{Ended, Place};

/// Makes an installation.
#[derive(Args)]
pub struct Init {
    /// Name of the operation: letters, digits, dashes.
    #[arg(long)]
    operation: String,
}

impl Init {
    /// Makes folders, configuration and the four keys.
    pub fn run(&self, place: &Place) -> Ended {
        let home = Home::create(&place.home, &self.operation)?;
        let entropy = crate::hooks::surroundings().entropy;
        let keys = Keys::generate(&home, &mut |buffer| entropy(buffer))?;
        let prints = keys.fingerprints();
        println!("installation of operation `{}` in {}", self.operation, home.root().display());
        println!(
            "keys in {} (keep a copy elsewhere, sealed to two officers; they are in no backup)",
            home.keys().display()
        );
        println!(
            "  package signing   {}   tell it to partners, with {}",
            prints.package,
            home.keys().join("package-signing.pub.pem").display()
        );
        println!("  ledger            {}   tell it to auditors", prints.ledger);
        println!("  operation         {}", prints.operation);
        println!("  pseudonym root    (has no public part)");
        println!("next: `causeway officer new`, `causeway partner add`, `causeway catalogue import`");
        Ok(ExitCode::SUCCESS)
    }
}
