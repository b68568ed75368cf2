//! How is a working exchange carried over to another operation? Every identifier in it is listed, and each must be mapped.
//!
//! - `identifier`: the kinds of identifiers, and where one stands;
//! - `walk`: the one walk over the three documents that both lists and replaces, so that nothing is listed and not replaced,
//!   or the other way round;
//! - `paths`: paths, conditions and outputs, which mean something only along the catalogue's relations;
//! - `parts`: what of the catalogue the exchange and its arrangement need;
//! - `known`: the same walk, asking whether a catalogue knows every name;
//! - `mapping`: the file in which a person says what each identifier is called over there.

mod identifier;
mod known;
mod mapping;
mod parts;
mod paths;
mod walk;

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use serde_json::Value;

use super::standing::sparing;
use crate::error::EngineError;

pub(crate) use identifier::{Identifier, Site};
pub(crate) use known::unknown_names;
pub(crate) use mapping::{Mapping, template};
pub(crate) use parts::needed;
pub(crate) use walk::walk;

/// The documents that an exchange needs.
#[derive(Clone)]
pub(crate) struct Documents {
    pub(crate) catalogue: Catalogue,
    pub(crate) arrangement: Arrangement,
    pub(crate) exchange: Exchange,
}

/// The files of a clone.
pub(crate) const CATALOGUE: &str = "catalogue.yaml";
/// The arrangement's.
pub(crate) const ARRANGEMENT: &str = "arrangement.yaml";
/// The exchange's.
pub(crate) const EXCHANGE: &str = "exchange.yaml";
/// The mapping's.
pub(crate) const MAPPING: &str = "mapping.yaml";

impl Documents {
    /// Each file with its value, as it is written.
    pub(crate) fn values(&self) -> Result<[(&'static str, Value); 3], EngineError> {
        let wrong = |error: serde_json::Error| EngineError::Wrong(error.to_string());
        Ok([
            (CATALOGUE, sparing(serde_json::to_value(&self.catalogue).map_err(wrong)?)),
            (ARRANGEMENT, sparing(serde_json::to_value(&self.arrangement).map_err(wrong)?)),
            (EXCHANGE, sparing(serde_json::to_value(&self.exchange).map_err(wrong)?)),
        ])
    }
}
