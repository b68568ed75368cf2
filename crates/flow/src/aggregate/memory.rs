//! How much may an aggregation hold in memory, and where may the rest go?

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;
use std::rc::Rc;

use zeroize::Zeroizing;

use crate::error::FlowError;
use crate::source::Watch;
use crate::unnamed::UnnamedFile;

pub(super) use crate::unnamed::Extent;

/// The least that an operator may hold, however small the memory.
const LEAST: usize = 4 << 20;

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

    /// What one more operator may hold: seven tenths of what no other claims, so that the next one finds something too.
    pub(super) fn share(&self) -> usize {
        let free = self.0.budget.saturating_sub(self.0.held.get());
        self.0.share.get().unwrap_or_else(|| (free / 10 * 7).max(LEAST))
    }

    /// Notes that an operator that claimed `before` bytes now claims `now`.
    pub(super) fn hold(&self, before: usize, now: usize) {
        self.0.held.set(self.0.held.get().saturating_sub(before).saturating_add(now));
    }

    /// A new temporary file; none where nothing may be spilled.
    pub(super) fn file(&self) -> Result<Option<SpillFile>, FlowError> {
        let Some(place) = &self.0.spill else { return Ok(None) };
        let number = self.0.files.get();
        self.0.files.set(number + 1);
        let file = UnnamedFile::create(&place.folder, &place.key, number)?;
        Ok(Some(SpillFile { file, memory: self.clone() }))
    }
}

/// An encrypted temporary file of this aggregation.
pub(super) struct SpillFile {
    file: UnnamedFile,
    memory: Memory,
}

impl SpillFile {
    /// Appends `bytes`, which are overwritten, and tells where they lie.
    pub(super) fn append(&mut self, bytes: &mut [u8]) -> Result<Extent, FlowError> {
        let before = self.file.size();
        let extent = self.file.append(bytes)?;
        let State { spilled, watch, .. } = &*self.memory.0;
        let more = self.file.size() - before;
        spilled.set(spilled.get() + more);
        if let Some(watch) = watch.get() {
            watch.spilled(more);
        }
        Ok(extent)
    }

    /// What lies at `extent`.
    pub(super) fn read(&self, extent: Extent) -> Result<Vec<u8>, FlowError> {
        self.file.read(extent)
    }
}

pub(super) fn broken(detail: &str) -> FlowError {
    FlowError::Internal { place: "aggregate/spill", detail: detail.to_owned() }
}
