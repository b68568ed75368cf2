//! What is said where there is nothing to say? A problem with a stable code (RFC 9457), and never what was asked for.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// A problem.
pub fn problem(status: StatusCode, code: &'static str, title: &'static str) -> Response {
    let mut response =
        (status, Json(json!({ "code": code, "title": title, "status": status.as_u16() }))).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// Nothing is there.
pub async fn nothing_there() -> Response {
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
