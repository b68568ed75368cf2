//! By what does a program prove itself where it asks for a token? A short statement that its key signed (RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::SigningPair;

/// How long one counts, in seconds, at the most.
pub const LASTS: i64 = 300;

/// What `client_assertion_type` says.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Makes one, good for a minute, once. `id` is told apart from every other; `audience` is the address of tokens.
#[must_use]
pub fn assertion(client: &str, audience: &str, key: &SigningPair, now: Timestamp, id: &str) -> String {
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": key.public().thumbprint() });
    let now = now.as_second();
    let claims = json!({ "iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60, "jti": id });
    signed(&header, &claims, key)
}

/// Signs a header and claims as they are: also those that nobody should take.
#[must_use]
pub fn signed(header: &Value, claims: &Value, key: &SigningPair) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
    format!("{text}.{signature}")
}
