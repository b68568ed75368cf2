//! What do clients of PING's own API ask, and how are they answered? In their words, which end here: behind this module a call is an ask
//! of `work` like any other, and what it says is put into their envelope.
//!
//! - [`token`]: the address of tokens, by a password;
//! - [`fetch`], [`ingest`], [`status`]: the calls;
//! - [`read`]: who calls, and what lies in a body;
//! - [`envelope`]: how everything is answered, errors too.
//!
//! Without a client of this kind the routes are not there. Source of the rules: `docs/decisions/0023-pings-own-api.md`.

mod envelope;
mod fetch;
mod ingest;
mod read;
mod status;
mod token;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};

use crate::api::{Connection, Door};
use crate::problem;

/// A call, as it came.
type Called = (State<Arc<Door>>, Extension<Connection>, HeaderMap, Body);

/// The routes of these clients.
pub(crate) fn routes(door: Arc<Door>) -> Router<Arc<Door>> {
    Router::new()
        .route("/{tenant}/{policy}/oauth2/v2.0/token", post(token::token))
        .route("/primes/fetch/paging/v3/retrievedatawithpaging", post(fetch::fetch))
        .route("/api/ingestion/v2/{partner}/data", post(ingest::at_once))
        .route("/api/ingestion/v2/{partner}/asyncdata", post(ingest::queued))
        .route("/primes/ingestion/checkstatus/v1/pingdata", post(status::status))
        .method_not_allowed_fallback(problem::nothing_there)
        .layer(from_fn_with_state(door, where_clients_are))
}

/// Answers only where there is a client of this kind.
async fn where_clients_are(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    match door.lookout.has_ping_clients().await {
        Ok(true) => next.run(request).await,
        Ok(false) => problem::not_there(),
        Err(error) => {
            tracing::warn!(why = %error, "clients cannot be looked up");
            envelope::later()
        }
    }
}
