//! Which records are sent, and what became of each?

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use causeway_engine::ask::{LONGEST_BODY, PingCall, Sent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::Called;
use super::envelope::{later, outcomes};
use super::read::{asked, body};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ingest {
    data: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Record {
    #[serde(default)]
    external_id: Option<Box<RawValue>>,
    #[serde(default, rename = "ExternalGUID")]
    external_guid: Option<Box<RawValue>>,
    #[serde(default)]
    attachments: Option<Vec<Box<RawValue>>>,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Field {
    name: String,
    // Not an option: a value that is `null` is one.
    value: Box<RawValue>,
}

/// Answers once the records were applied, or after a while.
pub(super) async fn at_once(Path(partner): Path<String>, called: Called) -> Response {
    one(partner, true, called).await.unwrap_or_else(|response| *response)
}

/// Answers once the records are kept, sealed, with an entry of the ledger.
pub(super) async fn queued(Path(partner): Path<String>, called: Called) -> Response {
    one(partner, false, called).await.unwrap_or_else(|response| *response)
}

async fn one(
    partner: String,
    wait: bool,
    (State(door), Extension(connection), headers, request): Called,
) -> Result<Response, Box<Response>> {
    let (named, ingest, _place) = body::<Ingest>(&door, &headers, request, LONGEST_BODY).await?;
    let sent: Vec<Sent> = ingest.data.into_iter().map(Sent::from).collect();
    let sent = Zeroizing::new(serde_json::to_vec(&sent).map_err(|_| later())?);
    let said =
        asked(&door, connection, &headers, (named.meant(Some(partner)), PingCall::Ingest { wait }, &sent)).await?;
    told(&said)
}

impl From<Record> for Sent {
    fn from(record: Record) -> Self {
        let attached = record.attachments.is_some_and(|attachments| !attachments.is_empty());
        let some = |value: &RawValue| !matches!(value.get(), "null" | "\"\"");
        Self {
            external_id: record.external_id.filter(|id| some(id)),
            external_guid: record.external_guid.filter(|id| some(id)),
            fields: record.fields.into_iter().map(|field| (field.name, field.value)).collect(),
            besides: if attached { vec!["Attachments".to_owned()] } else { Vec::new() },
        }
    }
}

/// What `work` says of an intake.
#[derive(Deserialize)]
struct Told {
    intake: String,
    state: String,
    violations: Vec<Reason>,
    records: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    detail: String,
}

#[derive(Deserialize)]
struct Outcome {
    external_id: Option<Box<RawValue>>,
    outcome: String,
    id: Option<String>,
    errors: Vec<Error>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all(serialize = "PascalCase"))]
struct Error {
    field: String,
    code: String,
    message: String,
}

/// What became of a record, in words of this door.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    external_id: Option<Box<RawValue>>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    errors: Vec<Error>,
}

/// What `work` says of records that were sent, in the envelope.
pub(super) fn told(said: &[u8]) -> Result<Response, Box<Response>> {
    let told: Told = serde_json::from_slice(said).map_err(|_| later())?;
    let lines: Vec<Line> = told.records.into_iter().map(Line::from).collect();
    let why: Vec<String> = told.violations.iter().map(|one| format!("{}: {}", one.code, one.detail)).collect();
    let why = (!why.is_empty()).then(|| why.join("; "));
    Ok(outcomes(&told.intake, state(&told.state), &lines, why.as_deref()))
}

impl From<Outcome> for Line {
    fn from(one: Outcome) -> Self {
        let status = match one.outcome.as_str() {
            "inserted" => "Accepted",
            "updated" => "Updated",
            "duplicate" => "Duplicate",
            "waiting" | "conflict" => "Pending",
            _ => "Rejected",
        };
        Self { external_id: one.external_id, status, id: one.id, errors: one.errors }
    }
}

fn state(state: &str) -> &'static str {
    match state {
        "received" => "Received",
        "rejected" | "cancelled" | "undone" => "Rejected",
        "applied" | "acknowledged" => "Completed",
        _ => "Processing",
    }
}
