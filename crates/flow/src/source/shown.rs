//! How much of an offending value does the sealed report show?

use super::{Cell, literal};

/// Characters of an offending value that the report shows.
const SHOWN: usize = 200;

/// The value for the sealed report: cut short, invalid bytes as `\xNN`.
pub(super) fn shown(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text(bytes) | Cell::Bytes(bytes) | Cell::Nested(bytes) => Some(shown_bytes(bytes)),
        Cell::Number(text) => Some(shown_bytes(text.as_bytes())),
        Cell::Integer(value) => Some(value.to_string()),
        Cell::Real(value) => Some(value.to_string()),
        Cell::Boolean(value) => Some(value.to_string()),
        Cell::Date(days) => Some(format!("day {days} after 1970-01-01")),
        Cell::Timestamp(micros) => Some(format!("microsecond {micros} after 1970-01-01")),
        Cell::Uuid(uuid) => std::str::from_utf8(&literal::written_uuid(uuid)).ok().map(str::to_owned),
        Cell::Decimal(unscaled, scale) => Some(format!("{unscaled}e-{scale}")),
    }
}

fn shown_bytes(bytes: &[u8]) -> String {
    // Four bytes a character at most, so that a huge value is not walked for its first 200 characters.
    let head = bytes.get(..SHOWN * 4).unwrap_or(bytes);
    let mut out = String::new();
    for chunk in head.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02X}")));
    }
    match out.char_indices().nth(SHOWN) {
        Some((end, _)) => out.get(..end).unwrap_or_default().to_owned(),
        None => out,
    }
}
