//! What was called for? Read strictly: what is not known here is refused, not passed over.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use causeway_engine::ask::{Call, LONGEST_BODY, Page};
use causeway_model::json::strict;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::body::Held;
use super::table::Route;
use super::{body, form};
use crate::problem::wrong;

/// No body of a call is longer: it holds what somebody signed, and no records.
const BODY: usize = 128 * 1024;

/// No name in an address is longer.
const NAME: usize = 200;

/// How many entries of a list are shown unless said.
const USUAL: u32 = 50;

/// What parts of lists are asked for with.
pub(super) const PAGE: &[&str] = &["after", "limit"];

/// How a call is made of what was read.
pub(super) type Make = fn(&Taken<'_>) -> Result<Call, Box<Response>>;

/// What was read of a call.
pub(super) struct Taken<'a> {
    path: &'a [(String, String)],
    query: &'a [(String, String)],
    headers: &'a HeaderMap,
    body: Value,
}

impl Taken<'_> {
    /// A name in the path.
    pub(super) fn named(&self, name: &str) -> Result<String, Box<Response>> {
        let found = self.path.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone());
        found.filter(|value| value.len() <= NAME).ok_or_else(|| Box::new(crate::problem::not_there()))
    }

    /// A parameter of the address.
    pub(super) fn said(&self, name: &str) -> Option<String> {
        self.query.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    }

    /// Which part of a list.
    pub(super) fn page(&self) -> Result<Page, Box<Response>> {
        let limit = match self.said("limit") {
            None => USUAL,
            Some(text) => text.parse().ok().filter(|limit| (1..=200).contains(limit)).ok_or_else(|| {
                Box::new(wrong(StatusCode::BAD_REQUEST, "parameter-wrong", "it cannot be read", "`limit` is 1 to 200"))
            })?,
        };
        Ok(Page { after: self.said("after"), limit })
    }

    /// By what a repetition is told.
    pub(super) fn key(&self) -> Result<String, Box<Response>> {
        let mut said = self.headers.get_all("idempotency-key").iter();
        let key = said.next().and_then(|key| key.to_str().ok()).map(str::to_owned);
        let fits = |key: &String| (1..=255).contains(&key.len()) && said.next().is_none();
        key.filter(fits).ok_or_else(|| {
            let detail = "send one header `Idempotency-Key`, up to 255 letters, another for each request";
            wrong(StatusCode::BAD_REQUEST, "idempotency-key-missing", "a repetition could not be told", detail).into()
        })
    }

    /// Whether nothing comes behind this piece of a file.
    pub(super) fn is_last(&self) -> Result<bool, Box<Response>> {
        match self.header("upload-complete")? {
            Some("?1") => Ok(true),
            Some("?0") => Ok(false),
            _ => Err(wrong_header("send `Upload-Complete: ?0`, or `?1` with the last piece")),
        }
    }

    /// How many bytes the whole file has, where that is said.
    pub(super) fn length(&self) -> Result<Option<u64>, Box<Response>> {
        self.header("upload-length")?.map(|text| number(text, "`Upload-Length` is a number of bytes")).transpose()
    }

    /// How many bytes lie before this piece.
    pub(super) fn offset(&self) -> Result<u64, Box<Response>> {
        let said = "send `Upload-Offset`: how many bytes lie before this piece";
        self.header("upload-offset")?.map_or_else(|| Err(wrong_header(said)), |text| number(text, said))
    }

    /// A header that stands once, if it is there.
    fn header(&self, name: &str) -> Result<Option<&str>, Box<Response>> {
        let mut said = self.headers.get_all(name).iter();
        let Some(first) = said.next() else { return Ok(None) };
        match (first.to_str(), said.next()) {
            (Ok(text), None) => Ok(Some(text)),
            _ => Err(wrong_header(&format!("`{name}` stands twice, or is no text"))),
        }
    }

    /// The body, of members that are known.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Box<Response>> {
        // A list would be read as members without their names.
        if !self.body.is_object() {
            let title = "it is not what is taken here";
            return Err(wrong(StatusCode::UNPROCESSABLE_ENTITY, "body-wrong", title, "the body is no object").into());
        }
        serde_path_to_error::deserialize(self.body.clone()).map_err(
            |error: serde_path_to_error::Error<serde_json::Error>| {
                // Where it is, and never what stands there.
                let place = error.path().to_string().escape_default().to_string();
                let detail = format!("at `{place}` a member is missing, unknown or of the wrong type");
                wrong(StatusCode::UNPROCESSABLE_ENTITY, "body-wrong", "it is not what is taken here", &detail).into()
            },
        )
    }
}

/// What is called for, and the body that `work` reads itself, where there is one.
pub(super) async fn taken<'p>(
    route: &Route,
    path: &[(String, String)],
    query: Option<&str>,
    headers: &HeaderMap,
    (body, places): (Body, &'p Semaphore),
) -> Result<(Call, Held<'p>), Box<Response>> {
    let query = form::read(query.unwrap_or_default()).ok_or_else(|| unreadable("the parameters of the address"))?;
    if let Some((unknown, _)) = query.iter().find(|(name, _)| !route.query.contains(&name.as_str())) {
        let detail = format!("a parameter `{}` is not known here", unknown.escape_default());
        return Err(wrong(StatusCode::BAD_REQUEST, "parameter-unknown", "it cannot be read", &detail).into());
    }
    let made = |body| (route.make)(&Taken { path, query: &query, headers, body });
    match (route.passes_on, route.takes) {
        (Some(kind), _) => {
            body::demand_kind(headers, kind)?;
            // What is asked with it first: nothing is read for a call that is none.
            let call = made(Value::Null)?;
            Ok((call, body::read(body, LONGEST_BODY, places).await?))
        }
        (None, None) => {
            let nothing = body::read(body, 0, places).await?;
            Ok((made(Value::Null)?, nothing))
        }
        (None, Some(_)) => {
            body::demand_kind(headers, "application/json")?;
            let held = body::read(body, BODY, places).await?;
            let read = strict(&held.bytes).map_err(|error| {
                Box::new(wrong(StatusCode::BAD_REQUEST, "body-unreadable", "it cannot be read", &error.to_string()))
            })?;
            Ok((made(read)?, Held::nothing()))
        }
    }
}

/// Digits, and no more than any file has bytes.
fn number(text: &str, said: &str) -> Result<u64, Box<Response>> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=15).contains(&text.len());
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| wrong_header(said))
}

fn wrong_header(detail: &str) -> Box<Response> {
    wrong(StatusCode::BAD_REQUEST, "header-wrong", "it cannot be read", detail).into()
}

fn unreadable(what: &str) -> Box<Response> {
    let detail = format!("{what} cannot be read");
    wrong(StatusCode::BAD_REQUEST, "unreadable", "it cannot be read", &detail).into()
}
