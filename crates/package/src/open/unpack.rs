//! How do the parts become the data file again, without trusting what they unpack to?

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::count::RecordCounter;
use super::verify::{Verified, open_part, verify};
use crate::delta::{Delta, DeltaKind};
use crate::digest::{ALGORITHM, sha256_hex};
use crate::error::PackageError;
use crate::files::{Unfinished, create_private, publish, refuse_existing, sync_dir};
use crate::inner::{Compression, Format, INNER_NAME, INNER_STATE_TYPE, InnerManifest, InnerPart};
use crate::key::{Identities, VerifyingKey};
use crate::manifest::{OUTER_STATE_TYPE, OuterManifest, PartRef, shown};
use crate::stream::{Closed, Hashing, unseal};

/// No inner manifest that we read is longer.
const INNER_MAX: u64 = 64 * 1024 * 1024;
/// The file in which the inner manifest is laid beside the data.
const INNER_FILE: &str = "inner-manifest.json";
/// The file in which the tags of those who are gone are laid beside a delta's data.
const REMOVED_FILE: &str = "removed.jsonl";

/// How much the reader is ready to take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all unpacked data together.
    pub plain_size: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { plain_size: 64 * 1024 * 1024 * 1024 }
    }
}

/// A package that was verified, unpacked and found to be what was signed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The outer manifest.
    pub manifest: OuterManifest,
    /// SHA-256 of `manifest.json`.
    pub manifest_sha256: String,
    /// The inner manifest.
    pub inner: InnerManifest,
    /// The data file; for Parquet one file a part, in order.
    pub data: Vec<PathBuf>,
    /// Of a delta, the tags of those who are gone.
    pub removed: Option<PathBuf>,
    /// The inner manifest as it was sealed, laid beside the data.
    pub inner_file: PathBuf,
}

/// Verifies and opens a package into `out`, an existing folder in which no file is overwritten.
///
/// # Errors
/// Everything [`verify`] refuses, a key that does not fit, and every part that is not what was signed. Nothing is left in `out` then. A delta
/// is refused, so that nobody takes it for the whole: [`crate::delta::apply`] applies it to what is held.
pub fn open(
    dir: &Path,
    identities: &Identities,
    sender: &VerifyingKey,
    out: &Path,
    limits: &Limits,
) -> Result<Opened, PackageError> {
    let found = inner_of(dir, identities, sender)?;
    let delta = found.1.delta.as_ref().filter(|delta| delta.kind == DeltaKind::Delta);
    if let Some(base) = delta.and_then(|delta| delta.base.as_ref()) {
        return Err(PackageError::IsDelta { sequence: found.1.about.sequence, base: base.sequence });
    }
    unpack(dir, found, identities, out, limits)
}

/// What the manifests of a package say: the outer one, the inner one, and its bytes.
pub(crate) type Found = (Verified, InnerManifest, Zeroizing<Vec<u8>>);

/// Opens a package whose manifests were read, be it a delta.
pub(crate) fn unpack(
    dir: &Path,
    found: Found,
    identities: &Identities,
    out: &Path,
    limits: &Limits,
) -> Result<Opened, PackageError> {
    let (Verified { manifest, manifest_sha256 }, inner, inner_bytes) = found;
    let gone = inner.delta.as_ref().and_then(|delta| delta.removed.as_ref());
    let declared = inner.parts.iter().chain(gone).fold(0_u64, |sum, part| sum.saturating_add(part.size));
    if declared > limits.plain_size {
        return Err(PackageError::TooLarge { declared, allowed: limits.plain_size });
    }
    let inner_file = out.join(INNER_FILE);
    let names = data_names(&inner);
    let beside = gone.map(|_| REMOVED_FILE.to_owned());
    let all = names.iter().chain(&beside).map(|name| out.join(name));
    all.chain([inner_file.clone()]).try_for_each(|path| refuse_existing(&path))?;

    // CRASH: plaintext may stay behind under a hidden `.partial` name, private to its owner; opening again refuses and
    // names that file, so that it is seen and removed.
    let mut unfinished = Unfinished::default();
    let temporary = |name: &str| out.join(format!(".{name}.{}.partial", manifest.package));
    let mut parts = inner.parts.iter().zip(manifest.parts.iter().skip(1)).enumerate();
    for name in &names {
        let path = temporary(name);
        let mut file = create_private(&path)?;
        unfinished.add(path.clone());
        for (at, (declared, part)) in parts.by_ref() {
            let opened = part_of(dir, part, identities, &manifest, inner.compression)?;
            unpack_part(opened, declared, inner.about.format, at == 0, &mut file, &path)?;
            if inner.about.format == Format::Parquet {
                break;
            }
        }
        file.sync_all().map_err(PackageError::io("write", &path))?;
    }
    if let (Some(declared), Some(part)) = (gone, manifest.parts.last()) {
        let path = temporary(REMOVED_FILE);
        let mut file = create_private(&path)?;
        unfinished.add(path.clone());
        let opened = part_of(dir, part, identities, &manifest, inner.compression)?;
        unpack_part(opened, declared, Format::Jsonl, false, &mut file, &path)?;
        file.sync_all().map_err(PackageError::io("write", &path))?;
    }
    let inner_temporary = temporary(INNER_FILE);
    let mut file = create_private(&inner_temporary)?;
    unfinished.add(inner_temporary.clone());
    file.write_all(&inner_bytes).and_then(|()| file.sync_all()).map_err(PackageError::io("write", &inner_temporary))?;

    let mut data = Vec::with_capacity(names.len());
    for name in names.iter().chain(&beside) {
        let path = out.join(name);
        publish(&temporary(name), &path)?;
        unfinished.add(path.clone());
        data.push(path);
    }
    let removed = beside.and_then(|_| data.pop());
    publish(&inner_temporary, &inner_file)?;
    sync_dir(out)?;
    unfinished.keep();
    Ok(Opened { manifest, manifest_sha256, inner, data, removed, inner_file })
}

/// Verifies a package and reads only its inner manifest.
///
/// # Errors
/// Everything [`verify`] refuses, a key that does not fit, an inner manifest that is not the signed one.
pub fn read_inner(
    dir: &Path,
    identities: &Identities,
    sender: &VerifyingKey,
) -> Result<(Verified, InnerManifest), PackageError> {
    inner_of(dir, identities, sender).map(|(verified, inner, _)| (verified, inner))
}

/// Reads both manifests of a package.
pub(crate) fn inner_of(dir: &Path, identities: &Identities, sender: &VerifyingKey) -> Result<Found, PackageError> {
    let verified = verify(dir, sender)?;
    let manifest = &verified.manifest;
    let part = manifest.inner_part()?;
    let sealed = part_of(dir, part, identities, manifest, Compression::None)?;
    let mut bytes = Zeroizing::new(Vec::new());
    sealed.take(INNER_MAX + 1).read_to_end(&mut bytes).map_err(unreadable(part))?;
    if bytes.len() as u64 > INNER_MAX {
        return Err(PackageError::Expands { part: part.name.clone(), declared: INNER_MAX });
    }
    if sha256_hex(&bytes) != manifest.inner_sha256 {
        return Err(PackageError::InnerAltered { part: part.name.clone() });
    }
    let inner = InnerManifest::parse(&bytes)?;
    if inner.package != manifest.package {
        return Err(PackageError::InnerOfOther {
            part: part.name.clone(),
            found: shown(&inner.package),
            expected: manifest.package.clone(),
        });
    }
    agree(&inner, manifest)?;
    if inner.environment != manifest.environment {
        return Err(PackageError::malformed(INNER_NAME, "it is for another environment than `manifest.json`"));
    }
    Ok((verified, inner, bytes))
}

/// Inner and outer manifest must list the same parts in the same order, and counts must add up.
fn agree(inner: &InnerManifest, manifest: &OuterManifest) -> Result<(), PackageError> {
    let outer = manifest.parts.iter().skip(1).map(|part| &part.name);
    let gone = inner.delta.as_ref().and_then(|delta: &Delta| delta.removed.as_ref());
    if (inner.kind == INNER_STATE_TYPE) != (manifest.kind == OUTER_STATE_TYPE) {
        return Err(PackageError::malformed(INNER_NAME, "it is of another version than `manifest.json`"));
    }
    if !inner.parts.iter().chain(gone).map(|part| &part.name).eq(outer) {
        return Err(PackageError::malformed(
            INNER_NAME,
            "it lists other parts, or another order, than `manifest.json`",
        ));
    }
    if inner.record_digest.algorithm != ALGORITHM {
        return Err(PackageError::UnknownVersion {
            file: format!("{INNER_NAME}: record_digest"),
            found: shown(&inner.record_digest.algorithm),
            known: ALGORITHM,
        });
    }
    let found = inner.parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.records));
    if found == inner.released {
        return Ok(());
    }
    Err(PackageError::CountMismatch { place: "the list of parts".to_owned(), declared: inner.released, found })
}

fn part_of(
    dir: &Path,
    part: &PartRef,
    identities: &Identities,
    manifest: &OuterManifest,
    compression: Compression,
) -> Result<Box<dyn Read + Send>, PackageError> {
    unseal(open_part(dir, part)?, identities, compression).map_err(|closed| match closed {
        Closed::NoKey => PackageError::WrongKey {
            part: part.name.clone(),
            sealed_to: manifest.sealed_to(),
            given: identities.key_ids(),
        },
        Closed::Damaged(source) => PackageError::PartUnreadable { part: part.name.clone(), source },
    })
}

fn unpack_part(
    mut sealed: Box<dyn Read + Send>,
    declared: &InnerPart,
    format: Format,
    first: bool,
    out: &mut dyn Write,
    path: &Path,
) -> Result<(), PackageError> {
    let mut hashing = Hashing::new(out);
    let mut counter = RecordCounter::new(format);
    let mut buffer = Zeroizing::new(vec![0_u8; 64 * 1024]);
    loop {
        let read = match sealed.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(PackageError::PartUnreadable { part: declared.name.clone(), source }),
        };
        // A decompression bomb ends here, at most one buffer too late.
        if hashing.size().saturating_add(read as u64) > declared.size {
            return Err(PackageError::Expands { part: declared.name.clone(), declared: declared.size });
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        counter.feed(bytes);
        hashing.write_all(bytes).map_err(PackageError::io("write", path))?;
    }
    let (_, sha256, size) = hashing.finish();
    if sha256 != declared.sha256 || size != declared.size {
        return Err(PackageError::PlaintextAltered { part: declared.name.clone() });
    }
    match counter.finish(first) {
        Some(found) if found != declared.records => Err(PackageError::CountMismatch {
            place: format!("part `{}`", declared.name),
            declared: declared.records,
            found,
        }),
        _ => Ok(()),
    }
}

/// The data file's name, which says where the people in it are invented; Parquet parts are whole files and keep apart.
fn data_names(inner: &InnerManifest) -> Vec<String> {
    let mark = inner.data.mark();
    match inner.about.format {
        Format::Csv => vec![format!("{mark}data.csv")],
        Format::Jsonl => vec![format!("{mark}data.jsonl")],
        Format::Parquet => (1..=inner.parts.len()).map(|number| format!("{mark}data-{number:05}.parquet")).collect(),
    }
}

fn unreadable(part: &PartRef) -> impl FnOnce(io::Error) -> PackageError + use<> {
    let part = part.name.clone();
    move |source| PackageError::PartUnreadable { part, source }
}
