//! Does an export verify by itself, and is it refused once touched?

use causeway_ledger::export::{Expected, ExportError, ExportWriter, WriteError, verify_export};
use causeway_ledger::{Fault, FaultKind, Row, SignerKey};

use crate::sample::{checkpoint, leaf, log, log_from, public};

fn verify(text: &str) -> Result<u64, ExportError> {
    verify_export(text.as_bytes(), &Expected::default()).map(|verified| verified.log.size)
}

#[track_caller]
fn fault(text: &str) -> Fault {
    match verify(text) {
        Err(ExportError::Fault(fault)) => fault,
        other => panic!("not found out: {other:?}"),
    }
}

/// The export's lines, and where among them leaf n stands.
fn lines() -> (Vec<String>, Vec<usize>) {
    let lines: Vec<String> = log().export().lines().map(str::to_owned).collect();
    let leaves = lines.iter().enumerate().filter(|(_, line)| line.starts_with(r#"{"leaf""#));
    let leaves = leaves.map(|(place, _)| place).collect();
    (lines, leaves)
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_untouched_export_verifies_with_the_key_and_a_saved_checkpoint() {
    let text = log().export();
    let expected = Expected { key: Some(public()), saved: Some(checkpoint(&log().rows, 7)) };
    let verified = verify_export(text.as_bytes(), &expected).unwrap();
    assert_eq!((verified.log.size, verified.log.checkpoints), (23, 5));
    assert_eq!(verify(&log_from([], &[]).export()).unwrap(), 0);
}

#[test]
fn another_key_or_another_history_is_refused() {
    let text = log().export();
    let stranger = SignerKey::from_seed(crate::sample::ORIGIN, &[5; 32]).unwrap();
    let expected = Expected { key: Some(stranger.public().clone()), saved: None };
    assert!(matches!(verify_export(text.as_bytes(), &expected), Err(ExportError::OtherKey { .. })));
    let elsewhere = checkpoint(&log_from((40..60).map(leaf), &[]).rows, 7);
    let expected = Expected { key: None, saved: Some(elsewhere) };
    let refused = verify_export(text.as_bytes(), &expected);
    assert!(matches!(refused, Err(ExportError::Fault(Fault { kind: FaultKind::HistoryRewritten, .. }))));
}

#[test]
fn a_deleted_swapped_or_doubled_line_names_its_leaf() {
    let (lines, places) = lines();
    for (index, place) in places.iter().copied().enumerate() {
        let at = index as u64;
        let mut deleted = lines.clone();
        deleted.remove(place);
        let found = fault(&joined(&deleted));
        assert_eq!((found.kind, found.index), (FaultKind::RowMissing, at), "{found}");

        let mut doubled = lines.clone();
        doubled.insert(place, lines[place].clone());
        let found = fault(&joined(&doubled));
        assert_eq!((found.kind, found.index), (FaultKind::RowInserted, at), "{found}");

        if let Some(next) = places.get(index + 1) {
            let mut swapped = lines.clone();
            swapped.swap(place, *next);
            let found = fault(&joined(&swapped));
            assert_eq!((found.kind, found.index, found.other), (FaultKind::RowsSwapped, at, Some(at + 1)), "{found}");
        }
    }
}

#[test]
fn lines_swapped_far_apart_name_both_leaves() {
    let (lines, places) = lines();
    for (one, other) in [(0, 22), (3, 20), (5, 7), (6, 12), (11, 13)] {
        let mut swapped = lines.clone();
        swapped.swap(places[one], places[other]);
        let found = fault(&joined(&swapped));
        let expected = (FaultKind::RowsSwapped, one as u64, Some(other as u64));
        assert_eq!((found.kind, found.index, found.other), expected, "{found}");
    }
}

#[test]
fn an_edited_field_names_its_leaf() {
    let (lines, places) = lines();
    for (index, place) in places.into_iter().enumerate() {
        for (from, to) in
            [("time_us\":1", "time_us\":2"), ("officer", "oficer"), ("sealed", "opened"), ("count", "cuont")]
        {
            let mut edited = lines.clone();
            edited[place] = edited[place].replace(from, to);
            let found = fault(&joined(&edited));
            assert_eq!((found.kind, found.index), (FaultKind::RowEdited, index as u64), "{found}");
        }
    }
}

#[test]
fn leaves_swapped_with_their_indexes_put_right_are_narrowed_to_their_checkpoint() {
    let mut log = log();
    log.rows.swap(6, 9);
    log.renumber();
    let found = fault(&log.export());
    assert_eq!((found.kind, found.index, found.other), (FaultKind::CheckpointRootMismatch, 5, Some(11)));
}

#[test]
fn an_export_cut_anywhere_is_refused() {
    let text = log_from((0..5).map(leaf), &[2, 5]).export();
    verify(&text).unwrap();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(verify(&text[..end]).is_err(), "cut at {end}");
    }
    assert!(verify(&format!("{text}\n")).is_err());
}

#[test]
fn lines_that_two_readers_could_read_differently_are_refused() {
    let text = log().export();
    for (from, to) in [
        (r#"{"leaf":{"index":3,"#, r#"{"leaf":{"index":3,"index":3,"#),
        (r#"{"leaf":{"index":3,"#, r#"{"leaf":{"extra":0,"index":3,"#),
        (r#"{"leaf":{"index":3,"#, r#"{"leaf":{"index":3.0,"#),
        (r#"{"end":{"size":23}}"#, r#"{"end":{"size":23}} {}"#),
        (r#""version":1"#, r#""version":2"#),
        (r#"{"end":{"size":23}}"#, r#"{"end":{"size":24}}"#),
    ] {
        assert!(text.contains(from));
        let refused = verify(&text.replace(from, to));
        assert!(matches!(refused, Err(ExportError::Malformed { .. })), "{to}: {refused:?}");
    }
    let upper = log().rows[3].hash.to_hex();
    assert!(verify(&text.replace(&upper, &upper.to_uppercase())).is_err());
}

#[test]
fn the_writer_refuses_what_a_reader_would() {
    let mut writer = ExportWriter::new(Vec::new(), &public()).unwrap();
    let early = checkpoint(&log().rows, 1);
    assert!(matches!(writer.checkpoint(&early), Err(WriteError::Place { size: 1, leaves: 0 })));
    let wrong = writer.leaf(&Row::new(4, leaf(4)));
    assert!(matches!(wrong, Err(WriteError::Order { expected: 0, found: 4 })));
    writer.leaf(&Row::new(0, leaf(0))).unwrap();
    writer.checkpoint(&early).unwrap();
    let bytes = writer.finish().unwrap();
    assert_eq!(verify(std::str::from_utf8(&bytes).unwrap()).unwrap(), 1);
}
