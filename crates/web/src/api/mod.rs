//! What may partners' programs ask, and how are they answered?
//!
//! - [`table`]: every route there is, with what it asks for;
//! - [`token`]: the address of tokens;
//! - [`check`]: who calls, over what connection, and how often;
//! - [`route`], [`taken`], [`call`]: a call that becomes an ask of `work`, and its answer;
//! - [`listen`]: connections, with the time and room that each has.
//!
//! INVARIANT (serve writes nothing): a route reads what was asked for, asks `work`, and writes down what it says.

pub(crate) mod body;
mod call;
pub(crate) mod check;
pub mod description;
pub(crate) mod form;
mod listen;
mod part;
mod peers;
mod route;
pub mod table;
mod taken;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use causeway_engine::{Api, Lookout};
use tokio::sync::Semaphore;

pub(crate) use check::Connection;
pub use listen::serve;

use crate::problem;

/// What every route has at hand.
pub(crate) struct Door {
    pub(crate) lookout: Arc<Lookout>,
    settings: Api,
    check: check::Check,
    /// Places for long bodies.
    pub(crate) places: Semaphore,
}

/// Everything that partners' programs can ask.
pub fn routes(lookout: Arc<Lookout>, settings: Api) -> Router {
    let check = check::Check::of(settings.calls_a_minute);
    let door = Arc::new(Door { lookout, settings, check, places: body::places() });
    route::routes()
        .route("/oauth2/token", post(token::token))
        .route(&format!("{}/openapi.json", table::BASE), get(describe))
        .route(&format!("{}/reference", table::BASE), get(show))
        .merge(crate::ping::routes(Arc::clone(&door)))
        .fallback(problem::nothing_there)
        .method_not_allowed_fallback(problem::nothing_there)
        .with_state(Arc::clone(&door))
        .layer(axum::middleware::from_fn_with_state(door, check::known_connection))
        .layer(axum::middleware::from_fn(problem::unstored))
}

async fn describe() -> Response {
    ([(CONTENT_TYPE, "application/json")], description::text()).into_response()
}

async fn show() -> Response {
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    ([policy], Html(description::page())).into_response()
}
