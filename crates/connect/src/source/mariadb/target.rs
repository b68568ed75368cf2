//! Which server is talked to, as whom, and how is a conversation begun?

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use causeway_flow::source::SourceError;
use causeway_model::Code;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::MariadbSource;
use super::failure::Trouble;
use super::greeting::{self, Greeting, Who};
use super::patience::Patience;
use super::wire::Wire;
use crate::source::Refuse;
use crate::source::server::{CONNECT, LOOK, secret, tls_client};

/// The port that servers of this kind listen on.
const PORT: u16 = 3306;

/// How long a write may be stuck: what we write is small.
const WRITE: Duration = Duration::from_secs(30);

/// A server, and how to sign in.
pub(super) struct Target {
    pub(super) origin: String,
    pub(super) user: String,
    pub(super) database: String,
    host: String,
    port: u16,
    password: String,
    tls: Option<(ClientConfig, ServerName<'static>)>,
}

impl Target {
    /// Reads the secrets that the catalogue names.
    pub(super) fn new(source: &MariadbSource) -> Result<Self, SourceError> {
        let (origin, server, base) = (source.name.as_str(), &source.server, source.base.as_path());
        let name = || {
            let name = ServerName::try_from(server.host.clone());
            name.map_err(|_| {
                Refuse(origin).unreachable(format!("`{}` is no name that a certificate could be for", server.host))
            })
        };
        let tls = match tls_client(origin, &server.tls, base)? {
            Some(config) => Some((config, name()?)),
            None => None,
        };
        let password = server.password.as_ref().map(|kept| secret(origin, kept, base)).transpose()?;
        Ok(Self {
            origin: origin.to_owned(),
            user: server.user.clone(),
            database: server.database.clone(),
            host: server.host.clone(),
            port: server.port.unwrap_or(PORT),
            password: password.unwrap_or_default(),
            tls,
        })
    }

    /// Connects, protects the connection unless the catalogue says `off`, signs in.
    pub(super) fn connect(&self, patience: Patience) -> Result<(Wire, Greeting), SourceError> {
        let mut wire = Wire::new(self.dial()?, patience);
        let greeting = self.begin(&mut wire).map_err(|trouble| self.refuse(trouble))?;
        Ok((wire, greeting))
    }

    /// The first address of the host that answers.
    fn dial(&self) -> Result<TcpStream, SourceError> {
        let unreachable = |error: std::io::Error| {
            let detail = format!("`{}` port {} cannot be reached: {}", self.host, self.port, error.kind());
            Refuse(&self.origin).unreachable(detail)
        };
        let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
        for address in (self.host.as_str(), self.port).to_socket_addrs().map_err(unreachable)? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(tcp) => {
                    let set = tcp.set_nodelay(true).and_then(|()| tcp.set_read_timeout(Some(LOOK)));
                    set.and_then(|()| tcp.set_write_timeout(Some(WRITE))).map_err(unreachable)?;
                    return Ok(tcp);
                }
                Err(error) => last = error,
            }
        }
        Err(unreachable(last))
    }

    fn begin(&self, wire: &mut Wire) -> Result<Greeting, Trouble> {
        let greeting = greeting::read(wire)?;
        if let Some((config, name)) = &self.tls {
            if !greeting.offers_tls() {
                let why = "the server offers no TLS: switch it on there, or, on a network of its own, write `tls: { mode: off }`";
                return Err(Trouble::Unverified(why.to_owned()));
            }
            greeting::ask_for_tls(wire)?;
            wire.protect(config.clone(), name.clone())?;
        }
        let (user, database, password) = (self.user.as_str(), self.database.as_str(), self.password.as_str());
        greeting::sign_in(wire, &greeting, &Who { user, database, password, protected: self.tls.is_some() })?;
        Ok(greeting)
    }

    /// Trouble before anything is read: whatever it is, the server was not reached.
    fn refuse(&self, trouble: Trouble) -> SourceError {
        let what = format!("connecting to `{}` port {} as `{}`", self.host, self.port, self.user);
        let unreachable = |why: &str| Refuse(&self.origin).unreachable(format!("{what}: {why}"));
        match trouble {
            Trouble::Cut => unreachable("the server ended the connection"),
            Trouble::Network(kind) => unreachable(&kind.to_string()),
            Trouble::Garbled(why) => unreachable(&format!("{why}, as no MariaDB or MySQL server speaks")),
            Trouble::Stop(error) if error.code == Code::SourceEndedEarly => unreachable(&error.detail),
            other => other.error(&self.origin, &what),
        }
    }
}
