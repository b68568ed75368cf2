//! How is a webhook called? By HTTPS, signed as Standard Webhooks say, at the address that its host has now and nowhere else: no redirect
//! is followed and no proxy is used.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_model::catalogue::{Tls, TlsMode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use sha2::Sha256;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reach::resolve;
use super::{Unsent, failed};
use crate::source::client_of;

/// How long the whole call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A webhook.
#[derive(Clone, Copy)]
pub struct Hook<'a> {
    /// Where.
    pub url: &'a str,
    /// The secret: `whsec_` and Base64.
    pub secret: &'a str,
    /// The certificate of the authority that signed the server's; without it those that this machine trusts.
    pub ca: Option<&'a Path>,
    /// Whether it may be in a private network or on this machine.
    pub private_address: bool,
}

/// What is told.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Its `webhook-id`.
    pub id: &'a str,
    /// Now.
    pub at: Timestamp,
    /// JSON.
    pub body: &'a str,
}

/// Calls; the receiver has confirmed it then.
///
/// # Errors
/// [`Unsent::Refused`] where the receiver says that it is gone.
pub async fn call(hook: Hook<'_>, call: Call<'_>) -> Result<(), Unsent> {
    let called = tokio::time::timeout(PATIENCE, answered(hook, call)).await;
    let status = called.unwrap_or_else(|_| Err(failed(format!("no answer within {} seconds", PATIENCE.as_secs()))))?;
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(Unsent::Refused("the receiver answered 410: it is gone".to_owned())),
        status if status.is_redirection() => {
            Err(failed(format!("the receiver answered {}: no redirect is followed", status.as_u16())))
        }
        status => Err(failed(format!("the receiver answered {}", status.as_u16()))),
    }
}

async fn answered(hook: Hook<'_>, call: Call<'_>) -> Result<StatusCode, Unsent> {
    let (uri, host, port) = target(hook.url)?;
    let request = request(hook, call, &uri)?;
    let addresses = resolve(&host, port, hook.private_address).await?;
    let stream = connected(&addresses, &host, hook.ca).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| failed("the receiver does not speak HTTP"))?;
    // Ends with the sender: what the receiver goes on to say is not read.
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    connection.abort();
    response.map(|response| response.status()).map_err(|_| failed("the receiver hung up without an answer"))
}

/// The address as it is asked for, its host and its port.
fn target(url: &str) -> Result<(Uri, String, u16), Unsent> {
    let wrong = |what: &str| failed(format!("its `url` {what}"));
    let uri: Uri = url.parse().map_err(|_| wrong("is no address"))?;
    let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
    if uri.scheme_str() != Some("https") {
        return Err(wrong("does not begin with https://"));
    }
    if authority.as_str().contains('@') {
        return Err(wrong("holds a user: the signature says who calls"));
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(443);
    Ok((uri, host, port))
}

fn request(hook: Hook<'_>, call: Call<'_>, uri: &Uri) -> Result<Request<Full<Bytes>>, Unsent> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(hyper::http::uri::Authority::as_str).unwrap_or_default();
    let at = call.at.as_second();
    Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("causeway/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", call.id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature(hook.secret, call.id, at, call.body)?)
        .body(Full::new(Bytes::copy_from_slice(call.body.as_bytes())))
        .map_err(|_| failed("the call cannot be written"))
}

/// `v1,` and the HMAC-SHA256 of id, time and body.
fn signature(secret: &str, id: &str, at: i64, body: &str) -> Result<String, Unsent> {
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(key).ok().filter(|key| key.len() >= 24);
    let key = key.ok_or_else(|| failed("its secret is not `whsec_` and Base64 of at least 24 bytes"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| failed("its secret cannot sign"))?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Connects to exactly one of the addresses that were looked at.
async fn connected(addresses: &[SocketAddr], host: &str, ca: Option<&Path>) -> Result<TlsStream<TcpStream>, Unsent> {
    let ca = ca.map(|path| path.to_string_lossy().into_owned());
    let tls = Tls { mode: TlsMode::VerifyFull, ca, certificate: None, key: None };
    let config = client_of("the way", &tls, Path::new("")).map_err(|error| failed(error.detail))?;
    let mut config = config.ok_or_else(|| failed("TLS cannot be set up: report it"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(|_| failed("its host is no name"))?;
    let mut last = failed("its host has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
                return shaken.map_err(|_| {
                    failed("the receiver cannot be trusted: its certificate is not for its name, or not by `ca`")
                });
            }
            Err(error) => last = failed(format!("the receiver cannot be reached: {}", error.kind())),
        }
    }
    Err(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_as_the_standard_says() {
        // The example that libraries of Standard Webhooks are tested with.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed =
            signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}").unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        for bad in ["whsec_", "whsec_c2hvcnQ=", "not base64 at all, by no means"] {
            assert!(signature(bad, "a", 1, "{}").is_err());
        }
    }

    #[test]
    fn only_https_without_a_user_is_called() {
        let (_, host, port) = target("https://hooks.lantern.example/in?a=b").unwrap();
        assert_eq!((host.as_str(), port), ("hooks.lantern.example", 443));
        assert_eq!(target("https://[2001:db8::1]:8443/").unwrap().1, "2001:db8::1");
        for url in ["http://a.example/", "https://user@a.example/", "ftp://a.example", "/in", "", "https://"] {
            assert!(target(url).is_err(), "{url}");
        }
    }
}
