//! How much may an aggregation hold in memory, and where may the rest go?

use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::rc::Rc;

use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use zeroize::Zeroizing;

use crate::error::FlowError;
use crate::source::Watch;

/// The least that an operator may hold, however small the memory.
const LEAST: usize = 4 << 20;

/// Bytes that are sealed together.
const BLOCK: usize = 1 << 20;
const TAG: usize = 16;

/// What an aggregation may hold in memory; past it, partitions go to encrypted temporary files.
#[derive(Clone, Debug)]
pub struct Memory(Rc<State>);

struct State {
    budget: usize,
    spill: Option<Place>,
    files: Cell<u32>,
    spilled: Cell<u64>,
    held: Cell<usize>,
    /// A share that does not depend on the budget: for tests.
    share: Cell<Option<usize>>,
    /// Who is told how much is spilled.
    watch: OnceCell<Watch>,
}

struct Place {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} bytes, {} spilled)", self.budget, self.spilled.get())
    }
}

impl Memory {
    /// As much as there is: for invented people, who are few.
    pub fn unbounded() -> Self {
        Self::new(usize::MAX, None)
    }

    /// `budget` bytes for what is related; the rest in `folder`, under a key of 32 random bytes that is used for this
    /// run only.
    ///
    /// INVARIANT (the durable line is the seal): spill files are encrypted under a key that exists only in this process's
    /// memory, and have no name from their creation on.
    pub fn bounded(budget: usize, folder: PathBuf, key: [u8; 32]) -> Self {
        Self::new(budget, Some(Place { folder, key: Zeroizing::new(key) }))
    }

    fn new(budget: usize, spill: Option<Place>) -> Self {
        Self(Rc::new(State {
            budget,
            spill,
            files: Cell::new(0),
            spilled: Cell::new(0),
            held: Cell::new(0),
            share: Cell::new(None),
            watch: OnceCell::new(),
        }))
    }

    /// Lets every operator hold `share` bytes and no more, so that a few hundred records spill.
    #[cfg(any(test, feature = "test-hooks"))]
    #[must_use]
    pub fn sharing(self, share: usize) -> Self {
        self.0.share.set(Some(share));
        self
    }

    /// Bytes that may be held.
    pub fn budget(&self) -> usize {
        self.0.budget
    }

    /// Bytes that were written to temporary files.
    pub fn spilled(&self) -> u64 {
        self.0.spilled.get()
    }

    /// Tells `watch` from now on what is spilled; the first who is told stays it.
    pub(super) fn tell(&self, watch: &Watch) {
        let _ = self.0.watch.set(watch.clone());
    }

    /// What one more operator may hold: seven tenths of what is free, so that the next one finds something too.
    pub(super) fn share(&self) -> usize {
        let free = self.0.budget.saturating_sub(self.0.held.get());
        self.0.share.get().unwrap_or_else(|| (free / 10 * 7).max(LEAST))
    }

    /// Notes that an operator that held `before` bytes now holds `now`.
    pub(super) fn hold(&self, before: usize, now: usize) {
        self.0.held.set((self.0.held.get() + now).saturating_sub(before));
    }

    /// A new temporary file; none where nothing may be spilled.
    pub(super) fn file(&self) -> Result<Option<SpillFile>, FlowError> {
        let Some(place) = &self.0.spill else { return Ok(None) };
        let file = tempfile::tempfile_in(&place.folder).map_err(|error| cannot(&error))?;
        let number = self.0.files.get();
        self.0.files.set(number + 1);
        let cipher = ChaCha20Poly1305::new(Key::from_slice(place.key.as_slice()));
        Ok(Some(SpillFile { file, cipher, number, blocks: 0, end: 0, memory: self.clone() }))
    }
}

/// Where something lies in a spill file: its first block's number and offset, its length before encryption.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    block: u64,
    at: u64,
    length: usize,
}

/// An encrypted temporary file without a name: appended to, read back piece by piece.
pub(super) struct SpillFile {
    file: File,
    cipher: ChaCha20Poly1305,
    number: u32,
    blocks: u64,
    end: u64,
    memory: Memory,
}

impl SpillFile {
    /// Appends `bytes`, which are overwritten, and tells where they lie.
    pub(super) fn append(&mut self, bytes: &mut [u8]) -> Result<Extent, FlowError> {
        let extent = Extent { block: self.blocks, at: self.end, length: bytes.len() };
        for block in bytes.chunks_mut(BLOCK) {
            let tag = self
                .cipher
                .encrypt_in_place_detached(&self.nonce(self.blocks), b"", block)
                .map_err(|_| broken("a block cannot be encrypted"))?;
            self.file.write_all_at(block, self.end).map_err(|error| cannot(&error))?;
            self.file.write_all_at(&tag, self.end + block.len() as u64).map_err(|error| cannot(&error))?;
            self.end += (block.len() + TAG) as u64;
            self.blocks += 1;
        }
        let State { spilled, watch, .. } = &*self.memory.0;
        let more = self.end - extent.at;
        spilled.set(spilled.get() + more);
        if let Some(watch) = watch.get() {
            watch.spilled(more);
        }
        Ok(extent)
    }

    /// What lies at `extent`.
    pub(super) fn read(&self, extent: Extent) -> Result<Vec<u8>, FlowError> {
        let mut bytes = vec![0; extent.length];
        let mut at = extent.at;
        for (number, block) in bytes.chunks_mut(BLOCK).enumerate() {
            let mut tag = [0; TAG];
            self.file.read_exact_at(block, at).map_err(|error| cannot(&error))?;
            self.file.read_exact_at(&mut tag, at + block.len() as u64).map_err(|error| cannot(&error))?;
            at += (block.len() + TAG) as u64;
            self.cipher
                .decrypt_in_place_detached(&self.nonce(extent.block + number as u64), b"", block, (&tag).into())
                .map_err(|_| broken("a block was altered on the disk"))?;
        }
        Ok(bytes)
    }

    /// File and block make a nonce that is used once under the run's key.
    fn nonce(&self, block: u64) -> Nonce {
        let mut nonce = [0; 12];
        let parts = self.number.to_be_bytes().into_iter().chain(block.to_be_bytes());
        nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        nonce.into()
    }
}

fn cannot(error: &std::io::Error) -> FlowError {
    FlowError::Write { what: "temporary file", detail: error.kind().to_string() }
}

pub(super) fn broken(detail: &str) -> FlowError {
    FlowError::Internal { place: "aggregate/spill", detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_is_spilled_comes_back_is_not_readable_and_altered_blocks_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::bounded(1, folder.path().to_owned(), [7; 32]);
        let mut file = memory.file().unwrap().unwrap();
        let whole: Vec<u8> = b"Amina Testperson ".iter().copied().cycle().take(3 * BLOCK / 2).collect();
        let first = file.append(&mut whole.clone()).unwrap();
        let second = file.append(&mut b"short".to_vec()).unwrap();
        assert_eq!(file.read(first).unwrap(), whole);
        assert_eq!(file.read(second).unwrap(), b"short");
        assert_eq!(memory.spilled(), whole.len() as u64 + 5 + 3 * TAG as u64);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        let mut raw = vec![0; usize::try_from(file.end).unwrap()];
        file.file.read_exact_at(&mut raw, 0).unwrap();
        assert!(!raw.windows(6).any(|window| window == b"Amina "));
        file.file.write_all_at(&[raw[9] ^ 1], 9).unwrap();
        assert!(file.read(first).is_err());
    }
}
