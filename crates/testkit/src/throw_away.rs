//! Where may a test write? In a directory of its own that is removed when the test ends.

use std::io;

use tempfile::{Builder, TempDir};

/// A new empty directory, readable by its owner only, removed when the value is dropped.
///
/// # Errors
/// When the system's directory for temporary files cannot be written.
pub fn directory() -> io::Result<TempDir> {
    Builder::new().prefix("causeway-test-").tempdir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_afterwards() -> io::Result<()> {
        let dir = directory()?;
        let path = dir.path().to_path_buf();
        std::fs::write(path.join("note"), "invented")?;
        drop(dir);
        assert!(!path.exists());
        Ok(())
    }
}
