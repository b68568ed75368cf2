//! What would a spreadsheet run instead of showing it, how is that prevented, and how is the prevention undone?
//!
//! Only CSV written for people ([`Audience::People`](causeway_model::exchange::Audience)) is altered. A cell gets an
//! apostrophe before it when a spreadsheet might run it as a formula, or when it begins with an apostrophe anyway: so
//! "take one leading apostrophe away" gives back every value exactly, and a partner needs no table of cases.
//!
//! Plain numbers (`-12.5`, `+3`) are exempt, and with them telephone numbers in E.164: a number evaluates to itself.
//! JSON Lines and Parquet are not opened as sheets of formulas; audience alters nothing there.

/// What is put before a cell.
const APOSTROPHE: u8 = b'\'';

/// Whether a spreadsheet might run `cell`: its first visible character opens a formula, or it begins with a tab or a line end.
pub fn is_dangerous(cell: &str) -> bool {
    !begins_harmlessly(cell.as_bytes()) && opens_formula(cell)
}

/// What a glance at the first bytes tells of nearly every cell: a letter or digit, of whatever script.
///
/// The bytes left out lead to the characters that [`opens_formula`] looks for: white space, controls, marks without width
/// and full-width signs lie in U+0080–00BF, U+1680, U+2000–2FFF, U+3000 and U+F000–FFFF.
#[inline]
fn begins_harmlessly(cell: &[u8]) -> bool {
    match cell {
        [] => true,
        [first, ..] if first.is_ascii_alphanumeric() => true,
        [0xc3..=0xe0 | 0xe4..=0xee | 0xf0..=0xf4, ..] => true,
        [0xe1, second, ..] => *second != 0x9a,
        _ => false,
    }
}

fn opens_formula(cell: &str) -> bool {
    for character in cell.chars() {
        match character {
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' => return !is_plain_number(cell),
            '\t' | '\r' | '\n' => return true,
            _ if is_unseen(character) => {}
            _ => return false,
        }
    }
    false
}

/// Whether a reader of cells may step over `character` at the beginning: white space, controls, marks without width.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether `cell` is a sign, ASCII digits and at most one point between digits. Covers E.164: `+` and 7 to 15 digits.
fn is_plain_number(cell: &str) -> bool {
    let Some(unsigned) = cell.strip_prefix(['+', '-']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

/// Whether `cell` gets an apostrophe: it is dangerous, or begins with an apostrophe of its own.
///
/// `cell` is UTF-8; what is not would be treated as dangerous.
#[inline]
pub(super) fn needs_apostrophe(cell: &[u8]) -> bool {
    !begins_harmlessly(cell)
        && (cell.first() == Some(&APOSTROPHE) || std::str::from_utf8(cell).map_or(true, opens_formula))
}

/// Puts the apostrophe before the cell that begins at `start` of `out`, if it needs one.
pub(super) fn neutralise_from(out: &mut Vec<u8>, start: usize) {
    if out.get(start..).is_some_and(needs_apostrophe) {
        out.insert(start, APOSTROPHE);
    }
}

/// `cell` as it is written for people.
pub fn neutralise(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len() + 1);
    if needs_apostrophe(cell.as_bytes()) {
        out.push(char::from(APOSTROPHE));
    }
    out.push_str(cell);
    out
}

/// The value that was written as `cell` for people.
pub fn undo(cell: &str) -> &str {
    cell.strip_prefix(char::from(APOSTROPHE)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_get_an_apostrophe() {
        for cell in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\u{200f}=1",
            "\0=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            " -1",
            "+251 911 000 000",
            "-",
            "+",
            "-.5",
            "+1.",
            "+1.2.3",
            "+١٢٣",
            "+1e5",
            "\t",
        ] {
            assert!(is_dangerous(cell), "{cell:?}");
            assert_eq!(neutralise(cell), format!("'{cell}"));
        }
    }

    #[test]
    fn numbers_telephones_and_names_stay() {
        for cell in [
            "",
            "-12.5",
            "+3",
            "+251911000000",
            "12",
            "Amal",
            "ሰላም",
            "أمل",
            "a=1",
            "x@example.org",
            "2026-06-30",
            "  Zuri",
            " ",
        ] {
            assert!(!is_dangerous(cell), "{cell:?}");
            assert_eq!(neutralise(cell), cell);
        }
    }

    #[test]
    fn an_apostrophe_of_ones_own_is_doubled() {
        assert_eq!(neutralise("'Aisha"), "''Aisha");
        assert_eq!(undo("''Aisha"), "'Aisha");
        assert_eq!(neutralise("N'Golo"), "N'Golo");
    }

    #[test]
    fn a_glance_never_misses_a_formula() {
        for character in '\0'..=char::MAX {
            let cell = format!("{character}=1");
            assert!(!(begins_harmlessly(cell.as_bytes()) && opens_formula(&cell)), "{character:?}");
        }
        assert!(
            begins_harmlessly("አ".as_bytes()) && begins_harmlessly("أ".as_bytes()) && begins_harmlessly("မ".as_bytes())
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn undoing_is_exact_and_nothing_dangerous_is_left(
            lead in "[ \\t\\r\\n'=+@\u{ff1d}\u{ff0b}\u{200f}-]{0,3}",
            rest in proptest::collection::vec(any::<char>(), 0..12),
        ) {
            let cell: String = lead.chars().chain(rest).collect();
            let written = neutralise(&cell);
            prop_assert_eq!(undo(&written), &cell);
            prop_assert!(!is_dangerous(&written));
            let visible = written.trim_start();
            prop_assert!(is_plain_number(&written) || !visible.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']));
            let mut bytes = b"before,".to_vec();
            bytes.extend_from_slice(cell.as_bytes());
            neutralise_from(&mut bytes, 7);
            prop_assert_eq!(bytes.get(7..), Some(written.as_bytes()));
        }
    }
}
