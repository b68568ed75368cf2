//! Does material that others wrote to break readers break ours?

use std::fs;
use std::path::PathBuf;

use causeway_model::Code;

use crate::fixture::{csv, faults, json_lines, read, scan, texts};

/// The optional shared test data, or nothing with a message.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hostile").join(folder);
    if !path.is_dir() {
        println!("skipped: no shared data");
        return None;
    }
    Some(path)
}

#[test]
fn csv_spectrum_is_read_as_its_authors_mean_it() {
    let Some(folder) = shared("csv-spectrum") else { return };
    let mut compared = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let expected: serde_json::Value =
            serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
        let expected = expected.as_array().unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let names: Vec<&String> = expected[0].as_object().unwrap().keys().collect();
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "text")).collect();
        // Some copies of the collection have lost the carriage returns that these files are about.
        let mut bytes = fs::read(&path).unwrap();
        if name.ends_with("_crlf.csv") && !bytes.contains(&b'\r') {
            bytes = String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes();
        }
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), bytes).unwrap();
        let batches = read(&csv(name), dir.path(), &scan(None, &columns)).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (place, column) in names.iter().enumerate() {
            let wanted: Vec<&str> = expected.iter().map(|row| row[column.as_str()].as_str().unwrap()).collect();
            assert_eq!(texts(&batches, place), wanted, "{name} {column}");
        }
        compared += 1;
    }
    assert!(compared >= 10);
}

#[test]
fn no_json_of_the_test_suite_is_taken_for_more_than_it_is() {
    let Some(folder) = shared("json") else { return };
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Ok(bytes) = fs::read(&path) else { continue };
        // Each text becomes the value of a member, on one line.
        if !name.ends_with(".json") || bytes.contains(&b'\n') || bytes.contains(&b'\r') {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.jsonl"), [b"{\"v\":", bytes.as_slice(), b"}\n"].concat()).unwrap();
        let result = read(&json_lines("a.jsonl"), dir.path(), &scan(None, &[("v", "text")]));
        match name.split('_').next() {
            Some("y") => {
                let batches = result.unwrap_or_else(|e| panic!("{name}: {e}"));
                let invalid = faults(&batches).iter().any(|(_, code, _)| *code == Code::InvalidUtf8);
                assert!(!invalid, "{name}");
                good += 1;
            }
            // Inside `{"v":…}` some of these become something else that is JSON; none may become a text.
            Some("n") => {
                if let Ok(batches) = result {
                    let taken = texts(&batches, 0).iter().any(|text| text != "-");
                    assert!(!taken || !faults(&batches).is_empty(), "{name}");
                }
                bad += 1;
            }
            _ => {
                let _ = result;
            }
        }
    }
    assert!(good > 20 && bad > 100, "{good} {bad}");
}
