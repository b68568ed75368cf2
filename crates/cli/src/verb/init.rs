//! `causeway init`: how does an installation begin?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::{Database, Home, Keys, Surroundings, TlsMode};
use causeway_model::environment::Environment;
use clap::Args;

use super::{Ended, Place};

/// Makes an installation.
#[derive(Args)]
pub struct Init {
    /// Name of the operation: letters, digits, dashes.
    #[arg(long)]
    operation: String,
    /// For what it is, from now on and for ever: `production` for real people's data, `test` for invented people.
    #[arg(long, default_value = "production")]
    environment: Environment,
    /// Lets catalogues and exchanges come into use only by a second officer.
    #[arg(long)]
    two_person: bool,
    /// A PostgreSQL database instead of a file: `postgres://USER@HOST:PORT/DATABASE`, without a password.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// File with the password of the database, its owner's alone.
    #[arg(long, requires = "database", value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// Environment variable with the password of the database.
    #[arg(long, requires = "database", value_name = "NAME", conflicts_with = "database_password_file")]
    database_password_env: Option<String>,
    /// Certificate of the authority that signed the database server's.
    #[arg(long, requires = "database", value_name = "FILE")]
    database_ca: Option<PathBuf>,
    /// No TLS to the database: only for a server on this machine.
    #[arg(long, requires = "database", conflicts_with = "database_ca")]
    database_without_tls: bool,
}

impl Init {
    /// Makes folders, configuration and the four keys.
    pub fn run(&self, place: &Place) -> Ended {
        let Surroundings { entropy, environment, .. } = crate::hooks::surroundings();
        let database = self.database();
        if let Some(database) = &database {
            // Before anything is made: a URL that does not do, a password that is not there.
            database.server(&place.home, environment)?;
        }
        let mut home = Home::create(&place.home, &self.operation, self.environment, database)?;
        if self.two_person {
            home.demand_two_people()?;
        }
        let keys = Keys::generate(&home, &mut |buffer| entropy(buffer))?;
        let prints = keys.fingerprints();
        let tests = if self.environment == Environment::Test {
            ", for tests: real people's data have no place in it"
        } else {
            ""
        };
        println!("installation of operation `{}` in {}{tests}", self.operation, home.root().display());
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
        if self.database.is_some() {
            println!("the database is asked for the first time by `causeway doctor`: run that before anything else");
        }
        println!("next: `causeway officer new`, `causeway partner add`, `causeway catalogue import`");
        Ok(ExitCode::SUCCESS)
    }

    fn database(&self) -> Option<Database> {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Some(Database {
            url: self.database.clone()?,
            password_file: self.database_password_file.as_ref().map(absolute),
            password_env: self.database_password_env.clone(),
            tls: if self.database_without_tls { TlsMode::Off } else { TlsMode::VerifyFull },
            ca: self.database_ca.as_ref().map(absolute),
            serve: None,
        })
    }
}
