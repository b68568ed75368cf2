//! How does the whole database leave in a form that either kind can take back?
//!
//! [`Export`] reads every row of every table as of one moment, [`Restoring`] writes them into an empty database, of the
//! same kind or the other. Where the rows are kept meanwhile, and under which key, is for the caller to say.

mod export;
mod restore;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

pub use export::Export;
pub use restore::{Restored, Restoring};

use crate::StoreError;
use crate::db::{Bind, Value};

/// A table, and the columns that order its rows.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    /// A column that the database numbers by itself, in the order of the rows: it is not carried over.
    numbered: Option<&'static str>,
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key, numbered: None }
}

/// Every table that holds anything, those that others refer to first. A test compares the list with the database.
const TABLES: &[Table] = &[
    table("document", &["kind", "name", "version"]),
    table("officer", &["name"]),
    table("approval", &["arrangement", "version", "officer"]),
    table("partner", &["name"]),
    table("officer_role", &["officer", "role"]),
    table("partner_life", &["partner"]),
    table("partner_key", &["partner", "fingerprint"]),
    table("attestation", &["partner", "kind", "evidence", "valid_until"]),
    table("arrangement_life", &["arrangement", "version"]),
    table("arrangement_event", &["arrangement", "version", "number"]),
    table("arrangement_signature", &["arrangement", "version", "officer"]),
    table("assessment", &["name"]),
    table("staged_set", &["name"]),
    table("staged_document", &["staged", "kind", "name"]),
    table("activation", &["number"]),
    table("set_withdrawal", &["staged"]),
    table("enquiry", &["name"]),
    table("transfer", &["id"]),
    table("lease", &["transfer"]),
    table("package", &["id"]),
    table("package_key", &["package"]),
    table("package_content", &["package"]),
    table("package_state", &["package"]),
    table("state_dispute", &["package"]),
    table("person_decision", &["number"]),
    table("package_recall", &["package"]),
    table("package_erase_due", &["package"]),
    table("package_ready", &["package"]),
    table("decision_unasked", &["decision", "package"]),
    table("answer", &["id"]),
    table("look_up_round", &["number"]),
    table("look_up_count", &["client", "exchange", "hour"]),
    table("look_up_near", &["client", "exchange", "near", "question"]),
    table("look_up_hold", &["client", "exchange", "number"]),
    table("look_up_pause", &["one"]),
    table("decision_unasked_answer", &["decision", "answer"]),
    table("notice", &["id"]),
    table("notice_answer", &["notice", "outcome"]),
    table("erasure_certificate", &["package"]),
    table("pseudonym_rotation", &["id"]),
    table("delivery", &["transfer", "attempt"]),
    table("receipt", &["package"]),
    table("stop", &["id"]),
    table("request", &["transfer"]),
    table("exceptional_consent", &["transfer", "role"]),
    table("refused_request", &["id"]),
    table("sandbox", &["exchange"]),
    table("synthetic_only", &["partner"]),
    table("sandbox_key", &["partner"]),
    table("sandbox_run", &["package"]),
    table("real_data_asked", &["partner"]),
    table("schedule_pause", &["exchange", "number"]),
    table("schedule_occurrence", &["exchange", "due_at"]),
    table("intake", &["id"]),
    table("intake_waiting", &["intake", "record"]),
    table("intake_lease", &["intake"]),
    table("upload", &["id"]),
    table("alert", &["id"]),
    table("alert_dispatch", &["alert", "route"]),
    table("worker_beat", &["worker"]),
    table("client", &["name"]),
    table("client_grant", &["client", "scope"]),
    table("client_key", &["thumbprint"]),
    table("client_certificate", &["sha256"]),
    table("client_secret", &["client"]),
    table("part_taking", &["package", "number"]),
    table("access_token", &["sha256"]),
    table("assertion_seen", &["client", "jti_sha256"]),
    Table { name: "ledger_pending", key: &["id"], numbered: Some("id") },
    table("ledger_leaf", &["idx"]),
    table("ledger_node", &["level", "idx"]),
    table("checkpoint", &["size"]),
];

/// The names of the tables that a backup holds.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

/// A row outside of the database: numbers and texts as they are, bytes as `{"hex": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRow {
    /// Its table.
    pub table: String,
    /// Its values by column.
    pub values: Map<String, Json>,
}

fn to_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Int(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({ "hex": hex::encode(bytes) }),
        Value::Odd => return None,
    })
}

/// The argument that a value is written as.
fn to_bind(value: &Json) -> Option<Bind> {
    Some(match value {
        Json::Number(number) => Bind::from(number.as_i64()?),
        Json::String(text) => Bind::from(text),
        Json::Object(held) if held.len() == 1 => Bind::from(hex::decode(held.get("hex")?.as_str()?).ok()?),
        _ => return None,
    })
}

fn damaged(table: &str, what: &str) -> StoreError {
    StoreError::BadBackup { what: format!("a row of table `{table}` {what}") }
}
