//! Does a verifier that shares nothing with us agree? `verifier/verify_ledger.py`, run on an export and on mutations of it.

use std::path::Path;
use std::process::{Command, Output};

use causeway_ledger::export::{Expected, verify_export};
use causeway_ledger::{Row, SignerKey};
use tempfile::TempDir;

use crate::sample::{ORIGIN, checkpoint, leaf, log, log_from, public};

const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/verifier/verify_ledger.py");

fn run(folder: &Path, export: &[u8], more: &[&str]) -> Output {
    let path = folder.join("export.jsonl");
    std::fs::write(&path, export).unwrap();
    let mut command = Command::new("python3");
    command.arg(VERIFIER).arg(&path).args(more);
    command.output().expect("the independent verifier needs python3 and openssl")
}

/// A mutation: its name, what is replaced (once) by what.
fn mutations(text: &str) -> Vec<(&'static str, String)> {
    let once = |from: &str, to: &str| {
        assert!(text.contains(from), "`{from}` is not in the export");
        text.replacen(from, to, 1)
    };
    let lines: Vec<&str> = text.lines().collect();
    let place = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    let rebuilt = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut lines);
        lines.into_iter().map(|line| line + "\n").collect::<String>()
    };
    let sample = log();
    let rows = &sample.rows;
    let as_json = |text: &str| text.replace('\n', "\\n");
    let (leaf7, leaf8) = (place(r#"{"leaf":{"index":7,"#), place(r#"{"leaf":{"index":8,"#));
    let last_leaf = place(r#"{"leaf":{"index":22,"#);
    let thief = SignerKey::from_seed(ORIGIN, &[66; 32]).unwrap();
    let stolen = causeway_ledger::Checkpoint::parse(&sample.checkpoints[4]).unwrap().sign(&thief).unwrap();
    let other = checkpoint(&log_from((50..73).map(leaf), &[]).rows, 12);
    let mut swapped = sample.clone();
    swapped.rows.swap(6, 9);
    swapped.renumber();
    let mut relabelled = sample.clone();
    relabelled.rows[10] = Row::new(10, leaf(99));
    vec![
        ("time edited", once(&rows[3].leaf.time_us.to_string(), "1790000000000000")),
        ("actor edited", once(&rows[1].leaf.actor, "officer Somebody Else")),
        ("event edited", once("transfer.sealed", "transfer.refused")),
        ("subject edited", once("transfer-0004", "transfer-0005")),
        ("body edited", once(r#"{\"count\":5,"#, r#"{\"count\":6,"#)),
        ("salt edited", once(&hex::encode(rows[6].leaf.salt), &hex::encode(rows[7].leaf.salt))),
        ("stored hash edited", once(&rows[6].hash.to_hex(), &rows[7].hash.to_hex())),
        ("index edited", once(r#""index":7,"#, r#""index":70,"#)),
        ("leaf deleted", rebuilt(&|lines| drop(lines.remove(leaf7)))),
        ("last leaf deleted", rebuilt(&|lines| drop(lines.remove(last_leaf)))),
        ("leaves swapped", rebuilt(&|lines| lines.swap(leaf7, leaf8))),
        ("leaves swapped and renumbered", swapped.export()),
        ("leaf doubled", rebuilt(&|lines| lines.insert(leaf7, lines[leaf7].clone()))),
        ("leaf rewritten with its hash", relabelled.export()),
        (
            "leaf added at the end",
            rebuilt(&|lines| {
                let added = log_from((0..24).map(leaf), &[]).export();
                let added = added.lines().find(|line| line.starts_with(r#"{"leaf":{"index":23,"#)).unwrap();
                lines.insert(last_leaf + 1, added.to_owned());
            }),
        ),
        ("checkpoint's size edited", once(r"\n12\n", r"\n11\n")),
        ("checkpoint signed by a thief", once(&as_json(&sample.checkpoints[4]), &as_json(&stolen))),
        ("checkpoint of other leaves", once(&as_json(&sample.checkpoints[3]), &as_json(&other))),
        ("signature line begins otherwise", once("\u{2014} invented", "\u{2015} invented")),
        ("last checkpoint deleted", rebuilt(&|lines| drop(lines.remove(last_leaf + 1)))),
        ("key replaced", once(&public().to_string(), &thief.public().to_string())),
        ("origin edited", once(&format!(r#""origin":"{ORIGIN}""#), r#""origin":"elsewhere.example""#)),
        ("end cut off", rebuilt(&|lines| lines.truncate(last_leaf))),
        ("last line counts more", once(r#"{"end":{"size":23}}"#, r#"{"end":{"size":24}}"#)),
        ("a key doubled", once(r#"{"leaf":{"index":7,"#, r#"{"leaf":{"index":7,"index":7,"#)),
        ("not text", once(r#""actor":"officer"#, r#""actor":"\ud800officer"#)),
        ("another format", once(r#""version":1"#, r#""version":2"#)),
    ]
}

#[test]
fn it_accepts_the_export_and_rejects_every_mutation_as_we_do() {
    let folder = TempDir::new().unwrap();
    let text = log().export();
    let accepted = run(folder.path(), text.as_bytes(), &["--key", &public().to_string()]);
    assert_eq!(accepted.status.code(), Some(0), "{}", String::from_utf8_lossy(&accepted.stderr));
    let root = log().verify().unwrap().root.to_hex();
    assert!(String::from_utf8_lossy(&accepted.stdout).contains(&root));

    let mutations = mutations(&text);
    assert!(mutations.len() >= 20);
    for (name, mutation) in mutations {
        assert_ne!(mutation, text, "{name} changes nothing");
        let refused = run(folder.path(), mutation.as_bytes(), &[]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{name}: {said}");
        assert!(said.contains("tampered at index "), "{name}: {said}");
        assert!(!said.contains("officer"), "{name} tells a leaf's content: {said}");
        assert!(verify_export(mutation.as_bytes(), &Expected::default()).is_err(), "we accept: {name}");
    }
}

#[test]
fn it_names_the_index_of_an_edited_leaf() {
    let folder = TempDir::new().unwrap();
    for index in [0, 5, 22] {
        let edited = log().export().replace(&log().rows[index].leaf.subject, "transfer-x");
        let refused = run(folder.path(), edited.as_bytes(), &[]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.starts_with(&format!("tampered at index {index}:")), "{said}");
    }
}

#[test]
fn it_holds_the_log_against_a_saved_checkpoint() {
    let folder = TempDir::new().unwrap();
    let saved = folder.path().join("saved");
    let against = ["--against", saved.to_str().unwrap()];
    for size in [0, 3, 12, 23] {
        std::fs::write(&saved, checkpoint(&log().rows, size)).unwrap();
        let accepted = run(folder.path(), log().export().as_bytes(), &against);
        assert_eq!(accepted.status.code(), Some(0), "{size}: {}", String::from_utf8_lossy(&accepted.stderr));
    }
    let rewritten = log_from((0..23).map(|n| if n == 2 { leaf(99) } else { leaf(n) }), &[23]).export();
    let shorter = log_from((0..12).map(leaf), &[12]).export();
    for other in [rewritten, shorter] {
        assert_eq!(run(folder.path(), other.as_bytes(), &[]).status.code(), Some(0));
        assert_eq!(run(folder.path(), other.as_bytes(), &against).status.code(), Some(3));
    }
    std::fs::remove_file(&saved).unwrap();
    assert_eq!(run(folder.path(), log().export().as_bytes(), &against).status.code(), Some(2));
}
