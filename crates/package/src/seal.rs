//! How does a stream of released records become a signed package, in one pass and constant memory?
//!
//! In: bytes of the data file and, record by record, their canonical form. Out: [`SealedPackage`].
//! Guarantees: nothing but ciphertext touches the disk; a folder without `manifest.json` is no package; an unfinished
//! writer destroys its files when it is dropped. Refuses when: no recipient, a file in the way, the disk is full.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use zeroize::Zeroizing;

use crate::delta::{Delta, StateDigest};
use crate::digest::{ALGORITHM, RecordDigest, sha256_hex};
use crate::entropy::Entropy;
use crate::error::PackageError;
use crate::files::{create_private_dir, sync_dir, write_whole};
use crate::inner::{
    Compression, DigestRef, Format, Hidden, INNER_NAME, INNER_STATE_TYPE, INNER_TYPE, InnerFacts, InnerManifest,
    InnerPart,
};
use crate::key::{RECIPIENT_TYPE, Recipient, SigningKey};
use crate::manifest::{
    MANIFEST_FILE, OUTER_STATE_TYPE, OUTER_TYPE, OuterManifest, PartRef, RecipientRef, SIGNATURE_FILE, is_part_name,
    to_json,
};
use crate::padding::fill_json;
use crate::stream::{Flushing, SealedFile, SealingStream};

mod state;

pub use state::Leads;

/// How a package is to be made.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The moment of creation; the manifest keeps it to the second.
    pub created: Timestamp,
    /// Everyone who may open it.
    pub recipients: Vec<Recipient>,
    /// How data parts are compressed.
    pub compression: Compression,
    /// A part whose plaintext has reached this size is closed before the next record's bytes; `None`: only by
    /// [`PackageWriter::close_part`] (Parquet).
    pub part_size: Option<u64>,
}

/// A package that is complete, signed and durable.
#[derive(Clone, Debug)]
pub struct SealedPackage {
    /// The package id.
    pub id: String,
    /// Its folder.
    pub dir: PathBuf,
    /// SHA-256 of `manifest.json`: what the ledger records.
    pub manifest_sha256: String,
    /// The outer manifest.
    pub manifest: OuterManifest,
    /// Records released.
    pub released: u64,
    /// The record digest in hex, for comparing with the receipt.
    pub record_digest: String,
    /// The token that the receipt must carry.
    pub receipt_token: Hidden,
    /// Bytes of plaintext in all data parts.
    pub plain_size: u64,
    /// The state that it leads to, where its exchange is sent as states.
    pub state: Option<StateDigest>,
}

struct OpenPart {
    stream: SealingStream,
    name: String,
    records: u64,
    /// Whether the last bytes written belong to records that were ended: only then may the part be closed.
    settled: bool,
}

/// A package in the making.
pub struct PackageWriter {
    id: String,
    dir: PathBuf,
    spec: Spec,
    entropy: Entropy,
    token: Zeroizing<[u8; 32]>,
    digest_key: Zeroizing<[u8; 32]>,
    digest: RecordDigest,
    open: Option<OpenPart>,
    closed: Vec<(PartRef, InnerPart)>,
    flushing: Vec<Flushing>,
    /// The state that it leads to, and the part that names who is gone.
    state: Option<(Delta, Option<PartRef>)>,
    failed: bool,
    complete: bool,
}

impl PackageWriter {
    /// Creates the package's folder, named by its id, inside `parent`.
    ///
    /// # Errors
    /// No recipient, or the folder cannot be made.
    pub fn create(parent: &Path, spec: Spec, entropy: Entropy) -> Result<Self, PackageError> {
        if spec.recipients.is_empty() {
            return Err(PackageError::NoRecipient);
        }
        let id = entropy.name("package", 0);
        let dir = parent.join(&id);
        create_private_dir(&dir)?;
        // CRASH: from here until the manifest is renamed the folder holds ciphertext only and no `manifest.json`;
        // recovery finds it by that and calls `destroy_unfinished`.
        let digest_key = entropy.derive("record-digest", 0);
        Ok(Self {
            id,
            dir,
            token: entropy.derive("receipt-token", 0),
            digest: RecordDigest::new(&digest_key),
            digest_key,
            spec,
            entropy,
            open: None,
            closed: Vec::new(),
            flushing: Vec::new(),
            state: None,
            failed: false,
            complete: false,
        })
    }

    /// The package id, known from the beginning so that an intent can be recorded.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder in which the package is made.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Records so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.digest.records()
    }

    /// Appends bytes of the data file: a piece of a record, a record or many, whose [`Self::end_record`] follow *after*
    /// them and before the bytes of others. Begins a part if none is open or the last one is full.
    ///
    /// # Errors
    /// The disk refuses; the package is then given up.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), PackageError> {
        self.attempt(|writer| {
            let limit = writer.spec.part_size.unwrap_or(u64::MAX);
            if writer.open.as_ref().is_some_and(|part| part.settled && part.stream.size() >= limit) {
                writer.close()?;
            }
            let part = writer.part()?;
            part.settled = false;
            part.stream.write(bytes)
        })
    }

    /// Says that a record is complete and what it is canonically ([`crate::canonical`]).
    ///
    /// # Errors
    /// The disk refuses; the package is then given up.
    pub fn end_record(&mut self, canonical: &[u8]) -> Result<(), PackageError> {
        let value = self.digest.value_of(canonical);
        self.end_judged(&value)
    }

    /// The same, of a record whose digest is known.
    ///
    /// # Errors
    /// The disk refuses; the package is then given up.
    pub fn end_judged(&mut self, value: &[u8; 32]) -> Result<(), PackageError> {
        self.attempt(|writer| {
            writer.digest.add_value(value);
            let part = writer.part()?;
            part.records += 1;
            part.settled = true;
            Ok(())
        })
    }

    /// Closes the current part, if one is open; the next bytes begin another.
    ///
    /// # Errors
    /// The disk refuses; the package is then given up.
    pub fn close_part(&mut self) -> Result<(), PackageError> {
        self.attempt(Self::close)
    }

    /// Writes the inner manifest, then signs and writes the outer one: from its rename on the package exists.
    ///
    /// # Errors
    /// The key and a recipient are for different environments, or the disk refuses; the files are then destroyed.
    pub fn finish(mut self, about: InnerFacts, key: &SigningKey) -> Result<SealedPackage, PackageError> {
        // INVARIANT (environment): what is signed for tests is sealed to keys for tests, and the reverse.
        if let Some(other) = self.spec.recipients.iter().find(|one| one.environment() != key.environment()) {
            let (key, recipient) = (key.environment(), other.environment());
            return Err(PackageError::MixedEnvironments { key, recipient });
        }
        self.attempt(|writer| writer.complete(about, key))
    }

    fn complete(&mut self, about: InnerFacts, key: &SigningKey) -> Result<SealedPackage, PackageError> {
        if self.closed.is_empty() && about.format != Format::Parquet {
            self.part()?;
        }
        self.close()?;
        let released = self.digest.records();
        let token = Hidden::new(hex::encode(self.token.as_slice()));
        let (outer_parts, inner_parts): (Vec<_>, Vec<_>) = std::mem::take(&mut self.closed).into_iter().unzip();
        let plain_size = inner_parts.iter().map(|part| part.size).sum();
        let (delta, gone) = std::mem::take(&mut self.state).unzip();
        let (outer_kind, inner_kind) = match delta {
            Some(_) => (OUTER_STATE_TYPE, INNER_STATE_TYPE),
            None => (OUTER_TYPE, INNER_TYPE),
        };
        let state = delta.as_ref().map(|delta| delta.state.clone());
        let inner = InnerManifest {
            kind: inner_kind.to_owned(),
            package: self.id.clone(),
            environment: key.environment(),
            data: key.environment().data(),
            about,
            compression: self.spec.compression,
            parts: inner_parts,
            released,
            record_digest: DigestRef {
                algorithm: ALGORITHM.to_owned(),
                key: Hidden::new(hex::encode(self.digest_key.as_slice())),
                value: self.digest.to_hex(),
            },
            delta,
            receipt_token: token.clone(),
        };
        let (inner_part, inner_sha256) = self.seal_inner(&inner)?;
        let manifest = OuterManifest {
            kind: outer_kind.to_owned(),
            package: self.id.clone(),
            environment: key.environment(),
            data: key.environment().data(),
            created: whole_second(self.spec.created),
            recipients: self
                .spec
                .recipients
                .iter()
                .map(|recipient| RecipientRef { key: recipient.key_id(), kind: RECIPIENT_TYPE.to_owned() })
                .collect(),
            signer: key.verifying_key().key_id(),
            parts: std::iter::once(inner_part).chain(outer_parts).chain(gone.flatten()).collect(),
            inner_sha256,
        };
        let bytes = manifest.to_bytes()?;
        // All parts are durable, and their names, before anything says that the package exists.
        self.flushing.drain(..).try_for_each(Flushing::wait)?;
        sync_dir(&self.dir)?;
        write_whole(&self.dir.join(SIGNATURE_FILE), &key.sign(&bytes))?;
        // CRASH: a signature without a manifest is still no package and is destroyed.
        write_whole(&self.dir.join(MANIFEST_FILE), &bytes)?;
        // CRASH: the package exists and is complete; recovery adopts it, it is not made twice.
        sync_dir(&self.dir)?;
        if let Some(parent) = self.dir.parent() {
            sync_dir(parent)?;
        }
        self.complete = true;
        Ok(SealedPackage {
            id: self.id.clone(),
            dir: self.dir.clone(),
            manifest_sha256: sha256_hex(&bytes),
            manifest,
            released,
            record_digest: self.digest.to_hex(),
            receipt_token: token,
            plain_size,
            state,
        })
    }

    fn seal_inner(&self, inner: &InnerManifest) -> Result<(PartRef, String), PackageError> {
        let mut json = Zeroizing::new(to_json(inner, INNER_NAME)?);
        fill_json(&mut json);
        let name = self.part_name(0);
        let mut stream = SealingStream::create(&self.dir.join(&name), &self.spec.recipients, Compression::None)?;
        stream.write(&json)?;
        let sealed = stream.finish()?;
        Ok((PartRef { name, sha256: sealed.sha256, size: sealed.size }, sealed.plain_sha256))
    }

    fn part_name(&self, number: u64) -> String {
        format!("{}.age", self.entropy.name("part", number))
    }

    /// The open part, or a new one. Number 0 is the inner manifest.
    fn part(&mut self) -> Result<&mut OpenPart, PackageError> {
        let part = match self.open.take() {
            Some(part) => part,
            None => {
                let name = self.part_name(self.closed.len() as u64 + 1);
                let path = self.dir.join(&name);
                let stream = SealingStream::create(&path, &self.spec.recipients, self.spec.compression)?;
                OpenPart { stream, name, records: 0, settled: false }
            }
        };
        Ok(self.open.insert(part))
    }

    fn close(&mut self) -> Result<(), PackageError> {
        let Some(OpenPart { stream, name, records, .. }) = self.open.take() else { return Ok(()) };
        let (SealedFile { sha256, size, plain_sha256, plain_size }, flushing) = stream.finish_meanwhile()?;
        self.flushing.push(flushing);
        self.closed.push((
            PartRef { name: name.clone(), sha256, size },
            InnerPart { name, records, size: plain_size, sha256: plain_sha256 },
        ));
        Ok(())
    }

    /// Runs one step; after a failed one nothing more can be written, so that no package misses a piece.
    fn attempt<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, PackageError>) -> Result<T, PackageError> {
        if self.failed {
            return Err(PackageError::GivenUp);
        }
        self.failed = true;
        let done = step(self)?;
        self.failed = false;
        Ok(done)
    }
}

impl std::fmt::Debug for PackageWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackageWriter({}, {} records)", self.id, self.records())
    }
}

impl Drop for PackageWriter {
    fn drop(&mut self) {
        if !self.complete {
            self.open = None;
            let _ = destroy(&self.dir);
        }
    }
}

/// Cuts a moment to its second: finer would tell how long which step took.
fn whole_second(moment: Timestamp) -> Timestamp {
    moment.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc)).unwrap_or(moment)
}

/// Whether a folder is a finished package, by the one sign that counts.
#[must_use]
pub fn is_finished(dir: &Path) -> bool {
    dir.join(MANIFEST_FILE).is_file()
}

/// Destroys what a crash left of a package; leaves a finished one alone and says so with `false`.
///
/// # Errors
/// The files cannot be removed.
pub fn destroy_unfinished(dir: &Path) -> Result<bool, PackageError> {
    if is_finished(dir) {
        return Ok(false);
    }
    destroy(dir).map(|()| true)
}

/// Removes our own kinds of files from a folder, the manifest first, then the folder itself.
fn destroy(dir: &Path) -> Result<(), PackageError> {
    let _ = fs::remove_file(dir.join(MANIFEST_FILE));
    for entry in fs::read_dir(dir).map_err(PackageError::io("list", dir))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let name = name.strip_suffix(".tmp").unwrap_or(&name);
        if is_part_name(name) || name == MANIFEST_FILE || name == SIGNATURE_FILE {
            fs::remove_file(&path).map_err(PackageError::io("remove", &path))?;
        }
    }
    fs::remove_dir(dir).map_err(PackageError::io("remove", dir))
}
