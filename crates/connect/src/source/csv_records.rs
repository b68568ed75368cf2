//! How is a CSV file (RFC 4180) cut into records, strictly?
//!
//! Readers that forgive drop empty lines, let a quote inside a bare field pass, and read an open quote to the end of
//! the file without a word. Each of these can lose people silently, so this reader refuses them, with the line.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes of one record, at most.
const LONGEST: usize = 16 << 20;

/// Fields of one record, at most.
const WIDEST: usize = 10_000;

/// Why the next record cannot be read.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Reading or decompressing failed.
    Io(io::Error),
    /// Something stands on this line that RFC 4180 does not know.
    Malformed(u64, &'static str),
    /// A quote that was opened on this line is never closed.
    OpenQuote(u64),
    /// The record that begins on this line is longer than what we hold.
    TooLong(u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first byte of a field.
    Start,
    /// In a field without quotes.
    Bare,
    /// Inside quotes.
    Quoted,
    /// After a quote that closes, or is the first of a pair.
    QuoteSeen,
    /// After a carriage return.
    Return,
}

/// Records, one after the other; the fields of the last one that was read.
pub(crate) struct Records<R> {
    input: BufReader<R>,
    delimiter: u8,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    line: u64,
    next_line: u64,
    terminated: bool,
}

impl<R: Read> Records<R> {
    /// The records of `input`, which begins after any byte order mark.
    pub(crate) fn new(input: R, delimiter: u8) -> Self {
        let input = BufReader::with_capacity(1 << 16, input);
        Self { input, delimiter, bytes: Vec::new(), ends: Vec::new(), line: 1, next_line: 1, terminated: true }
    }

    /// Line on which the record begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Whether a line end stood after the record.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated
    }

    /// Number of fields.
    pub(crate) fn width(&self) -> usize {
        self.ends.len()
    }

    /// A field, without its quotes.
    pub(crate) fn field(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end)
    }

    /// Reads the next record; false at the end of the file.
    pub(crate) fn read(&mut self) -> Result<bool, Trouble> {
        self.bytes.clear();
        self.ends.clear();
        self.line = self.next_line;
        self.terminated = true;
        let mut at = At::Start;
        let mut quote_line = self.line;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Trouble::Io(error)),
            };
            if chunk.is_empty() {
                return self.at_the_end(at, quote_line);
            }
            let mut used = 0;
            let mut complete = false;
            while let Some(rest) = chunk.get(used..).filter(|rest| !rest.is_empty() && !complete) {
                let special = match at {
                    At::Bare => run(rest, |b| matches!(b, b'"' | b'\r' | b'\n' | 0) || b == self.delimiter),
                    At::Quoted => run(rest, |b| matches!(b, b'"' | b'\n' | 0)),
                    _ => 0,
                };
                self.bytes.extend_from_slice(rest.get(..special).unwrap_or_default());
                used += special;
                let Some(&byte) = rest.get(special) else { continue };
                if at == At::Start && byte != b'"' {
                    at = At::Bare;
                    continue;
                }
                used += 1;
                let malformed = |what| Err(Trouble::Malformed(self.next_line, what));
                at = match (at, byte) {
                    (_, 0) => return malformed("a NUL byte (is this file UTF-16?)"),
                    (At::Start, _) => {
                        quote_line = self.next_line;
                        At::Quoted
                    }
                    (At::Quoted, b'"') => At::QuoteSeen,
                    (At::Quoted, _) => {
                        self.next_line += 1;
                        self.bytes.push(byte);
                        At::Quoted
                    }
                    (At::QuoteSeen, b'"') => {
                        self.bytes.push(b'"');
                        At::Quoted
                    }
                    (At::Bare | At::QuoteSeen, b'\r') => At::Return,
                    (At::Bare | At::QuoteSeen | At::Return, b'\n') => {
                        self.next_line += 1;
                        complete = true;
                        At::Start
                    }
                    (At::Bare | At::QuoteSeen, other) if other == self.delimiter => {
                        self.ends.push(self.bytes.len());
                        At::Start
                    }
                    (At::Bare, _) => return malformed("a quote inside a field that does not begin with one"),
                    (At::QuoteSeen, _) => return malformed("text after a closing quote"),
                    (At::Return, _) => return malformed("a carriage return without a line feed"),
                };
            }
            self.input.consume(used);
            if self.bytes.len() > LONGEST || self.ends.len() > WIDEST {
                return Err(Trouble::TooLong(self.line));
            }
            if complete {
                self.ends.push(self.bytes.len());
                return Ok(true);
            }
        }
    }

    fn at_the_end(&mut self, at: At, quote_line: u64) -> Result<bool, Trouble> {
        match at {
            At::Quoted => Err(Trouble::OpenQuote(quote_line)),
            At::Return => Err(Trouble::Malformed(self.next_line, "a carriage return without a line feed")),
            At::Start if self.ends.is_empty() => Ok(false),
            At::Start | At::Bare | At::QuoteSeen => {
                self.terminated = false;
                self.ends.push(self.bytes.len());
                Ok(true)
            }
        }
    }
}

fn run(bytes: &[u8], stop: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|b| stop(*b)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<Vec<String>>, String> {
        // A reader of one byte at a time meets every place where a chunk can end.
        let mut whole = Records::new(text, b',');
        let mut crumbs = Records { input: BufReader::with_capacity(1, text), ..Records::new(text, b',') };
        let collect = |records: &mut Records<&[u8]>| {
            let mut out = Vec::new();
            while records.read().map_err(|t| format!("{t:?}"))? {
                let fields =
                    (0..records.width()).map(|i| String::from_utf8_lossy(records.field(i).unwrap()).into_owned());
                out.push(fields.collect());
            }
            Ok(out)
        };
        let found = collect(&mut whole);
        assert_eq!(found, collect(&mut crumbs));
        found
    }

    #[test]
    fn records_are_read_as_rfc_4180_says() {
        let rows = read(b"a,b\r\n\"x,\"\"y\"\"\r\nz\",\n,\nlast,one").unwrap();
        let expected: [&[&str]; 4] = [&["a", "b"], &["x,\"y\"\r\nz", ""], &["", ""], &["last", "one"]];
        assert_eq!(rows, expected);
        assert_eq!(read(b"").unwrap().len(), 0);
        assert_eq!(read(b"a\n\nb\n").unwrap().len(), 3, "an empty line is a record, not nothing");
    }

    #[test]
    fn what_others_forgive_is_refused_with_its_line() {
        let cases: [(&[u8], &str); 6] = [
            (b"a,b\n1,x\"y\n", "Malformed(2"),
            (b"a,b\n\"1\"2,3\n", "Malformed(2"),
            (b"a,b\n1,\0\n", "Malformed(2"),
            (b"a,b\r1,2\r", "Malformed(1"),
            (b"a,b\n1,2\n3,\"4\n5,6\n", "OpenQuote(3"),
            (b"a,b\n\"1\n2\",x\0", "Malformed(3"),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        let endless = vec![b'x'; LONGEST + (2 << 16)];
        assert!(matches!(Records::new(endless.as_slice(), b',').read(), Err(Trouble::TooLong(1))));
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_is_read(rows in proptest::collection::vec(proptest::collection::vec(".{0,6}|[\",\r\n]{0,4}", 1..4), 0..6)) {
            let field = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(field).collect::<Vec<_>>().join(",") + "\r\n";
            let text: String = rows.iter().map(line).collect();
            // NUL is refused wherever it stands.
            proptest::prop_assume!(!text.contains('\0'));
            proptest::prop_assert_eq!(read(text.as_bytes()).unwrap(), rows);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::sample::select(b"a,\"\r\n\0\xff".to_vec()), 0..40)) {
            let _ = read(&bytes);
        }
    }
}
