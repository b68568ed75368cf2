//! How is a JSON Lines file scanned: an object a line, with the members that the catalogue names?

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use causeway_flow::source::{Cell, Decoder, Scan, SourceError};

use super::csv::without_mark;
use super::file::{self, OpenFile};
use super::json_line::{self, Scratch, Token};
use super::pump::Rows;
use super::refuse::Refuse;

/// Bytes of one line, at most.
const LONGEST: u64 = 16 << 20;

/// Different member names in one file, at most.
const MOST_NAMES: usize = 10_000;

/// Records of a JSON Lines file.
pub(crate) struct JsonRows {
    lines: Lines,
    scratch: Scratch,
    /// Every name met so far.
    names: HashMap<Vec<u8>, Name>,
    /// Columns of the scan: name in the source, whether any record had it.
    columns: Vec<(String, bool)>,
    stated: Option<u64>,
}

#[derive(Default)]
struct Name {
    /// Columns of the scan that this member fills.
    columns: Vec<usize>,
    /// Line on which it was last seen.
    line: u64,
}

impl JsonRows {
    /// Begins to read.
    pub(crate) fn new(open: OpenFile, scan: &Scan, stated: Option<u64>) -> Result<Self, SourceError> {
        let mut names: HashMap<Vec<u8>, Name> = HashMap::new();
        for (place, column) in scan.columns.iter().enumerate() {
            names.entry(column.column.clone().into_bytes()).or_default().columns.push(place);
        }
        let columns = scan.columns.iter().map(|column| (column.column.clone(), false)).collect();
        Ok(Self { lines: Lines::new(open)?, scratch: Scratch::default(), names, columns, stated })
    }
}

impl Rows for JsonRows {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        if !self.lines.advance()? {
            return Ok(false);
        }
        let number = self.lines.number;
        let (names, columns) = (&mut self.names, &mut self.columns);
        let read = json_line::members(&self.lines.line, &mut self.scratch, |name, token| {
            if !names.contains_key(name) {
                if names.len() >= MOST_NAMES {
                    return Err("more than 10,000 different members in one file");
                }
                names.insert(name.to_vec(), Name::default());
            }
            let Some(known) = names.get_mut(name) else { return Ok(()) };
            if known.line == number {
                return Err("a member stands twice in one record");
            }
            known.line = number;
            for column in &known.columns {
                decoder.push(*column, cell(token));
                if let Some((_, met)) = columns.get_mut(*column) {
                    *met = true;
                }
            }
            Ok(())
        });
        read.map(|()| true).map_err(|fault| self.lines.refuse(fault))
    }

    fn finish(&mut self, rows: u64) -> Result<(), SourceError> {
        self.lines.open.unchanged()?;
        file::count(&self.lines.open, self.stated, rows)?;
        // There is no header line that could say so earlier: a member that nobody has was renamed or misspelt.
        match self.columns.iter().find(|(_, met)| rows > 0 && !met) {
            None => Ok(()),
            Some((column, _)) => {
                let (origin, shown) = self.lines.open.names();
                Err(Refuse(&origin).missing(format!("none of the {rows} records of `{shown}` has a member `{column}`")))
            }
        }
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

/// The member names of the first `records` records, in the order in which they appear.
pub(crate) fn members(open: &OpenFile, records: usize) -> Result<Vec<Vec<u8>>, SourceError> {
    let open = open.again()?;
    let mut lines = Lines::new(open)?;
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    for _ in 0..records {
        if !lines.advance()? {
            break;
        }
        let read = json_line::members(&lines.line, &mut scratch, |name, _| {
            if found.len() < MOST_NAMES && !found.iter().any(|known| known == name) {
                found.push(name.to_vec());
            }
            Ok(())
        });
        read.map_err(|fault| lines.refuse(fault))?;
    }
    Ok(found)
}

/// Lines of bounded length; lines of blanks only are passed over.
struct Lines {
    open: OpenFile,
    input: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    fn new(open: OpenFile) -> Result<Self, SourceError> {
        let (origin, shown) = open.names();
        let bytes = without_mark(open.bytes()?).map_err(|e| Refuse(&origin).reading(&shown, &e))?;
        Ok(Self { open, input: BufReader::with_capacity(1 << 16, bytes), line: Vec::new(), number: 0 })
    }

    fn advance(&mut self) -> Result<bool, SourceError> {
        loop {
            self.line.clear();
            let read = (&mut self.input).take(LONGEST + 1).read_until(b'\n', &mut self.line);
            let (origin, shown) = self.open.names();
            read.map_err(|e| Refuse(&origin).reading(&shown, &e))?;
            self.number += 1;
            if self.line.is_empty() {
                return Ok(false);
            }
            if self.line.len() as u64 > LONGEST {
                let detail = format!("`{shown}` line {}: the record is longer than 16 MiB", self.number);
                return Err(Refuse(&origin).oversize(detail));
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn refuse(&self, fault: json_line::Fault) -> SourceError {
        let (origin, shown) = self.open.names();
        let detail = format!("`{shown}` line {} byte {}: {}", self.number, fault.byte, fault.what);
        if self.line.last() == Some(&b'\n') {
            Refuse(&origin).malformed(detail)
        } else {
            Refuse(&origin).early(format!("{detail}; the file ends there"))
        }
    }
}
