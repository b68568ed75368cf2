//! How do files come into being so that nobody else reads them and a crash leaves no half of one?

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::PackageError;

/// Creates a new file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> Result<File, PackageError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => PackageError::OutputExists { path: path.to_path_buf() },
        _ => PackageError::io("create", path)(error),
    })
}

/// Creates a new folder that only its owner may enter.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), PackageError> {
    #[allow(unused_mut, reason = "mutated on unix only")]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => PackageError::OutputExists { path: path.to_path_buf() },
        _ => PackageError::io("create folder", path)(error),
    })
}

/// Makes the names in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), PackageError> {
    #[cfg(unix)]
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(PackageError::io("flush folder", dir))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Writes a small file whole: under a temporary name, flushed, then renamed.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    let temporary = with_suffix(path, ".tmp");
    let mut file = create_private(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    // CRASH: a `.tmp` may remain; no reader looks at it, and the folder is destroyed with the unfinished package.
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    renamed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        PackageError::io("write", path)(error)
    })
}

/// Gives a finished file its final name and never replaces a file that is there.
pub(crate) fn publish(temporary: &Path, path: &Path) -> Result<(), PackageError> {
    match fs::hard_link(temporary, path) {
        Ok(()) => fs::remove_file(temporary).map_err(PackageError::io("remove", temporary)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(PackageError::OutputExists { path: path.to_path_buf() })
        }
        // File systems without hard links (memory sticks): the check and the rename are two steps there.
        Err(_) => {
            refuse_existing(path).and_then(|()| fs::rename(temporary, path).map_err(PackageError::io("name", path)))
        }
    }
}

/// Refuses when something is at `path`, be it a dangling link.
pub(crate) fn refuse_existing(path: &Path) -> Result<(), PackageError> {
    match path.symlink_metadata() {
        Ok(_) => Err(PackageError::OutputExists { path: path.to_path_buf() }),
        Err(_) => Ok(()),
    }
}

/// Reads a file of at most `limit` bytes; `None` when it is longer.
pub(crate) fn read_limited(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// The path with text behind its last component.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes the files it was told of unless they were kept: what an error or a panic must not leave behind.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Vec<PathBuf>);

impl Unfinished {
    /// Remembers a file to destroy.
    pub(crate) fn add(&mut self, path: PathBuf) {
        self.0.push(path);
    }

    /// Forgets all: the work is complete.
    pub(crate) fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}
