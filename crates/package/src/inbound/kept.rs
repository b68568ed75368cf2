//! How is what came in plain over an authenticated connection, and whatever else is short, sealed to the operation at once?

use std::io::{self, BufReader, Read, Write};

use crate::error::PackageError;
use crate::key::{Identities, Recipient};
use crate::stream::{Closed, decrypt, windowed};

/// Level of compression: as in packages.
const LEVEL: i32 = 2;

/// Seals bytes to `recipient` in memory.
///
/// # Errors
/// Only where memory cannot be written.
pub fn sealed(plain: &[u8], recipient: &Recipient) -> Result<Vec<u8>, PackageError> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient.as_age()));
    let encryptor = encryptor.map_err(|_| PackageError::NoRecipient)?;
    let write = || -> io::Result<Vec<u8>> {
        let mut encoder = zstd::stream::write::Encoder::new(encryptor.wrap_output(Vec::new())?, LEVEL)?;
        encoder.write_all(plain)?;
        encoder.finish()?.finish()
    };
    write().map_err(PackageError::io("write", std::path::Path::new("memory")))
}

/// What [`sealed`], or a report, was made of; decrypted while it is read.
///
/// # Errors
/// The key does not fit, or it is no sealed body.
pub fn unsealed(
    sealed: impl Read + Send + 'static,
    identities: &Identities,
) -> Result<Box<dyn Read + Send>, PackageError> {
    let part = || "the sealed body".to_owned();
    let closed = |closed| match closed {
        Closed::NoKey => {
            PackageError::WrongKey { part: part(), sealed_to: "another key".to_owned(), given: identities.key_ids() }
        }
        Closed::Damaged(source) => PackageError::PartUnreadable { part: part(), source },
    };
    windowed(decrypt(BufReader::new(sealed), identities).map_err(closed)?).map_err(closed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::key::Identity;

    #[test]
    fn what_is_kept_is_read_by_the_operation_alone() {
        let ours = Identity::generate();
        let kept = sealed("Zuri Invented".as_bytes(), &ours.recipient()).unwrap();
        assert!(!kept.windows(4).any(|window| window == b"Zuri"));
        let mut read = String::new();
        let ours = Identities::new(vec![ours]);
        unsealed(io::Cursor::new(kept.clone()), &ours).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "Zuri Invented");
        let stranger = Identities::new(vec![Identity::generate()]);
        assert!(matches!(unsealed(io::Cursor::new(kept), &stranger), Err(PackageError::WrongKey { .. })));
        assert!(unsealed(b"nothing sealed".as_slice(), &ours).is_err());
    }
}
