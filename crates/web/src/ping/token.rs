//! Who has a password gets a token, at any tenant and policy that the client has in its settings.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use causeway_engine::ask::{Answer, Ask};
use causeway_engine::token::{Password, Refusal};
use serde_json::json;

use super::{Called, envelope};
use crate::api::{body, form};

/// No form is longer.
const LONGEST: usize = 16 * 1024;

/// Answers whoever asks for a token.
pub(super) async fn token((State(door), Extension(connection), headers, request): Called) -> Response {
    if body::demand_kind(&headers, "application/x-www-form-urlencoded").is_err() {
        return refused(Refusal::InvalidRequest);
    }
    let held = match body::read(request, LONGEST, &door.places).await {
        Ok(held) => held,
        Err(response) => return envelope::dressed(&response),
    };
    let Some(found) = std::str::from_utf8(&held.bytes).ok().and_then(form::read) else {
        return refused(Refusal::InvalidRequest);
    };
    let said = |name: &str| found.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone());
    let presented = Password {
        grant_type: said("grant_type").unwrap_or_default(),
        user: said("username").unwrap_or_default(),
        password: said("password").unwrap_or_default(),
        client: said("client_id").unwrap_or_default(),
        address: connection.address,
    };
    match door.lookout.line().ask(&Ask::PingToken { presented }, &[]).await {
        Ok((Answer::Token { granted }, _)) => {
            let said =
                json!({ "access_token": granted.token, "token_type": "Bearer", "expires_in": granted.expires_in });
            Json(said).into_response()
        }
        Ok((Answer::NoToken { refusal }, _)) => refused(refusal),
        Ok((answer, _)) => envelope::answered(answer),
        Err(why) => envelope::unanswered(&why),
    }
}

/// In the words of RFC 6749: a password that is wrong is an invalid grant.
fn refused(refusal: Refusal) -> Response {
    let word = match refusal {
        Refusal::InvalidClient => "invalid_grant",
        refusal => refusal.as_str(),
    };
    let mut response = (StatusCode::BAD_REQUEST, Json(json!({ "error": word }))).into_response();
    response.headers_mut().insert(header::PRAGMA, header::HeaderValue::from_static("no-cache"));
    response
}
