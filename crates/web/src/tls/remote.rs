//! How is signed with a key that is elsewhere? `work` is asked, and has half a second.

use std::sync::Arc;

use causeway_engine::Lookout;
use rustls::pki_types::CertificateDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// The key of the certificate, which `work` has.
pub(super) struct Key {
    lookout: Arc<Lookout>,
    schemes: Vec<SignatureScheme>,
}

struct Signing {
    lookout: Arc<Lookout>,
    scheme: SignatureScheme,
}

impl Key {
    /// The key of this certificate, if it is the one that `work` has.
    pub(super) async fn of(lookout: Arc<Lookout>, leaf: &CertificateDer<'_>) -> Result<Self, String> {
        let schemes = lookout.line().tls_schemes(leaf).await.map_err(|error| error.to_string())??;
        let schemes: Vec<SignatureScheme> = schemes.into_iter().map(SignatureScheme::from).collect();
        if schemes.is_empty() {
            Err("its key signs nothing that TLS 1.3 takes".to_owned())
        } else {
            Ok(Self { lookout, schemes })
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key that `work` has")
    }
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key that `work` has")
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = self.schemes.iter().find(|scheme| offered.contains(scheme)).copied()?;
        Some(Box::new(Signing { lookout: Arc::clone(&self.lookout), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        // Of TLS 1.2 alone, which is not spoken here.
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let asked = self.lookout.line().tls_sign(u16::from(self.scheme), message);
        let signed = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asked));
        signed.map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
