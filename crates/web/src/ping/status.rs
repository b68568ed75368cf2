//! What became of a call?

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use causeway_engine::ask::PingCall;
use serde::Deserialize;

use super::Called;
use super::envelope::digits;
use super::ingest::told;
use super::read::{asked, body};

/// No body is longer: it holds ids.
const LONGEST: usize = 16 * 1024;

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "SPHTransactionId")]
    transaction: String,
}

/// Answers for a transaction.
pub(super) async fn status(called: Called) -> Response {
    one(called).await.unwrap_or_else(|response| *response)
}

async fn one((State(door), Extension(connection), headers, request): Called) -> Result<Response, Box<Response>> {
    let (named, status, _) = body::<Status>(&door, &headers, request, LONGEST).await?;
    // What is no id is the id of nothing.
    let transaction = digits(&status.transaction).unwrap_or_default();
    told(&asked(&door, connection, &headers, (named.meant(None), PingCall::Status { transaction }, &[])).await?)
}
