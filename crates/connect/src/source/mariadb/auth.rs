//! How does a user prove to know a password without sending it?

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// MariaDB's usual method.
pub(super) const NATIVE: &str = "mysql_native_password";

/// MySQL's usual method.
pub(super) const CACHING: &str = "caching_sha2_password";

/// MariaDB's method by a signature.
pub(super) const ED25519: &str = "client_ed25519";

/// The answer to a server's challenge by a method; none if we do not know the method.
pub(super) fn answer(method: &str, password: &str, challenge: &[u8]) -> Option<Vec<u8>> {
    match method {
        NATIVE | CACHING if password.is_empty() => Some(Vec::new()),
        NATIVE => {
            let once = Sha1::digest(password.as_bytes());
            let twice = Sha1::digest(once);
            let mask = Sha1::new().chain_update(challenge).chain_update(twice).finalize();
            Some(mixed(&once, &mask))
        }
        CACHING => {
            let once = Sha256::digest(password.as_bytes());
            let twice = Sha256::digest(once);
            let mask = Sha256::new().chain_update(twice).chain_update(challenge).finalize();
            Some(mixed(&once, &mask))
        }
        // The password takes the place of a key's seed, whatever its length.
        ED25519 => {
            let key = ExpandedSecretKey::from_bytes(&Sha512::digest(password.as_bytes()).into());
            Some(raw_sign::<Sha512>(&key, challenge, &VerifyingKey::from(&key)).to_bytes().to_vec())
        }
        _ => None,
    }
}

fn mixed(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_knows_only_the_double_digest_can_check_the_answer() {
        let challenge = [7; 20];
        let answer = answer("mysql_native_password", "open sesame", &challenge).unwrap();
        let stored = Sha1::digest(Sha1::digest(b"open sesame"));
        let mask = Sha1::new().chain_update(challenge).chain_update(stored).finalize();
        assert_eq!(Sha1::digest(mixed(&answer, &mask)), stored);
        let answer = super::answer("caching_sha2_password", "open sesame", &challenge).unwrap();
        let stored = Sha256::digest(Sha256::digest(b"open sesame"));
        let mask = Sha256::new().chain_update(stored).chain_update(challenge).finalize();
        assert_eq!(Sha256::digest(mixed(&answer, &mask)), stored);
        assert_eq!(super::answer("mysql_native_password", "", &challenge), Some(Vec::new()));
        assert_eq!(super::answer("dialog", "word", &challenge), None);
    }
}
