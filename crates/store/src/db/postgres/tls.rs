//! How is a connection to the server protected?

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::StoreError;

/// A TLS client that demands a certificate for the server's name, signed by the authority in `ca`, or without one by an
/// authority that this machine trusts.
pub(super) fn client(ca: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let refused = |what: String| StoreError::Tls { what };
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let read = CertificateDer::pem_file_iter(path).and_then(|found| found.collect::<Result<Vec<_>, _>>());
            let path = path.display();
            let found =
                read.map_err(|_| refused(format!("`{path}` holds no certificate in PEM, or cannot be read")))?;
            for certificate in found {
                let taken = roots.add(certificate);
                taken.map_err(|_| refused(format!("`{path}` holds no certificate of an authority")))?;
            }
        }
        None => {
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(refused("no authority is known that could sign the server's certificate: name one as `ca`".into()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| refused("TLS cannot be set up: report it".into()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
