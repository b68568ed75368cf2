//! Who calls, over what connection, and how often?

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use causeway_engine::KnownToken;

use super::{Door, call};
use crate::problem::problem;

/// A window in which calls are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// No more programs are counted at a time; there are never so many.
const COUNTED: usize = 10_000;

/// The other end of a connection, as the listener knows it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// SHA-256 of the certificate that it proved to have.
    pub(super) certificate: Option<String>,
}

/// Who is at the other end, proxies seen through.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// Where the call comes from.
    pub(crate) address: String,
    /// SHA-256 of the certificate that was shown.
    pub(super) certificate: Option<String>,
}

/// What is remembered of calls.
#[derive(Debug)]
pub(super) struct Check {
    most: u32,
    counted: Mutex<HashMap<String, (Instant, u32)>>,
}

/// How often somebody may still call.
pub(crate) struct Left {
    calls: u32,
    seconds: u64,
}

impl Check {
    pub(super) fn of(most: u32) -> Self {
        Self { most, counted: Mutex::default() }
    }

    /// Counts a call; how many are left, or that none is.
    fn count(&self, client: &str, now: Instant) -> Result<Left, Left> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= COUNTED {
            counted.retain(|_, (begun, _)| now.duration_since(*begun) < WINDOW);
        }
        let (begun, calls) = counted.entry(client.to_owned()).or_insert((now, 0));
        if now.duration_since(*begun) >= WINDOW {
            (*begun, *calls) = (now, 0);
        }
        let seconds = WINDOW.saturating_sub(now.duration_since(*begun)).as_secs().max(1);
        *calls = calls.saturating_add(1);
        match self.most.checked_sub(*calls) {
            Some(left) => Ok(Left { calls: left, seconds }),
            None => Err(Left { calls: 0, seconds }),
        }
    }

    /// Says how often somebody may still call.
    pub(super) fn tell(&self, left: &Left, headers: &mut HeaderMap) {
        let policy = format!("\"client\";q={};w={}", self.most, WINDOW.as_secs());
        let stands = format!("\"client\";r={};t={}", left.calls, left.seconds);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", stands)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// Answers only over connections that are known: where proxies are named, only theirs.
pub(super) async fn known_connection(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().cloned() else { return refuse() };
    let (ip, settings) = (peer.address.ip().to_canonical(), &door.settings);
    if !settings.answers(ip) {
        return refuse();
    }
    let mut connection = Connection { address: ip.to_string(), certificate: peer.certificate };
    if settings.is_proxy(ip) {
        let Some(seen) = behind(request.headers()) else { return refuse() };
        connection.address = seen;
        if settings.certificates_by_proxy {
            connection.certificate = match shown(request.headers()) {
                Ok(certificate) => certificate,
                Err(()) => return refuse(),
            };
        }
    }
    request.extensions_mut().insert(connection);
    next.run(request).await
}

fn refuse() -> Response {
    problem(StatusCode::FORBIDDEN, "connection-unknown", "calls are not answered over this connection")
}

/// The address that the proxy saw: the last that it wrote. What stands before it anybody may have written.
fn behind(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    last.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_canonical().to_string())
}

/// SHA-256 of the certificate that the proxy hands on (RFC 9440): one, or none.
fn shown(headers: &HeaderMap) -> Result<Option<String>, ()> {
    let mut said = headers.get_all("client-cert").iter();
    let Some(value) = said.next() else { return Ok(None) };
    if said.next().is_some() {
        return Err(());
    }
    let text = value.to_str().map_err(|_| ())?.trim();
    let inner = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or(())?;
    causeway_engine::certificate_digest(inner).map(Some).ok_or(())
}

/// The token of a call, and whose it is as far as `serve` can tell; what `work` tells anew.
pub(super) async fn token(
    door: &Door,
    headers: &HeaderMap,
    connection: &Connection,
) -> Result<(String, KnownToken, Left), Box<Response>> {
    let mut said = headers.get_all(header::AUTHORIZATION).iter();
    let bearer = |value: &HeaderValue| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        let fits = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        (scheme.eq_ignore_ascii_case("bearer") && fits).then(|| token.to_owned())
    };
    let token =
        said.next().and_then(bearer).filter(|_| said.next().is_none()).ok_or_else(|| Box::new(call::nobody()))?;
    let known = match door.lookout.known_token(&token).await {
        Ok(Some(known)) => known,
        Ok(None) => return Err(call::nobody().into()),
        Err(error) => {
            tracing::warn!(why = %error, "tokens cannot be looked up");
            return Err(call::later().into());
        }
    };
    if known.certificate.is_some() && known.certificate != connection.certificate {
        return Err(call::nobody().into());
    }
    let left = counted(door, &known.client)?;
    Ok((token, known, left))
}

/// Counts a call of a program that is known; how many are left.
pub(crate) fn counted(door: &Door, client: &str) -> Result<Left, Box<Response>> {
    match door.check.count(client, Instant::now()) {
        Ok(left) => Ok(left),
        Err(none) => {
            let title = "this program has called too often";
            let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "calls-too-many", title);
            response.headers_mut().insert(header::RETRY_AFTER, none.seconds.into());
            door.check.tell(&none, response.headers_mut());
            Err(response.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_program_and_minute() {
        let (check, begun) = (Check::of(2), Instant::now());
        assert!(check.count("a", begun).is_ok_and(|left| left.calls == 1 && left.seconds == 60));
        assert!(check.count("a", begun).is_ok_and(|left| left.calls == 0));
        assert!(check.count("a", begun + Duration::from_secs(59)).is_err_and(|left| left.seconds == 1));
        assert!(check.count("b", begun).is_ok());
        assert!(check.count("a", begun + Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn of_a_proxy_only_what_it_wrote_itself_is_believed() {
        let with = |name: &'static str, values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(name, HeaderValue::from_static(value));
            }
            headers
        };
        assert_eq!(behind(&with("x-forwarded-for", &["6.6.6.6, 10.1.2.3"])).unwrap(), "10.1.2.3");
        assert_eq!(behind(&with("x-forwarded-for", &["6.6.6.6", "10.1.2.3"])).unwrap(), "10.1.2.3");
        assert_eq!(behind(&with("x-forwarded-for", &["10.1.2.3, someone"])), None);
        assert_eq!(behind(&HeaderMap::new()), None);
        assert_eq!(shown(&HeaderMap::new()), Ok(None));
        assert_eq!(shown(&with("client-cert", &[":AAEC:"])).unwrap().unwrap().len(), 64);
        for wrong in [&["AAEC"][..], &[":AAEC"], &[":A:"], &["::"], &[":AAEC:", ":AAEC:"]] {
            assert!(shown(&with("client-cert", wrong)).is_err(), "{wrong:?}");
        }
    }
}
