//! How are old values kept in somebody else's database so that nobody reads them there?

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// The key of an intake's undo plan. Without it nothing of the intake can be put back, and nothing of what stood there read.
pub struct UndoKey(Zeroizing<[u8; 32]>);

impl UndoKey {
    /// Takes thirty-two unguessable bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes: only to be sealed to the operation.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Seals old values; `random` is used once.
    #[must_use]
    pub fn seal(&self, random: [u8; 32], before: &[u8]) -> Option<Vec<u8>> {
        let nonce = random.get(..NONCE)?;
        let sealed = self.cipher().encrypt(XNonce::from_slice(nonce), before).ok()?;
        Some([nonce, &sealed].concat())
    }

    /// Opens what was sealed.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        self.cipher().decrypt(XNonce::from_slice(nonce), sealed).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_ref().into())
    }
}

impl std::fmt::Debug for UndoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UndoKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_values_are_read_by_the_key_alone_and_not_when_they_were_altered() {
        let key = UndoKey::new([1; 32]);
        let sealed = key.seal([2; 32], b"Zuri Invented").unwrap_or_default();
        assert!(!sealed.windows(4).any(|window| window == b"Zuri"));
        assert_eq!(key.open(&sealed).as_deref().map(Vec::as_slice), Some(b"Zuri Invented".as_slice()));
        assert!(UndoKey::new([3; 32]).open(&sealed).is_none());
        let mut altered = sealed.clone();
        altered.iter_mut().for_each(|byte| *byte ^= 1);
        assert!(key.open(&altered).is_none() && key.open(b"short").is_none());
    }
}
