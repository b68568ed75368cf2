//! `causeway person`: what left this house about one person, for the person's own question?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::trace_disclosures;
use causeway_engine::letter::{Language, letter};
use causeway_engine::query::private_text;
use clap::{Subcommand, ValueEnum};

use super::{Ended, Place};

/// What a person may ask.
#[derive(Subcommand)]
pub enum Person {
    /// Who received what about a person, in which form, when, for what. The question and its reason stand in the ledger, the person
    /// does not.
    Disclosures {
        /// The entity whose records are people, as the catalogue calls it.
        #[arg(long)]
        entity: String,
        /// File with the person's key, one line, or `-` for the standard input. Never on the command line, where others see it.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// Why it is asked.
        #[arg(long)]
        reason: String,
        /// Plain words for the person, or JSON for a counsellor's tools.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Language of the text.
        #[arg(long, default_value = "en")]
        language: Language,
    },
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Sentences.
    Text,
    /// JSON.
    Json,
}

impl Person {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let Person::Disclosures { entity, key_file, reason, format, language } = self;
        let key = private_text(key_file)?;
        let house = place.beside().await?;
        let found = trace_disclosures(&house, &place.actor, entity, &key, reason).await?;
        let text = match format {
            Format::Text => letter(&found, *language, house.home.config().contact.as_deref())?,
            Format::Json => json(&found)?,
        };
        println!("{}", crate::say::plain(text.trim_end()));
        Ok(ExitCode::SUCCESS)
    }
}

/// An answer as JSON, for people to read too.
pub fn json(answer: &impl serde::Serialize) -> Result<String, EngineError> {
    serde_json::to_string_pretty(answer).map_err(|error| EngineError::Wrong(format!("the answer is no JSON: {error}")))
}
