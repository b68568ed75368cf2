//! Who is told by mail or webhook, and of what? A part of the installation's configuration; addresses and secrets stand only here.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use causeway_model::alert::{AlertKind, is_id};
use causeway_model::permission::Role;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::letter::Language;

/// `[alerts]`. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A receipt is overdue so many days after the package arrived.
    pub receipt_within_days: u16,
    /// Terms and keys are told of that end within so many days.
    pub ends_within_days: u16,
    /// The mail server that takes our mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
    /// Ways by mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<MailRoute>,
    /// Ways by webhook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhook: Vec<WebhookRoute>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { receipt_within_days: 7, ends_within_days: 30, smtp: None, mail: Vec::new(), webhook: Vec::new() }
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its host.
    pub host: String,
    /// Its port.
    #[serde(default = "submission")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Address from which our mail comes.
    pub from: String,
    /// User, where it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// File with the user's password; relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Or the variable of the environment with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// The certificate of the authority that signed the server's, PEM; without it one that this machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn submission() -> u16 {
    587
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// Begun in the clear, and encrypted before anything is said; refused where the server cannot.
    #[default]
    Starttls,
    /// Encrypted from the beginning.
    Implicit,
    /// Not at all: only for a server on this machine.
    Off,
}

/// Where a secret is kept: in a file that is the owner's alone, or in a variable of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret<'a> {
    file: Option<&'a Path>,
    variable: Option<&'a str>,
}

impl Smtp {
    /// Where the password is kept.
    #[must_use]
    pub fn secret(&self) -> Secret<'_> {
        Secret { file: self.secret_file.as_deref(), variable: self.secret_env.as_deref() }
    }
}

impl WebhookRoute {
    /// Where the secret is kept.
    #[must_use]
    pub fn secret(&self) -> Secret<'_> {
        Secret { file: self.secret_file.as_deref(), variable: self.secret_env.as_deref() }
    }
}

/// A way by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailRoute {
    /// What it is called everywhere else.
    pub name: String,
    /// The address.
    pub address: String,
    /// The language: one of those in which letters are written.
    #[serde(default = "english")]
    pub language: String,
    /// In which roles the people are who read it there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Or the partner whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Only of this; absent, of everything that is for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<AlertKind>,
}

fn english() -> String {
    Language::English.as_str().to_owned()
}

/// A way by webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookRoute {
    /// What it is called everywhere else.
    pub name: String,
    /// Where: HTTPS, without a user.
    pub url: String,
    /// File with the secret that signs, as Standard Webhooks write it (`whsec_` and Base64); relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Or the variable of the environment with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// The certificate of the authority that signed the server's, PEM; without it one that this machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// Whether it may be in a private network or on this machine.
    #[serde(default)]
    pub private_address: bool,
    /// In which roles the people are who read it there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Or the partner whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Only of this; absent, of everything that is for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<AlertKind>,
}

impl Secret<'_> {
    fn is_named(&self) -> bool {
        self.file.is_some() || self.variable.is_some()
    }

    /// Whether a secret stands in place of where it is kept: what is wrong with a file or variable is told with its name.
    fn is_written_out(&self) -> bool {
        let file = self.file.and_then(Path::to_str);
        [file, self.variable].into_iter().flatten().any(|name| name.contains("whsec_"))
    }

    /// What is kept there; none where no place is named.
    pub fn read(
        &self,
        root: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Zeroizing<String>>, EngineError> {
        let (file, name) = match (self.file, self.variable) {
            (None, None) => return Ok(None),
            (Some(file), None) => {
                let text = crate::keys::read_secret(&root.join(file))?;
                return Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())));
            }
            (None, Some(name)) => {
                let found = environment(name).map(Zeroizing::new);
                let missing =
                    || EngineError::Wrong(format!("the environment has no `{name}` with a secret of [alerts]"));
                return found.ok_or_else(missing).map(Some);
            }
            (Some(file), Some(name)) => (file, name),
        };
        let file = file.display();
        Err(EngineError::Wrong(format!("[alerts] keeps a secret in `{file}` and in `{name}`: keep it in one place")))
    }
}

impl Settings {
    /// Whether they make sense together.
    ///
    /// # Errors
    /// The first thing that does not, and what to do.
    pub fn check(&self) -> Result<(), EngineError> {
        let wrong = |what: String| Err(EngineError::Wrong(format!("[alerts] {what}")));
        let mut names = BTreeSet::new();
        let mail = self.mail.iter().map(|route| (&route.name, &route.roles, &route.partner));
        let hooks = self.webhook.iter().map(|route| (&route.name, &route.roles, &route.partner));
        for (name, roles, partner) in mail.chain(hooks) {
            if !is_id(name) {
                return wrong(format!("`{name}` is no name of a way: use letters, digits and dashes"));
            }
            if !names.insert(name) {
                return wrong(format!("has two ways called `{name}`: give each a name of its own"));
            }
            if roles.is_empty() == partner.is_none() {
                return wrong(format!("way `{name}` needs either `roles` or a `partner`, to say whose it is"));
            }
            if let Some(role) = roles.iter().find(|role| role.is_partners()) {
                return wrong(format!(
                    "way `{name}` is for `{role}`, a role of a partner's people: name the `partner`"
                ));
            }
        }
        let smtp = self.smtp.iter().map(|smtp| ("smtp", smtp.secret()));
        let hooks = self.webhook.iter().map(|route| (route.name.as_str(), route.secret()));
        if let Some((name, _)) = smtp.chain(hooks).find(|(_, secret)| secret.is_written_out()) {
            return wrong(format!(
                "has the secret of `{name}` itself where its file or variable is named: replace that secret, others may have seen it"
            ));
        }
        for route in &self.mail {
            route.language.parse::<Language>().map_err(|error| EngineError::Wrong(format!("[alerts] {error}")))?;
            if !route.address.contains('@') {
                return wrong(format!("way `{}` has no address with an @", route.name));
            }
        }
        for route in &self.webhook {
            if !route.url.starts_with("https://") {
                return wrong(format!(
                    "way `{}` does not begin with https://: nothing is told in the clear",
                    route.name
                ));
            }
            if !route.secret().is_named() {
                return wrong(format!(
                    "way `{}` needs `secret_file` or `secret_env`: its calls are signed",
                    route.name
                ));
            }
        }
        match &self.smtp {
            None if !self.mail.is_empty() => wrong("has ways by mail and no `smtp` server".to_owned()),
            Some(smtp) if smtp.tls == SmtpTls::Off && !is_here(&smtp.host) => {
                wrong(format!("`{}` is not this machine: mail goes there encrypted only", smtp.host))
            }
            Some(smtp) if smtp.user.is_some() != smtp.secret().is_named() => {
                wrong("`smtp` needs a `user` together with `secret_file` or `secret_env`, or none of them".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
