//! What need not be found out twice of a sealed set? Its key, its number of people, and that it was whole.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::ExposeSecret as _;
use age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

use super::DisclosureReader;
use crate::error::PackageError;
use crate::key::Identities;

/// Where the set of a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSet {
    /// Its file.
    pub path: PathBuf,
    /// How many people were counted when the package was sealed, where that is known.
    pub people: Option<u64>,
}

/// Opens sealed sets, and remembers of each the key that unwraps it alone, while its file stays as it is. That costs a hundred bytes
/// a set and is wiped with the memory; the identity that unwraps them all lies in the same process.
#[derive(Default)]
pub struct Sets {
    known: Mutex<HashMap<PathBuf, Arc<Known>>>,
}

/// What is remembered of one set.
struct Known {
    key: Zeroizing<[u8; 16]>,
    count: u64,
    file: Stamp,
}

/// What a file must have kept to be the one that was seen: device, number, size, and when anything of it changed.
type Stamp = [i64; 5];

impl Sets {
    /// Opens a set.
    ///
    /// # Errors
    /// It is absent, damaged, of another key, or of another number of people than its package.
    pub fn open(&self, set: &SealedSet, identities: &Identities) -> Result<DisclosureReader, PackageError> {
        let path = &set.path;
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        let stamp = stamp(&file).map_err(PackageError::io("read", path))?;
        let known = self.locked().get(path).filter(|known| known.file == stamp).cloned();
        let reader = match known {
            Some(known) => {
                let one = Unwrapped(&known.key);
                DisclosureReader::again(
                    path,
                    file,
                    std::iter::once(&one as &dyn age::Identity),
                    identities,
                    known.count,
                )?
            }
            None => {
                let kept = RefCell::new(None);
                let keys: Vec<Keeping<'_>> = identities.as_age().map(|inner| Keeping { inner, kept: &kept }).collect();
                let keys = keys.iter().map(|key| key as &dyn age::Identity);
                let reader = DisclosureReader::first(path, file, keys, identities)?;
                if let Some(key) = kept.take() {
                    let known = Known { key, count: reader.len(), file: stamp };
                    self.locked().insert(path.clone(), Arc::new(known));
                }
                reader
            }
        };
        match set.people {
            Some(wanted) if wanted != reader.len() => {
                Err(PackageError::SetOfOther { set: path.display().to_string(), found: reader.len(), wanted })
            }
            _ => Ok(reader),
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Known>>> {
        // Whoever died with it left a whole map: one insertion is all that is done to it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(file: &File) -> std::io::Result<Stamp> {
    let meta = file.metadata()?;
    Ok([meta.dev() as i64, meta.ino() as i64, meta.size() as i64, meta.ctime(), meta.ctime_nsec()])
}

/// An identity that keeps the key which it unwrapped.
struct Keeping<'k> {
    inner: &'k dyn age::Identity,
    kept: &'k RefCell<Option<Zeroizing<[u8; 16]>>>,
}

impl age::Identity for Keeping<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let unwrapped = self.inner.unwrap_stanza(stanza);
        if let Some(Ok(key)) = &unwrapped {
            *self.kept.borrow_mut() = Some(Zeroizing::new(*key.expose_secret()));
        }
        unwrapped
    }
}

/// The key of one file, unwrapped before. A file of another key fails by the authentication of its header.
struct Unwrapped<'k>(&'k [u8; 16]);

impl age::Identity for Unwrapped<'_> {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(self.0))))
    }
}

impl std::fmt::Debug for Sets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sets(hidden)")
    }
}
