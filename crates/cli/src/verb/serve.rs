//! `causeway serve`: the process that answers over the network. It holds no private key.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use causeway_engine::{Api, EngineError, Home, Lookout};
use causeway_web::address::{USUAL, demand_private};
use causeway_web::tls::Certificate;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch::Receiver;
use tokio::task::JoinHandle;
use tracing::info;

use super::ending::{ending, ready};
use super::{Ended, Place};

/// Where it is asked.
#[derive(Args)]
pub struct Serve {
    /// The address that it listens on.
    #[arg(long, value_name = "ADDRESS:PORT", env = "CAUSEWAY_LISTEN", default_value = USUAL)]
    listen: SocketAddr,
    /// A proxy on the same private network ends TLS before it: then it may listen on another address than this machine's own.
    #[arg(long)]
    behind_proxy: bool,
}

impl Serve {
    /// Answers until it is asked to end, by SIGTERM or Ctrl-C.
    pub async fn run(&self, place: &Place) -> Ended {
        demand_private(self.listen, self.behind_proxy).map_err(EngineError::Wrong)?;
        let lookout = Lookout::open(Home::open(&place.home)?, crate::hooks::surroundings()).await?;
        let lookout = Arc::new(lookout);
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| EngineError::Unserved(format!("`{}` cannot be listened on: {error}", self.listen)))?;
        let listens = listener.local_addr().unwrap_or(self.listen);
        let api = match lookout.api().cloned() {
            Some(settings) => Some((self.api_listener(&settings).await?, settings)),
            None => None,
        };
        let (ending, waiting) = ending();
        let answering = match api {
            Some((listener, settings)) => Some(self.answering(place, &lookout, listener, settings, &ending)?),
            None => None,
        };
        ready();
        info!(address = %listens, "serving");
        let served = causeway_web::serve(listener, causeway_web::routes(Arc::clone(&lookout)), ending).await;
        if let Some(answering) = answering {
            let _what_was_asked_is_answered = answering.await;
        }
        waiting.abort();
        served
            .map_err(|error| EngineError::Unserved(format!("`{listens}` cannot be listened on any more: {error}")))?;
        if let Some(lookout) = Arc::into_inner(lookout) {
            lookout.close().await;
        }
        info!("ended");
        Ok(ExitCode::SUCCESS)
    }

    /// Answers programs of partners, beside the rest.
    fn answering(
        &self,
        place: &Place,
        lookout: &Arc<Lookout>,
        listener: TcpListener,
        settings: Api,
        ending: &Receiver<bool>,
    ) -> Result<JoinHandle<()>, EngineError> {
        let listens = listener.local_addr().unwrap_or(settings.listen);
        let encrypted = match &settings.tls {
            None => None,
            Some(tls) => {
                let certificate = Certificate::of(&place.home.join(&tls.certificate), Arc::clone(lookout));
                drop(tokio::spawn(Arc::clone(&certificate).follow(ending.clone())));
                let config = certificate.config();
                Some(config.map_err(|error| EngineError::Unserved(format!("TLS cannot be spoken: {error}")))?)
            }
        };
        info!(address = %listens, "answering partners");
        let routes = causeway_web::api::routes(Arc::clone(lookout), settings);
        Ok(tokio::spawn(causeway_web::api::serve(listener, routes, encrypted, ending.clone())))
    }

    async fn api_listener(&self, settings: &Api) -> Result<TcpListener, EngineError> {
        let cannot =
            |error| EngineError::Unserved(format!("[api] `{}` cannot be listened on: {error}", settings.listen));
        TcpListener::bind(settings.listen).await.map_err(cannot)
    }
}
