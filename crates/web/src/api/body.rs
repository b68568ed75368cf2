//! What lies in a body? No more than may, few long ones at a time, and nobody waits for long for the next byte.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::call;
use crate::problem::{problem, wrong};

/// How long the next byte may take.
const NEXT: Duration = Duration::from_secs(30);

/// How long all of it may take, where it may be long.
const WHOLE: Duration = Duration::from_secs(120);

/// A body that is longer needs a place among the long ones.
const LONG: usize = 256 * 1024;

/// As many long bodies are held at a time.
const LONG_ONES: usize = 16;

/// Places for long bodies.
pub(crate) fn places() -> Semaphore {
    Semaphore::new(LONG_ONES)
}

/// A body, with its place among the long ones where it needs one, for as long as it is held.
pub(crate) struct Held<'p> {
    pub(crate) bytes: Vec<u8>,
    _place: Option<SemaphorePermit<'p>>,
}

impl Held<'_> {
    /// No body.
    pub(crate) fn nothing() -> Self {
        Self { bytes: Vec::new(), _place: None }
    }
}

/// The bytes of a body of at most `most`.
pub(crate) async fn read(body: Body, most: usize, places: &Semaphore) -> Result<Held<'_>, Box<Response>> {
    let whole = if most > LONG { WHOLE } else { NEXT };
    tokio::time::timeout(whole, held(body, most, places)).await.unwrap_or_else(|_| Err(slow()))
}

fn slow() -> Box<Response> {
    problem(StatusCode::REQUEST_TIMEOUT, "body-slow", "the body did not come in time").into()
}

async fn held(mut body: Body, most: usize, places: &Semaphore) -> Result<Held<'_>, Box<Response>> {
    let (mut bytes, mut place) = (Vec::new(), None);
    loop {
        let frame = match tokio::time::timeout(NEXT, body.frame()).await {
            Ok(None) => return Ok(Held { bytes, _place: place }),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => {
                return Err(problem(StatusCode::BAD_REQUEST, "body-cut", "the body ended in the middle").into());
            }
            Err(_) => return Err(slow()),
        };
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > most {
                return Err(
                    problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", "the body is longer than may be").into()
                );
            }
            bytes.extend(&data);
            if bytes.len() > LONG && place.is_none() {
                // Who finds none comes again: nobody holds what came while waiting.
                place = Some(places.try_acquire().map_err(|_| Box::new(call::later()))?);
            }
        }
    }
}

/// Refuses a body of another kind.
pub(crate) fn demand_kind(headers: &HeaderMap, kind: &'static str) -> Result<(), Box<Response>> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    if said.eq_ignore_ascii_case(kind) && headers.get(header::CONTENT_ENCODING).is_none() {
        return Ok(());
    }
    let detail = format!("send `{kind}`, not compressed");
    Err(wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body-of-another-kind", "the body is of another kind", &detail)
        .into())
}
