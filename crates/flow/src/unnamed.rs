//! Where do records lie that do not fit into memory? In encrypted files without a name, under a key that only this process has.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};

use crate::error::FlowError;

/// Bytes that are sealed together.
const BLOCK: usize = 1 << 20;
const TAG: usize = 16;

/// Where something lies in such a file: its first block's number and offset, its length before encryption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    block: u64,
    at: u64,
    length: usize,
}

/// An encrypted file without a name: appended to, read back piece by piece.
pub(crate) struct UnnamedFile {
    file: File,
    cipher: ChaCha20Poly1305,
    number: u32,
    blocks: u64,
    end: u64,
}

impl UnnamedFile {
    /// A new one in `folder`. No two under one key have the same `number`.
    pub(crate) fn create(folder: &Path, key: &[u8; 32], number: u32) -> Result<Self, FlowError> {
        let file = tempfile::tempfile_in(folder).map_err(|error| cannot(&error))?;
        Ok(Self { file, cipher: ChaCha20Poly1305::new(Key::from_slice(key)), number, blocks: 0, end: 0 })
    }

    /// Appends `bytes`, which are overwritten, and tells where they lie.
    pub(crate) fn append(&mut self, bytes: &mut [u8]) -> Result<Extent, FlowError> {
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
        Ok(extent)
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> u64 {
        self.end
    }

    /// What lies at `extent`.
    pub(crate) fn read(&self, extent: Extent) -> Result<Vec<u8>, FlowError> {
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

    /// File and block make a nonce that is used once under the key.
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

fn broken(detail: &str) -> FlowError {
    FlowError::Internal { place: "unnamed file", detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_lies_there_comes_back_is_not_readable_and_altered_blocks_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = UnnamedFile::create(folder.path(), &[7; 32], 0).unwrap();
        let whole: Vec<u8> = b"Amina Testperson ".iter().copied().cycle().take(3 * BLOCK / 2).collect();
        let first = file.append(&mut whole.clone()).unwrap();
        let second = file.append(&mut b"short".to_vec()).unwrap();
        assert_eq!(file.read(first).unwrap(), whole);
        assert_eq!(file.read(second).unwrap(), b"short");
        assert_eq!(file.size(), whole.len() as u64 + 5 + 3 * TAG as u64);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        let mut raw = vec![0; usize::try_from(file.end).unwrap()];
        file.file.read_exact_at(&mut raw, 0).unwrap();
        assert!(!raw.windows(6).any(|window| window == b"Amina "));
        file.file.write_all_at(&[raw[9] ^ 1], 9).unwrap();
        assert!(file.read(first).is_err());
    }
}
