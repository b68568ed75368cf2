//! Where may programs of partners ask, and who stands before us there? `[api]` of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// What stands behind the base URL where tokens are asked for.
const TOKENS: &str = "/oauth2/token";

/// `[api]`. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// How partners call it: `https://HOST`. With `/oauth2/token` behind it, it is the audience of their proofs.
    pub url: String,
    /// The certificate that is shown, and its key; absent where a proxy ends TLS, and on this machine alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Proxies that end TLS before it: nobody else is answered where these are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<IpAddr>,
    /// Whether the proxies hand on, as `Client-Cert` (RFC 9440), the certificate that a program showed, and take away what others
    /// wrote there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub certificates_by_proxy: bool,
    /// Calls that one program may make in a minute.
    #[serde(default = "usual_calls")]
    pub calls_a_minute: u32,
}

/// `[api.tls]`. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// File with the certificate and those above it, PEM; relative to the configuration. It is read again when it changes.
    pub certificate: PathBuf,
    /// File with its private key, PEM, where `serve` cannot look in: `work` signs.
    #[serde(default = "usual_key")]
    pub key: PathBuf,
}

fn usual_key() -> PathBuf {
    PathBuf::from("secrets/api.key")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn usual_calls() -> u32 {
    600
}

impl Api {
    /// The address of tokens, which every proof is for.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("{}{TOKENS}", self.url)
    }

    /// Refuses what would put tokens on the wire in the clear, or makes no sense.
    ///
    /// # Errors
    /// What to write instead.
    pub fn check(&self) -> Result<(), EngineError> {
        let wrong = |what: String| Err(EngineError::Wrong(format!("[api] {what}")));
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        let plain =
            rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '/' | '_'));
        if rest.is_empty() || !plain || rest.ends_with('/') {
            return wrong("url is none: write `https://HOST`, without a slash at its end".to_owned());
        }
        let host = rest.split('/').next().unwrap_or_default();
        let here = ["127.0.0.1", "[::1]", "localhost"]
            .iter()
            .any(|own| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        if scheme != "https" && !(scheme == "http" && here) {
            return wrong("url is not `https`: tokens would go in the clear".to_owned());
        }
        if self.tls.is_some() && !(self.proxies.is_empty() && scheme == "https") {
            return wrong(
                "tls ends here or at a proxy, and url is `https`: leave `proxies` or `[api.tls]` out".to_owned(),
            );
        }
        if !self.listen.ip().is_loopback() && self.proxies.is_empty() && self.tls.is_none() {
            let listen = self.listen;
            return wrong(format!(
                "listen `{listen}` can be reached from other machines, and calls would come in the clear: listen on 127.0.0.1, \
                 give it a certificate in `[api.tls]`, or name in `proxies` those that end TLS before it"
            ));
        }
        if self.certificates_by_proxy && self.proxies.is_empty() {
            return wrong(
                "certificates_by_proxy needs `proxies`: anybody could say whose certificate was shown".to_owned(),
            );
        }
        if self.calls_a_minute == 0 {
            return wrong("calls_a_minute lets nobody call".to_owned());
        }
        Ok(())
    }

    /// Whether a connection from this address is answered.
    #[must_use]
    pub fn answers(&self, peer: IpAddr) -> bool {
        self.proxies.is_empty() || self.is_proxy(peer)
    }

    /// Whether it is a proxy that ends TLS before us.
    #[must_use]
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.contains(&peer.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(text: &str) -> Result<Api, String> {
        let api: Api = toml::from_str(text).map_err(|error| error.to_string())?;
        api.check().map(|()| api).map_err(|error| error.to_string())
    }

    #[test]
    fn tokens_do_not_go_in_the_clear() {
        for fine in [
            "listen='127.0.0.1:1'\nurl='https://gateway.example.org'",
            "listen='127.0.0.1:1'\nurl='http://127.0.0.1:8621'",
            "listen='[::1]:1'\nurl='http://[::1]:8621/causeway'",
            "listen='0.0.0.0:1'\nurl='https://gateway.example.org'\nproxies=['10.0.0.9']\ncertificates_by_proxy=true",
            "listen='0.0.0.0:1'\nurl='https://gateway.example.org'\n[tls]\ncertificate='tls/server.pem'",
        ] {
            assert!(api(fine).is_ok(), "{fine}: {:?}", api(fine));
        }
        for wrong in [
            "listen='0.0.0.0:1'\nurl='https://gateway.example.org'",
            "listen='127.0.0.1:1'\nurl='http://gateway.example.org'",
            "listen='127.0.0.1:1'\nurl='http://127.0.0.1.example.org'",
            "listen='127.0.0.1:1'\nurl='https://'",
            "listen='127.0.0.1:1'\nurl='gateway.example.org'",
            "listen='127.0.0.1:1'\nurl='https://a@b'",
            "listen='127.0.0.1:1'\nurl='https://gateway.example.org/'",
            "listen='127.0.0.1:1'\nurl='https://gateway.example.org'\ncertificates_by_proxy=true",
            "listen='127.0.0.1:1'\nurl='https://gateway.example.org'\ncalls_a_minute=0",
            "listen='127.0.0.1:1'\nurl='https://gateway.example.org'\njwks_uri='https://x'",
            "listen='127.0.0.1:1'\nurl='http://127.0.0.1:1'\n[tls]\ncertificate='a'",
            "listen='127.0.0.1:1'\nurl='https://a'\nproxies=['10.0.0.9']\n[tls]\ncertificate='a'",
        ] {
            assert!(api(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn where_proxies_are_named_nobody_else_is_answered() {
        let behind = api("listen='0.0.0.0:1'\nurl='https://a'\nproxies=['10.0.0.9']").unwrap();
        let says = |peer: &str| behind.answers(peer.parse().unwrap());
        assert!(says("10.0.0.9") && says("::ffff:10.0.0.9") && !says("10.0.0.8") && !says("127.0.0.1"));
        assert_eq!(behind.audience(), "https://a/oauth2/token");
    }
}
