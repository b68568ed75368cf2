//! Does `causeway-open` do the partner's steps, with the exit codes that the guide promises?

use std::path::Path;
use std::process::{Command, Output};

use causeway_package::inner::Compression;
use causeway_package::receipt::{Expected, Outcome, verify};

use crate::support::{CHECKPOINT, House, KeyFiles, facts, people_csv};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_causeway-open")).args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn receipt_args<'a>(dir: &'a Path, keys: &'a KeyFiles, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["receipt", text(dir), "--sender", text(&keys.sender), "--identity", text(&keys.identity)];
    args.extend(["--signing-key", text(&keys.signing), "--out", text(out)]);
    args.extend(more);
    args
}

#[test]
fn verify_open_and_receipt_work_end_to_end() {
    let house = House::new();
    let keys = house.key_files();
    let sealed = house.seal_people(50, Compression::Zstd, 2000, 1);
    let dir = text(&sealed.dir);
    let verified = run(&["verify", dir, "--sender", text(&keys.sender)]);
    assert_eq!(code(&verified), 0);
    assert!(String::from_utf8_lossy(&verified.stdout).contains(&sealed.manifest_sha256));

    let out = house.folder("out");
    let open = ["open", dir, "--sender", text(&keys.sender), "--identity", text(&keys.identity), "--out", text(&out)];
    let opened = run(&open);
    assert_eq!(code(&opened), 0, "{}", String::from_utf8_lossy(&opened.stderr));
    assert!(String::from_utf8_lossy(&opened.stdout).contains("50 records"));
    let data = out.join("data.csv");
    assert_eq!(std::fs::read_to_string(&data).unwrap(), people_csv(50));
    assert_eq!(code(&run(&open)), 2, "nothing is overwritten");

    let path = house.path("receipt.json");
    let signed = run(&receipt_args(&sealed.dir, &keys, &path, &["--outcome", "accepted", "--data", text(&data)]));
    assert_eq!(code(&signed), 0, "{}", String::from_utf8_lossy(&signed.stderr));
    let json = std::fs::read(&path).unwrap();
    let signature = std::fs::read(house.path("receipt.json.sig")).unwrap();
    let receipt = verify(&json, &signature, &house.partner.verifying_key()).unwrap();
    assert_eq!(Expected::of(&sealed, "transfer-0007", CHECKPOINT).compare(&receipt).unwrap(), []);
}

#[test]
fn partial_and_rejected_receipts_must_add_up() {
    let house = House::new();
    let keys = house.key_files();
    let sealed = house.seal_people(50, Compression::Zstd, 2000, 1);
    let path = house.path("receipt.json");
    for wrong in [
        vec!["--outcome", "partial"],
        vec!["--outcome", "partial", "--loaded", "40", "--rejected", "9"],
        vec!["--outcome", "accepted", "--digest", "0000000000000000000000000000000000000000000000000000000000000000"],
    ] {
        assert_eq!(code(&run(&receipt_args(&sealed.dir, &keys, &path, &wrong))), 2, "{wrong:?}");
        assert!(!path.exists());
    }
    let note = ["--outcome", "partial", "--loaded", "40", "--rejected", "10", "--note", "ten without a year"];
    assert_eq!(code(&run(&receipt_args(&sealed.dir, &keys, &path, &note))), 0);
    let signature = std::fs::read(house.path("receipt.json.sig")).unwrap();
    let receipt = verify(&std::fs::read(&path).unwrap(), &signature, &house.partner.verifying_key()).unwrap();
    assert_eq!((receipt.outcome, receipt.records_rejected), (Outcome::Partial, 10));
}

#[test]
fn exit_codes_tell_input_from_verification() {
    use std::os::unix::fs::PermissionsExt as _;

    let house = House::new();
    let keys = house.key_files();
    let sealed = house.seal_people(50, Compression::Zstd, 2000, 1);
    let dir = text(&sealed.dir);
    assert_eq!(code(&run(&["verify", dir])), 2, "usage");
    assert_eq!(code(&run(&["verify", "/nowhere/at/all", "--sender", text(&keys.sender)])), 2);
    let out = house.folder("out");
    let open = ["open", dir, "--sender", text(&keys.sender), "--identity", text(&keys.identity), "--out", text(&out)];
    std::fs::set_permissions(&keys.identity, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = run(&open);
    assert_eq!(code(&refused), 2);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("chmod 600"));
    std::fs::set_permissions(&keys.identity, std::fs::Permissions::from_mode(0o600)).unwrap();

    std::fs::remove_file(sealed.dir.join(&sealed.manifest.parts[1].name)).unwrap();
    for args in [&open[..], &["verify", dir, "--sender", text(&keys.sender)]] {
        let refused = run(args);
        assert_eq!(code(&refused), 3);
        assert!(String::from_utf8_lossy(&refused.stderr).contains(&sealed.manifest.parts[1].name));
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn fingerprints_of_both_kinds_of_key_are_printed() {
    let house = House::new();
    let keys = house.key_files();
    let recipient = house.path("recipient.txt");
    std::fs::write(&recipient, house.recipient().as_str()).unwrap();
    for (file, print) in
        [(&keys.sender, house.sender_key().fingerprint()), (&recipient, house.recipient().fingerprint())]
    {
        let printed = run(&["fingerprint", text(file)]);
        assert_eq!(String::from_utf8_lossy(&printed.stdout), format!("{print}\n{}\n", print.aloud()));
    }
    assert_eq!(code(&run(&["fingerprint", text(&keys.signing)])), 2, "a private key is not printed");
}

#[test]
fn opening_takes_the_same_memory_for_any_size() {
    use causeway_package::inner::Format;

    let house = House::new();
    let keys = house.key_files();
    let mut writer = house.writer(Compression::Zstd, 48 << 20, 1);
    // 128 MB that compress a little, written in batches of many records.
    let mut state = 1_u64;
    for _ in 0..128 {
        let mut batch = String::with_capacity(1 << 21);
        while batch.len() < 1 << 20 {
            batch.push_str("{\"note\":\"");
            for _ in 0..250 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                batch.push_str(&format!("{state:016x}"));
            }
            batch.push_str("\"}\n");
        }
        writer.write(batch.as_bytes()).unwrap();
        for line in batch.lines() {
            writer.end_record(line.as_bytes()).unwrap();
        }
    }
    let sealed = writer.finish(facts(Format::Jsonl), &house.sender).unwrap();
    assert!(sealed.plain_size > 128 << 20 && sealed.manifest.parts.len() == 4);
    let out = house.folder("out");
    // The limit is on address space: program, libraries and all buffers within 96 MB.
    let script = "ulimit -v 98304; \"$BIN\" open \"$PKG\" --sender \"$SENDER\" --identity \"$IDENTITY\" --out \"$OUT\"";
    let bin = Path::new(env!("CARGO_BIN_EXE_causeway-open"));
    let said = crate::support::shell(
        script,
        &[("BIN", bin), ("PKG", &sealed.dir), ("SENDER", &keys.sender), ("IDENTITY", &keys.identity), ("OUT", &out)],
    );
    assert!(said.contains(&format!("{} records", sealed.released)), "{said}");
    assert_eq!(std::fs::metadata(out.join("data.jsonl")).unwrap().len(), sealed.plain_size);
}
