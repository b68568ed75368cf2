//! Do the commands of the partner's guide work, word for word, on a fresh package?

use std::path::Path;

use causeway_package::inner::{Compression, Format};
use causeway_package::key::{Recipient, VerifyingKey};
use causeway_package::receipt::{Disagreement, Expected, verify};
use causeway_package::{Entropy, PackageWriter, SealedPackage};

use crate::support::{ALL, CHECKPOINT, House, KeyFiles, facts, people_csv, shell};

/// The guide's blocks whose fence has exactly this info string, in order.
fn blocks(info: &str) -> Vec<String> {
    blocks_of("partner.md", info)
}

/// The same of another guide.
pub(crate) fn blocks_of(guide: &str, info: &str) -> Vec<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
    let text = std::fs::read_to_string(guide).unwrap();
    let fence = format!("```{info}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

fn follow(script: &str, sealed: &SealedPackage, keys: &KeyFiles, out: &Path) -> String {
    shell(
        script,
        &[
            ("PKG", &sealed.dir),
            ("SENDER", &keys.sender),
            ("IDENTITY", &keys.identity),
            ("SIGNING_KEY", &keys.signing),
            ("OUT", out),
        ],
    )
}

#[test]
fn a_partner_with_only_the_guide_makes_keys_opens_and_acknowledges() {
    let house = House::new();
    let mut keys = house.key_files();
    keys.identity = house.path("made-identity.txt");
    keys.signing = house.path("made-signing.pem");
    let made = blocks("sh guide-keys");
    assert_eq!(made.len(), 1);
    shell(&made.concat(), &[("IDENTITY", &keys.identity), ("SIGNING_KEY", &keys.signing)]);
    let recipient = Recipient::parse(&shell("age-keygen -y \"$IDENTITY\"", &[("IDENTITY", &keys.identity)])).unwrap();
    let public = shell("openssl pkey -in \"$KEY\" -pubout", &[("KEY", &keys.signing)]);
    let partner = VerifyingKey::from_pem(&public).unwrap();

    for (seed, compression) in ALL.into_iter().enumerate() {
        let mut spec = house.spec(compression, 20_000);
        spec.recipients = vec![recipient.clone()];
        let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([seed as u8; 32])).unwrap();
        let mut about = facts(Format::Csv);
        if compression == Compression::Gzip {
            about.format = Format::Jsonl;
        }
        let expected_data = fill(&mut writer, about.format);
        let sealed = writer.finish(about, &house.sender).unwrap();
        assert!(sealed.manifest.parts.len() > 2);

        let out = house.folder(&format!("out-{seed}"));
        let steps = blocks("sh guide");
        assert!(steps.len() >= 6);
        let said = follow(&steps.join("\n"), &sealed, &keys, &out);
        assert!(said.contains(&recipient.fingerprint().aloud()), "{said}");
        assert!(
            said.contains(&partner.fingerprint().aloud()) && said.contains(&house.sender_key().fingerprint().aloud())
        );
        assert!(said.contains(&sealed.record_digest));
        let data = std::fs::read_dir(&out).unwrap().flatten().map(|entry| entry.path());
        let data = data.into_iter().find(|path| path.ends_with("data.csv") || path.ends_with("data.jsonl")).unwrap();
        assert_eq!(std::fs::read_to_string(data).unwrap(), expected_data);

        let json = std::fs::read(out.join("receipt.json")).unwrap();
        let signature = std::fs::read(out.join("receipt.json.sig")).unwrap();
        let receipt = verify(&json, &signature, &partner).unwrap();
        assert_eq!(Expected::of(&sealed, "transfer-0007", CHECKPOINT).compare(&receipt).unwrap(), []);
    }
}

/// The same kind of people as CSV or as JSON Lines with all kinds of values.
fn fill(writer: &mut PackageWriter, format: Format) -> String {
    if format == Format::Csv {
        let data = people_csv(500);
        let header = crate::support::HEADER;
        writer.write(header.as_bytes()).unwrap();
        for number in 0..500 {
            let cells = crate::support::person(number);
            writer.write(crate::support::csv_line(&cells).as_bytes()).unwrap();
            writer.end_record(cells.join("\u{1f}").as_bytes()).unwrap();
        }
        return data;
    }
    let mut data = String::new();
    for number in 0..700 {
        let (value, cell) = match number % 5 {
            0 => ("null".to_owned(), String::new()),
            1 => ("true".to_owned(), "true".to_owned()),
            2 => (format!("{number}.10"), format!("{number}.10")),
            3 => {
                ("[{\"kind\":\"ID\",\"nr\":7},\"é\\n\"]".to_owned(), "[{\"kind\":\"ID\",\"nr\":7},\"é\\n\"]".to_owned())
            }
            _ => ("\"ሰ \\\"x\\\"\"".to_owned(), "ሰ \"x\"".to_owned()),
        };
        let line = format!("{{\"name\":\"Nobody {number}\",\"born\":{number},\"note\":{value}}}\n");
        writer.write(line.as_bytes()).unwrap();
        writer.end_record(format!("Nobody {number}\u{1f}{number}\u{1f}{cell}").as_bytes()).unwrap();
        data.push_str(&line);
    }
    data
}

#[test]
fn parquet_parts_come_out_as_files_and_the_receipt_says_that_no_digest_was_computed() {
    let house = House::new();
    let keys = house.key_files();
    let mut spec = house.spec(Compression::None, 0);
    spec.part_size = None;
    let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([1; 32])).unwrap();
    for file in [b"PAR1 one", b"PAR1 two"] {
        writer.write(file).unwrap();
        writer.end_record(b"Nobody").unwrap();
        writer.close_part().unwrap();
    }
    let sealed = writer.finish(facts(Format::Parquet), &house.sender).unwrap();
    let out = house.folder("out");
    follow(&blocks("sh guide").join("\n"), &sealed, &keys, &out);
    assert_eq!(std::fs::read(out.join("data-1.parquet")).unwrap(), b"PAR1 one");
    assert_eq!(std::fs::read(out.join("data-2.parquet")).unwrap(), b"PAR1 two");
    assert!(!out.join("data.parquet").exists());
    let signature = std::fs::read(out.join("receipt.json.sig")).unwrap();
    let json = std::fs::read(out.join("receipt.json")).unwrap();
    let receipt = verify(&json, &signature, &house.partner.verifying_key()).unwrap();
    let found = Expected::of(&sealed, "transfer-0007", CHECKPOINT).compare(&receipt).unwrap();
    assert_eq!(found, [Disagreement::DigestMissing]);
}

#[test]
fn the_guide_stops_at_an_altered_part_and_at_an_altered_manifest() {
    let house = House::new();
    let keys = house.key_files();
    let steps = blocks("sh guide").join("\n");
    for (number, file) in ["manifest.json", "manifest.sig", "part", "last part"].into_iter().enumerate() {
        let sealed = house.seal_people(400, Compression::Zstd, 20_000, number as u8);
        let name = match file {
            "part" => sealed.manifest.parts[0].name.clone(),
            "last part" => sealed.manifest.parts.last().unwrap().name.clone(),
            other => other.to_owned(),
        };
        let mut bytes = std::fs::read(sealed.dir.join(&name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(sealed.dir.join(&name), bytes).unwrap();
        let out = house.folder(&format!("out-{number}"));
        let followed = std::panic::catch_unwind(|| follow(&steps, &sealed, &keys, &out));
        assert!(followed.is_err(), "{file}");
        assert!(!out.join("inner-manifest.json").exists() && !out.join("receipt.json").exists(), "{file}");
    }
}
