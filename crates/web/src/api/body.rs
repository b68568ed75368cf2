//! What lies in a body? No more than may, and nobody waits for long for the next byte.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;

use crate::problem::{problem, wrong};

/// How long the next byte may take.
const NEXT: Duration = Duration::from_secs(30);

/// The bytes of a body of at most `most`.
pub(super) async fn read(mut body: Body, most: usize) -> Result<Vec<u8>, Box<Response>> {
    let mut bytes = Vec::new();
    loop {
        let frame = match tokio::time::timeout(NEXT, body.frame()).await {
            Ok(None) => return Ok(bytes),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => {
                return Err(problem(StatusCode::BAD_REQUEST, "body-cut", "the body ended in the middle").into());
            }
            Err(_) => {
                return Err(problem(StatusCode::REQUEST_TIMEOUT, "body-slow", "the body did not come in time").into());
            }
        };
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > most {
                return Err(
                    problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", "the body is longer than may be").into()
                );
            }
            bytes.extend(&data);
        }
    }
}

/// Refuses a body of another kind.
pub(super) fn demand_kind(headers: &HeaderMap, kind: &'static str) -> Result<(), Box<Response>> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    if said.eq_ignore_ascii_case(kind) && headers.get(header::CONTENT_ENCODING).is_none() {
        return Ok(());
    }
    let detail = format!("send `{kind}`, not compressed");
    Err(wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body-of-another-kind", "the body is of another kind", &detail)
        .into())
}
