//! Who proves itself gets a token (RFC 6749, 7523, 8705); who does not is told no more than that.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, extract::RawQuery};
use causeway_engine::ask::{Answer, Ask};
use causeway_engine::token::{Presented, Refusal};
use serde_json::json;

use super::check::Connection;
use super::{Door, body, call, form};

/// No form is longer.
const LONGEST: usize = 16 * 1024;

/// Answers whoever asks for a token.
pub(super) async fn token(
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // What proves somebody stands in no address, and is not sent twice.
    if query.is_some() || headers.contains_key(header::AUTHORIZATION) {
        return refused(Refusal::InvalidRequest);
    }
    if body::demand_kind(&headers, "application/x-www-form-urlencoded").is_err() {
        return refused(Refusal::InvalidRequest);
    }
    let held = match body::read(body, LONGEST, &door.places).await {
        Ok(held) => held,
        Err(response) => return *response,
    };
    let Some(found) = std::str::from_utf8(&held.bytes).ok().and_then(form::read) else {
        return refused(Refusal::InvalidRequest);
    };
    let said = |name: &str| found.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone());
    let presented = Presented {
        grant_type: said("grant_type").unwrap_or_default(),
        client_id: said("client_id"),
        assertion_type: said("client_assertion_type"),
        assertion: said("client_assertion"),
        scope: said("scope"),
        certificate: connection.certificate,
        address: connection.address,
    };
    match door.lookout.line().ask(&Ask::Token { presented }, &[]).await {
        Ok((Answer::Token { granted }, _)) => {
            let said = json!({
                "access_token": granted.token, "token_type": "Bearer", "expires_in": granted.expires_in, "scope": granted.scope,
                "certificate_bound": granted.bound,
            });
            uncached(Json(said).into_response())
        }
        Ok((Answer::NoToken { refusal }, _)) => refused(refusal),
        Ok((Answer::Wait { seconds }, _)) => {
            let mut response =
                uncached((StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": "slow_down" }))).into_response());
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Ok((answer, _)) => call::answered(answer, Vec::new()),
        Err(unanswered) => call::unanswered(&unanswered),
    }
}

fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::InvalidClient => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    uncached((status, Json(json!({ "error": refusal.as_str() }))).into_response())
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
