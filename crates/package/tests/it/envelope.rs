//! Is an envelope opened only as its partner signed it, within every limit, whoever made it?

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_package::inbound::{
    Envelope, EnvelopeFault, Expected, InboundManifest, InboundPart, Limits, Source, Submission, claims, open, submit,
};
use causeway_package::key::{Identities, Identity, Recipient, SigningKey, VerifyingKey};
use causeway_package::{Environment, PackageError};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

struct House {
    folder: TempDir,
    operation: Identities,
    recipient: Recipient,
    key: SigningKey,
    verifying: Vec<VerifyingKey>,
}

fn sha(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Invented people, a line each.
fn people(count: usize) -> String {
    (0..count).map(|at| format!("{{\"message\":\"m-{at}\",\"nin\":\"INVENTED-{at:06}\"}}\n")).collect()
}

impl House {
    fn new() -> Self {
        let identity = Identity::generate();
        let recipient = identity.recipient();
        let key = SigningKey::from_seed(&[5; 32]);
        let verifying = vec![SigningKey::from_seed(&[4; 32]).verifying_key(), key.verifying_key()];
        let operation = Identities::new(vec![identity]);
        Self { folder: tempfile::tempdir().unwrap(), operation, recipient, key, verifying }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn submission(&self, number: u64) -> Submission<'_> {
        Submission {
            exchange: "id-numbers",
            partner: "agency",
            number,
            created: "2031-04-05T06:07:08Z".parse().unwrap(),
            recipient: &self.recipient,
            key: &self.key,
            part_size: None,
        }
    }

    fn sealed(&self, text: &str, part_size: Option<u64>) -> PathBuf {
        let (records, out) = (self.path("records.jsonl"), self.path("sealed"));
        let _ = std::fs::remove_file(&out);
        std::fs::write(&records, text).unwrap();
        submit(&records, &Submission { part_size, ..self.submission(7) }, &out).unwrap();
        out
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            exchange: "id-numbers",
            partner: "agency",
            keys: &self.verifying,
            environment: Environment::Production,
            newest: 6,
            limits: Limits { file: 8 << 20, plain: 64 << 20 },
        }
    }

    fn opened(&self, source: Source, expected: &Expected<'_>) -> Result<Envelope, PackageError> {
        open(source, expected, &self.operation)
    }

    /// Why it is not opened, or not read to its end; nothing where it is.
    fn refused(&self, bytes: &[u8]) -> Option<String> {
        let path = self.path("hostile");
        std::fs::write(&path, bytes).unwrap();
        self.refused_as(Source::file(&path), &self.expected())
    }

    fn refused_as(&self, source: Source, expected: &Expected<'_>) -> Option<String> {
        match self.opened(source, expected) {
            Ok(envelope) => {
                let mut records = envelope.records(&self.operation).unwrap();
                let error = std::io::copy(&mut records, &mut std::io::sink()).err()?;
                let fault = error.get_ref()?.downcast_ref::<EnvelopeFault>().unwrap();
                Some(format!("{} while it is read", fault.code()))
            }
            Err(PackageError::Envelope(fault)) => Some(fault.code().to_owned()),
            Err(other) => Some(other.to_string()),
        }
    }

    /// An envelope around parts that were made elsewhere: size and digest of each, and of what it unpacks to.
    fn around(&self, parts: &[(Vec<u8>, u64, String)]) -> Vec<u8> {
        let part = |(bytes, plain_size, plain_sha256): &(Vec<u8>, u64, String)| InboundPart {
            size: bytes.len() as u64,
            sha256: sha(bytes),
            plain_size: *plain_size,
            plain_sha256: plain_sha256.clone(),
        };
        let manifest = InboundManifest {
            kind: "causeway-inbound/1".into(),
            environment: Environment::Production,
            exchange: "id-numbers".into(),
            partner: "agency".into(),
            number: 7,
            created: "2031-04-05T06:07:08Z".parse().unwrap(),
            parts: parts.iter().map(part).collect(),
        };
        self.signed(&serde_json::to_vec(&manifest).unwrap(), parts.iter().flat_map(|part| part.0.clone()).collect())
    }

    fn signed(&self, manifest: &[u8], parts: Vec<u8>) -> Vec<u8> {
        let mut bytes = format!("causeway-inbound/1 {}\n", manifest.len()).into_bytes();
        bytes.extend(manifest);
        bytes.extend(self.key.sign(manifest));
        bytes.extend(parts);
        bytes
    }

    /// Sealed by the age crate to these recipients.
    fn age(&self, recipients: &[&dyn age::Recipient], packed: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let encryptor = age::Encryptor::with_recipients(recipients.iter().copied()).unwrap();
        let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
        writer.write_all(packed).unwrap();
        writer.finish().unwrap();
        sealed
    }

    fn ours(&self) -> age::x25519::Recipient {
        self.recipient.as_str().parse().unwrap()
    }
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 3).unwrap()
}

#[test]
fn what_a_partner_seals_is_read_back_in_one_part_and_in_several() {
    let house = House::new();
    let text = people(5_000);
    for (part_size, parts) in [(None, 1), (Some(100_000), text.len().div_ceil(100_000)), (Some(text.len() as u64), 1)] {
        let path = house.sealed(&text, part_size);
        let said = claims(&Source::file(&path)).unwrap();
        assert_eq!((said.exchange.as_str(), said.partner.as_str(), said.number), ("id-numbers", "agency", 7));
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"INVENTED"));
        for source in [Source::file(&path), Source::bytes(bytes)] {
            let envelope = house.opened(source, &house.expected()).unwrap();
            assert_eq!(envelope.manifest().parts.len(), parts);
            for _ in 0..2 {
                let mut read = String::new();
                envelope.records(&house.operation).unwrap().read_to_string(&mut read).unwrap();
                assert_eq!(read, text);
            }
        }
    }
    let none = house.sealed("", None);
    assert_eq!(house.refused(&std::fs::read(none).unwrap()), None, "nothing at all is a file, too");
    let left: Vec<_> =
        std::fs::read_dir(house.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("partial")), "{left:?}");
}

#[test]
fn another_signature_partner_exchange_number_or_environment_refuses() {
    let house = House::new();
    let path = house.sealed(&people(3), None);
    let source = || Source::file(&path);
    let refused = |expected: &Expected<'_>| house.refused_as(source(), expected);
    assert_eq!(refused(&house.expected()), None);
    let others = [SigningKey::from_seed(&[9; 32]).verifying_key()];
    let other = |code: &str, expected: Expected<'_>| assert_eq!(refused(&expected).as_deref(), Some(code));
    other("envelope-signature", Expected { keys: &others, ..house.expected() });
    other("envelope-signature", Expected { keys: &[], ..house.expected() });
    other("envelope-of-other", Expected { partner: "other-agency", ..house.expected() });
    other("envelope-of-other", Expected { exchange: "other", ..house.expected() });
    other("envelope-of-other", Expected { environment: Environment::Test, ..house.expected() });
    other("number-not-above", Expected { newest: 7, ..house.expected() });
    other("envelope-oversize", Expected { limits: Limits { file: 100, plain: 1 << 20 }, ..house.expected() });
    other("envelope-oversize", Expected { limits: Limits { file: 1 << 20, plain: 100 }, ..house.expected() });
    let stranger = Identities::new(vec![Identity::generate()]);
    let closed = open(source(), &house.expected(), &stranger).unwrap_err();
    assert!(matches!(closed, PackageError::Envelope(EnvelopeFault::WrongKey { part: 1 })));
    let test = house.submission(8);
    let key = SigningKey::from_seed(&[5; 32]).meant_for(Environment::Test);
    let mixed = submit(&house.path("records.jsonl"), &Submission { key: &key, ..test }, &house.path("mixed"));
    assert!(matches!(mixed, Err(PackageError::MixedEnvironments { .. })));
}

#[test]
fn every_byte_that_is_changed_refuses() {
    let house = House::new();
    let bytes = std::fs::read(house.sealed(&people(3), None)).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(house.refused_as(Source::bytes(changed), &house.expected()).is_some(), "byte {at}");
    }
    for length in [0, 10, 30, 200, bytes.len() - 1] {
        assert!(house.refused(&bytes[..length]).is_some(), "cut to {length}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(house.refused(&longer).as_deref(), Some("envelope-malformed"));
}

#[test]
fn a_manifest_is_bounded_and_read_only_after_its_signature() {
    let house = House::new();
    let whole = |text: &str| house.refused(&house.signed(text.as_bytes(), Vec::new()));
    assert_eq!(whole("{}").as_deref(), Some("envelope-malformed"));
    assert_eq!(whole(&"[".repeat(60_000)).as_deref(), Some("envelope-malformed"));
    let deep = house.signed("[".repeat(60_000).as_bytes(), Vec::new());
    let unsigned: Vec<u8> = [&deep[..deep.len() - 64], &[0; 64]].concat();
    assert_eq!(house.refused(&unsigned).as_deref(), Some("envelope-signature"));
    for line in [
        "causeway-inbound/1 65537\n",
        "causeway-inbound/1 07\n",
        "causeway-inbound/1 +7\n",
        "causeway-inbound/2 7\n",
        "PK",
    ] {
        let bytes = [line.as_bytes(), &[b'x'; 70_000]].concat();
        assert_eq!(house.refused(&bytes).as_deref(), Some("envelope-malformed"), "{line}");
    }
    let twice =
        r#"{"type":"causeway-inbound/1","exchange":"id-numbers","partner":"agency","partner":"agency","number":7}"#;
    assert_eq!(whole(twice).as_deref(), Some("envelope-malformed"));
}

#[test]
fn only_x25519_is_tried_and_what_the_age_crate_greases_is_passed_over() {
    let house = House::new();
    let text = people(2);
    let part = |sealed: Vec<u8>| house.around(&[(sealed, text.len() as u64, sha(text.as_bytes()))]);
    let ours = house.ours();
    let sealed = house.age(&[&ours], &zstd(text.as_bytes()));
    assert_eq!(house.refused(&part(sealed.clone())), None);
    let other = age::x25519::Identity::generate().to_public();
    assert_eq!(
        house.refused(&part(house.age(&[&other, &ours], &zstd(text.as_bytes())))),
        None,
        "others may read it too"
    );
    let mut phrase = Vec::new();
    let encryptor = age::Encryptor::with_user_passphrase("invented".to_owned().into());
    let mut writer = encryptor.wrap_output(&mut phrase).unwrap();
    writer.write_all(&zstd(text.as_bytes())).unwrap();
    writer.finish().unwrap();
    assert_eq!(house.refused(&part(phrase)).as_deref(), Some("sealed-otherwise"));
    let nine: Vec<age::x25519::Recipient> = (0..9).map(|_| house.ours()).collect();
    let nine: Vec<&dyn age::Recipient> = nine.iter().map(|one| one as &dyn age::Recipient).collect();
    assert_eq!(house.refused(&part(house.age(&nine, &zstd(text.as_bytes())))).as_deref(), Some("sealed-otherwise"));
    let at = sealed.windows(4).position(|window| window == b"\n-> ").unwrap() + 1;
    let stranger = [&sealed[..at], b"-> piv-p256 x y\nYQ\n".as_slice(), &sealed[at..]].concat();
    assert_eq!(house.refused(&part(stranger)).as_deref(), Some("sealed-otherwise"));
    assert_eq!(house.refused(&part(zstd(text.as_bytes()))).as_deref(), Some("sealed-otherwise"), "not sealed at all");
}

#[test]
fn bombs_and_windows_end_where_they_were_declared() {
    let house = House::new();
    let ours = house.ours();
    let part = |packed: &[u8], size: u64, digest: String| house.around(&[(house.age(&[&ours], packed), size, digest)]);
    let zeroes = vec![0; 32 << 20];
    let bomb = zstd(&zeroes);
    assert!(bomb.len() < 10_000);
    let read = |bytes: &[u8]| house.refused(bytes);
    assert_eq!(read(&part(&bomb, 1_000, sha(&zeroes[..1_000]))).as_deref(), Some("envelope-altered while it is read"));
    assert_eq!(read(&part(&bomb, 33 << 20, sha(&zeroes))).as_deref(), Some("envelope-altered while it is read"));
    assert_eq!(read(&part(&bomb, 32 << 20, sha(&zeroes[1..]))).as_deref(), Some("envelope-altered while it is read"));
    assert_eq!(read(&part(&bomb, 32 << 20, sha(&zeroes))), None);
    assert_eq!(read(&part(&bomb, u64::MAX, sha(&zeroes))).as_deref(), Some("envelope-oversize"));
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.write_all(&zeroes).unwrap();
    let wide = encoder.finish().unwrap();
    assert_eq!(read(&part(&wide, 32 << 20, sha(&zeroes))).as_deref(), Some("envelope-altered while it is read"));
    assert_eq!(read(&part(b"not zstd", 8, sha(b"not zstd"))).as_deref(), Some("envelope-altered while it is read"));
}

/// The five commands that a partner has anyway make the same.
#[test]
fn plain_tools_make_one() {
    let house = House::new();
    let (text, folder) = (people(40), house.folder.path());
    std::fs::write(folder.join("records.jsonl"), &text).unwrap();
    std::fs::write(folder.join("signing.pem"), house.key.to_pem().unwrap().as_bytes()).unwrap();
    let script = format!(
        r#"set -e
zstd -q records.jsonl -o records.zst
age -r {} -o part.age records.zst
cat > manifest.json <<END
{{ "type": "causeway-inbound/1", "exchange": "id-numbers", "partner": "agency", "number": 7, "created": "2031-04-05T06:07:08Z",
  "parts": [ {{ "size": $(stat -c %s part.age), "sha256": "$(sha256sum part.age | cut -c1-64)",
    "plain_size": $(stat -c %s records.jsonl), "plain_sha256": "$(sha256sum records.jsonl | cut -c1-64)" }} ] }}
END
openssl pkeyutl -sign -rawin -inkey signing.pem -in manifest.json -out manifest.sig
{{ printf 'causeway-inbound/1 %d\n' "$(stat -c %s manifest.json)"; cat manifest.json manifest.sig part.age; }} > envelope
"#,
        house.recipient.as_str()
    );
    let missing = ["zstd", "age", "openssl"].into_iter().find(|tool| which(tool).is_none());
    if let Some(missing) = missing {
        println!("not tried: `{missing}` is not installed here");
        return;
    }
    let made = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let envelope = house.opened(Source::file(&folder.join("envelope")), &house.expected()).unwrap();
    let mut read = String::new();
    envelope.records(&house.operation).unwrap().read_to_string(&mut read).unwrap();
    assert_eq!(read, text);
}

fn which(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.exists())
}

#[test]
fn the_program_for_partners_seals_one_and_refuses_to_write_over_it() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (records, key, recipient, out) =
        (house.path("records.jsonl"), house.path("signing.pem"), house.path("operation.txt"), house.path("out"));
    std::fs::write(&records, people(2)).unwrap();
    std::fs::write(&key, house.key.to_pem().unwrap().as_bytes()).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&recipient, format!("# the operation\n{}\n", house.recipient.as_str())).unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_causeway-open"))
            .args(["submit", &text(&records), "--exchange", "id-numbers", "--partner", "agency", "--number", "7"])
            .args(["--recipient", &text(&recipient), "--signing-key", &text(&key), "--out", &text(&out)])
            .output()
            .unwrap()
    };
    let made = run();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(house.refused_as(Source::file(&out), &house.expected()), None);
    assert_eq!(run().status.code(), Some(2));
}
