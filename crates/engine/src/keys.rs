//! Which four keys does an installation have, and how are they kept?

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use causeway_ledger::SignerKey;
use causeway_package::disclosure::DisclosureKey;
use causeway_package::key::{Identities, Identity, SigningKey};
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::home::{Home, private_folder};

const PACKAGE_KEY: &str = "package-signing.pem";
const LEDGER_KEY: &str = "ledger.key";
const PSEUDONYM_ROOT: &str = "pseudonym.root";
const OPERATION_IDENTITY: &str = "operation.age";

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
        let package = SigningKey::from_seed(&seed);
        write_secret(&folder.join(PACKAGE_KEY), package.to_pem()?.as_bytes())?;
        let pem = package.verifying_key().to_pem()?;
        let public = folder.join("package-signing.pub.pem");
        std::fs::write(&public, pem).map_err(EngineError::file("write", public))?;
        entropy(&mut *seed);
        write_secret(&folder.join(LEDGER_KEY), hex_line(&seed).as_bytes())?;
        entropy(&mut *seed);
        write_secret(&folder.join(PSEUDONYM_ROOT), hex_line(&seed).as_bytes())?;
        write_secret(&folder.join(OPERATION_IDENTITY), Identity::generate().to_file_text().as_bytes())?;
        let keys = Self::load(home)?;
        let vkey = folder.join("ledger.vkey");
        std::fs::write(&vkey, format!("{}\n", keys.ledger.public())).map_err(EngineError::file("write", vkey))?;
        Ok(keys)
    }

    /// Loads the four keys. A key that others can read is refused.
    pub fn load(home: &Home) -> Result<Self, EngineError> {
        let folder = home.keys();
        let operation = Identities::load(&folder.join(OPERATION_IDENTITY))?;
        let text = read_secret(&folder.join(OPERATION_IDENTITY))?;
        let identity = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-"));
        let identity =
            identity.ok_or_else(|| EngineError::Wrong(format!("`{OPERATION_IDENTITY}` holds no identity")))?;
        let ledger = SignerKey::from_seed(&home.config().operation, &*read_seed(&folder.join(LEDGER_KEY))?)
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
        use sha2::{Digest, Sha256};
        // Both inputs have a fixed length, so nothing can be shifted from one into the other.
        let key = Sha256::new()
            .chain_update(b"causeway disclosure key v1")
            .chain_update(self.pseudonym_root.as_slice())
            .finalize();
        DisclosureKey::new(key.into())
    }
}

fn hex_line(seed: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(hex::encode(seed));
    text.push('\n');
    text
}

/// Writes a secret file that only its owner can read; refuses if it is there.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(EngineError::file("make", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(EngineError::file("write", path))
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, EngineError> {
    let meta = std::fs::metadata(path).map_err(EngineError::file("read", path))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(EngineError::Wrong(format!(
            "`{}` can be read by others: run `chmod 600` on it and find out who did",
            path.display()
        )));
    }
    Ok(Zeroizing::new(std::fs::read_to_string(path).map_err(EngineError::file("read", path))?))
}

fn read_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, EngineError> {
    let text = read_secret(path)?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut *seed)
        .map_err(|_| EngineError::Wrong(format!("`{}` is not 64 hexadecimal digits", path.display())))?;
    Ok(seed)
}
