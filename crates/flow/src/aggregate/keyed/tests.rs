//! Is what belongs to a record the same whatever the memory and whichever is read first?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use causeway_model::Code;
use causeway_model::exchange::Reduction;
use proptest::prelude::*;

use super::{Adds, Keyed};
use crate::aggregate::Memory;
use crate::aggregate::run::Stream;
use crate::plan::rel::{NestColumn, ReduceColumn, Reduced};
use crate::seal::Cells;
use crate::{Batch, Fault, Faults, Personal};

fn reduction(name: &str, reduction: Reduction, by: &[&str]) -> ReduceColumn {
    ReduceColumn {
        name: name.to_owned(),
        reduction,
        of: Reduced::Values("text".to_owned()),
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        filter: None,
        rule: false,
    }
}

fn many() -> Adds {
    let number = |name: &str, of| ReduceColumn { of: Reduced::Values("number".to_owned()), ..reduction(name, of, &[]) };
    let list = NestColumn {
        name: "nested".to_owned(),
        members: vec![("t".to_owned(), "text".to_owned()), ("n".to_owned(), "number".to_owned())],
        order: vec!["number".to_owned()],
        filter: None,
    };
    let reductions = vec![
        reduction("count", Reduction::Count, &[]),
        reduction("any", Reduction::Any, &[]),
        reduction("least", Reduction::Min, &[]),
        reduction("latest", Reduction::Latest, &["number"]),
        reduction("first", Reduction::First, &["number"]),
        reduction("list", Reduction::List, &[]),
        number("sum", Reduction::Sum),
        number("largest", Reduction::Max),
    ];
    Adds::Many { reductions, nests: vec![list] }
}

#[test]
fn operators_that_read_beside_each_other_claim_no_more_than_there_is() {
    let memory = Memory::bounded(100 << 20, std::env::temp_dir(), [1; 32]);
    let alone = memory.share();
    let operator = || Keyed::new(vec!["key".to_owned()], vec![(vec!["key".to_owned()], many())], &memory);
    let mut beside = vec![operator(), operator(), operator()];
    assert!(beside.iter().map(|one| one.limit).sum::<usize>() <= memory.budget());
    // One that has read everything keeps what it holds, and leaves the rest to who comes next.
    beside.truncate(1);
    beside[0].settle().unwrap();
    assert_eq!(memory.share(), (memory.budget() - beside[0].held) / 10 * 7);
    beside.clear();
    assert_eq!(memory.share(), alone);
}

type Related = (u16, Option<String>, Option<i64>);

fn batches(rows: &[Related]) -> Vec<Batch> {
    let one = |rows: &[Related]| {
        let key: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("k{}", row.0))));
        let text: ArrayRef = Arc::new(rows.iter().map(|row| row.1.clone()).collect::<StringArray>());
        let number: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>());
        let records = RecordBatch::try_from_iter_with_nullable([
            ("there", key, true),
            ("text", text, true),
            ("number", number, true),
        ]);
        let mut faults = Faults::default();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.0 % 97 == 13) {
            let value = Personal::new(Some(row.0.to_string()));
            faults.add(at, Fault { subject: "thing.text".to_owned(), code: Code::WrongType, value });
        }
        Batch { records: records.unwrap(), faults }
    };
    if rows.is_empty() { vec![one(rows)] } else { rows.chunks(50).map(one).collect() }
}

fn roots(keys: u16) -> Vec<Batch> {
    let one = |keys: Vec<u16>| {
        let key: ArrayRef = Arc::new(StringArray::from_iter_values(keys.iter().map(|key| format!("k{key}"))));
        Batch { records: RecordBatch::try_from_iter([("here", key)]).unwrap(), faults: Faults::default() }
    };
    (0..keys).collect::<Vec<_>>().chunks(40).map(|keys| one(keys.to_vec())).collect()
}

/// Each root's record as text, with its faults.
fn run(rows: &[Related], keys: u16, memory: &Memory, roots_first: bool) -> BTreeMap<String, String> {
    let others = ReduceColumn { of: Reduced::Values("number".to_owned()), ..reduction("others", Reduction::Sum, &[]) };
    let other = Adds::Many { reductions: vec![others], nests: Vec::new() };
    let there = || vec!["there".to_owned()];
    let mut keyed = Keyed::new(vec!["here".to_owned()], vec![(there(), many()), (there(), other)], memory);
    if roots_first {
        roots(keys).iter().for_each(|batch| keyed.only(batch).unwrap());
    }
    // Two sides that are read beside each other, the second with keys of its own.
    let second: Vec<Related> = rows.iter().map(|(key, text, number)| (key / 2 + 100, text.clone(), *number)).collect();
    let mut seconds = batches(&second).into_iter();
    for batch in batches(rows) {
        keyed.add(0, &batch).unwrap();
        seconds.next().iter().for_each(|batch| keyed.add(1, batch).unwrap());
    }
    keyed.settle().unwrap();
    let input: Stream = Box::new(roots(keys).into_iter().map(Ok));
    let mut found = BTreeMap::new();
    for batch in keyed.attach(input) {
        let batch = batch.unwrap();
        let here = batch.records.column_by_name("here").unwrap().as_string::<i32>();
        let cells = Cells::of(&batch.records).unwrap();
        for (row, record) in cells.records().enumerate() {
            let mut text = Vec::new();
            record.canonical(&mut text);
            let faults: Vec<_> = batch.faults.of(row).iter().map(|fault| fault.value.expose().clone()).collect();
            let text = format!("{} {faults:?}", String::from_utf8(text).unwrap());
            assert!(found.insert(here.value(row).to_owned(), text).is_none(), "a root came twice");
        }
    }
    found
}

/// A share so small that it is passed again and again.
fn tight(folder: &tempfile::TempDir, share: usize) -> Memory {
    Memory::bounded(0, folder.path().to_owned(), [3; 32]).sharing(share)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn neither_memory_nor_order_changes_what_is_found(
        rows in proptest::collection::vec((0_u16..300, proptest::option::of("[a-zሀ-ቀ]{0,12}"), proptest::option::of(-50_i64..50)), 0..600),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let expected = run(&rows, 250, &Memory::unbounded(), false);
        prop_assert_eq!(expected.len(), 250);
        prop_assert_eq!(&run(&rows, 250, &Memory::unbounded(), true), &expected);
        let mut shuffled = rows.clone();
        shuffled.reverse();
        prop_assert_eq!(&run(&shuffled, 250, &Memory::unbounded(), false), &expected);
        for roots_first in [false, true] {
            let memory = tight(&folder, 10_000);
            prop_assert_eq!(&run(&rows, 250, &memory, roots_first), &expected);
            if rows.len() > 300 {
                prop_assert!(memory.spilled() > 0, "nothing was spilled");
            }
        }
    }
}

#[test]
fn reductions_are_what_they_say() {
    let rows = vec![
        (1, Some("b".to_owned()), Some(3)),
        (1, Some("a".to_owned()), Some(9)),
        (1, None, None),
        (1, Some("c".to_owned()), Some(-2)),
    ];
    let found = run(&rows, 3, &Memory::unbounded(), false);
    let expected = [
        "k1",
        "3",
        "true",
        "a",
        "a",
        "",
        r#"["a","b","c"]"#,
        "10",
        "9",
        r#"[{"t":null,"n":null},{"t":"c","n":-2},{"t":"b","n":3},{"t":"a","n":9}]"#,
        "0",
    ];
    let expected = format!("{} []", expected.join("\u{1f}"));
    // The record without a value in `by` is the first: what is missing orders before what is there.
    assert_eq!(found["k1"], expected);
    assert_eq!(
        found["k0"],
        format!("{} []", ["k0", "0", "false", "", "", "", "[]", "0", "", "[]", "0"].join("\u{1f}"))
    );
}

#[test]
fn one_record_a_key_and_a_second_is_refused_also_when_spilled() {
    let one = || Adds::One {
        name: "household".to_owned(),
        prefix: "household.".to_owned(),
        optional: false,
        used: ["number".to_owned()].into(),
    };
    let folder = tempfile::tempdir().unwrap();
    for memory in [Memory::unbounded(), tight(&folder, 1_000)] {
        let mut keyed = Keyed::new(vec!["here".to_owned()], vec![(vec!["there".to_owned()], one())], &memory);
        let rows: Vec<Related> = (0..200).map(|key| (key, None, Some(i64::from(key)))).collect();
        batches(&rows).iter().for_each(|batch| keyed.add(0, batch).unwrap());
        keyed.settle().unwrap();
        let input: Stream = Box::new(roots(201).into_iter().map(Ok));
        let (mut sum, mut dangling) = (0, 0);
        for batch in keyed.attach(input) {
            let batch = batch.unwrap();
            let numbers = batch.records.column_by_name("household.number").unwrap().as_primitive::<Int64Type>();
            sum += numbers.iter().flatten().sum::<i64>();
            dangling +=
                batch.faults.iter().flat_map(|(_, faults)| faults).filter(|f| f.code == Code::RelationDangling).count();
            assert!(batch.records.column_by_name("household.text").is_none(), "nothing uses it");
        }
        assert_eq!((sum, dangling), (199 * 200 / 2, 1));

        let mut keyed = Keyed::new(vec!["here".to_owned()], vec![(vec!["there".to_owned()], one())], &memory);
        let twice: Vec<Related> = rows.iter().cloned().chain([(7, None, Some(1))]).collect();
        let refused = batches(&twice).iter().try_for_each(|batch| keyed.add(0, batch)).and_then(|()| keyed.settle());
        let refused = refused.and_then(|()| {
            keyed.attach(Box::new(roots(201).into_iter().map(Ok))).try_for_each(|batch| batch.map(|_| ()))
        });
        assert_eq!(refused.unwrap_err().violations()[0].code, Code::DuplicateKey);
    }
}
