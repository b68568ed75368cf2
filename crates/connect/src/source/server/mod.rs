//! What do database servers have in common: where secrets are kept, and how a connection is protected?

mod secret;
mod tls;

use std::time::Duration;

pub(crate) use secret::secret;
pub(crate) use tls::client as tls_client;

/// How long a connection may take to come about.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// How long a server may stay silent in the middle of an answer, where the catalogue states no statement timeout.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// How often a waiting reader looks whether anybody still wants its rows.
pub(crate) const LOOK: Duration = Duration::from_millis(100);
