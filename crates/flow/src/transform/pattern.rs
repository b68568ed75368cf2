//! How are dates written in the patterns that nearly everybody uses, without reading the pattern again for each?

use jiff::civil::Date;

/// A pattern of days, months and years with digits, and of what stands between them.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Day,
    Month,
    Year,
    Between(char),
}

impl Pattern {
    /// Reads a strftime pattern; none if it has anything but `%d`, `%m`, `%Y` and literals, which the library writes.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let (mut pieces, mut rest) = (Vec::new(), pattern.chars());
        while let Some(next) = rest.next() {
            pieces.push(match next {
                '%' => match rest.next()? {
                    'd' => Piece::Day,
                    'm' => Piece::Month,
                    'Y' => Piece::Year,
                    _ => return None,
                },
                literal => Piece::Between(literal),
            });
        }
        Some(Self(pieces))
    }

    /// Writes a date of the years 0 to 9999.
    pub(super) fn write(&self, date: Date, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Day => two(date.day().unsigned_abs().into(), out),
                Piece::Month => two(date.month().unsigned_abs().into(), out),
                Piece::Year if date.year() >= 0 => {
                    two(date.year().unsigned_abs() / 100, out);
                    two(date.year().unsigned_abs() % 100, out);
                }
                Piece::Year => out.push_str(&format!("{:04}", date.year())),
                Piece::Between(literal) => out.push(*literal),
            }
        }
    }
}

/// Two digits of a number below 100.
fn two(number: u16, out: &mut String) {
    let digit = |value: u16| char::from(b'0' + (value % 10) as u8);
    out.push(digit(number / 10));
    out.push(digit(number));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use jiff::civil::date;
    use jiff::fmt::strtime;

    use super::*;

    #[test]
    fn it_writes_what_the_library_writes_or_leaves_the_pattern_to_it() {
        for pattern in ["%d/%m/%Y", "%Y%m%d", "%Y-%m", "ሰኔ %d %%", "%d", "", "%e", "%y", "%Y %"] {
            let Some(plain) = Pattern::parse(pattern) else {
                assert!(pattern.contains("%%") || ["%e", "%y", "%Y %"].contains(&pattern), "{pattern}");
                continue;
            };
            for day in [
                date(1, 1, 1),
                date(987, 12, 9),
                date(2024, 2, 29),
                date(9999, 12, 31),
                date(0, 3, 1),
                date(-44, 3, 15),
            ] {
                let mut out = String::new();
                plain.write(day, &mut out);
                assert_eq!(out, strtime::format(pattern, day).unwrap(), "{pattern} {day}");
            }
        }
    }
}
