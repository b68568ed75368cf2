//! How is a cell written as JSON (RFC 8259)?
//!
//! Compact; members in the order of the fields; decimals, dates, moments and bytes as strings, because JSON's numbers
//! lose digits; whole numbers as numbers. Escaped is what must be: quote, backslash and controls, in the spelling that
//! Python's `json.dumps(…, ensure_ascii=False)` and serde_json share, because nested values enter the record digest as
//! their JSON text and partners compute it again from parsed values. Every script stands as itself.

use super::cell::{Column, Values, ends};

/// Appends the cell as a JSON value.
pub(crate) fn write_value(column: &Column<'_>, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    match &column.values {
        Values::Text(texts) if texts.plain => write_plain_string(texts.run(row), out),
        Values::Text(texts) => write_string(texts.run(row), out),
        Values::Integer(_) | Values::Boolean(_) => column.write(row, out),
        Values::Decimal(..) | Values::Date(_) | Values::Moment(_) | Values::Bytes(_) => {
            // Digits, letters and signs of base64 need no escape.
            out.push(b'"');
            column.write(row, out);
            out.push(b'"');
        }
        Values::List(offsets, items) => {
            let (from, to) = ends(offsets, row);
            out.push(b'[');
            for item in from..to {
                if item > from {
                    out.push(b',');
                }
                write_value(items, item, out);
            }
            out.push(b']');
        }
        Values::Struct(members) => {
            let mut before = b'{';
            for (name, member) in members {
                out.push(before);
                out.extend_from_slice(name);
                write_value(member, row, out);
                before = b',';
            }
            out.push(b'}');
        }
    }
}

/// A member's name as JSON, colon included.
pub(crate) fn member_name(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 3);
    write_string(name.as_bytes(), &mut out);
    out.push(b':');
    out
}

fn must_escape(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b'\\')
}

/// Whether a byte is one of `class`. Without early exit: over a short text that is a few vector instructions.
#[inline]
fn has(text: &[u8], class: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(false, |found, byte| found | class(*byte))
}

/// Appends `text`, which has nothing to escape, as a JSON string.
#[inline]
pub(super) fn write_plain_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends `text`, which is UTF-8, as a JSON string.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends `text` as a JSON string that no reader can break at a Unicode line separator: U+2028 and U+2029 are escaped.
///
/// Only for a text that is itself a member of a line. Inside nested values the two stand as they are (see above).
#[inline]
pub(super) fn write_line_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    // Both separators begin with E2.
    if has(text, |byte| must_escape(byte) | (byte == 0xe2)) {
        write_without_separators(text, out);
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'"');
}

fn write_without_separators(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.windows(3).position(|bytes| matches!(bytes, [0xe2, 0x80, 0xa8 | 0xa9])) {
        let (before, separator) = rest.split_at(at);
        write_escaped(before, out);
        out.extend_from_slice(if separator.starts_with(b"\xe2\x80\xa8") { b"\\u2028" } else { b"\\u2029" });
        rest = separator.get(3..).unwrap_or_default();
    }
    write_escaped(rest, out);
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    if !has(text, must_escape) {
        out.extend_from_slice(text);
        return;
    }
    while let Some(at) = rest.iter().position(|byte| must_escape(*byte)) {
        let (plain, escaped) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, after)) = escaped.split_first() else { break };
        write_escape(*byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        control => {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, write: fn(&[u8], &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn scripts_stand_as_themselves_and_controls_do_not() {
        assert_eq!(written("أمل ሰላም", write_string), "\"أمل ሰላም\"");
        assert_eq!(written("a\"\\\u{1}\n\u{1f}\u{7f}", write_string), "\"a\\\"\\\\\\u0001\\n\\u001f\u{7f}\"");
        assert_eq!(written("a\u{2028}\u{2029}–b", write_line_string), "\"a\\u2028\\u2029–b\"");
    }

    proptest! {
        #[test]
        fn strings_are_spelled_as_serde_json_spells_them(text in proptest::collection::vec(any::<char>(), 0..20)) {
            let text: String = text.into_iter().collect();
            prop_assert_eq!(written(&text, write_string), serde_json::to_string(&text).unwrap());
            let line = written(&text, write_line_string);
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
            let broken = line.contains(['\n', '\u{2028}', '\u{2029}']);
            prop_assert!(!broken);
        }
    }
}
