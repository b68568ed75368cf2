//! Who can open this? age X25519 recipients and identities.

use std::path::Path;

use age::secrecy::ExposeSecret as _;
use age::x25519;
use zeroize::Zeroizing;

use super::Fingerprint;
use super::file::{read_private, unusable};
use crate::environment::Environment;
use crate::error::PackageError;

/// The kind of sealing key that manifests name; another kind (a post-quantum one) will have another name.
pub const RECIPIENT_TYPE: &str = "age-x25519";

/// A public key to which parts are sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    key: x25519::Recipient,
    text: String,
    environment: Environment,
}

impl Recipient {
    /// Reads `age1…` text, as a key for production.
    ///
    /// # Errors
    /// The text is not an age X25519 recipient.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let text = text.trim();
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY") {
            return Err(unusable(
                "recipient",
                "this is a secret key where a recipient belongs; take the `age1…` line, and treat a secret key that was sent around as lost",
            ));
        }
        let key = text
            .parse::<x25519::Recipient>()
            .map_err(|_| unusable(text, "expected an age recipient, `age1…`, as `age-keygen` prints it"))?;
        Ok(Self { text: key.to_string(), key, environment: Environment::Production })
    }

    /// Reads the text of a file with an `age1…` line, and what the file says it is for.
    ///
    /// # Errors
    /// There is no such line, or it is no age X25519 recipient.
    pub fn from_file_text(text: &str) -> Result<Self, PackageError> {
        let line = text.lines().map(str::trim).find(|line| line.starts_with("age1") || line.starts_with("AGE-SECRET"));
        let environment = Environment::said_in(text)?.unwrap_or_default();
        Ok(Self::parse(line.unwrap_or_default())?.meant_for(environment))
    }

    /// The same key for that environment.
    #[must_use]
    pub fn meant_for(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// For what it is.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The `age1…` text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of the `age1…` text.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.text.as_bytes())
    }

    /// The first 16 hex digits of the fingerprint.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.fingerprint().key_id()
    }

    pub(crate) fn as_age(&self) -> &dyn age::Recipient {
        &self.key
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recipient({})", self.text)
    }
}

/// A private key that opens parts; wiped when dropped, printed only as its key id.
pub struct Identity(x25519::Identity);

impl Identity {
    /// Makes a new key with the operating system's randomness, which `age` takes by itself.
    #[must_use]
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Reads an `AGE-SECRET-KEY-1…` line.
    ///
    /// # Errors
    /// The text is not an age identity.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let parsed = text.trim().parse::<x25519::Identity>();
        parsed.map(Self).map_err(|_| unusable("identity text", "expected one `AGE-SECRET-KEY-1…` line"))
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        let key = self.0.to_public();
        Recipient { text: key.to_string(), key, environment: Environment::Production }
    }

    /// An identity file as `age-keygen` writes it, without the time.
    #[must_use]
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let secret = self.0.to_string();
        Zeroizing::new(format!("# public key: {}\n{}\n", self.recipient().text, secret.expose_secret()))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.recipient().key_id())
    }
}

/// The private keys to try on a part, in order: the current one and those being retired.
#[derive(Debug)]
pub struct Identities(Vec<Identity>);

impl Identities {
    /// Takes the keys.
    #[must_use]
    pub fn new(identities: Vec<Identity>) -> Self {
        Self(identities)
    }

    /// Reads an identity file, one key a line, that only its owner may read.
    ///
    /// # Errors
    /// The file is readable by others, absent, encrypted, or holds another line than keys and comments.
    pub fn load(path: &Path) -> Result<Self, PackageError> {
        let text = read_private(path)?;
        let origin = path.display().to_string();
        if text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE ENCRYPTED FILE") {
            return Err(unusable(&origin, "it is encrypted with a passphrase; decrypt it first with `age -d`"));
        }
        let mut identities = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity = Identity::parse(line)
                .map_err(|_| unusable(&origin, &format!("line {} is not an `AGE-SECRET-KEY-1…` key", at + 1)))?;
            identities.push(identity);
        }
        if identities.is_empty() {
            return Err(unusable(&origin, "it has no `AGE-SECRET-KEY-1…` line; make one with `age-keygen -o FILE`"));
        }
        Ok(Self(identities))
    }

    /// The key ids, for messages.
    #[must_use]
    pub fn key_ids(&self) -> String {
        let ids: Vec<String> = self.0.iter().map(|identity| format!("`{}`", identity.recipient().key_id())).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
    }

    pub(crate) fn as_age(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| &identity.0 as &dyn age::Identity)
    }
}
