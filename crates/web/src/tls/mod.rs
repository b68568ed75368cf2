//! How does TLS end in a process that has no key? It has the certificate; what proves it, `work` signs.
//!
//! - [`remote`]: the key that is elsewhere;
//! - [`shown`]: certificates that programs show, verified for possession and dates;
//! - [`dates`]: from when to when a certificate is good.
//!
//! INVARIANT (serve holds no private key).

mod dates;
mod remote;
mod shown;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use causeway_engine::Lookout;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch::Receiver;

/// How often the file is looked at.
const LOOKED: Duration = Duration::from_secs(2);

/// The certificate that is shown, as its file says.
pub struct Certificate {
    file: PathBuf,
    lookout: Arc<Lookout>,
    shown: RwLock<Option<(SystemTime, Arc<CertifiedKey>)>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", self.file.display())
    }
}

impl Certificate {
    /// The certificate of a file. Until `work` says what its key can do, no connection is made.
    #[must_use]
    pub fn of(file: &Path, lookout: Arc<Lookout>) -> Arc<Self> {
        Arc::new(Self { file: file.to_owned(), lookout, shown: RwLock::new(None) })
    }

    /// TLS 1.3 with this certificate, and with whatever certificate the other end proves to have.
    ///
    /// # Errors
    /// The cryptography does not have TLS 1.3.
    pub fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let shown = shown::Shown::of(&provider);
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(shown))
            .with_cert_resolver(Arc::<Self>::clone(self));
        Ok(Arc::new(config))
    }

    /// Reads the file again whenever it changes, until the process ends.
    pub async fn follow(self: Arc<Self>, mut ending: Receiver<bool>) {
        loop {
            if let Err(why) = self.read().await {
                tracing::warn!(why, "the certificate is as it was");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOKED) => {}
                Ok(_) = ending.wait_for(|ending| *ending) => return,
            }
        }
    }

    async fn read(&self) -> Result<(), String> {
        let changed = std::fs::metadata(&self.file).and_then(|meta| meta.modified());
        let changed = changed.map_err(|error| format!("`{}`: {error}", self.file.display()))?;
        if self.at().is_some_and(|(at, _)| at == changed) {
            return Ok(());
        }
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.file)
            .and_then(Iterator::collect)
            .map_err(|error| format!("`{}`: {error}", self.file.display()))?;
        let leaf = chain.first().ok_or_else(|| format!("`{}` holds no certificate", self.file.display()))?;
        let key = remote::Key::of(Arc::clone(&self.lookout), leaf).await?;
        let certified = Arc::new(CertifiedKey::new(chain, Arc::new(key)));
        tracing::info!(file = %self.file.display(), "the certificate is shown from now on");
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some((changed, certified));
        Ok(())
    }

    fn at(&self) -> Option<(SystemTime, Arc<CertifiedKey>)> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.at().map(|(_, certified)| certified)
    }
}
