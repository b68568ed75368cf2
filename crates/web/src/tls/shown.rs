//! Which certificates of programs are let in? Any whose key the other end has, within its dates: whose it is, is looked up for each call.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::dates::dates;

/// No certificate is longer.
const LONGEST: usize = 16 * 1024;

/// Lets any certificate in whose key is proven; nobody needs one.
#[derive(Debug)]
pub(super) struct Shown {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Shown {
    pub(super) fn of(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms }
    }
}

impl ClientCertVerifier for Shown {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let bad = |error| Err(Error::InvalidCertificate(error));
        if certificate.len() > LONGEST {
            return bad(CertificateError::BadEncoding);
        }
        match dates(certificate) {
            None => bad(CertificateError::BadEncoding),
            Some((begins, _)) if now.as_secs() < begins => bad(CertificateError::NotValidYet),
            Some((_, ends)) if now.as_secs() > ends => bad(CertificateError::Expired),
            Some(_) => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
