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
    /// An exchange that accepts.
    Inbound,
    /// A partner's profile.
    Partner,
    /// An impact assessment.
    Assessment,
    /// An enquiry.
    Enquiry,
    /// The checklist that answers an enquiry.
    Checklist,
    /// From when on an assessment is due, and when people are warned of an end.
    Thresholds,
}

impl Schema {
    /// Prints it.
    pub fn run(&self) -> Ended {
        let schema = match self.document {
            Document::Catalogue => schemars::schema_for!(causeway_model::catalogue::Catalogue),
            Document::Arrangement => schemars::schema_for!(causeway_model::arrangement::Arrangement),
            Document::Exchange => schemars::schema_for!(causeway_model::exchange::Exchange),
            Document::Inbound => schemars::schema_for!(causeway_model::inbound::Inbound),
            Document::Partner => schemars::schema_for!(causeway_model::partner::Profile),
            Document::Assessment => schemars::schema_for!(causeway_model::assessment::Assessment),
            Document::Enquiry => schemars::schema_for!(causeway_model::enquiry::Enquiry),
            Document::Checklist => schemars::schema_for!(causeway_model::enquiry::Checklist),
            Document::Thresholds => schemars::schema_for!(causeway_model::assessment::ThresholdsDocument),
        };
        println!("{}", serde_json::to_string_pretty(&schema).map_err(|error| EngineError::Wrong(error.to_string()))?);
        Ok(ExitCode::SUCCESS)
    }
}
