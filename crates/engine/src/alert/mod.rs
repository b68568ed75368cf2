//! Who is told by mail or webhook that something waits, failed, is late or ends, and how does it reach them whatever is down?
//!
//! - `settings`: who gets what, as the installation's configuration says;
//! - `find`: what is due or ends, and nobody's change tells of;
//! - `route`: which ways an alert takes;
//! - `send`: one of them, under a lease, with its outcome;
//! - `desk`: which of them are under way;
//! - `office`: all of that, for as long as a worker is at work.
//!
//! What a change causes is posted by the store in the same transaction. Nothing here knows how mail is sent: a [`Postman`] is handed in.

mod desk;
mod find;
mod office;
mod route;
mod send;
mod settings;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use find::drifted;
pub use office::{Office, Told, office};
pub use route::ways;
pub use settings::{MailRoute, Settings, Smtp, SmtpTls, WebhookRoute};

/// What carries an alert out of the house. A try ends within the time of a lease.
pub trait Postman: Send + Sync {
    /// Hands a mail to a server.
    fn mail<'a>(&'a self, server: &'a MailServer, mail: &'a Mail) -> Sending<'a>;

    /// Calls a webhook.
    fn call<'a>(&'a self, hook: &'a Hook, call: &'a Call) -> Sending<'a>;
}

/// A try under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Sent> + Send + 'a>>;

/// How a try ended. Texts hold no address, no secret and nothing of the alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The receiver has it.
    Confirmed,
    /// The receiver says that it never will.
    Refused(String),
    /// Not this time.
    Failed(String),
}

/// A mail server, as a try needs it.
pub struct MailServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User and password, where it asks for them.
    pub login: Option<(String, Zeroizing<String>)>,
    /// The certificate of the authority that signed the server's.
    pub ca: Option<PathBuf>,
}

/// A mail.
pub struct Mail {
    /// From which address.
    pub from: String,
    /// To which.
    pub to: String,
    /// The same at every try.
    pub message_id: String,
    /// When the alert was posted.
    pub at: Timestamp,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// A webhook, as a try needs it.
pub struct Hook {
    /// Where.
    pub url: String,
    /// The secret that signs: `whsec_` and Base64.
    pub secret: Zeroizing<String>,
    /// The certificate of the authority that signed the server's.
    pub ca: Option<PathBuf>,
    /// Whether it may be in a private network or on this machine.
    pub private_address: bool,
}

/// A call of a webhook.
pub struct Call {
    /// The same at every try.
    pub id: String,
    /// Now.
    pub at: Timestamp,
    /// JSON.
    pub body: String,
}
