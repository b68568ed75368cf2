//! What is signed for a process that ends TLS without a key? What a TLS 1.3 server signs to prove its certificate, and nothing else.

use std::path::PathBuf;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{InconsistentKeys, SignatureScheme};

use crate::error::EngineError;
use crate::house::House;
use crate::keys::read_secret;

/// What precedes the digest of the handshake (RFC 8446, 4.4.3).
const CONTEXT: &[u8] = b"TLS 1.3, server CertificateVerify\0";
const BLANKS: usize = 64;

/// Digests of handshakes have so many bytes: SHA-256, SHA-384.
const DIGESTS: [usize; 2] = [32, 48];

/// What TLS 1.3 signs with, the best first.
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
];

/// Whether it is what a TLS 1.3 server signs: a signature under it is good for one handshake, and for nothing else.
pub(super) fn is_handshake(message: &[u8]) -> bool {
    let Some((blanks, rest)) = message.split_at_checked(BLANKS) else { return false };
    let digest = rest.strip_prefix(CONTEXT).map(<[u8]>::len);
    blanks.iter().all(|byte| *byte == b' ') && digest.is_some_and(|length| DIGESTS.contains(&length))
}

/// By which schemes the key of the API signs, if it is the one of this certificate.
pub(super) fn schemes(house: &House, certificate: Vec<u8>) -> Result<Vec<u16>, EngineError> {
    let key = key(house)?;
    let schemes = SCHEMES.iter().filter(|scheme| key.choose_scheme(&[**scheme]).is_some());
    let schemes = schemes.map(|scheme| u16::from(*scheme)).collect();
    match CertifiedKey::new(vec![CertificateDer::from(certificate)], key).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(schemes),
        Err(_) => Err(wrong(house, "is not the key of the certificate")),
    }
}

/// Signs what a TLS 1.3 server signs.
pub(super) fn sign(house: &House, scheme: u16, message: &[u8]) -> Result<Vec<u8>, EngineError> {
    if !is_handshake(message) {
        return Err(EngineError::Wrong("that is nothing that a TLS 1.3 server signs".to_owned()));
    }
    let signer = key(house)?.choose_scheme(&[SignatureScheme::from(scheme)]);
    let signer = signer.ok_or_else(|| wrong(house, "does not sign in this way"))?;
    signer.sign(message).map_err(|_| wrong(house, "cannot sign"))
}

/// The key, from its file each time: one that takes its place counts at once.
fn key(house: &House) -> Result<std::sync::Arc<dyn SigningKey>, EngineError> {
    let path = path(house).ok_or_else(|| EngineError::Wrong("[api] has no certificate".to_owned()))?;
    let text = read_secret(&path)?;
    let der =
        PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| wrong(house, "holds no private key in PEM"))?;
    any_supported_type(&der).map_err(|_| wrong(house, "is of a kind that TLS does not use"))
}

fn path(house: &House) -> Option<PathBuf> {
    let tls = house.home.config().api.as_ref()?.tls.as_ref()?;
    Some(house.home.root().join(&tls.key))
}

fn wrong(house: &House, what: &str) -> EngineError {
    let path = path(house).unwrap_or_default();
    EngineError::Wrong(format!("[api.tls] `{}` {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_handshake_is_signed() {
        let handshake = |context: &[u8], digest: usize| [&[b' '; BLANKS][..], context, &vec![7; digest]].concat();
        assert!(is_handshake(&handshake(CONTEXT, 32)) && is_handshake(&handshake(CONTEXT, 48)));
        for other in [
            handshake(CONTEXT, 31),
            handshake(CONTEXT, 33),
            handshake(CONTEXT, 64),
            handshake(CONTEXT, 0),
            handshake(b"TLS 1.3, client CertificateVerify\0", 32),
            handshake(b"TLS 1.3, server CertificateVerify", 33),
            handshake(CONTEXT, 32)[1..].to_vec(),
            [b"{\"type\":\"causeway-package/1\"}".to_vec(), handshake(CONTEXT, 32)].concat(),
            vec![b' '; 200],
            Vec::new(),
        ] {
            assert!(!is_handshake(&other));
        }
    }
}
