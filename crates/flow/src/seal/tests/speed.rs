//! How long does a million records take? Run by hand, in release: `cargo nextest run --release --run-ignored only speed`.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, FormatKind};

use super::batches::batch;
use super::format;
use crate::seal::Encoder;

const ROWS: usize = 8192;

/// 23 fields: identifiers, names in several scripts, codes, places, dates, numbers; every tenth value is missing.
fn people() -> RecordBatch {
    let texts = |column: usize, make: fn(usize) -> String| -> ArrayRef {
        Arc::new((0..ROWS).map(|row| (!(row + column).is_multiple_of(10)).then(|| make(row))).collect::<StringArray>())
    };
    let makes: [fn(usize) -> String; 6] = [
        |row| format!("{row:08x}-0000-4000-8000-00000000cafe"),
        |row| format!("Invented {row}"),
        |_| "أمل مخترعة".to_owned(),
        |row| format!("ET{row:06}"),
        |row| format!("{} Made-up Road, block {row}", row % 90),
        |row| format!("+2519{row:08}"),
    ];
    let names: Vec<String> = (0..23).map(|column| format!("field_{column}")).collect();
    let amounts: Decimal128Array = (0..ROWS).map(|row| Some(row as i128 * 25)).collect();
    let columns = names.iter().enumerate().map(|(column, name)| {
        let array: ArrayRef = match column {
            0..18 => texts(column, makes[column % 6]),
            18 | 19 => Arc::new((0..ROWS).map(|row| Some(row as i32 * 3)).collect::<Date32Array>()),
            20 => Arc::new((0..ROWS).map(|row| Some(row as i64)).collect::<Int64Array>()),
            21 => Arc::new(amounts.clone().with_precision_and_scale(12, 2).unwrap()),
            _ => Arc::new((0..ROWS).map(|row| Some(row % 3 == 0)).collect::<BooleanArray>()),
        };
        (name.as_str(), array)
    });
    batch(columns.collect())
}

#[test]
#[ignore = "measures; needs a release build and a quiet machine"]
fn a_million_records() {
    let batch = people();
    let rounds = 1_000_000_usize.div_ceil(ROWS);
    let mut out = Vec::with_capacity(8 << 20);
    for kind in [FormatKind::Csv, FormatKind::JsonLines, FormatKind::Parquet] {
        for audience in [Audience::Machine, Audience::People] {
            let mut encoder = Encoder::new(format(kind, audience), batch.schema()).unwrap();
            let (began, mut size) = (Instant::now(), 0);
            encoder.begin_part(&mut out).unwrap();
            for _ in 0..rounds {
                let cells = encoder.cells(&batch).unwrap();
                encoder.batch(&cells, &mut out).unwrap();
                size += out.len();
                out.clear();
            }
            encoder.end_part(&mut out).unwrap();
            println!("{kind:?} {audience:?}: {:?} for {} MB", began.elapsed(), (size + out.len()) / 1_000_000);
            out.clear();
        }
    }
    let (began, mut size) = (Instant::now(), 0);
    for _ in 0..rounds {
        let encoder = Encoder::new(format(FormatKind::Csv, Audience::Machine), batch.schema()).unwrap();
        for record in encoder.cells(&batch).unwrap().records() {
            out.clear();
            record.canonical(&mut out);
            size += out.len();
        }
    }
    println!("canonical: {:?} for {} MB", began.elapsed(), size / 1_000_000);
}
