//! How does a partner's program take a part of a package? By ranges, so that what was cut goes on; the intent first, which `work` commits;
//! asked anew every second whether it still may; and told afterwards how much was handed over.

use std::io::SeekFrom;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use causeway_engine::ask::{Answer, Ask, Call};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Door, call};
use crate::problem::{not_there, problem};

/// So much is read at a time.
const FRAME: u64 = 64 * 1024;

/// How often it is asked whether it may go on.
const ASKED: Duration = Duration::from_secs(1);

/// How often, and how long after one another, it is tried to tell how much was handed over.
const TELLS: u32 = 60;
const BETWEEN: Duration = Duration::from_secs(1);

/// Which bytes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    /// From here, so many.
    Some(u64, u64),
    /// None that are there.
    Nothing,
}

/// A part that may be taken.
pub(super) struct Part {
    pub(super) package: String,
    pub(super) part: String,
    pub(super) sha256: String,
    pub(super) size: u64,
}

/// Gives the bytes that are asked for. `ask` is what allowed it.
pub(super) async fn give(door: Arc<Door>, part: Part, ask: Ask, (method, headers): (&Method, &HeaderMap)) -> Response {
    let etag = format!("\"{}\"", part.sha256);
    if says(headers, header::IF_NONE_MATCH).is_some_and(|said| said.split(',').any(|one| one.trim() == etag)) {
        return described(StatusCode::NOT_MODIFIED.into_response(), &part, &etag);
    }
    // A range of what it was before is none.
    let same = says(headers, header::IF_RANGE).is_none_or(|said| said == etag);
    let wanted = match says(headers, header::RANGE).filter(|_| same) {
        Some(range) => wanted(range, part.size),
        None => Wanted::All,
    };
    let (status, from, length) = match wanted {
        Wanted::All => (StatusCode::OK, 0, part.size),
        Wanted::Some(from, length) => (StatusCode::PARTIAL_CONTENT, from, length),
        Wanted::Nothing => {
            let mut response =
                problem(StatusCode::RANGE_NOT_SATISFIABLE, "range-of-nothing", "there are no such bytes");
            put(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", part.size));
            return response;
        }
    };
    let Some(path) = door.lookout.part(&part.package, &part.part) else { return not_there() };
    let file = match File::open(path).await {
        Ok(file) => file,
        // Erased since it was asked.
        Err(_) => return not_there(),
    };
    // A file of another size is not what was signed.
    if !file.metadata().await.is_ok_and(|meta| meta.len() == part.size) {
        return call::later();
    }
    let body = if *method == Method::HEAD || length == 0 {
        Body::empty()
    } else {
        let taking = match begin(&door, &ask, &part, from, length).await {
            Ok(taking) => taking,
            Err(response) => return *response,
        };
        let giving = Giving { door, ask, taking, file, length, left: length, asked: Instant::now() };
        match giving.at(from).await {
            Ok(giving) => Body::from_stream(futures_util::stream::try_unfold(giving, Giving::next)),
            Err(_) => return call::later(),
        }
    };
    let mut response = (status, body).into_response();
    put(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = from + length - 1;
        put(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{last}/{}", part.size));
    }
    described(response, &part, &etag)
}

/// INVARIANT (what leaves waits for its leaf): no byte is read before `work` has committed that these are taken.
async fn begin(door: &Door, ask: &Ask, part: &Part, first_byte: u64, bytes: u64) -> Result<String, Box<Response>> {
    let Ask::Call { token, certificate, .. } = ask else { return Err(call::later().into()) };
    let (package, part) = (part.package.clone(), part.part.clone());
    let call = Call::BeginPart { package, part, first_byte, bytes };
    let ask = Ask::Call { token: token.clone(), certificate: certificate.clone(), call };
    match door.lookout.line().ask(&ask, &[]).await {
        Ok((Answer::Begun { taking }, _)) => Ok(taking),
        Ok((answer, body)) => Err(call::answered(answer, body).into()),
        Err(why) => Err(call::unanswered(&why).into()),
    }
}

fn described(mut response: Response, part: &Part, etag: &str) -> Response {
    put(&mut response, header::ETAG, etag);
    put(&mut response, header::ACCEPT_RANGES, "bytes");
    if let Some(digest) = repr_digest(&part.sha256)
        && let Ok(value) = HeaderValue::try_from(digest)
    {
        response.headers_mut().insert("repr-digest", value);
    }
    response
}

/// The digest of the whole part, however much of it is sent (RFC 9530).
fn repr_digest(sha256: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = hex::decode(sha256).ok()?;
    Some(format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(bytes)))
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn says(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// One range of bytes (RFC 9110, 14); of several, or of what is none, everything is sent.
fn wanted(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::All;
    };
    let number = |text: &str| match text {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(Some(text.parse::<u64>().unwrap_or(u64::MAX))),
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) if last.is_none_or(|last| first <= last) => {
            let end = last.map_or(size, |last| size.min(last.saturating_add(1)));
            if first < size { Wanted::Some(first, end - first) } else { Wanted::Nothing }
        }
        (Some(None), Some(Some(last))) => match size.min(last) {
            0 => Wanted::Nothing,
            length => Wanted::Some(size - length, length),
        },
        _ => Wanted::All,
    }
}

/// A part that is being given.
struct Giving {
    door: Arc<Door>,
    ask: Ask,
    /// What is shown when it is told how much was handed over.
    taking: String,
    file: File,
    length: u64,
    left: u64,
    asked: Instant,
}

impl Giving {
    async fn at(mut self, from: u64) -> std::io::Result<Self> {
        self.file.seek(SeekFrom::Start(from)).await?;
        Ok(self)
    }

    /// The next bytes; an error cuts the connection, so that nobody takes what came for the whole.
    async fn next(mut self) -> std::io::Result<Option<(Bytes, Self)>> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.asked.elapsed() >= ASKED {
            // Whoever cannot tell, stops.
            if !matches!(self.door.lookout.line().ask(&self.ask, &[]).await, Ok((Answer::Part { .. }, _))) {
                return Err(std::io::Error::other("it may not go on"));
            }
            self.asked = Instant::now();
        }
        let mut bytes = Vec::new();
        let most = self.left.min(FRAME);
        (&mut self.file).take(most).read_to_end(&mut bytes).await?;
        if bytes.is_empty() {
            return Err(std::io::Error::other("the part is shorter than it was"));
        }
        self.left -= bytes.len() as u64;
        Ok(Some((Bytes::from(bytes), self)))
    }
}

impl Drop for Giving {
    /// However it ended, what was handed over is told. Where that is told to nobody, a receipt or another taking tells it.
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (door, bytes) = (Arc::clone(&self.door), self.length - self.left);
        let ask = Ask::Given { taking: std::mem::take(&mut self.taking), bytes };
        runtime.spawn(async move {
            for _ in 0..TELLS {
                match door.lookout.line().ask(&ask, &[]).await {
                    Ok((Answer::Failed { .. }, _)) | Err(_) => tokio::time::sleep(BETWEEN).await,
                    Ok(_) => return,
                }
            }
            tracing::warn!("how much of a part was handed over could be told to nobody");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_is_there_of_it() {
        for (range, expected) in [
            ("bytes=0-", Wanted::Some(0, 100)),
            ("bytes=0-0", Wanted::Some(0, 1)),
            ("bytes=10-19", Wanted::Some(10, 10)),
            ("bytes=90-1000", Wanted::Some(90, 10)),
            ("bytes=99-99999999999999999999999", Wanted::Some(99, 1)),
            ("bytes=-10", Wanted::Some(90, 10)),
            ("bytes=-1000", Wanted::Some(0, 100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=20-10", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("bytes=-", Wanted::All),
            ("lines=1-2", Wanted::All),
        ] {
            assert_eq!(wanted(range, 100), expected, "{range}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
    }
}
