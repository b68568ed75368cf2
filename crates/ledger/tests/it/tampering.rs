//! Does each tampering with a stored log name what it is, and the right index?

use causeway_ledger::FaultKind::{
    BadCheckpoint, BadSignature, BeyondCheckpoint, CheckpointRootMismatch, CheckpointShrinks, HistoryRewritten,
    HistoryTruncated, RowEdited, RowInserted, RowMissing, RowsSwapped, TileMismatch,
};
use causeway_ledger::{Checkpoint, Fault, FaultKind, Hash, Row, SignerKey, VerifyError, verify_log};

use crate::sample::{Log, ORIGIN, checkpoint, leaf, log, log_from, public};

fn fault(log: &Log) -> Fault {
    match log.verify() {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("not found out: {other:?}"),
    }
}

#[track_caller]
fn found(log: &Log, kind: FaultKind, index: u64) {
    let fault = fault(log);
    assert_eq!((fault.kind, fault.index), (kind, index), "{fault}");
}

fn tampered(with: impl FnOnce(&mut Log)) -> Log {
    let mut log = log();
    with(&mut log);
    log
}

fn at(index: usize) -> u64 {
    index.try_into().unwrap()
}

/// An edit of one column, with its name.
type Edit = (&'static str, fn(&mut Row));

const EDITS: [Edit; 7] = [
    ("time", |row| row.leaf.time_us += 1),
    ("actor", |row| row.leaf.actor.push('x')),
    ("event", |row| row.leaf.event = "transfer.refused".into()),
    ("subject", |row| row.leaf.subject.insert(0, ' ')),
    ("body", |row| row.leaf.body = row.leaf.body.replace("count", "Count")),
    ("salt", |row| row.leaf.salt[31] ^= 1),
    ("stored hash", |row| row.hash.0[0] ^= 1),
];

#[test]
fn an_untouched_log_is_good() {
    let verified = log().verify().unwrap();
    assert_eq!((verified.size, verified.checkpoints), (23, 5));
    for size in 0..30 {
        log_from((0..at(size)).map(leaf), &[size]).verify().unwrap();
    }
}

#[test]
fn an_empty_log_is_good_and_one_without_checkpoints_is_not() {
    assert_eq!(log_from([], &[]).verify().unwrap().root, Hash::of_nothing());
    found(&log_from((0..3).map(leaf), &[]), BeyondCheckpoint, 0);
}

#[test]
fn one_edited_column_names_its_row() {
    for index in 0..23 {
        for (column, edit) in EDITS {
            let log = tampered(|log| edit(&mut log.rows[index]));
            let fault = fault(&log);
            assert_eq!((fault.kind, fault.index), (RowEdited, at(index)), "{column}: {fault}");
        }
    }
}

#[test]
fn an_edited_index_names_its_row() {
    for index in 0..23 {
        for wrong in [0, 1, 7, 22, 23, 24, 1000, u64::MAX] {
            if wrong != at(index) {
                found(&tampered(|log| log.rows[index].index = wrong), RowEdited, at(index));
            }
        }
        // As a store gives it back: in the order of the index column, so that the row comes last.
        let moved = tampered(|log| {
            log.rows[index].index = 1000;
            log.rows.sort_by_key(|row| row.index);
        });
        let fault = fault(&moved);
        assert_eq!(fault.index, at(index), "{fault}");
    }
}

#[test]
fn a_row_edited_together_with_its_hash_is_found() {
    for index in 0..23 {
        let log = tampered(|log| {
            log.rows[index].leaf.body = "{}".into();
            log.rows[index].hash = log.rows[index].leaf.hash();
        });
        found(&log, RowEdited, at(index));
    }
}

#[test]
fn a_row_edited_together_with_its_hash_and_the_tree_is_narrowed_to_its_checkpoint() {
    for index in 0..23 {
        let log = tampered(|log| {
            log.rows[index].leaf.body = "{}".into();
            log.rows[index].hash = log.rows[index].leaf.hash();
            log.tiles[index] = log.rows[index].hash;
        });
        let fault = fault(&log);
        let range = [(0, 4), (5, 11), (12, 22)].into_iter().find(|(_, last)| at(index) <= *last).unwrap();
        assert_eq!((fault.kind, fault.index, fault.other), (CheckpointRootMismatch, range.0, Some(range.1)), "{fault}");
    }
}

#[test]
fn a_deleted_row_names_its_place() {
    for index in 0..23 {
        found(&tampered(|log| drop(log.rows.remove(index))), RowMissing, at(index));
        let renumbered = tampered(|log| {
            log.rows.remove(index);
            log.renumber();
        });
        found(&renumbered, RowMissing, at(index));
    }
}

#[test]
fn several_deleted_rows_name_the_first() {
    for index in 0..20 {
        found(&tampered(|log| drop(log.rows.drain(index..index + 3))), RowMissing, at(index));
        found(&tampered(|log| log.rows.truncate(index)), RowMissing, at(index));
    }
    found(&tampered(|log| log.rows.clear()), RowMissing, 0);
}

#[test]
fn the_end_cut_off_rows_and_tree_alike_is_found() {
    for index in 0..23 {
        let log = tampered(|log| {
            log.rows.truncate(index);
            log.tiles.truncate(index);
        });
        found(&log, RowMissing, at(index));
    }
}

#[test]
fn swapped_rows_name_the_first_and_the_second() {
    for one in 0..23 {
        for other in one + 1..23 {
            let by_content = tampered(|log| {
                log.rows.swap(one, other);
                log.renumber();
            });
            let by_place = tampered(|log| log.rows.swap(one, other));
            for log in [by_content, by_place] {
                let fault = fault(&log);
                let expected = (RowsSwapped, at(one), Some(at(other)));
                assert_eq!((fault.kind, fault.index, fault.other), expected, "{fault}");
            }
        }
    }
}

#[test]
fn an_inserted_row_names_its_place() {
    for index in 0..=23 {
        let forged = |log: &mut Log| log.rows.insert(index, Row::new(at(index), leaf(99)));
        found(&tampered(forged), RowInserted, at(index));
        let renumbered = tampered(|log| {
            forged(log);
            log.renumber();
        });
        found(&renumbered, RowInserted, at(index));
        let behind = tampered(|log| {
            // After the row whose index it claims, as a store without a unique index might give it.
            let place = (index + 1).min(log.rows.len());
            log.rows.insert(place, Row::new(at(index), leaf(99)));
        });
        found(&behind, RowInserted, at(index));
        let with_wrong_hash = tampered(|log| {
            log.rows.insert(index, Row { hash: leaf(98).hash(), ..Row::new(at(index), leaf(99)) });
            log.renumber();
        });
        found(&with_wrong_hash, RowInserted, at(index));
    }
}

#[test]
fn a_row_added_with_its_tile_is_beyond_the_checkpoint() {
    let log = tampered(|log| {
        log.rows.push(Row::new(23, leaf(99)));
        log.tiles.push(leaf(99).hash());
    });
    found(&log, BeyondCheckpoint, 23);
}

#[test]
fn a_damaged_tree_is_told_from_an_edited_row() {
    for index in 0..23 {
        found(&tampered(|log| log.tiles[index].0[5] ^= 16), TileMismatch, at(index));
    }
    for size in 5..23 {
        found(&tampered(|log| log.tiles.truncate(size)), TileMismatch, at(size));
    }
    found(&tampered(|log| log.tiles.push(Hash::of_nothing())), RowMissing, 23);
}

#[test]
fn a_checkpoint_that_was_altered_is_not_believed() {
    // The checkpoints stand at 0, 5, 5, 12 and 23; the first leaf left unproven is named.
    for (place, index) in [(0, 0), (1, 0), (2, 5), (3, 5), (4, 12)] {
        let altered = |old: &str| {
            let other = log_from((50..73).map(leaf), &[]);
            let size = usize::try_from(Checkpoint::parse(old).unwrap().size).unwrap();
            let forged = checkpoint(&other.rows, size.max(1));
            let (text, _) = forged.rsplit_once("\n\n").unwrap();
            let (_, signature) = old.rsplit_once("\n\n").unwrap();
            format!("{text}\n\n{signature}")
        };
        found(&tampered(|log| log.checkpoints[place] = altered(&log.checkpoints[place])), BadSignature, index);
        found(&tampered(|log| log.checkpoints[place] = "nonsense".into()), BadCheckpoint, index);
        let thief = SignerKey::from_seed(ORIGIN, &[66; 32]).unwrap();
        let resign = |text: &str| Checkpoint::parse(text).unwrap().sign(&thief).unwrap();
        found(&tampered(|log| log.checkpoints[place] = resign(&log.checkpoints[place])), BadSignature, index);
    }
}

#[test]
fn a_checkpoint_over_other_leaves_signed_with_the_key_is_found() {
    let other = log_from((50..73).map(leaf), &[]);
    found(&tampered(|log| log.checkpoints[3] = checkpoint(&other.rows, 12)), CheckpointRootMismatch, 5);
    found(&tampered(|log| log.checkpoints[2] = checkpoint(&other.rows, 5)), CheckpointRootMismatch, 4);
}

#[test]
fn checkpoints_do_not_shrink_and_cover_all() {
    found(&tampered(|log| log.checkpoints.swap(3, 4)), CheckpointShrinks, 12);
    found(&tampered(|log| drop(log.checkpoints.pop())), BeyondCheckpoint, 12);
    found(
        &tampered(|log| log.checkpoints.push(checkpoint(&log_from((0..40).map(leaf), &[]).rows, 30))),
        RowMissing,
        23,
    );
    log_from((0..23).map(leaf), &[23]).verify().unwrap();
}

#[test]
fn the_first_of_two_tamperings_is_named() {
    let log = tampered(|log| {
        log.rows[4].leaf.body = "{}".into();
        log.rows[4].hash = log.rows[4].leaf.hash();
        log.rows.remove(20);
    });
    let fault = fault(&log);
    assert_eq!(fault.index, 4, "{fault}");
}

#[test]
fn a_log_rewritten_whole_with_the_same_key_is_found_out_by_a_saved_checkpoint() {
    let saved = checkpoint(&log().rows, 12);
    assert_eq!(log().verify_against(&saved).unwrap().size, 23);
    log().verify_against(&checkpoint(&log().rows, 0)).unwrap();
    log().verify_against(&checkpoint(&log().rows, 23)).unwrap();

    let rewritten = log_from((0..23).map(|n| if n == 9 { leaf(99) } else { leaf(n) }), &[0, 5, 5, 12, 23]);
    rewritten.verify().unwrap();
    let told = |log: &Log, saved: &str| match log.verify_against(saved) {
        Err(VerifyError::Fault(fault)) => (fault.kind, fault.index),
        other => panic!("not found out: {other:?}"),
    };
    assert_eq!(told(&rewritten, &saved), (HistoryRewritten, 0));
    rewritten.verify_against(&checkpoint(&log().rows, 9)).unwrap();
    let older = log_from((0..5).map(leaf), &[5]);
    older.verify().unwrap();
    assert_eq!(told(&older, &saved), (HistoryTruncated, 5));
    assert_eq!(told(&log_from([], &[]), &saved), (HistoryTruncated, 0));
    assert!(matches!(log().verify_against("nonsense"), Err(VerifyError::Saved(_))));
}

#[test]
fn a_store_that_fails_is_not_a_fault_and_not_an_end() {
    let log = log();
    let rows = log.rows.into_iter().take(12).map(Ok).chain([Err("disk on fire")]);
    let outcome = verify_log(rows, log.tiles.into_iter().map(Ok), log.checkpoints.into_iter().map(Ok), &public());
    assert!(matches!(outcome, Err(VerifyError::Source("disk on fire"))));
}

#[test]
fn a_fault_says_where_and_nothing_of_the_leaf() {
    let said = fault(&tampered(|log| log.rows.swap(3, 9))).to_string();
    assert_eq!(said, "rows-swapped at index 3 and 9: each stands in the other's place");
    for (_, edit) in EDITS {
        let said = format!("{:?}", fault(&tampered(|log| edit(&mut log.rows[6]))));
        assert!(!said.contains("transfer") && !said.contains("officer"), "{said}");
    }
}
