//! How does a user prove to know a password without sending it?

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The answer to a server's challenge by a method; none if we do not know the method.
pub(super) fn answer(method: &str, password: &str, challenge: &[u8]) -> Option<Vec<u8>> {
    // Twenty bytes; a NUL may follow.
    let challenge = challenge.get(..20).unwrap_or(challenge);
    match method {
        _ if password.is_empty() && matches!(method, "mysql_native_password" | "caching_sha2_password") => {
            Some(Vec::new())
        }
        "mysql_native_password" => {
            let once = Sha1::digest(password.as_bytes());
            let twice = Sha1::digest(once);
            let mask = Sha1::new().chain_update(challenge).chain_update(twice).finalize();
            Some(mixed(&once, &mask))
        }
        "caching_sha2_password" => {
            let once = Sha256::digest(password.as_bytes());
            let twice = Sha256::digest(once);
            let mask = Sha256::new().chain_update(twice).chain_update(challenge).finalize();
            Some(mixed(&once, &mask))
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
        assert_eq!(super::answer("mysql_native_password", "", &challenge), Some(Vec::new()));
        assert_eq!(super::answer("dialog", "word", &challenge), None);
    }
}
