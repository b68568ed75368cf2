//! How are records written as JSON Lines?
//!
//! One compact object a line, LF after each, every field in its place, `null` where there is no value: empty text and
//! no value stay apart. The audience alters nothing.

use arrow::datatypes::Schema;

use crate::seal::cell::{Record, Values};
use crate::seal::json;

#[derive(Debug)]
pub(super) struct JsonLinesEncoder {
    /// What stands before each value: `{"first":`, `,"second":`.
    before: Vec<Vec<u8>>,
}

impl JsonLinesEncoder {
    pub(super) fn new(schema: &Schema) -> Self {
        let before = schema.fields().iter().enumerate().map(|(at, field)| {
            let mut text = vec![if at == 0 { b'{' } else { b',' }];
            text.extend_from_slice(&json::member_name(field.name()));
            text
        });
        Self { before: before.collect() }
    }

    pub(super) fn record(&self, record: Record<'_>, out: &mut Vec<u8>) {
        let row = record.row();
        for (before, column) in self.before.iter().zip(record.cells().columns()) {
            out.extend_from_slice(before);
            match &column.values {
                Values::Text(texts) if !texts.plain && !column.is_null(row) => {
                    json::write_line_string(texts.run(row), out)
                }
                _ => json::write_value(column, row, out),
            }
        }
        out.extend_from_slice(b"}\n");
    }
}
