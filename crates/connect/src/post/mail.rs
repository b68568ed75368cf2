//! How is a mail handed to a server? By SMTP, encrypted before anything is said, unless the server is on this machine.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::{Unsent, failed};

/// How long a server may take to answer one command.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Begun in the clear, and encrypted before anything is said; refused where the server cannot.
    Starttls,
    /// Encrypted from the beginning.
    Implicit,
    /// Not at all.
    Off,
}

/// A mail server.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// Its host.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// User and password.
    pub login: Option<(&'a str, &'a str)>,
    /// The certificate of the authority that signed the server's; without it those that this machine trusts.
    pub ca: Option<&'a Path>,
}

/// A mail.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// From which address.
    pub from: &'a str,
    /// To which.
    pub to: &'a str,
    /// Its `Message-ID`.
    pub message_id: &'a str,
    /// Its date.
    pub at: Timestamp,
    /// One line.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
}

/// Hands a mail over; the server has confirmed it then.
///
/// # Errors
/// [`Unsent::Refused`] where the server says that there is no such mailbox.
pub async fn send(server: Server<'_>, letter: Letter<'_>) -> Result<(), Unsent> {
    let message = message(letter)?;
    let tls = match server.protection {
        Protection::Starttls => Tls::Required(parameters(server)?),
        Protection::Implicit => Tls::Wrapper(parameters(server)?),
        Protection::Off => Tls::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
        .port(server.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let Some((user, password)) = server.login {
        transport = transport.credentials(Credentials::new(user.to_owned(), password.to_owned()));
    }
    transport.build().send(message).await.map(|_| ()).map_err(|error| trouble(&error))
}

fn message(letter: Letter<'_>) -> Result<Message, Unsent> {
    let mailbox = |what: &str, address: &str| {
        let parsed = address.parse::<Address>().map_err(|_| failed(format!("`{what}` is no address of mail")))?;
        Ok(Mailbox::new(None, parsed))
    };
    MessageBuilder::new()
        .from(mailbox("from", letter.from)?)
        .to(mailbox("address", letter.to)?)
        .subject(letter.subject)
        .date(SystemTime::from(letter.at))
        .message_id(Some(letter.message_id.to_owned()))
        .header(Automatic)
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.to_owned())
        .map_err(|_| failed("the mail cannot be written"))
}

/// No machine answers a mail that a machine wrote (RFC 3834).
#[derive(Clone)]
struct Automatic;

impl lettre::message::header::Header for Automatic {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn parameters(server: Server<'_>) -> Result<TlsParameters, Unsent> {
    let mut parameters = TlsParameters::builder(server.host.to_owned());
    if let Some(path) = server.ca {
        let pem =
            std::fs::read(path).map_err(|error| failed(format!("the file `ca` cannot be read: {}", error.kind())))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|_| failed("the file `ca` holds no certificate in PEM"))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    parameters.build().map_err(|_| failed("TLS cannot be set up: is the file `ca` a certificate of an authority?"))
}

/// What is told of an error: never the words of the server, which repeat the address.
fn trouble(error: &lettre::transport::smtp::Error) -> Unsent {
    if let Some(code) = error.status() {
        let code = code.to_string();
        let said = format!("the mail server answered {code}");
        // No such mailbox, not allowed, none of that name (RFC 5321); what is wrong with our own login can be mended.
        return if matches!(code.as_str(), "550" | "551" | "553") {
            Unsent::Refused(said)
        } else {
            Unsent::Failed(said)
        };
    }
    failed(match () {
        () if error.is_tls() || is_distrust(error) => {
            "the mail server cannot be trusted: its certificate is not for its name, or not by `ca`"
        }
        () if error.is_timeout() => "the mail server does not answer",
        () if error.is_client() => "the mail server cannot do what is asked: encryption, or a login that we have",
        () if error.is_response() => "the mail server answered what cannot be understood",
        () => "the mail server cannot be reached",
    })
}

/// Whether the certificate was refused: that comes as an error of the connection.
fn is_distrust(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(inner, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        source = cause.source();
    }
    false
}
