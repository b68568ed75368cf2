//! Do records survive every format, and do all sides digest the same bytes?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod agreement;
mod batches;
mod exact;
mod hostile;
mod refusals;
mod round_trip;
mod speed;

use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, Format, FormatKind};

use super::{Encoder, ReadError, read};

fn format(kind: FormatKind, audience: Audience) -> Format {
    Format { kind, audience }
}

/// Encodes batches into parts, one part a batch.
fn parts(batches: &[RecordBatch], format: Format) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(format, batches[0].schema()).unwrap();
    let mut parts = Vec::new();
    for batch in batches {
        let mut out = Vec::new();
        encoder.begin_part(&mut out).unwrap();
        let cells = encoder.cells(batch).unwrap();
        encoder.batch(&cells, &mut out).unwrap();
        encoder.end_part(&mut out).unwrap();
        parts.push(out);
    }
    parts
}

/// Encodes one batch into one part, as text.
fn text(batch: &RecordBatch, format: Format) -> String {
    String::from_utf8(parts(std::slice::from_ref(batch), format).concat()).unwrap()
}

/// Reads parts back.
fn back(parts: &[Vec<u8>], batch: &RecordBatch, format: Format) -> Result<Vec<RecordBatch>, ReadError> {
    let schema = batch.schema();
    match format.kind {
        FormatKind::Csv => read::csv(parts.concat().as_slice(), schema, format.audience)?.collect(),
        FormatKind::JsonLines => read::json_lines(parts.concat().as_slice(), schema)?.collect(),
        FormatKind::Parquet => {
            let mut batches = Vec::new();
            for part in parts {
                let records = read::parquet(bytes::Bytes::from(part.clone()), schema.clone())?;
                batches.extend(records.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(batches)
        }
    }
}
