//! `causeway database`: which rights does a user of a PostgreSQL database need that only looks?

use std::process::ExitCode;

use causeway_engine::EngineError;
use clap::Subcommand;

use super::Ended;

/// The database on a server.
#[derive(Subcommand)]
pub enum Database {
    /// Prints what the owner of the tables runs, so that `causeway serve` can connect as a user that may only read.
    Grants {
        /// The user: letters, digits and underscores.
        user: String,
    },
}

impl Database {
    /// Prints it.
    pub fn run(&self) -> Ended {
        let Self::Grants { user } = self;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if user.is_empty() || user.len() > 63 || !user.chars().all(plain) {
            return Err(EngineError::Wrong(format!(
                "`{}` is no name of a user: lower-case letters, digits and underscores",
                user.escape_default()
            )));
        }
        println!("-- Run by the owner of the tables, and again after each upgrade: new tables are not in it.");
        println!("DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {user}', current_schema()); END $$;");
        let secret = |table: &&str| *table != "client_secret";
        let tables = causeway_store::backup::tables().into_iter().filter(secret);
        for table in tables.chain(["schema_version", "schema_writer"]) {
            println!("GRANT SELECT ON {table} TO {user};");
        }
        Ok(ExitCode::SUCCESS)
    }
}
