//! Which rows are fetched, page by page?

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use causeway_engine::ask::{GivenLists, PingCall};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Called;
use super::envelope::{Paging, later, rows};
use super::read::{asked, body, wrong};

/// No body is longer: it holds ids.
const LONGEST: usize = 128 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fetch {
    #[serde(default)]
    query_parameters: Option<Vec<Parameter>>,
    #[serde(default)]
    paging_cookie: Option<String>,
    #[serde(default)]
    page_number: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameter {
    parameter_name: String,
    value: Value,
}

/// What `work` says of a page.
#[derive(Deserialize)]
struct Page<'p> {
    answer: String,
    rows: u64,
    page: u64,
    next: Option<String>,
    #[serde(borrow)]
    data: &'p RawValue,
}

/// Answers a fetch.
pub(super) async fn fetch(called: Called) -> Response {
    one(called).await.unwrap_or_else(|response| *response)
}

async fn one((State(door), Extension(connection), headers, request): Called) -> Result<Response, Box<Response>> {
    let (named, fetch, _) = body::<Fetch>(&door, &headers, request, LONGEST).await?;
    let parameters = GivenLists(given(fetch.query_parameters.unwrap_or_default())?);
    let cursor = fetch.paging_cookie.filter(|cookie| !cookie.is_empty());
    let call = PingCall::Fetch { parameters, cursor, page: fetch.page_number };
    let said = asked(&door, connection, &headers, (named.meant(None), call, &[])).await?;
    let page: Page<'_> = serde_json::from_slice(&said).map_err(|_| later())?;
    let paging =
        Paging { is_more_records_available: page.next.is_some(), paging_cookie: page.next, page_number: page.page };
    Ok(rows(&page.answer, page.data, page.rows, &paging))
}

/// Values by parameter: `{record_ids}` is `record_ids`, and one text names several values with commas between them.
fn given(parameters: Vec<Parameter>) -> Result<BTreeMap<String, Vec<Value>>, Box<Response>> {
    let mut given = BTreeMap::new();
    for Parameter { parameter_name, value } in parameters {
        let name = parameter_name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(&parameter_name);
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(wrong("the value of a parameter is a text, several with commas between them")),
        };
        let values = text.split(',').map(|one| Value::from(one.trim())).collect();
        if given.insert(name.to_owned(), values).is_some() {
            return Err(wrong("a parameter stands twice"));
        }
    }
    Ok(given)
}
