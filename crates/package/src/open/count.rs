//! How many records does the data really hold?

use crate::inner::Format;

/// Counts records in the bytes of one part as they pass.
pub(super) struct RecordCounter {
    format: Format,
    records: u64,
    quoted: bool,
    within: bool,
}

impl RecordCounter {
    pub(super) fn new(format: Format) -> Self {
        Self { format, records: 0, quoted: false, within: false }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let quotes = match self.format {
            Format::Csv => true,
            Format::Jsonl => false,
            Format::Parquet => return,
        };
        for byte in bytes {
            match byte {
                // A doubled quote toggles twice, which is what it should do.
                b'"' if quotes => {
                    self.quoted = !self.quoted;
                    self.within = true;
                }
                b'\n' if !self.quoted => {
                    self.records += 1;
                    self.within = false;
                }
                _ => self.within = true,
            }
        }
    }

    /// The records of the part, its header line not counted; `None` where this program cannot count (Parquet).
    pub(super) fn finish(self, header: bool) -> Option<u64> {
        let lines = self.records + u64::from(self.within);
        match self.format {
            Format::Csv if header => Some(lines.saturating_sub(1)),
            Format::Csv | Format::Jsonl => Some(lines),
            Format::Parquet => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(format: Format, header: bool, pieces: &[&str]) -> Option<u64> {
        let mut counter = RecordCounter::new(format);
        pieces.iter().for_each(|piece| counter.feed(piece.as_bytes()));
        counter.finish(header)
    }

    #[test]
    fn quoted_line_ends_are_not_records() {
        assert_eq!(count(Format::Csv, true, &["a,b\r\n1,\"two\r", "\nlines \"\"x\"\"\"\r\n3,4"]), Some(2));
        assert_eq!(count(Format::Csv, false, &["1,2\n", "3,4\n"]), Some(2));
        assert_eq!(count(Format::Csv, true, &["only,a,header\n"]), Some(0));
        assert_eq!(count(Format::Csv, true, &[]), Some(0));
    }

    #[test]
    fn json_lines_are_lines_whatever_their_quotes() {
        assert_eq!(count(Format::Jsonl, true, &["{\"a\":\"\\\"\"}\n{\"a\":1}\n"]), Some(2));
        assert_eq!(count(Format::Parquet, true, &["PAR1"]), None);
    }
}
