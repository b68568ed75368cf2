//! How does an answer of `work` become one of HTTP?

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use causeway_engine::ask::{Answer, Status, Unanswered};
use causeway_model::{Code, Violation};

use super::table::BASE;
use crate::problem::{not_there, problem, refused, wrong};

/// How long somebody who was told to come again should wait, in seconds.
const AGAIN: u64 = 5;

/// An answer of `work`, with the body behind it.
pub(super) fn answered(answer: Answer, body: Vec<u8>) -> Response {
    match answer {
        Answer::Said { status, location, progress } => said(status, location, progress, body),
        Answer::NobodyKnown => nobody(),
        Answer::NotThere => not_there(),
        Answer::Refused { violations } => refused(status_of(&violations), &violations),
        Answer::Wrong { code, detail } => {
            wrong(StatusCode::UNPROCESSABLE_ENTITY, &code, "it makes no sense as it stands", &detail)
        }
        Answer::Failed { why } => {
            tracing::warn!(why, "a call came to nothing");
            later()
        }
        Answer::Upload { begun, upload, received, is_whole } => held(begun, &upload, received, is_whole, body),
        Answer::Elsewhere { received } => {
            let title = "the piece does not lie behind what is here";
            let mut response = problem(StatusCode::CONFLICT, "upload-elsewhere", title);
            response.headers_mut().insert("upload-offset", received.into());
            response
        }
        Answer::Done => StatusCode::NO_CONTENT.into_response(),
        Answer::Told { sealed } => {
            let kind = if sealed { "application/jose" } else { "application/json" };
            let mut response = (StatusCode::OK, Body::from(body)).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            response
        }
        Answer::Wait { seconds } => {
            let title = "this program has asked about as many people as it may";
            let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "asked-too-often", title);
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Answer::Busy | Answer::Token { .. } | Answer::NoToken { .. } => later(),
        Answer::Part { .. } | Answer::Begun { .. } | Answer::Schemes { .. } | Answer::Signature { .. } => later(),
    }
}

fn said(status: Status, location: Option<String>, progress: Option<String>, body: Vec<u8>) -> Response {
    let status = match status {
        Status::Shown => StatusCode::OK,
        Status::Made => StatusCode::CREATED,
        Status::Begun => StatusCode::ACCEPTED,
    };
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(at) = location.and_then(|at| HeaderValue::try_from(format!("{BASE}{at}")).ok()) {
        let name = if status == StatusCode::CREATED { header::LOCATION } else { header::CONTENT_LOCATION };
        headers.insert(name, at);
    }
    if let Some(progress) = progress.and_then(|word| HeaderValue::try_from(word).ok()) {
        headers.insert("x-progress", progress);
        headers.insert(header::RETRY_AFTER, AGAIN.into());
    }
    response
}

/// How much of an upload is here.
fn held(begun: bool, upload: &str, received: u64, is_whole: bool, body: Vec<u8>) -> Response {
    let mut response = match begun {
        true => (StatusCode::CREATED, Body::from(body)).into_response(),
        false => StatusCode::NO_CONTENT.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert("upload-offset", received.into());
    headers.insert("upload-complete", HeaderValue::from_static(if is_whole { "?1" } else { "?0" }));
    if begun && let Ok(at) = HeaderValue::try_from(format!("{BASE}/uploads/{upload}")) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::LOCATION, at);
    }
    response
}

/// The token is none.
pub(super) fn nobody() -> Response {
    let mut response = problem(StatusCode::UNAUTHORIZED, "token-unknown", "the call shows no token that counts");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Nobody answers for `serve`.
pub(super) fn unanswered(why: &Unanswered) -> Response {
    tracing::warn!(%why, "nobody answered");
    later()
}

pub(super) fn later() -> Response {
    let title = "it cannot be answered now";
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "come-again", title);
    response.headers_mut().insert(header::RETRY_AFTER, AGAIN.into());
    response
}

/// What rules deny: who may not, 403; what another moment may allow, 409; the rest, 422.
fn status_of(violations: &[Violation]) -> StatusCode {
    let is = |codes: &[Code]| violations.iter().any(|violation| codes.contains(&violation.code));
    if is(&[Code::NotPermitted, Code::OwnDraft, Code::KeyRevoked, Code::PartnerNotActive, Code::Stopped]) {
        StatusCode::FORBIDDEN
    } else if is(&[Code::WrongState, Code::ChangedMeanwhile]) {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}
