//! Do the plain commands that every system has open what we sealed?

use causeway_package::inner::Compression;

use crate::support::{House, people_csv, shell};

#[test]
fn age_with_zstd_gzip_or_nothing_opens_every_part() {
    let house = House::new();
    let keys = house.key_files();
    let cases = [(Compression::Zstd, "zstd -d -q"), (Compression::Gzip, "gzip -d"), (Compression::None, "cat")];
    for (seed, (compression, unpack)) in cases.into_iter().enumerate() {
        let sealed = house.seal_people(2000, compression, 40_000, seed as u8);
        assert!(sealed.manifest.parts.len() > 3);
        let names: Vec<&str> = sealed.manifest.parts[1..].iter().map(|part| part.name.as_str()).collect();
        let script =
            format!("cd \"$PKG\"; for name in {}; do age -d -i \"$KEY\" $name | {unpack}; done", names.join(" "));
        let out = shell(&script, &[("PKG", &sealed.dir), ("KEY", &keys.identity)]);
        assert_eq!(out, people_csv(2000), "{compression:?}");
    }
}

#[test]
fn openssl_verifies_the_manifest_and_makes_keys_that_we_read() {
    let house = House::new();
    let keys = house.key_files();
    let sealed = house.seal_people(3, Compression::Zstd, 1000, 1);
    let verify = "openssl pkeyutl -verify -pubin -inkey \"$SENDER\" -rawin -in \"$PKG/manifest.json\" -sigfile \"$PKG/manifest.sig\"";
    assert!(shell(verify, &[("SENDER", &keys.sender), ("PKG", &sealed.dir)]).contains("Verified Successfully"));

    let made = house.path("made.pem");
    let public = shell(
        "umask 077; openssl genpkey -algorithm ed25519 -out \"$KEY\"; openssl pkey -in \"$KEY\" -pubout",
        &[("KEY", &made)],
    );
    let signing = causeway_package::key::SigningKey::load(&made).unwrap();
    let verifying = causeway_package::key::VerifyingKey::from_pem(&public).unwrap();
    assert_eq!(signing.verifying_key(), verifying);
    // And openssl reads the private keys that we write.
    assert_eq!(
        shell("openssl pkey -in \"$KEY\" -pubout", &[("KEY", &keys.signing)]),
        house.partner.verifying_key().to_pem().unwrap()
    );
}

#[test]
fn age_reads_the_identities_that_we_write() {
    let house = House::new();
    let keys = house.key_files();
    let public = shell("age-keygen -y \"$KEY\"", &[("KEY", &keys.identity)]);
    assert_eq!(public.trim(), house.recipient().as_str());
}
