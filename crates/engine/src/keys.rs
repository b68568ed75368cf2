//! Which four keys does an installation have, and how are they kept?

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use causeway_ledger::SignerKey;
use causeway_package::Environment;
use causeway_package::delta::StateKey;
use causeway_package::disclosure::DisclosureKey;
use causeway_package::key::{Identities, Identity, SigningKey};
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::home::{Home, private_folder};

const PACKAGE_KEY: &str = "package-signing.pem";
const PACKAGE_PUBLIC: &str = "package-signing.pub.pem";
const LEDGER_KEY: &str = "ledger.key";
const PSEUDONYM_ROOT: &str = "pseudonym.root";
const OPERATION_IDENTITY: &str = "operation.age";

/// Everything that signs, opens or reads: what answers over the network has none of it.
#[must_use]
pub fn hidden(home: &Home) -> Vec<PathBuf> {
    let four = [PACKAGE_KEY, LEDGER_KEY, PSEUDONYM_ROOT, OPERATION_IDENTITY].map(|key| home.keys().join(key));
    let folders = [home.rotated_secrets(), home.sandbox_keys(), home.secrets(), home.sources()];
    four.into_iter().chain(folders).collect()
}

/// The four keys: package signing, ledger, pseudonym root, operation identity. Four, so that losing one loses only what
/// it guards. Never printed, never in the data folder, never in a backup of it.
pub struct Keys {
    /// Signs outer manifests.
    pub package: SigningKey,
    /// Signs checkpoints.
    pub ledger: SignerKey,
    /// Root of every pairwise pseudonym.
    pub pseudonym_root: Zeroizing<[u8; 32]>,
    /// Opens what the operation seals to itself.
    pub operation: Identities,
    recipient: causeway_package::key::Recipient,
}

/// The keys with which packages of invented people are made. They are for tests, in a production installation too.
pub struct SandboxKeys {
    /// Signs outer manifests.
    pub package: SigningKey,
    /// Root of the pseudonyms in them.
    pub pseudonym_root: Zeroizing<[u8; 32]>,
}

/// What may be told of the keys.
#[derive(Clone, Debug)]
pub struct KeyFingerprints {
    /// Of the key that signs packages: tell it to partners.
    pub package: String,
    /// Of the ledger's key, as a vkey: tell it to auditors.
    pub ledger: String,
    /// Of the operation's recipient.
    pub operation: String,
}

impl Keys {
    /// Makes four new keys in the installation's key folder. Refuses if one is there.
    pub fn generate(home: &Home, entropy: &mut dyn FnMut(&mut [u8])) -> Result<Self, EngineError> {
        let folder = home.keys();
        private_folder(&folder)?;
        let mut seed = Zeroizing::new([0; 32]);
        entropy(&mut *seed);
        let environment = kept(home.config().environment);
        signing_key(&folder, &seed, environment)?;
        entropy(&mut *seed);
        write_secret(&folder.join(LEDGER_KEY), hex_lines(&seed, environment).as_bytes())?;
        entropy(&mut *seed);
        write_secret(&folder.join(PSEUDONYM_ROOT), hex_lines(&seed, environment).as_bytes())?;
        let identity = format!("{}{}", environment.line(), Identity::generate().to_file_text().as_str());
        write_secret(&folder.join(OPERATION_IDENTITY), Zeroizing::new(identity).as_bytes())?;
        let keys = Self::load(home)?;
        let vkey = folder.join("ledger.vkey");
        std::fs::write(&vkey, format!("{}\n", keys.ledger.public())).map_err(EngineError::file("write", vkey))?;
        Ok(keys)
    }

    /// Loads the four keys. A key that others can read is refused, and one of another environment than the installation's.
    pub fn load(home: &Home) -> Result<Self, EngineError> {
        let folder = home.keys();
        for file in [PACKAGE_KEY, LEDGER_KEY, PSEUDONYM_ROOT, OPERATION_IDENTITY] {
            demand(&folder.join(file), kept(home.config().environment))?;
        }
        let operation = Identities::load(&folder.join(OPERATION_IDENTITY))?;
        let text = read_secret(&folder.join(OPERATION_IDENTITY))?;
        let identity = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-"));
        let identity =
            identity.ok_or_else(|| EngineError::Wrong(format!("`{OPERATION_IDENTITY}` holds no identity")))?;
        let ledger = SignerKey::from_seed(&log(home), &*read_seed(&folder.join(LEDGER_KEY))?)
            .map_err(|error| EngineError::Wrong(format!("`{LEDGER_KEY}`: {error}")))?;
        Ok(Self {
            package: SigningKey::load(&folder.join(PACKAGE_KEY))?,
            ledger,
            pseudonym_root: read_seed(&folder.join(PSEUDONYM_ROOT))?,
            recipient: Identity::parse(identity)?.recipient(),
            operation,
        })
    }

    /// To whom the operation seals what only it may read.
    pub fn recipient(&self) -> &causeway_package::key::Recipient {
        &self.recipient
    }

    /// What may be told of the keys.
    pub fn fingerprints(&self) -> KeyFingerprints {
        KeyFingerprints {
            package: self.package.verifying_key().fingerprint().to_string(),
            ledger: self.ledger.public().to_string(),
            operation: self.recipient.fingerprint().to_string(),
        }
    }

    /// Key of the operation's disclosure sets: derived, so that it need not be kept.
    pub fn disclosure(&self) -> DisclosureKey {
        disclosure_key(&self.pseudonym_root)
    }
}

impl Keys {
    /// Keys of the states of an exchange that is sent to a partner: derived, so that they need not be kept.
    pub fn states(&self, partner: &str, exchange: &str) -> StateKey {
        use sha2::{Digest, Sha256};
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        // Each input has a fixed length, so nothing can be shifted from one into another.
        let key = Sha256::new().chain_update(b"causeway state key v1").chain_update(self.pseudonym_root.as_slice());
        StateKey::new(key.chain_update(digest(partner)).chain_update(digest(exchange)).finalize().into())
    }
}

impl Keys {
    /// By what digests of the records are keyed that a partner sends for an exchange: derived, so that it need not be kept.
    pub fn intakes(&self, partner: &str, exchange: &str) -> Zeroizing<[u8; 32]> {
        use sha2::{Digest, Sha256};
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        // Each input has a fixed length, so nothing can be shifted from one into another.
        let key = Sha256::new().chain_update(b"causeway intake key v1").chain_update(self.pseudonym_root.as_slice());
        Zeroizing::new(key.chain_update(digest(partner)).chain_update(digest(exchange)).finalize().into())
    }
}

fn disclosure_key(root: &[u8; 32]) -> DisclosureKey {
    use sha2::{Digest, Sha256};
    // Both inputs have a fixed length, so nothing can be shifted from one into the other.
    let key = Sha256::new().chain_update(b"causeway disclosure key v1").chain_update(root.as_slice()).finalize();
    DisclosureKey::new(key.into())
}

impl SandboxKeys {
    /// The sandbox's keys; made where they are not there yet. They have nothing to do with the four keys.
    pub fn load_or_make(home: &Home, entropy: &mut dyn FnMut(&mut [u8])) -> Result<Self, EngineError> {
        let folder = home.sandbox_keys();
        private_folder(&folder)?;
        for (file, is_package) in [(PACKAGE_KEY, true), (PSEUDONYM_ROOT, false)] {
            if folder.join(file).exists() {
                continue;
            }
            let mut seed = Zeroizing::new([0; 32]);
            entropy(&mut *seed);
            match is_package {
                true => signing_key(&folder, &seed, Environment::Test)?,
                false => write_secret(&folder.join(file), hex_lines(&seed, Environment::Test).as_bytes())?,
            }
        }
        for file in [PACKAGE_KEY, PSEUDONYM_ROOT] {
            demand(&folder.join(file), Environment::Test)?;
        }
        Ok(Self {
            package: SigningKey::load(&folder.join(PACKAGE_KEY))?,
            pseudonym_root: read_seed(&folder.join(PSEUDONYM_ROOT))?,
        })
    }

    /// Key of disclosure sets, which seal needs and nobody keeps: there is nobody in them.
    pub fn disclosure(&self) -> DisclosureKey {
        disclosure_key(&self.pseudonym_root)
    }

    /// The public key file that partners verify packages of sandboxes with.
    pub fn public_file(home: &Home) -> PathBuf {
        home.sandbox_keys().join(PACKAGE_PUBLIC)
    }
}

/// The environment as keys and packages say it.
pub fn kept(environment: causeway_model::environment::Environment) -> Environment {
    match environment {
        causeway_model::environment::Environment::Production => Environment::Production,
        causeway_model::environment::Environment::Test => Environment::Test,
    }
}

/// The name of an installation's log: the operation's, and of one for tests another.
fn log(home: &Home) -> String {
    let operation = &home.config().operation;
    match kept(home.config().environment) {
        Environment::Production => operation.clone(),
        Environment::Test => format!("{operation}/test"),
    }
}

/// Refuses a key file of another environment. INVARIANT (environment): an installation works with no such key.
fn demand(path: &Path, wanted: Environment) -> Result<(), EngineError> {
    let found = Environment::said_in(&read_secret(path)?)?.unwrap_or_default();
    if found == wanted {
        return Ok(());
    }
    Err(EngineError::Wrong(format!(
        "`{}` is a key for {found}, and it would be used for {wanted}: keys and configuration are of two installations",
        path.display()
    )))
}

/// Writes a signing key and, beside it, its public half; both say for what they are.
fn signing_key(folder: &Path, seed: &[u8; 32], environment: Environment) -> Result<(), EngineError> {
    let key = SigningKey::from_seed(seed);
    let private = Zeroizing::new(format!("{}{}", environment.line(), key.to_pem()?.as_str()));
    write_secret(&folder.join(PACKAGE_KEY), private.as_bytes())?;
    let (public, pem) = (folder.join(PACKAGE_PUBLIC), key.verifying_key().to_pem()?);
    std::fs::write(&public, format!("{}{pem}", environment.line())).map_err(EngineError::file("write", public))
}

fn hex_lines(seed: &[u8; 32], environment: Environment) -> Zeroizing<String> {
    Zeroizing::new(format!("{}{}\n", environment.line(), Zeroizing::new(hex::encode(seed)).as_str()))
}

/// Writes a secret file that only its owner can read; refuses if it is there.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(EngineError::file("make", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(EngineError::file("write", path))
}

/// Reads a secret file; one that others can read is refused.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, EngineError> {
    let meta = std::fs::metadata(path).map_err(EngineError::file("read", path))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(EngineError::Wrong(format!(
            "`{}` can be read by others: run `chmod 600` on it and find out who did",
            path.display()
        )));
    }
    Ok(Zeroizing::new(std::fs::read_to_string(path).map_err(EngineError::file("read", path))?))
}

/// Reads a secret of pseudonyms that is kept in a file of its own; one of another environment is refused.
pub(crate) fn read_secret_seed(path: &Path, environment: Environment) -> Result<Zeroizing<[u8; 32]>, EngineError> {
    demand(path, environment)?;
    read_seed(path)
}

/// Writes one.
pub(crate) fn write_secret_seed(path: &Path, seed: &[u8; 32], environment: Environment) -> Result<(), EngineError> {
    write_secret(path, hex_lines(seed, environment).as_bytes())
}

fn read_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, EngineError> {
    let text = read_secret(path)?;
    let mut seed = Zeroizing::new([0; 32]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    hex::decode_to_slice(line, &mut *seed)
        .map_err(|_| EngineError::Wrong(format!("`{}` is not 64 hexadecimal digits", path.display())))?;
    Ok(seed)
}
