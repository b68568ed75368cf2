//! Is every alteration found, and named so that the reader knows what to do?

use std::path::{Path, PathBuf};

use causeway_package::inner::{Compression, Format};
use causeway_package::key::SigningKey;
use causeway_package::{Limits, PackageError, SealedPackage};
use sha2::{Digest, Sha256};

use crate::support::{House, facts, shell};

fn copy_of(house: &House, sealed: &SealedPackage, name: &str) -> PathBuf {
    let copy = house.folder(name);
    for entry in std::fs::read_dir(&sealed.dir).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    copy
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Opening must fail, and leave nothing in the folder.
fn refused(house: &House, dir: &Path) -> PackageError {
    let out = tempfile::tempdir_in(house.dir.path()).unwrap();
    let error = house.open(dir, out.path()).unwrap_err();
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0, "{error}");
    error
}

/// Signs the manifest anew, as an insider with the key would, after `change`.
fn resign(house: &House, dir: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let path = dir.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    let bytes = serde_json::to_vec_pretty(&manifest).unwrap();
    std::fs::write(dir.join("manifest.sig"), house.sender.sign(&bytes)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Puts other ciphertext under a part's name and signs the manifest anew.
fn replace_part(house: &House, dir: &Path, at: usize, script: &str) -> String {
    let keys = house.key_files();
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.join("manifest.json")).unwrap()).unwrap();
    let name = manifest["parts"][at]["name"].as_str().unwrap().to_owned();
    let (part, plain, to) = (dir.join(&name), house.path("plain"), house.path("recipient.txt"));
    std::fs::write(&to, house.recipient().as_str()).unwrap();
    let whole = format!("age -d -i \"$KEY\" \"$PART\" | {script} > \"$PLAIN\"; age -R \"$TO\" -o \"$PART\" \"$PLAIN\"");
    shell(&whole, &[("KEY", &keys.identity), ("PART", &part), ("PLAIN", &plain), ("TO", &to)]);
    let bytes = std::fs::read(&part).unwrap();
    let plain = std::fs::read(&plain).unwrap();
    resign(house, dir, |manifest| {
        manifest["parts"][at]["sha256"] = hex::encode(Sha256::digest(&bytes)).into();
        manifest["parts"][at]["size"] = bytes.len().into();
        if at == 0 {
            manifest["inner_sha256"] = hex::encode(Sha256::digest(&plain)).into();
        }
    });
    name
}

#[test]
fn other_data_of_the_same_size_is_found_though_the_outside_is_signed() {
    let house = House::new();
    let sealed = house.seal_people(30, Compression::Zstd, 9000, 1);
    let copy = copy_of(&house, &sealed, "copy");
    let name = replace_part(&house, &copy, 1, "zstd -d -q | sed s/twice/thrce/ | zstd -q");
    let error = refused(&house, &copy);
    assert!(matches!(&error, PackageError::PlaintextAltered { part } if *part == name), "{error}");
}

#[test]
fn an_inner_manifest_that_does_not_add_up_is_refused_though_signed() {
    let house = House::new();
    let sealed = house.seal_people(30, Compression::Zstd, 9000, 1);
    let copy = copy_of(&house, &sealed, "more");
    replace_part(&house, &copy, 0, "sed 's/\"released\": 30/\"released\": 31/'");
    let error = refused(&house, &copy);
    assert!(matches!(error, PackageError::CountMismatch { declared: 31, found: 30, .. }), "{error}");
    let copy = copy_of(&house, &sealed, "algorithm");
    replace_part(&house, &copy, 0, "sed 's,hmac-sha256-sum/1,hmac-sha256-xor/9,'");
    let error = refused(&house, &copy);
    assert!(error.to_string().contains("hmac-sha256-xor/9"), "{error}");
    let copy = copy_of(&house, &sealed, "version");
    replace_part(&house, &copy, 0, "sed 's,causeway-inner/1,causeway-inner/3,'");
    assert!(matches!(refused(&house, &copy), PackageError::UnknownVersion { .. }));
    let copy = copy_of(&house, &sealed, "states");
    replace_part(&house, &copy, 0, "sed 's,causeway-inner/1,causeway-inner/2,'");
    assert!(matches!(refused(&house, &copy), PackageError::Malformed { .. }));
}

#[test]
fn a_manifest_that_names_another_signer_than_its_own_is_refused() {
    let house = House::new();
    let sealed = house.seal_people(3, Compression::Zstd, 9000, 1);
    let copy = copy_of(&house, &sealed, "copy");
    resign(&house, &copy, |manifest| manifest["signer"] = "0123456789abcdef".into());
    assert!(matches!(refused(&house, &copy), PackageError::OtherSender { claims, .. } if claims == "0123456789abcdef"));
}

#[test]
fn a_flipped_byte_in_any_file_is_found_and_the_file_named() {
    let house = House::new();
    let sealed = house.seal_people(300, Compression::Zstd, 9000, 1);
    for (number, part) in sealed.manifest.parts.iter().enumerate() {
        for at in [0, 200, part.size as usize / 2, part.size as usize - 1] {
            let copy = copy_of(&house, &sealed, &format!("part-{number}-{at}"));
            flip(&copy.join(&part.name), at);
            let error = refused(&house, &copy);
            assert!(matches!(&error, PackageError::PartAltered { part: named } if *named == part.name), "{error}");
            assert!(error.is_verification());
        }
    }
    let size = std::fs::metadata(sealed.dir.join("manifest.json")).unwrap().len() as usize;
    for at in (0..size).step_by(13) {
        let copy = copy_of(&house, &sealed, &format!("manifest-{at}"));
        flip(&copy.join("manifest.json"), at);
        let error = refused(&house, &copy);
        assert!(
            matches!(error, PackageError::SignatureInvalid | PackageError::OtherSender { .. }),
            "byte {at}: {error}"
        );
    }
    for at in [0, 31, 32, 63] {
        let copy = copy_of(&house, &sealed, &format!("signature-{at}"));
        flip(&copy.join("manifest.sig"), at);
        assert!(matches!(refused(&house, &copy), PackageError::SignatureInvalid));
    }
}

#[test]
fn missing_truncated_lengthened_and_swapped_parts_are_named() {
    let house = House::new();
    let sealed = house.seal_people(300, Compression::Zstd, 9000, 1);
    let parts = &sealed.manifest.parts;
    assert!(parts.len() >= 4);
    for (number, part) in parts.iter().enumerate() {
        let gone = copy_of(&house, &sealed, &format!("gone-{number}"));
        std::fs::remove_file(gone.join(&part.name)).unwrap();
        let error = refused(&house, &gone);
        assert!(matches!(&error, PackageError::PartMissing { part: named } if *named == part.name), "{error}");

        for (word, length) in [("truncated", part.size - 1), ("truncated", 0), ("too long", part.size + 1)] {
            let cut = copy_of(&house, &sealed, &format!("cut-{number}-{length}"));
            std::fs::File::options().write(true).open(cut.join(&part.name)).unwrap().set_len(length).unwrap();
            let text = refused(&house, &cut).to_string();
            assert!(text.contains(&part.name) && text.contains(word), "{text}");
        }
    }
    let swapped = copy_of(&house, &sealed, "swapped");
    std::fs::rename(swapped.join(&parts[1].name), swapped.join("aside")).unwrap();
    std::fs::rename(swapped.join(&parts[2].name), swapped.join(&parts[1].name)).unwrap();
    std::fs::rename(swapped.join("aside"), swapped.join(&parts[2].name)).unwrap();
    let text = refused(&house, &swapped).to_string();
    assert!(text.contains(&parts[1].name), "{text}");

    for file in ["manifest.json", "manifest.sig"] {
        let gone = copy_of(&house, &sealed, &format!("gone-{file}"));
        std::fs::remove_file(gone.join(file)).unwrap();
        let error = refused(&house, &gone);
        assert!(matches!(error, PackageError::Unfinished { missing, .. } if missing == file), "{error}");
    }
}

#[test]
fn parts_swapped_in_a_resigned_manifest_are_found_from_inside() {
    let house = House::new();
    let sealed = house.seal_people(300, Compression::Zstd, 9000, 1);
    let copy = copy_of(&house, &sealed, "copy");
    resign(&house, &copy, |manifest| manifest["parts"].as_array_mut().unwrap().swap(1, 2));
    let error = refused(&house, &copy);
    assert!(matches!(&error, PackageError::Malformed { file, .. } if file == "inner manifest"), "{error}");

    // The contents exchanged under the right names, with the right digests of the wrong files.
    let copy = copy_of(&house, &sealed, "contents");
    let names: Vec<&str> = sealed.manifest.parts.iter().map(|part| part.name.as_str()).collect();
    std::fs::copy(sealed.dir.join(names[1]), copy.join(names[2])).unwrap();
    std::fs::copy(sealed.dir.join(names[2]), copy.join(names[1])).unwrap();
    resign(&house, &copy, |manifest| {
        for (to, from) in [(1, 2), (2, 1)] {
            let bytes = std::fs::read(sealed.dir.join(names[from])).unwrap();
            manifest["parts"][to]["sha256"] = hex::encode(Sha256::digest(&bytes)).into();
            manifest["parts"][to]["size"] = bytes.len().into();
        }
    });
    let error = refused(&house, &copy);
    assert!(
        matches!(&error, PackageError::PlaintextAltered { part } | PackageError::Expands { part, .. } if part == names[1]),
        "{error}"
    );
}

#[test]
fn another_senders_package_is_told_from_an_altered_one() {
    let house = House::new();
    let sealed = house.seal_people(3, Compression::Zstd, 9000, 1);
    let mallory = SigningKey::from_seed(&[66; 32]);
    // Mallory signs the operation's manifest: the signature does not fit.
    let copy = copy_of(&house, &sealed, "signed-by-other");
    let bytes = std::fs::read(copy.join("manifest.json")).unwrap();
    std::fs::write(copy.join("manifest.sig"), mallory.sign(&bytes)).unwrap();
    assert!(matches!(refused(&house, &copy), PackageError::SignatureInvalid));
    // A package that is honestly Mallory's: named as such.
    let mut writer = house.writer(Compression::Zstd, 1000, 2);
    writer.write(b"name\r\n").unwrap();
    let theirs = writer.finish(facts(Format::Csv), &mallory).unwrap();
    let error = refused(&house, &theirs.dir);
    assert!(matches!(&error, PackageError::OtherSender { claims, .. } if *claims == mallory.verifying_key().key_id()));
}

#[test]
fn the_inner_manifest_of_another_package_is_refused() {
    let house = House::new();
    let one = house.seal_people(3, Compression::Zstd, 9000, 1);
    let two = house.seal_people(4, Compression::Zstd, 9000, 2);
    let copy = copy_of(&house, &one, "mixed");
    let foreign = std::fs::read(two.dir.join(&two.manifest.parts[0].name)).unwrap();
    let name = &one.manifest.parts[0].name;
    std::fs::write(copy.join(name), &foreign).unwrap();
    let error = refused(&house, &copy);
    assert!(matches!(&error, PackageError::PartAltered { part } | PackageError::PartSize { part, .. } if part == name));
    // Even when an insider signs the mixture.
    resign(&house, &copy, |manifest| {
        manifest["parts"][0]["sha256"] = hex::encode(Sha256::digest(&foreign)).into();
        manifest["parts"][0]["size"] = foreign.len().into();
    });
    assert!(matches!(refused(&house, &copy), PackageError::InnerAltered { .. }));
    resign(&house, &copy, |manifest| manifest["inner_sha256"] = two.manifest.inner_sha256.clone().into());
    let error = refused(&house, &copy);
    assert!(matches!(&error, PackageError::InnerOfOther { found, .. } if *found == two.id), "{error}");
}

#[test]
fn unknown_versions_and_dangerous_names_are_refused_though_signed() {
    let house = House::new();
    let sealed = house.seal_people(3, Compression::Zstd, 9000, 1);
    let change = |name: &str, change: fn(&mut serde_json::Value)| {
        let copy = copy_of(&house, &sealed, name);
        resign(&house, &copy, change);
        refused(&house, &copy)
    };
    let error = change("version", |manifest| manifest["type"] = "causeway-package/3".into());
    assert!(matches!(&error, PackageError::UnknownVersion { found, .. } if found == "causeway-package/3"));
    let error = change("states", |manifest| manifest["type"] = "causeway-package/2".into());
    assert!(error.to_string().contains("another version than `manifest.json`"), "{error}");
    let error = change("escape", |manifest| manifest["parts"][1]["name"] = "../../../etc/passwd".into());
    assert!(error.to_string().contains("32 hex digits"), "{error}");
    let error = change("twice", |manifest| manifest["parts"][1] = manifest["parts"][0].clone());
    assert!(error.to_string().contains("twice"), "{error}");
    let error = change("more", |manifest| manifest["withheld"] = 3.into());
    assert!(matches!(error, PackageError::Malformed { .. }));
}

#[test]
fn a_package_larger_than_allowed_is_refused_before_unpacking() {
    let house = House::new();
    let sealed = house.seal_people(300, Compression::Zstd, 9000, 1);
    let out = house.folder("out");
    let limits = Limits { plain_size: sealed.plain_size - 1 };
    let error =
        causeway_package::open(&sealed.dir, &house.identities(), &house.sender_key(), &out, &limits).unwrap_err();
    assert!(matches!(error, PackageError::TooLarge { .. }) && !error.is_verification(), "{error}");
    let limits = Limits { plain_size: sealed.plain_size };
    assert!(causeway_package::open(&sealed.dir, &house.identities(), &house.sender_key(), &out, &limits).is_ok());
}

#[test]
fn a_part_that_expands_beyond_its_declared_size_is_stopped() {
    // A bomb from an insider who holds the signing key: a data part of 200 MB of zeros, everything else as declared.
    let house = House::new();
    let honest = house.seal_people(3, Compression::Zstd, 9000, 1);
    let mut spec = house.spec(Compression::Zstd, 9000);
    spec.part_size = None;
    let mut writer =
        causeway_package::PackageWriter::create(house.dir.path(), spec, causeway_package::Entropy::new([2; 32]))
            .unwrap();
    for _ in 0..200 {
        writer.write(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = writer.finish(facts(Format::Csv), &house.sender).unwrap();
    let bytes = std::fs::read(bomb.dir.join(&bomb.manifest.parts[1].name)).unwrap();
    assert!(bytes.len() < 200_000, "a bomb is small");
    let copy = copy_of(&house, &honest, "copy");
    let name = &honest.manifest.parts[1].name;
    std::fs::write(copy.join(name), &bytes).unwrap();
    resign(&house, &copy, |manifest| {
        manifest["parts"][1]["sha256"] = hex::encode(Sha256::digest(&bytes)).into();
        manifest["parts"][1]["size"] = bytes.len().into();
    });
    let error = refused(&house, &copy);
    assert!(matches!(&error, PackageError::Expands { part, .. } if part == name), "{error}");
}

#[test]
fn declared_counts_are_counted_again() {
    let house = House::new();
    let mut writer = house.writer(Compression::Gzip, 1000, 1);
    writer.write(b"name\r\nNobody One\r\n").unwrap();
    for claimed in [b"Nobody One".as_slice(), b"Nobody Two"] {
        writer.end_record(claimed).unwrap();
    }
    let sealed = writer.finish(facts(Format::Csv), &house.sender).unwrap();
    let error = refused(&house, &sealed.dir);
    assert!(matches!(error, PackageError::CountMismatch { declared: 2, found: 1, .. }), "{error}");
}
