//! Where do a package's opaque names, its receipt token and its digest key come from?

use zeroize::Zeroizing;

use crate::mac::Mac;

/// Thirty-two random bytes of the caller, from which everything unguessable in one package is derived.
///
/// Bytes rather than a generator: the caller chooses the source, tests repeat a package exactly, and no version of a
/// randomness crate enters our interface. Use one value for one package only.
pub struct Entropy(Zeroizing<[u8; 32]>);

impl Entropy {
    /// Takes the bytes; they must come from the operating system's generator and be used once.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// The value named `label`, number `index`: HMAC-SHA256 of both under the seed.
    pub(crate) fn derive(&self, label: &str, index: u64) -> Zeroizing<[u8; 32]> {
        let pieces: [&[u8]; 4] = [b"causeway-package entropy\0", label.as_bytes(), &[0], &index.to_be_bytes()];
        Zeroizing::new(Mac::new(&self.0).tag(pieces))
    }

    /// Sixteen derived bytes as hex: an opaque name.
    pub(crate) fn name(&self, label: &str, index: u64) -> String {
        let mut name = hex::encode(self.derive(label, index).as_slice());
        name.truncate(32);
        name
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_label_and_index_and_repeat_by_seed() {
        let one = Entropy::new([7; 32]);
        assert_eq!(one.name("part", 0), Entropy::new([7; 32]).name("part", 0));
        assert_ne!(one.name("part", 0), one.name("part", 1));
        assert_ne!(one.name("part", 0), one.name("package", 0));
        assert_ne!(one.name("part", 0), Entropy::new([8; 32]).name("part", 0));
        assert_eq!(one.name("part", 0).len(), 32);
        assert!(!format!("{one:?}").contains('7'));
    }
}
