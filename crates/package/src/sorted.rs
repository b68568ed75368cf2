//! How are many short entries put in order and sealed to the operation, in little more memory than they take?
//!
//! Disclosure sets and state sets are written so: a head, the number of entries, the entries in order, one age file.

use std::path::Path;

use crate::error::PackageError;
use crate::files::Unfinished;
use crate::inner::Compression;
use crate::key::Recipient;
use crate::stream::SealingStream;

/// Collects entries of `N` bytes in any order.
#[derive(Debug)]
pub(crate) struct Sorted<const N: usize> {
    /// By first byte, so that no single list is ever moved whole while it grows.
    heaps: Vec<Vec<[u8; N]>>,
}

impl<const N: usize> Sorted<N> {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { heaps: vec![Vec::new(); 256] }
    }

    /// None yet, with room for about so many.
    pub(crate) fn expecting(count: usize) -> Self {
        // Keyed hashes spread evenly: 256 lists are all but equally long.
        let each = count / 256 + count / 4_096 + 64;
        Self { heaps: (0..256).map(|_| Vec::with_capacity(each)).collect() }
    }

    /// Adds one.
    pub(crate) fn add(&mut self, entry: [u8; N]) {
        let Some(first) = entry.first() else { return };
        if let Some(heap) = self.heaps.get_mut(usize::from(*first)) {
            if heap.len() == heap.capacity() {
                heap.reserve_exact(heap.len() / 2 + 256);
            }
            heap.push(entry);
        }
    }

    /// Puts them in order.
    pub(crate) fn sort(&mut self) {
        self.heaps.iter_mut().for_each(|heap| heap.sort_unstable());
    }

    /// Puts them in order, each once.
    pub(crate) fn sort_once(&mut self) {
        self.sort();
        self.heaps.iter_mut().for_each(Vec::dedup);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.heaps.iter().map(|heap| heap.len() as u64).sum()
    }

    /// All of them, as they stand.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8; N]> {
        self.heaps.iter().flatten()
    }
}

/// Seals `count` entries that come in order; SHA-256 of all that was sealed. Nothing is left where that fails.
pub(crate) fn seal_entries<'e, const N: usize>(
    path: &Path,
    operation: &Recipient,
    head: &[u8],
    count: u64,
    entries: impl Iterator<Item = &'e [u8; N]>,
) -> Result<String, PackageError> {
    let mut stream = SealingStream::create(path, std::slice::from_ref(operation), Compression::None)?;
    // CRASH: an unfinished set cannot be read (age ends with a final block); the transfer is made again.
    let mut unfinished = Unfinished::default();
    unfinished.add(path.to_path_buf());
    stream.write(head)?;
    stream.write(&count.to_be_bytes())?;
    for entry in entries {
        stream.write(entry)?;
    }
    let sealed = stream.finish()?;
    unfinished.keep();
    Ok(sealed.plain_sha256)
}
