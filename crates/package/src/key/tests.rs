//! Are keys read strictly, confirmed exactly and never shown?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use super::*;

#[test]
fn pem_round_trips_and_signatures_bind_every_byte() {
    let key = SigningKey::from_seed(&[9; 32]);
    let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
    let public = VerifyingKey::from_pem(&key.verifying_key().to_pem().unwrap()).unwrap();
    let signature = again.sign(b"manifest");
    assert!(public.verifies(b"manifest", &signature));
    assert!(!public.verifies(b"manifesT", &signature));
    assert!(!public.verifies(b"manifest", &signature[..63]));
    assert!(!SigningKey::from_seed(&[8; 32]).verifying_key().verifies(b"manifest", &signature));
}

#[test]
fn a_secret_is_never_printed() {
    let identity = Identity::generate();
    let file = identity.to_file_text();
    let secret = file.lines().last().unwrap().to_owned();
    let printed = format!("{identity:?} {:?}", SigningKey::from_seed(&[5; 32]));
    assert!(!printed.contains(&secret) && !printed.contains("5, 5") && !printed.contains("0505"));
    let error = Identity::parse(&secret[..40]).unwrap_err().to_string();
    assert!(!error.contains(&secret[..40]), "{error}");
    let error = Recipient::parse(&secret).unwrap_err().to_string();
    assert!(!error.contains(&secret) && error.contains("secret key"), "{error}");
}

#[test]
fn a_private_key_in_the_place_of_a_public_one_is_named() {
    let pem = SigningKey::from_seed(&[5; 32]).to_pem().unwrap();
    let error = VerifyingKey::from_pem(&pem).unwrap_err().to_string();
    assert!(error.contains("private key where a public one belongs"), "{error}");
    assert!(SigningKey::from_pem("-----BEGIN NONSENSE-----").is_err());
}

#[test]
fn a_weak_public_key_under_which_anything_verifies_is_refused() {
    use base64::Engine as _;

    // SPKI of the neutral point, a key of small order.
    let mut der = hex::decode("302a300506032b6570032100").unwrap();
    der.push(1);
    der.resize(44, 0);
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    let error = VerifyingKey::from_pem(&format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"));
    assert!(error.unwrap_err().to_string().contains("weak"));
}

#[test]
fn fingerprints_are_confirmed_only_in_full() {
    let print = SigningKey::from_seed(&[1; 32]).verifying_key().fingerprint();
    let aloud = print.aloud();
    assert_eq!(aloud.len(), 39);
    assert!(print.confirmed_by(&aloud) && print.confirmed_by(&aloud.to_uppercase().replace(' ', "")));
    assert!(print.confirmed_by(&print.to_string()));
    assert!(!print.confirmed_by(&aloud[..20]), "a key id is not a confirmation");
    assert!(!print.confirmed_by(""));
    assert!(!print.confirmed_by(&Identity::generate().recipient().fingerprint().aloud()));
    assert!(print.to_string().starts_with("SHA256:") && aloud.replace(' ', "").starts_with(&print.key_id()));
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused_with_its_path() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity.txt");
    std::fs::write(&path, Identity::generate().to_file_text().as_bytes()).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = Identities::load(&path).unwrap_err().to_string();
        assert!(error.contains("identity.txt") && error.contains("chmod 600"), "{error}");
        assert!(SigningKey::load(&path).unwrap_err().to_string().contains("chmod 600"));
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Identities::load(&path).is_ok());
}

#[test]
fn an_identity_file_names_the_bad_line_and_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity.txt");
    let write = |text: &str| {
        use std::io::Write as _;
        let _ = std::fs::remove_file(&path);
        crate::files::create_private(&path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    write(&format!("{}AGE-SECRET-KEY-1MANGLED\n", Identity::generate().to_file_text().as_str()));
    let error = Identities::load(&path).unwrap_err().to_string();
    assert!(error.contains("line 3") && !error.contains("MANGLED"), "{error}");
    write("# nothing\n");
    assert!(Identities::load(&path).unwrap_err().to_string().contains("age-keygen"));
    write("age-encryption.org/v1\n-> scrypt x 18\n");
    assert!(Identities::load(&path).unwrap_err().to_string().contains("passphrase"));
}
