//! Can a package for tests be taken for one with real people, or the reverse, anywhere between key and receipt?

use causeway_package::inner::{Compression, Format};
use causeway_package::key::{Recipient, SigningKey, VerifyingKey};
use causeway_package::{Data, Entropy, Environment, PackageError, PackageWriter, SealedPackage, read_inner, verify};

use crate::support::{House, facts};

fn sealed(house: &House, signer: Environment, recipient: Environment, seed: u8) -> Result<SealedPackage, PackageError> {
    let mut spec = house.spec(Compression::Zstd, 1000);
    spec.recipients = vec![house.recipient().meant_for(recipient)];
    let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([seed; 32])).unwrap();
    writer.write(b"name,born,note\r\nInvented Nobody,1950,\r\n").unwrap();
    writer.end_record(b"one").unwrap();
    writer.finish(facts(Format::Csv), &SigningKey::from_seed(&[1; 32]).meant_for(signer))
}

#[test]
fn a_package_says_what_its_key_is_for_and_is_read_for_nothing_else() {
    let house = House::new();
    for (seed, environment, other, data, file) in [
        (1, Environment::Production, Environment::Test, Data::Real, "data.csv"),
        (2, Environment::Test, Environment::Production, Data::Synthetic, "SYNTHETIC-data.csv"),
    ] {
        let sealed = sealed(&house, environment, environment, seed).unwrap();
        assert_eq!((sealed.manifest.environment, sealed.manifest.data), (environment, data));
        let reads = |wanted| house.sender_key().meant_for(wanted);
        let (_, inner) = read_inner(&sealed.dir, &house.identities(), &reads(environment)).unwrap();
        assert_eq!((inner.environment, inner.data), (environment, data));
        let refused = verify(&sealed.dir, &reads(other)).unwrap_err();
        assert!(matches!(refused, PackageError::OtherEnvironment { found, .. } if found == environment), "{refused}");
        let out = house.folder(&format!("out-{seed}"));
        let limits = causeway_package::Limits::default();
        assert!(causeway_package::open(&sealed.dir, &house.identities(), &reads(other), &out, &limits).is_err());
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0, "nothing of it was unpacked");
        let opened = causeway_package::open(&sealed.dir, &house.identities(), &reads(environment), &out, &limits);
        assert_eq!(opened.unwrap().data, [out.join(file)]);
    }
}

#[test]
fn keys_of_two_environments_make_no_package() {
    let house = House::new();
    for (seed, signer, recipient) in
        [(1, Environment::Production, Environment::Test), (2, Environment::Test, Environment::Production)]
    {
        let refused = sealed(&house, signer, recipient, seed).unwrap_err();
        assert!(matches!(refused, PackageError::MixedEnvironments { .. }), "{refused}");
    }
    let left = std::fs::read_dir(house.dir.path()).unwrap().count();
    assert_eq!(left, 0, "what was begun is destroyed");
}

#[test]
fn the_mark_cannot_be_taken_off_what_was_signed() {
    let house = House::new();
    let sealed = sealed(&house, Environment::Test, Environment::Test, 1).unwrap();
    let path = sealed.dir.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for changed in [
        text.replace("\"environment\": \"test\"", "\"environment\": \"production\"").replace("synthetic", "real"),
        text.replace("  \"environment\": \"test\",\n", "").replace("  \"data\": \"synthetic\",\n", ""),
    ] {
        assert_ne!(changed, text);
        std::fs::write(&path, changed).unwrap();
        let refused = verify(&sealed.dir, &house.sender_key()).unwrap_err();
        assert!(matches!(refused, PackageError::SignatureInvalid), "{refused}");
    }
    // Signed anew by the same person, but half of it: the marks must go together.
    let half = text.replace("synthetic", "real");
    std::fs::write(&path, &half).unwrap();
    std::fs::write(sealed.dir.join("manifest.sig"), house.sender.sign(half.as_bytes())).unwrap();
    assert!(matches!(verify(&sealed.dir, &house.sender_key()).unwrap_err(), PackageError::Malformed { .. }));
}

#[test]
fn a_key_file_says_what_it_is_for_and_other_tools_read_it_all_the_same() {
    let house = House::new();
    let key = SigningKey::from_seed(&[5; 32]).meant_for(Environment::Test);
    let private = house.path("key.pem");
    crate::support::private_file(&private, &key.to_pem().unwrap());
    assert_eq!(SigningKey::load(&private).unwrap().environment(), Environment::Test);
    let public = house.path("key.pub.pem");
    std::fs::write(&public, key.verifying_key().to_pem().unwrap()).unwrap();
    assert_eq!(VerifyingKey::load(&public).unwrap().environment(), Environment::Test);
    let refused = VerifyingKey::load_for(&public, Environment::Production).unwrap_err();
    assert!(matches!(refused, PackageError::KeyOfOtherEnvironment { .. }), "{refused}");
    let openssl = std::process::Command::new("openssl").args(["pkey", "-noout", "-in"]).arg(&private).status().unwrap();
    assert!(openssl.success(), "openssl reads a key with a line above it");
    let recipient = format!("# made for tests\n# environment: test\n{}\n", house.recipient().as_str());
    assert_eq!(Recipient::from_file_text(&recipient).unwrap().environment(), Environment::Test);
    assert_eq!(Recipient::from_file_text(house.recipient().as_str()).unwrap().environment(), Environment::Production);
    assert!(Recipient::from_file_text("# environment: test\nnobody\n").is_err());
}
