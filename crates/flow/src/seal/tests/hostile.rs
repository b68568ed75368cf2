//! Do strings that are known to break programs break ours?

use std::path::Path;

use causeway_model::exchange::{Audience, FormatKind};

use super::batches::{texts, without_empties};
use super::{back, format, parts};
use crate::seal::spreadsheet;

#[test]
fn naughty_strings_come_back_from_every_format() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hostile/naughty-strings/blns.json");
    let Ok(file) = std::fs::read_to_string(root) else {
        println!("skipped: no shared data");
        return;
    };
    let strings: Vec<String> = serde_json::from_str(&file).unwrap();
    assert!(strings.len() > 400);
    let batch = texts("text", strings.iter().map(|text| Some(text.as_str())));
    for kind in [FormatKind::Csv, FormatKind::JsonLines, FormatKind::Parquet] {
        for audience in [Audience::People, Audience::Machine] {
            let form = format(kind, audience);
            let read = back(&parts(std::slice::from_ref(&batch), form), &batch, form).unwrap();
            let expected = if kind == FormatKind::Csv { without_empties(&batch) } else { batch.clone() };
            assert_eq!(read, [expected]);
        }
    }
    for text in &strings {
        let written = spreadsheet::neutralise(text);
        assert!(!spreadsheet::is_dangerous(&written));
        assert_eq!(spreadsheet::undo(&written), text);
    }
}
