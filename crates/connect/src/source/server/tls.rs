//! How is a connection to a database server protected?

use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Tls, TlsMode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::secret::private;
use crate::source::Refuse;

/// The TLS client that `tls` describes; none where it says `off`. The server's name is always verified.
pub(crate) fn client(origin: &str, tls: &Tls, base: &Path) -> Result<Option<ClientConfig>, SourceError> {
    if tls.mode == TlsMode::Off {
        return Ok(None);
    }
    let refuse = |detail: String| Refuse(origin).unreachable(detail);
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(path) => {
            for certificate in certificates(path, base).map_err(refuse)? {
                roots.add(certificate).map_err(|_| refuse(format!("`{path}` holds no certificate of an authority")))?;
            }
        }
        None => {
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(refuse(
            "no authority is known that could sign the server's certificate: name a file as `ca`".into(),
        ));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| refuse("TLS cannot be set up: report it".into()))?
        .with_root_certificates(roots);
    let config = match (&tls.certificate, &tls.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate, base).map_err(refuse)?;
            private(&base.join(key)).map_err(|detail| refuse(format!("key file `{key}`: {detail}")))?;
            let private = PrivateKeyDer::from_pem_file(base.join(key))
                .map_err(|_| refuse(format!("`{key}` holds no private key in PEM")))?;
            builder
                .with_client_auth_cert(chain, private)
                .map_err(|_| refuse(format!("`{key}` is not the key of `{certificate}`")))?
        }
        _ => return Err(refuse("our own certificate needs both `certificate` and `key`".into())),
    };
    Ok(Some(config))
}

fn certificates(path: &str, base: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(base.join(path)).and_then(|found| found.collect::<Result<Vec<_>, _>>());
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("`{path}` holds no certificate in PEM, or cannot be read")),
    }
}
