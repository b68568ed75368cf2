//! Which records are the formats tried on?

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListArray, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// A text in any script, or one that formats stumble over.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let awkward = vec![
        "",
        " ",
        "\"",
        "\"\"",
        ",",
        "\n",
        "\r\n",
        "\r",
        "a,\"b\"\nc",
        "=1+1",
        "-12.5",
        "+251911000000",
        "'",
        "''=x",
        "\t=1",
        "null",
        "true",
        "\\",
        "\\u2028",
        "\u{2028}",
        "\u{2029}x",
        "\u{feff}",
        "\0",
        "\u{1f}",
        "\u{85}",
        "{\"a\":1}",
        "\u{202e}abc",
    ];
    let names = vec!["Amal Invented", "أمل مخترعة", "ሰላም ፈጠራ", "မမ စမ်းသပ်", "মায়া কাল্পনিক", "Даля Выдуманная", "👩🏽‍👧 Zuri"];
    prop_oneof![
        select(awkward).prop_map(str::to_owned),
        select(names).prop_map(str::to_owned),
        vec(any::<char>(), 0..8).prop_map(|characters| characters.into_iter().collect()),
    ]
}

fn decimal() -> impl Strategy<Value = i128> {
    prop_oneof![-99_999_i128..=99_999, -(10_i128.pow(12) - 1)..10_i128.pow(12)]
}

fn day() -> impl Strategy<Value = i32> {
    prop_oneof![-40_000..40_000_i32, any::<i32>()]
}

fn micros() -> impl Strategy<Value = i64> {
    prop_oneof![(-4_000_000_000..4_000_000_000_i64).prop_map(|second| second * 1_000_000), any::<i64>()]
}

/// The flat values of one record.
type Flat = (Option<String>, Option<i64>, Option<i128>, Option<bool>, Option<i32>, Option<i64>, Option<Vec<u8>>);

fn flat() -> impl Strategy<Value = Flat> {
    (
        of(any_text()),
        of(any::<i64>()),
        of(decimal()),
        of(any::<bool>()),
        of(day()),
        of(micros()),
        of(vec(any::<u8>(), 0..9)),
    )
}

fn flat_columns(rows: &[Flat]) -> Vec<(&'static str, ArrayRef)> {
    let amounts: Decimal128Array = rows.iter().map(|row| row.2).collect();
    let moments: TimestampMicrosecondArray = rows.iter().map(|row| row.5).collect();
    vec![
        ("name", Arc::new(rows.iter().map(|row| row.0.clone()).collect::<StringArray>())),
        ("number", Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>())),
        ("amount", Arc::new(amounts.with_precision_and_scale(12, 2).unwrap())),
        ("consents", Arc::new(rows.iter().map(|row| row.3).collect::<BooleanArray>())),
        ("born", Arc::new(rows.iter().map(|row| row.4).collect::<Date32Array>())),
        ("seen", Arc::new(moments.with_timezone("UTC"))),
        ("photo", Arc::new(rows.iter().map(|row| row.6.as_deref()).collect::<BinaryArray>())),
    ]
}

/// A batch of these columns, all of which may be empty.
pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// A batch of one text column.
pub(super) fn texts<'t>(name: &str, texts: impl IntoIterator<Item = Option<&'t str>>) -> RecordBatch {
    batch(vec![(name, Arc::new(texts.into_iter().collect::<StringArray>()))])
}

/// Lists that `items` is cut into; `None` is no list.
pub(super) fn list(items: ArrayRef, lengths: &[Option<usize>]) -> ArrayRef {
    let item = Arc::new(Field::new("item", items.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().map(|length| length.unwrap_or(0)));
    let nulls = NullBuffer::from_iter(lengths.iter().map(Option::is_some));
    Arc::new(ListArray::new(item, offsets, items, Some(nulls)))
}

/// Objects with these members; `valid` says which are there.
pub(super) fn objects(members: Vec<(&str, ArrayRef)>, valid: Vec<bool>) -> ArrayRef {
    let fields: Vec<Field> =
        members.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = members.into_iter().map(|(_, array)| array).collect();
    Arc::new(StructArray::new(fields.into(), arrays, Some(NullBuffer::from(valid))))
}

/// Flat records with every type.
pub(super) fn flat_batch() -> impl Strategy<Value = RecordBatch> {
    vec(flat(), 0..12).prop_map(|rows| batch(flat_columns(&rows)))
}

/// Records with a list of objects (which hold a list) and a list of texts beside the flat fields.
pub(super) fn nested_batch() -> impl Strategy<Value = RecordBatch> {
    let members = of((flat(), of(vec(of(any_text()), 0..3))));
    let row = (flat(), of(vec(members, 0..4)), of(vec(of(any_text()), 0..4)));
    vec(row, 0..8).prop_map(|rows| {
        let flat_rows: Vec<Flat> = rows.iter().map(|row| row.0.clone()).collect();
        let items: Vec<_> = rows.iter().flat_map(|row| row.1.iter().flatten().cloned()).collect();
        let item_rows: Vec<Flat> =
            items.iter().map(|item| item.clone().map(|item| item.0).unwrap_or_default()).collect();
        let aliases: Vec<_> = items.iter().map(|item| item.clone().and_then(|item| item.1)).collect();
        let alias_texts: StringArray = aliases.iter().flatten().flatten().cloned().collect();
        let alias_lengths: Vec<_> = aliases.iter().map(|names| names.as_ref().map(Vec::len)).collect();
        let mut members = flat_columns(&item_rows);
        members.push(("aliases", list(Arc::new(alias_texts), &alias_lengths)));
        let people = objects(members, items.iter().map(Option::is_some).collect());
        let languages: StringArray = rows.iter().flat_map(|row| row.2.iter().flatten().cloned()).collect();
        let mut columns = flat_columns(&flat_rows);
        columns
            .push(("members", list(people, &rows.iter().map(|row| row.1.as_ref().map(Vec::len)).collect::<Vec<_>>())));
        let lengths: Vec<_> = rows.iter().map(|row| row.2.as_ref().map(Vec::len)).collect();
        columns.push(("languages", list(Arc::new(languages), &lengths)));
        batch(columns)
    })
}

/// `batch` as CSV can tell it: empty text and empty bytes are no value.
pub(super) fn without_empties(batch: &RecordBatch) -> RecordBatch {
    let columns = batch.columns().iter().map(|array| match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_any().downcast_ref::<StringArray>().unwrap();
            Arc::new(texts.iter().map(|text| text.filter(|text| !text.is_empty())).collect::<StringArray>()) as ArrayRef
        }
        DataType::Binary => {
            let values = array.as_any().downcast_ref::<BinaryArray>().unwrap();
            Arc::new(values.iter().map(|value| value.filter(|value| !value.is_empty())).collect::<BinaryArray>())
        }
        _ => array.clone(),
    });
    RecordBatch::try_new(batch.schema(), columns.collect()).unwrap()
}
