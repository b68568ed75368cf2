//! May this key file be trusted to be its owner's only?

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::PackageError;

/// No key file that we read is longer.
const KEY_FILE_MAX: u64 = 64 * 1024;

/// Reads a private key file; refuses when group or others may read it.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<String>, PackageError> {
    let file = File::open(path).map_err(PackageError::io("read key file", path))?;
    // The open file is asked, not the path: it cannot be exchanged in between.
    #[cfg(unix)]
    {
        let metadata = file.metadata().map_err(PackageError::io("read key file", path))?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(PackageError::KeyFileOpenToOthers { path: path.to_path_buf(), mode });
        }
    }
    read(file, path)
}

/// Reads a public key file.
pub(super) fn read_public(path: &Path) -> Result<Zeroizing<String>, PackageError> {
    read(File::open(path).map_err(PackageError::io("read key file", path))?, path)
}

fn read(file: File, path: &Path) -> Result<Zeroizing<String>, PackageError> {
    // Capacity first: a growing string would leave unwiped copies behind.
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_MAX as usize + 1));
    file.take(KEY_FILE_MAX + 1).read_to_string(&mut text).map_err(PackageError::io("read key file", path))?;
    if text.len() as u64 > KEY_FILE_MAX {
        return Err(unusable(&path.display().to_string(), "it is longer than any key file"));
    }
    Ok(text)
}

/// A key that is not what it should be; `problem` must not quote it.
pub(crate) fn unusable(origin: &str, problem: &str) -> PackageError {
    PackageError::KeyUnusable { origin: format!("`{origin}`"), problem: problem.to_owned() }
}
