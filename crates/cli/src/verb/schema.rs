//! `causeway schema`: what may stand in a document?

use std::process::ExitCode;

use causeway_engine::EngineError;
use clap::{Args, ValueEnum};

use super::Ended;

/// Prints the JSON Schema of a document.
#[derive(Args)]
pub struct Schema {
    /// Which document.
    document: Document,
}

/// A kind of document.
#[derive(Clone, Copy, ValueEnum)]
pub enum Document {
    /// The catalogue.
    Catalogue,
    /// An arrangement.
    Arrangement,
    /// An exchange.
    Exchange,
    /// A partner's profile.
    Partner,
    /// An impact assessment.
    Assessment,
}

impl Schema {
    /// Prints it.
    pub fn run(&self) -> Ended {
        let schema = match self.document {
            Document::Catalogue => schemars::schema_for!(causeway_model::catalogue::Catalogue),
            Document::Arrangement => schemars::schema_for!(causeway_model::arrangement::Arrangement),
            Document::Exchange => schemars::schema_for!(causeway_model::exchange::Exchange),
            Document::Partner => schemars::schema_for!(causeway_model::partner::Profile),
            Document::Assessment => schemars::schema_for!(causeway_model::assessment::Assessment),
        };
        println!("{}", serde_json::to_string_pretty(&schema).map_err(|error| EngineError::Wrong(error.to_string()))?);
        Ok(ExitCode::SUCCESS)
    }
}
