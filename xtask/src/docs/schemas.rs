//! Which members may governance documents have? As JSON Schema, for editors.

use causeway_model::arrangement::Arrangement;
use causeway_model::assessment::{Assessment, ThresholdsDocument};
use causeway_model::catalogue::Catalogue;
use causeway_model::enquiry::Enquiry;
use causeway_model::exchange::Exchange;
use causeway_model::inbound::Inbound;
use causeway_model::partner::Profile;
use causeway_model::request::{RefusedRequest, TransferRequest, Wanted};
use schemars::{Schema, schema_for};

use crate::Outcome;

/// The schemas by name, as text.
pub fn all() -> Outcome<Vec<(&'static str, String)>> {
    let text = |schema: Schema| -> Outcome<String> { Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?)) };
    Ok(vec![
        ("arrangement", text(schema_for!(Arrangement))?),
        ("assessment", text(schema_for!(Assessment))?),
        ("catalogue", text(schema_for!(Catalogue))?),
        ("enquiry", text(schema_for!(Enquiry))?),
        ("exchange", text(schema_for!(Exchange))?),
        ("inbound", text(schema_for!(Inbound))?),
        ("partner", text(schema_for!(Profile))?),
        ("refused-request", text(schema_for!(RefusedRequest))?),
        ("thresholds", text(schema_for!(ThresholdsDocument))?),
        ("transfer-request", text(schema_for!(TransferRequest))?),
        ("wanted", text(schema_for!(Wanted))?),
    ])
}
