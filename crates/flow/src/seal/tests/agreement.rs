//! Does a partner's program compute the record digest that we compute?

use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, FormatKind};
use causeway_package::canonical::digest_of_file;
use causeway_package::{InnerManifest, RecordDigest};
use proptest::prelude::*;
use serde_json::json;

use super::batches::{flat_batch, nested_batch};
use super::{format, text};
use crate::seal::Cells;

const KEY: [u8; 32] = [7; 32];

fn ours(batch: &RecordBatch) -> String {
    let mut digest = RecordDigest::new(&KEY);
    let mut record = Vec::new();
    for row in Cells::of(batch).unwrap().records() {
        record.clear();
        row.canonical(&mut record);
        digest.add(&record);
    }
    digest.to_hex()
}

/// What the package's own reader computes from the file.
fn theirs(batch: &RecordBatch, kind: FormatKind, name: &str) -> String {
    let fields: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| json!({"name": field.name(), "type": "text", "description": "", "from": []}))
        .collect();
    let inner = json!({
        "type": "causeway-inner/1", "package": "invented", "compression": "none", "parts": [], "released": 0,
        "record_digest": {"algorithm": "hmac-sha256-sum/1", "key": "07".repeat(32), "value": ""},
        "receipt_token": "00".repeat(32),
        "about": {
            "transfer": "t", "exchange": "e", "sequence": 1, "arrangement": {"id": "a", "version": 1, "digest": ""},
            "format": name, "audience": "machine", "fields": fields, "purge_by": "2026-12-31", "checkpoint": "", "sources": [],
            "snapshot_spread_s": 0,
        },
    });
    let inner = InnerManifest::parse(inner.to_string().as_bytes()).unwrap();
    let file = text(batch, format(kind, Audience::Machine));
    digest_of_file(&mut file.as_bytes(), &inner).unwrap().unwrap().to_hex()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn over_csv(batch in flat_batch()) {
        prop_assert_eq!(ours(&batch), theirs(&batch, FormatKind::Csv, "csv"));
    }

    #[test]
    fn over_json_lines(batch in nested_batch()) {
        prop_assert_eq!(ours(&batch), theirs(&batch, FormatKind::JsonLines, "jsonl"));
    }
}

proptest! {
    /// The guide for partners computes nested cells by parsing and writing JSON again.
    #[test]
    fn nested_cells_are_what_a_json_library_writes(batch in nested_batch()) {
        let file = text(&batch, format(FormatKind::JsonLines, Audience::Machine));
        for (row, line) in Cells::of(&batch).unwrap().records().zip(file.lines()) {
            let mut record = Vec::new();
            row.canonical(&mut record);
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            let nested = &object["members"];
            if !nested.is_null() {
                let again = nested.to_string();
                prop_assert!(String::from_utf8(record).unwrap().contains(&again));
            }
        }
    }
}
