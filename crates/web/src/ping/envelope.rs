//! How is a call answered? In one envelope, whether something is told or refused, with ids that look like GUIDs.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use causeway_engine::ask::{Answer, Unanswered};
use serde::Serialize;
use serde_json::value::RawValue;

/// What stands in the place of records where there are none: clients look for this very text.
const NOTHING: &str = "No Data Available";

/// How long somebody who was told to come again should wait, in seconds.
const AGAIN: u64 = 5;

/// An answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'e, D: Serialize> {
    data: D,
    error_message: Option<&'e str>,
    record_count: u64,
    #[serde(rename = "SPHTransactionId")]
    transaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging_summary: Option<&'e Paging>,
}

/// Which page it is.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    pub(super) paging_cookie: Option<String>,
    pub(super) page_number: u64,
    pub(super) is_more_records_available: bool,
}

/// Rows of a page.
pub(super) fn rows(answer: &str, rows: &RawValue, count: u64, paging: &Paging) -> Response {
    let (transaction, status) = (guid(answer), None);
    let head = (transaction, status, Some(paging));
    match count {
        0 => shown(NOTHING, None, 0, head),
        _ => shown(rows, None, count, head),
    }
}

/// What became of records that were sent.
pub(super) fn outcomes<D: Serialize>(intake: &str, status: &str, records: &[D], why: Option<&str>) -> Response {
    shown(records, why, records.len() as u64, (guid(intake), Some(status), None))
}

fn shown(
    data: impl Serialize,
    error_message: Option<&str>,
    record_count: u64,
    (transaction, status, paging_summary): (Option<String>, Option<&str>, Option<&Paging>),
) -> Response {
    written(StatusCode::OK, &Envelope { data, error_message, record_count, transaction, status, paging_summary })
}

/// Nothing, and why.
pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    let envelope = Envelope {
        data: NOTHING,
        error_message: Some(why),
        record_count: 0,
        transaction: None,
        status: None,
        paging_summary: None,
    };
    written(status, &envelope)
}

fn written(status: StatusCode, envelope: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(envelope) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What `work` says that is no data, in words of this door.
pub(super) fn answered(answer: Answer) -> Response {
    match answer {
        Answer::NobodyKnown => nobody(),
        Answer::NotThere => refused(StatusCode::BAD_REQUEST, "there is nothing of these ids"),
        Answer::Refused { violations } => {
            let why: Vec<String> = violations.iter().map(|one| format!("{}: {}", one.code, one.detail)).collect();
            refused(StatusCode::BAD_REQUEST, &why.join("; "))
        }
        Answer::Wrong { detail, .. } => refused(StatusCode::BAD_REQUEST, &detail),
        Answer::Wait { seconds } => wait(seconds),
        Answer::Failed { why } => {
            tracing::warn!(why, "a call came to nothing");
            later()
        }
        _ => later(),
    }
}

/// An answer that another door gave in its own words: its status and what headers say stay.
pub(super) fn dressed(from: &Response) -> Response {
    let why = match from.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is longer than may be",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "the body is of another kind: send JSON in UTF-8, not compressed",
        StatusCode::TOO_MANY_REQUESTS => "this program has called too often",
        StatusCode::REQUEST_TIMEOUT => "the body did not come in time",
        status if status.is_server_error() => "it cannot be answered now",
        _ => "the body cannot be read",
    };
    let mut response = refused(from.status(), why);
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        if let Some(value) = from.headers().get(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// Token or key are none.
pub(super) fn nobody() -> Response {
    let mut response = refused(StatusCode::UNAUTHORIZED, "the call shows no token and key that count");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Nobody answers for `serve`.
pub(super) fn unanswered(why: &Unanswered) -> Response {
    tracing::warn!(%why, "nobody answered");
    later()
}

pub(super) fn later() -> Response {
    let mut response = refused(StatusCode::SERVICE_UNAVAILABLE, "it cannot be answered now");
    response.headers_mut().insert(header::RETRY_AFTER, AGAIN.into());
    response
}

fn wait(seconds: u64) -> Response {
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "ask again later");
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// What fills an id of ours up to a GUID.
const FILLED: &str = "000000000000";

/// An id of ours in the spelling of these clients.
fn guid(id: &str) -> Option<String> {
    let (_, digits) = id.split_once('-')?;
    let hex = format!("{digits}{FILLED}");
    let part = |from, to| hex.get(from..to);
    let parts = [part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?];
    (hex.len() == 32).then(|| parts.join("-"))
}

/// The hexadecimal digits of an id in the spelling of these clients.
pub(super) fn digits(guid: &str) -> Option<String> {
    let plain: String = guid.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    let digits = plain.strip_suffix(FILLED)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_two_spellings() {
        let (ours, theirs) = ("in-0011223344556677ccdd", "00112233-4455-6677-ccdd-000000000000");
        assert_eq!(guid(ours).unwrap(), theirs);
        for spelling in [theirs, "00112233-4455-6677-CCDD-000000000000", "0011223344556677ccdd000000000000"] {
            assert_eq!(digits(spelling).unwrap(), "0011223344556677ccdd");
        }
        for none in ["", "in-1", "00112233-4455-6677-ccdd-00000000000", "00112233-4455-6677-ccdd-000000000001"] {
            assert_eq!(digits(none), None, "{none}");
        }
        assert_eq!(guid("in-001122"), None);
    }
}
