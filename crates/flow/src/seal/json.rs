//! How is a cell written as JSON (RFC 8259)?
//!
//! Compact; members in the order of the fields; decimals, dates, moments and bytes as strings, because JSON's numbers
//! lose digits; whole numbers as numbers. Escaped is what must be: quote, backslash and controls, in the spelling that
//! Python's `json.dumps(…, ensure_ascii=False)` and serde_json share, because nested values enter the record digest as
//! their JSON text and partners compute it again from parsed values. Every script stands as itself.

use super::cell::Column;

/// Appends the cell as a JSON value.
pub(super) fn write_value(column: &Column<'_>, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    match column {
        Column::Text(array) => write_string(array.value(row), out),
        Column::Integer(_) | Column::Boolean(_) => column.write(row, out),
        Column::Decimal(..) | Column::Date(_) | Column::Moment(_) | Column::Bytes(_) => {
            // Digits, letters and signs of base64 need no escape.
            out.push(b'"');
            column.write(row, out);
            out.push(b'"');
        }
        Column::List(list, items) => {
            let offsets = list.value_offsets();
            let ends = offsets.get(row).zip(offsets.get(row + 1));
            let (from, to) = ends.map_or((0, 0), |(from, to)| (*from as usize, *to as usize));
            out.push(b'[');
            for item in from..to {
                if item > from {
                    out.push(b',');
                }
                write_value(items, item, out);
            }
            out.push(b']');
        }
        Column::Struct(_, members) => {
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
pub(super) fn member_name(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 3);
    write_string(name, &mut out);
    out.push(b':');
    out
}

fn must_escape(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b'\\')
}

/// Appends `text` as a JSON string.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends `text` as a JSON string that no reader can break at a Unicode line separator: U+2028 and U+2029 are escaped.
///
/// Only for a text that is itself a member of a line. Inside nested values the two stand as they are (see above).
pub(super) fn write_line_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Both begin with E2, which few texts have.
    if text.as_bytes().contains(&0xe2) {
        for piece in text.split_inclusive(['\u{2028}', '\u{2029}']) {
            if let Some(before) = piece.strip_suffix('\u{2028}') {
                write_escaped(before, out);
                out.extend_from_slice(b"\\u2028");
            } else if let Some(before) = piece.strip_suffix('\u{2029}') {
                write_escaped(before, out);
                out.extend_from_slice(b"\\u2029");
            } else {
                write_escaped(piece, out);
            }
        }
    } else {
        write_escaped(text, out);
    }
    out.push(b'"');
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    // Without early exit the search over a short text is a few vector instructions.
    if !rest.iter().fold(false, |found, byte| found | must_escape(*byte)) {
        out.extend_from_slice(rest);
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

    fn written(text: &str, write: fn(&str, &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(text, &mut out);
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
