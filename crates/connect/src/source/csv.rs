//! How is a CSV file scanned: a header line, then records that are all as wide?

use std::collections::BTreeMap;
use std::io::{self, Read};

use causeway_flow::source::{Cell, Decoder, Scan, SourceError};

use super::csv_records::{Records, Trouble};
use super::file::{self, OpenFile};
use super::pump::Rows;
use super::refuse::Refuse;

type Bytes = Box<dyn Read + Send>;

/// Records of a CSV file.
pub(crate) struct CsvRows {
    open: OpenFile,
    records: Records<Bytes>,
    width: usize,
    /// For each column of the scan, the field that holds it.
    fields: Vec<usize>,
    stated: Option<u64>,
}

impl CsvRows {
    /// Reads the header and finds the scan's columns in it.
    pub(crate) fn new(open: OpenFile, scan: &Scan, delimiter: u8, stated: Option<u64>) -> Result<Self, SourceError> {
        let (records, header) = begin(&open, delimiter)?;
        let (origin, shown) = open.names();
        let find = |column: &String| {
            let found = header.iter().position(|name| name == column.as_bytes());
            found.ok_or_else(|| Refuse(&origin).missing(format!("`{shown}` has no column `{column}`")))
        };
        let fields = scan.columns.iter().map(|c| find(&c.column)).collect::<Result<_, _>>()?;
        Ok(Self { width: header.len(), open, records, fields, stated })
    }
}

impl Rows for CsvRows {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        match self.records.read() {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(trouble) => return Err(refuse(&self.open, trouble)),
        }
        if self.records.width() != self.width {
            return Err(ragged(&self.open, &self.records, self.width));
        }
        for (column, field) in self.fields.iter().enumerate() {
            decoder.push(column, self.records.field(*field).map_or(Cell::Null, Cell::Text));
        }
        Ok(true)
    }

    fn finish(&mut self, rows: u64) -> Result<(), SourceError> {
        self.open.unchanged()?;
        file::count(&self.open, self.stated, rows)
    }
}

/// The names in the header line.
pub(crate) fn header(open: &OpenFile, delimiter: u8) -> Result<Vec<Vec<u8>>, SourceError> {
    Ok(begin(open, delimiter)?.1)
}

fn begin(open: &OpenFile, delimiter: u8) -> Result<(Records<Bytes>, Vec<Vec<u8>>), SourceError> {
    let (origin, shown) = open.names();
    let bytes = without_mark(open.bytes()?).map_err(|e| Refuse(&origin).reading(&shown, &e))?;
    let mut records = Records::new(bytes, delimiter);
    if !records.read().map_err(|trouble| refuse(open, trouble))? {
        return Err(Refuse(&origin).early(format!("`{shown}` is empty: not even a header line")));
    }
    let names: Vec<Vec<u8>> = (0..records.width()).filter_map(|i| records.field(i)).map(<[u8]>::to_vec).collect();
    let mut seen = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        // Only places are told: where the header line is missing, these "names" are somebody's data.
        if let Some(first) = seen.insert(name, place) {
            let (first, second) = (first + 1, place + 1);
            let detail =
                format!("`{shown}` line 1: columns {first} and {second} have the same name (is the header missing?)");
            return Err(Refuse(&origin).malformed(detail));
        }
    }
    Ok((records, names))
}

fn ragged(open: &OpenFile, records: &Records<Bytes>, width: usize) -> SourceError {
    let (origin, shown) = open.names();
    let (line, found) = (records.line(), records.width());
    let detail = format!("`{shown}` line {line} has {found} fields, and the header has {width}");
    if !records.is_terminated() && found < width {
        return Refuse(&origin).early(format!("{detail}: the file is cut off"));
    }
    Refuse(&origin).malformed(detail)
}

fn refuse(open: &OpenFile, trouble: Trouble) -> SourceError {
    let (origin, shown) = open.names();
    let refuse = Refuse(&origin);
    match trouble {
        Trouble::Io(error) => refuse.reading(&shown, &error),
        Trouble::Malformed(line, what) => refuse.malformed(format!("`{shown}` line {line}: {what}")),
        Trouble::OpenQuote(line) => {
            refuse.early(format!("`{shown}` line {line}: a quote is opened and never closed, the file is cut off"))
        }
        Trouble::TooLong(line) => refuse.oversize(format!("`{shown}` line {line}: the record is longer than 16 MiB")),
    }
}

/// The bytes after a UTF-8 byte order mark, if there is one.
pub(crate) fn without_mark(mut bytes: Bytes) -> io::Result<Bytes> {
    let mut head = Vec::with_capacity(3);
    bytes.by_ref().take(3).read_to_end(&mut head)?;
    if head == b"\xef\xbb\xbf" {
        head.clear();
    }
    Ok(Box::new(io::Cursor::new(head).chain(bytes)))
}
