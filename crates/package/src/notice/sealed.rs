//! How is a notice sealed and signed in memory, and opened from its folder?

use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{NAME, NOTICE_MAX, NOTICE_TYPE, Notice, NoticeManifest};
use crate::digest::sha256_hex;
use crate::entropy::Entropy;
use crate::error::PackageError;
use crate::files::{create_private_dir, read_limited, sync_dir, write_whole};
use crate::key::{Identities, RECIPIENT_TYPE, Recipient, SigningKey, VerifyingKey};
use crate::manifest::{MANIFEST_FILE, PartRef, RecipientRef, SIGNATURE_FILE, to_json};
use crate::padding::fill_json;
use crate::stream::{Closed, decrypt};

/// A notice that is sealed and signed: three files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedNotice {
    /// The notice's id: the folder's name.
    pub id: String,
    /// The bytes of `manifest.json`.
    pub manifest: Vec<u8>,
    /// The bytes of `manifest.sig`.
    pub signature: Vec<u8>,
    /// The sealed part.
    pub part: Vec<u8>,
}

/// Seals a notice to the partner and signs it.
///
/// # Errors
/// Keys of two environments.
pub fn seal_notice(
    notice: &Notice,
    recipient: &Recipient,
    key: &SigningKey,
    created: Timestamp,
    entropy: &Entropy,
) -> Result<SealedNotice, PackageError> {
    let (ours, theirs) = (key.environment(), recipient.environment());
    if ours != theirs {
        return Err(PackageError::MixedEnvironments { key: ours, recipient: theirs });
    }
    let mut plain = Zeroizing::new(to_json(notice, NAME)?);
    fill_json(&mut plain);
    let part = seal_own(recipient, &plain)?;
    let name = format!("{}.age", entropy.name("notice-part", 0));
    let manifest = NoticeManifest {
        kind: NOTICE_TYPE.to_owned(),
        notice: notice.notice.clone(),
        environment: ours,
        created,
        recipients: vec![RecipientRef { key: recipient.key_id(), kind: RECIPIENT_TYPE.to_owned() }],
        signer: key.verifying_key().key_id(),
        parts: vec![PartRef { name, sha256: sha256_hex(&part), size: part.len() as u64 }],
    };
    let manifest = to_json(&manifest, NAME)?;
    let signature = key.sign(&manifest).to_vec();
    Ok(SealedNotice { id: notice.notice.clone(), manifest, signature, part })
}

impl SealedNotice {
    /// Writes it as a folder of its name inside `parent`; what an attempt before left of it is written anew.
    ///
    /// # Errors
    /// The disk refuses, or it is none of ours.
    pub fn write(&self, parent: &Path) -> Result<std::path::PathBuf, PackageError> {
        let manifest = NoticeManifest::parse(&self.manifest)?;
        let name = manifest.parts.first().map(|part| part.name.clone()).unwrap_or_default();
        let dir = parent.join(&manifest.notice);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(PackageError::io("remove", &dir))?;
        }
        create_private_dir(&dir)?;
        write_whole(&dir.join(name), &self.part)?;
        write_whole(&dir.join(SIGNATURE_FILE), &self.signature)?;
        write_whole(&dir.join(MANIFEST_FILE), &self.manifest)?;
        sync_dir(&dir)?;
        Ok(dir)
    }
}

/// Verifies and opens a notice.
///
/// # Errors
/// It is altered, of another sender or environment, or not for these keys.
pub fn open_notice(dir: &Path, identities: &Identities, sender: &VerifyingKey) -> Result<Notice, PackageError> {
    let read = |name: &str| {
        let path = dir.join(name);
        let bytes = read_limited(&path, NOTICE_MAX).map_err(PackageError::io("read", &path))?;
        bytes.ok_or_else(|| PackageError::malformed(NAME, format!("`{name}` is longer than any notice")))
    };
    let (bytes, signature) = (read(MANIFEST_FILE)?, read(SIGNATURE_FILE)?);
    if !sender.verifies(&bytes, &signature) {
        return Err(PackageError::SignatureInvalid);
    }
    let manifest = NoticeManifest::parse(&bytes)?;
    if manifest.environment != sender.environment() {
        return Err(PackageError::OtherEnvironment { found: manifest.environment, wanted: sender.environment() });
    }
    let Some(part) = manifest.parts.first() else { return Err(PackageError::malformed(NAME, "it has no part")) };
    let sealed = read(&part.name)?;
    if sealed.len() as u64 != part.size || sha256_hex(&sealed) != part.sha256 {
        return Err(PackageError::PartAltered { part: part.name.clone() });
    }
    let notice = Notice::parse(&unseal(&sealed, &part.name, identities)?)?;
    if notice.notice != manifest.notice {
        let (found, expected) = (notice.notice, manifest.notice);
        return Err(PackageError::InnerOfOther { part: part.name.clone(), found, expected });
    }
    Ok(notice)
}

/// Seals a few bytes in memory: to the operation itself, what it must be able to read again.
///
/// # Errors
/// Never in practice: memory does not refuse.
pub fn seal_own(recipient: &Recipient, plain: &[u8]) -> Result<Vec<u8>, PackageError> {
    let to = std::slice::from_ref(recipient).iter().map(Recipient::as_age);
    let encryptor = age::Encryptor::with_recipients(to).map_err(|_| PackageError::NoRecipient)?;
    let seal = || -> std::io::Result<Vec<u8>> {
        let mut writer = encryptor.wrap_output(Vec::new())?;
        writer.write_all(plain)?;
        writer.finish()
    };
    seal().map_err(PackageError::io("seal", Path::new(NAME)))
}

/// Opens what [`seal_own`] sealed.
///
/// # Errors
/// It is of another key or damaged.
pub fn unseal_own(sealed: &[u8], identities: &Identities) -> Result<Zeroizing<Vec<u8>>, PackageError> {
    unseal(sealed, NAME, identities)
}

fn unseal(sealed: &[u8], name: &str, identities: &Identities) -> Result<Zeroizing<Vec<u8>>, PackageError> {
    let reader = decrypt(sealed, identities).map_err(|closed: Closed| closed.of(name, identities))?;
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let read = reader.take(NOTICE_MAX).read_to_end(&mut plain);
    read.map_err(|source| PackageError::PartUnreadable { part: name.to_owned(), source })?;
    Ok(plain)
}
