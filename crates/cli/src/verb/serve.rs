//! `causeway serve`: the process that answers over the network. It holds no private key.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use causeway_engine::{EngineError, Home, Lookout};
use causeway_web::address::{USUAL, demand_private};
use clap::Args;
use tokio::net::TcpListener;
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
        let (ending, waiting) = ending();
        ready();
        info!(address = %listens, "serving");
        let served = causeway_web::serve(listener, causeway_web::routes(Arc::clone(&lookout)), ending).await;
        waiting.abort();
        served
            .map_err(|error| EngineError::Unserved(format!("`{listens}` cannot be listened on any more: {error}")))?;
        if let Some(lookout) = Arc::into_inner(lookout) {
            lookout.close().await;
        }
        info!("ended");
        Ok(ExitCode::SUCCESS)
    }
}
