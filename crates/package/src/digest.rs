//! How do both sides say "the same set of records" without showing one record?

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::mac::Mac;

/// The name that the inner manifest gives to this way of combining.
pub const ALGORITHM: &str = "hmac-sha256-sum/1";

/// A keyed digest of a multiset of records: order does not matter, one changed, missing or repeated record does.
///
/// Each record's canonical bytes (see [`crate::canonical`]) pass HMAC-SHA256 under a key of this transfer; the 32-byte
/// results are added as big-endian numbers modulo 2^256. It stands only in the inner manifest and in the receipt: it is
/// never published, because whoever has the key can test guesses.
#[derive(Clone)]
pub struct RecordDigest {
    mac: Mac,
    sum: [u8; 32],
    records: u64,
}

impl RecordDigest {
    /// The digest of no records under `key`.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { mac: Mac::new(key), sum: [0; 32], records: 0 }
    }

    /// The digest of no records under a key written in hex, as in the inner manifest; `None` when it is not 32 bytes.
    #[must_use]
    pub fn from_hex_key(key: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(key, bytes.as_mut_slice()).ok()?;
        Some(Self::new(&bytes))
    }

    /// Adds one record.
    pub fn add(&mut self, canonical: &[u8]) {
        let value = self.value_of(canonical);
        self.add_value(&value);
    }

    /// What one record adds.
    #[must_use]
    pub fn value_of(&self, canonical: &[u8]) -> [u8; 32] {
        self.mac.tag([canonical])
    }

    /// Adds one record by what it adds.
    pub fn add_value(&mut self, value: &[u8; 32]) {
        add_modulo(&mut self.sum, value);
        self.records += 1;
    }

    /// Adds all records of another digest made under the same key (parts may be digested on several threads).
    pub fn combine(&mut self, other: &Self) {
        add_modulo(&mut self.sum, &other.sum);
        self.records += other.records;
    }

    /// The sum so far, big endian.
    #[must_use]
    pub fn value(&self) -> [u8; 32] {
        self.sum
    }

    /// The sum so far in hex, as manifests and receipts write it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.sum)
    }

    /// How many records were added.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }
}

impl std::fmt::Debug for RecordDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordDigest({} records)", self.records)
    }
}

/// Adds two big-endian numbers of 32 bytes, letting the last carry fall.
fn add_modulo(sum: &mut [u8; 32], value: &[u8; 32]) {
    let mut carry = 0_u16;
    for (to, from) in sum.iter_mut().zip(value).rev() {
        let [high, low] = (u16::from(*to) + u16::from(*from) + carry).to_be_bytes();
        *to = low;
        carry = u16::from(high);
    }
}

/// SHA-256 in hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_but_content_and_multiplicity_do() {
        let digest = |records: &[&str]| {
            let mut digest = RecordDigest::new(&[1; 32]);
            records.iter().for_each(|record| digest.add(record.as_bytes()));
            digest.to_hex()
        };
        assert_eq!(digest(&["Zuri\u{1f}1990", "ሰላም\u{1f}1984"]), digest(&["ሰላም\u{1f}1984", "Zuri\u{1f}1990"]));
        assert_ne!(digest(&["Zuri\u{1f}1990"]), digest(&["Zuri\u{1f}1991"]));
        assert_ne!(digest(&["Zuri\u{1f}1990"]), digest(&["Zuri\u{1f}1990", "Zuri\u{1f}1990"]));
    }

    #[test]
    fn combining_equals_adding_and_the_key_matters() {
        let (mut whole, mut left, mut right) =
            (RecordDigest::new(&[3; 32]), RecordDigest::new(&[3; 32]), RecordDigest::new(&[3; 32]));
        for number in 0..50_u8 {
            whole.add(&[number]);
            if number % 2 == 0 { left.add(&[number]) } else { right.add(&[number]) }
        }
        left.combine(&right);
        assert_eq!((left.value(), left.records()), (whole.value(), 50));
        let mut other = RecordDigest::new(&[4; 32]);
        (0..50_u8).for_each(|number| other.add(&[number]));
        assert_ne!(other.value(), whole.value());
    }

    #[test]
    fn the_carry_runs_through_and_falls_off() {
        let mut sum = [0xff; 32];
        let mut one = [0; 32];
        one[31] = 1;
        add_modulo(&mut sum, &one);
        assert_eq!(sum, [0; 32]);
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_case_2_shape() {
        // RFC 4231 uses a short key; filled with zeros it is the same HMAC key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mut digest = RecordDigest::new(&key);
        digest.add(b"what do ya want for nothing?");
        assert_eq!(digest.to_hex(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
