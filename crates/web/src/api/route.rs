//! How is a route of the table answered? Who calls, what is called for, what `work` says; in this order.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, RawPathParams, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use causeway_engine::ask::{Answer, Ask, Call};

use super::check::Connection;
use super::part::{self, Part};
use super::table::{BASE, Route, TABLE};
use super::taken::taken;
use super::{Door, call, check};

/// The router of the table.
pub(super) fn routes() -> Router<Arc<Door>> {
    let mut paths: Vec<(&str, MethodRouter<Arc<Door>>)> = Vec::new();
    for route in TABLE {
        let filter = match route.method {
            "POST" => MethodFilter::POST,
            "PATCH" => MethodFilter::PATCH,
            "HEAD" => MethodFilter::HEAD,
            "DELETE" => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let answer = move |state, connection, path, query, head: (Method, HeaderMap), body| {
            answer(route, state, connection, path, query, head, body)
        };
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, methods)) => *methods = std::mem::take(methods).on(filter, answer),
            None => paths.push((route.path, on(filter, answer))),
        }
    }
    let put = |router: Router<Arc<Door>>, (path, methods): (&str, MethodRouter<Arc<Door>>)| {
        router.route(&format!("{BASE}{path}"), methods)
    };
    paths.into_iter().fold(Router::new(), put)
}

/// Answers a call of a route: who calls, what is called for, what `work` says.
async fn answer(
    route: &'static Route,
    State(door): State<Arc<Door>>,
    Extension(connection): Extension<Connection>,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    (method, headers): (Method, HeaderMap),
    body: Body,
) -> Response {
    let (token, known, left) = match check::token(&door, &headers, &connection).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let path: Vec<(String, String)> = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut response = match taken(route, &path, query.as_deref(), &headers, (body, &door.places)).await {
        Err(response) => *response,
        Ok((call, brought)) => {
            let certificate = connection.certificate.filter(|_| known.certificate.is_some());
            let ask = Ask::Call { token, certificate, call: call.clone() };
            match (door.lookout.line().ask(&ask, &brought.bytes).await, call) {
                (Ok((Answer::Part { sha256, size }, _)), Call::TakePart { package, part }) => {
                    let part = Part { package, part, sha256, size };
                    part::give(Arc::clone(&door), part, ask, (&method, &headers)).await
                }
                (Ok((answer, body)), _) => call::answered(answer, body),
                (Err(why), _) => call::unanswered(&why),
            }
        }
    };
    door.check.tell(&left, response.headers_mut());
    response
}
