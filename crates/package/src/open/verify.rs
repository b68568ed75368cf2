//! What can be proved of a package without the key that opens it?

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::digest::sha256_hex;
use crate::error::PackageError;
use crate::files::read_limited;
use crate::key::{SIGNATURE_SIZE, VerifyingKey};
use crate::manifest::{MANIFEST_FILE, OuterManifest, PartRef, SIGNATURE_FILE, shown};
use crate::stream::Hashing;

/// No manifest that we read is longer: room for about a hundred thousand parts.
const MANIFEST_MAX: u64 = 16 * 1024 * 1024;

/// A package whose signature and parts are as the sender signed them.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The outer manifest.
    pub manifest: OuterManifest,
    /// SHA-256 of `manifest.json`.
    pub manifest_sha256: String,
}

/// Verifies the signature, that the package is for what the sender's key is for, then size and digest of every part.
///
/// # Errors
/// What is missing, altered, truncated or of another sender, by name.
pub fn verify(dir: &Path, sender: &VerifyingKey) -> Result<Verified, PackageError> {
    let bytes = read_signed(dir, MANIFEST_FILE, MANIFEST_MAX)?;
    let signature = read_signed(dir, SIGNATURE_FILE, SIGNATURE_SIZE as u64)?;
    // Nothing in the manifest is believed before its signature.
    if !sender.verifies(&bytes, &signature) {
        return Err(why_unsigned(&bytes, sender));
    }
    let manifest = OuterManifest::parse(&bytes)?;
    if manifest.signer != sender.key_id() {
        return Err(PackageError::OtherSender { claims: shown(&manifest.signer), given: sender.key_id() });
    }
    if manifest.environment != sender.environment() {
        return Err(PackageError::OtherEnvironment { found: manifest.environment, wanted: sender.environment() });
    }
    for part in &manifest.parts {
        check_part(dir, part)?;
    }
    Ok(Verified { manifest, manifest_sha256: sha256_hex(&bytes) })
}

/// Tells a package of another sender from an altered one, as far as the unproved manifest can.
fn why_unsigned(bytes: &[u8], sender: &VerifyingKey) -> PackageError {
    match OuterManifest::parse(bytes) {
        Ok(manifest) if manifest.signer != sender.key_id() => {
            PackageError::OtherSender { claims: shown(&manifest.signer), given: sender.key_id() }
        }
        _ => PackageError::SignatureInvalid,
    }
}

fn read_signed(dir: &Path, file: &'static str, limit: u64) -> Result<Vec<u8>, PackageError> {
    let path = dir.join(file);
    match read_limited(&path, limit) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(PackageError::malformed(file, format!("it is longer than {limit} bytes"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && dir.is_dir() => {
            Err(PackageError::Unfinished { dir: dir.to_path_buf(), missing: file })
        }
        Err(error) => Err(PackageError::io("read", &path)(error)),
    }
}

fn check_part(dir: &Path, part: &PartRef) -> Result<(), PackageError> {
    let mut file = open_part(dir, part)?;
    let path = dir.join(&part.name);
    let found = file.metadata().map_err(PackageError::io("read", &path))?.len();
    if found != part.size {
        return Err(PackageError::PartSize { part: part.name.clone(), expected: part.size, found });
    }
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut file, &mut hashing).and_then(|_| hashing.flush()).map_err(PackageError::io("read", &path))?;
    let (_, sha256, _) = hashing.finish();
    if sha256 == part.sha256 { Ok(()) } else { Err(PackageError::PartAltered { part: part.name.clone() }) }
}

/// Opens a part's file, naming it when it is not there.
pub(super) fn open_part(dir: &Path, part: &PartRef) -> Result<File, PackageError> {
    let path = dir.join(&part.name);
    // A pipe or device under a part's name would never end.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(PackageError::PartMissing { part: part.name.clone() });
    }
    File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PackageError::PartMissing { part: part.name.clone() },
        _ => PackageError::io("read", &path)(error),
    })
}
