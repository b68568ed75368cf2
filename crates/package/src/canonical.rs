//! As which bytes does a record enter the record digest, on our side and on the partner's?
//!
//! The cells of the record in the order of the fields, as text, joined by U+001F. Null and empty are both empty;
//! booleans are `true` and `false`; a nested list or object is its compact JSON; numbers and dates are the text that the
//! data file shows. A cell must not hold U+001F itself: two records could then have the same bytes, so the caller refuses it.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::digest::RecordDigest;
use crate::inner::{Audience, Format, InnerFacts, InnerManifest};

/// What stands between two cells.
pub const CELL_SEPARATOR: u8 = 0x1f;

/// Appends one cell to a record that is being built; `first` cells have no separator before them.
pub fn push_cell(record: &mut Vec<u8>, first: bool, cell: &[u8]) {
    if !first {
        record.push(CELL_SEPARATOR);
    }
    record.extend_from_slice(cell);
}

/// The canonical bytes of a record whose cells are at hand.
#[must_use]
pub fn record<'a>(cells: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut record = Vec::new();
    for (at, cell) in cells.into_iter().enumerate() {
        push_cell(&mut record, at == 0, cell);
    }
    record
}

/// Computes the record digest of an opened data file.
///
/// `Ok(None)` when this program cannot: Parquet, and CSV for people, whose cells are altered for spreadsheets.
///
/// # Errors
/// The file cannot be read, or is not of the format that the inner manifest says.
pub fn digest_of_file(data: &mut dyn BufRead, inner: &InnerManifest) -> io::Result<Option<RecordDigest>> {
    let Some(mut digest) = RecordDigest::from_hex_key(inner.record_digest.key.reveal()) else {
        return Ok(None);
    };
    if !is_readable(&inner.about) {
        return Ok(None);
    }
    each_record(data, &inner.about, &mut |_, canonical| {
        canonical.into_iter().for_each(|canonical| digest.add(canonical));
        Ok(())
    })?;
    Ok(Some(digest))
}

/// Whether this program can tell the records of such a file apart.
pub(crate) fn is_readable(about: &InnerFacts) -> bool {
    match (about.format, about.audience) {
        (Format::Csv, Audience::Machine) | (Format::Jsonl, _) => true,
        (Format::Csv, Audience::People) | (Format::Parquet, _) => false,
    }
}

/// What takes the pieces of a data file: bytes, and the record that they are.
pub(crate) type Each<'e> = dyn FnMut(&[u8], Option<&[u8]>) -> io::Result<()> + 'e;

/// Hands over what stands in a data file, piece by piece: its bytes with the end of line, and canonically; the header of CSV has none.
pub(crate) fn each_record(data: &mut dyn BufRead, about: &InnerFacts, each: &mut Each<'_>) -> io::Result<()> {
    let (mut raw, mut record) = (Vec::new(), Vec::new());
    if about.format == Format::Csv {
        let mut header = true;
        while next_csv(data, &mut raw, &mut record)? {
            each(&raw, (!header).then_some(record.as_slice()))?;
            header = false;
        }
        return Ok(());
    }
    loop {
        raw.clear();
        if data.read_until(b'\n', &mut raw)? == 0 {
            return Ok(());
        }
        let members: Members = serde_json::from_slice(&raw).map_err(|_| bad("a line is not a JSON object"))?;
        record.clear();
        for (at, field) in about.fields.iter().enumerate() {
            let cell = members.0.iter().find(|(name, _)| *name == field.name).map_or("null", |(_, raw)| raw.get());
            push_cell(&mut record, at == 0, json_cell(cell)?.as_bytes());
        }
        each(&raw, Some(&record))?;
    }
}

/// Reads one RFC 4180 record, as it stands and joined canonically; false at the end.
fn next_csv(data: &mut dyn BufRead, raw: &mut Vec<u8>, record: &mut Vec<u8>) -> io::Result<bool> {
    raw.clear();
    record.clear();
    let (mut quoted, mut begun) = (false, false);
    loop {
        let from = raw.len();
        if data.read_until(b'\n', raw)? == 0 {
            return if quoted { Err(bad("the CSV ends within quotes")) } else { Ok(begun) };
        }
        begun = true;
        let mut bytes = raw.get(from..).unwrap_or_default().iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' if quoted && bytes.peek() == Some(&b'"') => {
                    bytes.next();
                    record.push(b'"');
                }
                b'"' => quoted = !quoted,
                b',' if !quoted => record.push(CELL_SEPARATOR),
                b'\r' if !quoted && bytes.peek() == Some(&b'\n') => {}
                b'\n' if !quoted => return Ok(true),
                other => record.push(other),
            }
        }
        if !quoted {
            return Ok(true);
        }
    }
}

/// A JSON value as cell text; numbers, lists and objects as they stand in the file (our writer writes them compactly).
fn json_cell(raw: &str) -> io::Result<String> {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map_err(|_| bad("a JSON text is malformed")),
        Some(b'n') => Ok(String::new()),
        _ => Ok(raw.to_owned()),
    }
}

/// The members of one object, in order, values untouched.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Each)
    }
}

fn bad(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn csv_cells_are_read_through_quotes_and_line_ends() {
        let text = "name,note\r\n\"Invented, Amal\",\"said \"\"yes\"\"\r\ntwice\"\r\nДаля,\r\nlast,one";
        let mut data = text.as_bytes();
        let mut records = Vec::new();
        let (mut raw, mut record) = (Vec::new(), Vec::new());
        while next_csv(&mut data, &mut raw, &mut record).unwrap() {
            records.push(String::from_utf8(record.clone()).unwrap());
        }
        assert_eq!(
            records,
            ["name\u{1f}note", "Invented, Amal\u{1f}said \"yes\"\r\ntwice", "Даля\u{1f}", "last\u{1f}one"]
        );
        assert!(next_csv(&mut "a,\"b".as_bytes(), &mut raw, &mut record).is_err());
    }

    #[test]
    fn json_cells_are_text() {
        for (raw, cell) in [
            ("null", ""),
            ("\"\"", ""),
            ("true", "true"),
            ("1.10", "1.10"),
            ("\"\\u12a0\\\"\"", "አ\""),
            ("[{\"a\":1}]", "[{\"a\":1}]"),
        ] {
            assert_eq!(json_cell(raw).unwrap(), cell);
        }
    }

    #[test]
    fn joining_cells_matches_pushing_them() {
        assert_eq!(record([b"a".as_slice(), b"", b"c"]), b"a\x1f\x1fc");
    }
}
