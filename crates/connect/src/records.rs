//! How are the records of a file that came in read, by the same strict readers that read sources?
//!
//! The file is a stream that is decrypted while it is read: nothing of it is on a disk in the clear.

use std::io::{BufRead, BufReader, Read};

use causeway_flow::accept::{Item, Next, Records, RecordsError};
use causeway_flow::source::Cell;
use causeway_model::inbound::FormatKind;

use crate::source::json_line::{self, Scratch, Token};
use crate::source::{csv_records, without_mark};

/// Bytes of one line or record, at most.
const LONGEST: u64 = 1 << 20;

/// The records of `plain`.
///
/// # Errors
/// It cannot be read at all.
pub fn records(plain: Box<dyn Read + Send>, kind: FormatKind) -> Result<Box<dyn Records + Send>, RecordsError> {
    let bytes = without_mark(plain).map_err(RecordsError::Io)?;
    Ok(match kind {
        FormatKind::JsonLines => Box::new(Lines {
            input: BufReader::with_capacity(1 << 16, bytes),
            line: Vec::new(),
            number: 0,
            scratch: Scratch::default(),
        }),
        FormatKind::Csv => Box::new(Rows::begin(bytes)?),
    })
}

/// A JSON object a line.
struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    number: u64,
    scratch: Scratch,
}

impl Lines {
    /// Reads the next line; what is too long is passed over to its end, and no.
    fn advance(&mut self) -> Result<Option<bool>, RecordsError> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.input).take(LONGEST + 1).read_until(b'\n', &mut self.line);
        read.map_err(RecordsError::Io)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.len() as u64 <= LONGEST || self.line.ends_with(b"\n") {
            return Ok(Some(true));
        }
        while !self.line.ends_with(b"\n") {
            self.line.clear();
            let read = (&mut self.input).take(1 << 16).read_until(b'\n', &mut self.line);
            if read.map_err(RecordsError::Io)? == 0 {
                break;
            }
        }
        Ok(Some(false))
    }
}

impl Records for Lines {
    fn next(&mut self, member: &mut dyn FnMut(&[u8], Cell<'_>)) -> Result<Next, RecordsError> {
        loop {
            match self.advance()? {
                None => return Ok(Next::End),
                Some(false) => return Ok(Next::Unreadable("the line is longer than 1 MiB")),
                Some(true) if self.line.iter().all(u8::is_ascii_whitespace) => {}
                Some(true) => break,
            }
        }
        let read = json_line::members(&self.line, &mut self.scratch, |name, token| {
            member(name, cell(token));
            Ok(())
        });
        Ok(read.map_or_else(|fault| Next::Unreadable(fault.what), |()| Next::Record))
    }

    fn items(&mut self, list: &[u8], take: &mut dyn FnMut(Item<'_>)) -> Result<(), &'static str> {
        // Objects are found first: while one is read, the scratch is in use.
        let mut objects = Vec::new();
        json_line::items(list, &mut self.scratch, |object| objects.push(object)).map_err(|fault| fault.what)?;
        for object in objects {
            take(Item::Begins);
            let read = json_line::members(object, &mut self.scratch, |name, token| {
                take(Item::Member(name, cell(token)));
                Ok(())
            });
            read.map_err(|fault| fault.what)?;
        }
        Ok(())
    }
}

fn cell(token: Token<'_>) -> Cell<'_> {
    match token {
        Token::Null => Cell::Null,
        Token::Boolean(value) => Cell::Boolean(value),
        Token::Number(text) => Cell::Number(text),
        Token::Text(text) => Cell::Text(text),
        Token::Nested(text) => Cell::Nested(text),
    }
}

/// Comma-separated records below a header.
struct Rows {
    records: csv_records::Records<Box<dyn Read + Send>>,
    header: Vec<Vec<u8>>,
}

impl Rows {
    fn begin(bytes: Box<dyn Read + Send>) -> Result<Self, RecordsError> {
        let mut records = csv_records::Records::new(bytes, b',');
        // A file without a header has no records either, and is as whole as one of no lines.
        records.read().map_err(trouble)?;
        let header = (0..records.width()).filter_map(|at| records.field(at)).map(<[u8]>::to_vec).collect();
        Ok(Self { records, header })
    }
}

impl Records for Rows {
    fn next(&mut self, member: &mut dyn FnMut(&[u8], Cell<'_>)) -> Result<Next, RecordsError> {
        if !self.records.read().map_err(trouble)? {
            return Ok(Next::End);
        }
        if self.records.width() != self.header.len() {
            return Ok(Next::Unreadable("it has another number of fields than the header"));
        }
        let mut long = 0;
        for (at, name) in self.header.iter().enumerate() {
            // An empty cell is absent: CSV cannot tell it from an empty text.
            let field = self.records.field(at).filter(|field| !field.is_empty());
            long += field.map_or(0, <[u8]>::len) as u64;
            if let Some(field) = field {
                member(name, Cell::Text(field));
            }
        }
        Ok(if long > LONGEST { Next::Unreadable("the record is longer than 1 MiB") } else { Next::Record })
    }

    fn items(&mut self, _: &[u8], _: &mut dyn FnMut(Item<'_>)) -> Result<(), &'static str> {
        Err("CSV has no lists")
    }
}

fn trouble(trouble: csv_records::Trouble) -> RecordsError {
    use csv_records::Trouble;
    match trouble {
        Trouble::Io(error) => RecordsError::Io(error),
        Trouble::Malformed(line, what) => RecordsError::Malformed { line, what },
        Trouble::OpenQuote(line) => {
            RecordsError::Malformed { line, what: "a quote is opened and never closed: the file is cut off" }
        }
        Trouble::TooLong(line) => RecordsError::Malformed { line, what: "the record is longer than 16 MiB" },
    }
}
