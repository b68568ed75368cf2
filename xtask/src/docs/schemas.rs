//! Which members may a catalogue, an arrangement and an exchange have? As JSON Schema, for editors.

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use schemars::{Schema, schema_for};

use crate::Outcome;

/// The schemas by name, as text.
pub fn all() -> Outcome<Vec<(&'static str, String)>> {
    let text = |schema: Schema| -> Outcome<String> { Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?)) };
    Ok(vec![
        ("arrangement", text(schema_for!(Arrangement))?),
        ("catalogue", text(schema_for!(Catalogue))?),
        ("exchange", text(schema_for!(Exchange))?),
    ])
}
