//! What is said where there is nothing to say? A problem with a stable code (RFC 9457), and never what was asked for.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use causeway_model::Violation;
use serde_json::{Value, json};

/// A problem.
pub fn problem(status: StatusCode, code: &str, title: &str) -> Response {
    told(status, json!({ "code": code, "title": title, "status": status.as_u16() }))
}

/// A problem of what the caller wrote: `detail` says which, and holds nothing of a person.
pub fn wrong(status: StatusCode, code: &str, title: &str, detail: &str) -> Response {
    told(status, json!({ "code": code, "title": title, "status": status.as_u16(), "detail": detail }))
}

/// Rules that deny something; the first is the problem's code.
pub fn refused(status: StatusCode, violations: &[Violation]) -> Response {
    let code = violations.first().map_or("refused", |first| first.code.as_str());
    let reason = |one: &Violation| json!({ "code": one.code, "detail": one.detail, "help": one.code.help() });
    let reasons: Vec<Value> = violations.iter().map(reason).collect();
    let body = json!({ "code": code, "title": "rules deny it", "status": status.as_u16(), "violations": reasons });
    told(status, body)
}

fn told(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// Nothing is there.
pub async fn nothing_there() -> Response {
    not_there()
}

/// Nothing is there, in the bytes in which it is always said.
pub fn not_there() -> Response {
    problem(StatusCode::NOT_FOUND, "nothing-there", "there is nothing at this address")
}

/// No answer is kept by anybody on the way.
pub async fn unstored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
