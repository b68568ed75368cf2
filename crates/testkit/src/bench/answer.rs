//! Are these the right rows? A count and a checksum that depend on no order and no format.
//!
//! A row is its fields as text joined by U+001F; the checksum is the exclusive or of the MD5 of all rows, each taken as a
//! number whose least byte comes first. MD5 because the benchmark's peers have it; nothing here is a secret or needs to
//! resist anybody.

use std::fmt;
use std::io::{self, BufRead, Read};

use md5::{Digest, Md5};
use serde_json::Value;

use super::workload::COLUMNS;

/// Rows and checksum of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// How many rows.
    pub rows: u64,
    checksum: [u8; 16],
}

/// One row while it is put together.
#[derive(Default)]
pub struct Row {
    bytes: Vec<u8>,
    fields: usize,
}

impl Row {
    /// Forgets the row before.
    pub fn begin(&mut self) {
        self.bytes.clear();
        self.fields = 0;
    }

    /// Adds the next field as some program wrote it: peers write 7 as `7.0`, 1.50 as `1.5`, and no sum as nothing.
    pub fn read(&mut self, field: &str) {
        match COLUMNS.get(self.fields).copied().unwrap_or_default() {
            "household_size" | "best_quality" => self.text(field.strip_suffix(".0").unwrap_or(field)),
            "has_face" | "has_fingers" if field.is_empty() => self.text("false"),
            "assistance_total_usd" => {
                let (whole, cents) = field.split_once('.').unwrap_or((field, ""));
                self.text(&format!("{}.{cents:0<2}", if whole.is_empty() { "0" } else { whole }));
            }
            _ => self.text(field),
        }
    }

    /// Adds the next field.
    pub fn text(&mut self, field: &str) {
        if self.fields > 0 {
            self.bytes.push(0x1f);
        }
        self.fields += 1;
        self.bytes.extend_from_slice(field.as_bytes());
    }
}

impl Answer {
    /// An answer whose checksum is written in hexadecimal.
    ///
    /// # Errors
    /// That is no checksum of 32 digits.
    pub fn of(rows: u64, checksum: &str) -> io::Result<Self> {
        let number = u128::from_str_radix(checksum, 16).map_err(io::Error::other)?;
        Ok(Self { rows, checksum: number.to_le_bytes() })
    }

    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        debug_assert_eq!(row.fields, COLUMNS.len());
        self.rows += 1;
        for (sum, byte) in self.checksum.iter_mut().zip(Md5::digest(&row.bytes)) {
            *sum ^= byte;
        }
    }

    /// The answer of this output and another together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.checksum.iter_mut().zip(other.checksum).for_each(|(sum, byte)| *sum ^= byte);
        self
    }

    /// Answer of a CSV file (RFC 4180 with a header, no value as an empty field).
    ///
    /// # Errors
    /// It cannot be read, or has other columns.
    pub fn of_csv(file: impl Read) -> io::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(file);
        if reader.headers()?.iter().ne(COLUMNS) {
            return Err(other_columns(&reader.headers()?.iter().collect::<Vec<_>>().join(", ")));
        }
        let (mut answer, mut row, mut record) = (Self::default(), Row::default(), csv::StringRecord::new());
        while reader.read_record(&mut record)? {
            row.begin();
            record.iter().for_each(|field| row.read(field));
            answer.add(&row);
        }
        Ok(answer)
    }

    /// Answer of a JSON Lines file.
    ///
    /// # Errors
    /// It cannot be read, or has other columns.
    pub fn of_json_lines(file: impl BufRead) -> io::Result<Self> {
        let (mut answer, mut row) = (Self::default(), Row::default());
        for line in file.lines() {
            let value: Value = serde_json::from_str(&line?)?;
            let object = value.as_object().ok_or_else(|| other_columns("no object"))?;
            if object.len() != COLUMNS.len() {
                return Err(other_columns(&object.keys().cloned().collect::<Vec<_>>().join(", ")));
            }
            row.begin();
            for column in COLUMNS {
                match object.get(column).ok_or_else(|| other_columns(column))? {
                    Value::Null => row.read(""),
                    Value::String(text) => row.read(text),
                    number => row.read(&number.to_string()),
                }
            }
            answer.add(&row);
        }
        Ok(answer)
    }
}

fn other_columns(found: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the columns are not the workload's: {found}"))
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows, checksum {:032x}", self.rows, u128::from_le_bytes(self.checksum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(rows: &[&str]) -> Answer {
        let text = format!("{}\n{}\n", COLUMNS.join(","), rows.join("\n"));
        Answer::of_csv(text.as_bytes()).unwrap()
    }

    #[test]
    fn neither_order_nor_format_matters_but_every_value_does() {
        let (one, two) = (format!("a{}1", ",".repeat(22)), format!("b{}\"x, \"\"y\"\"\"", ",".repeat(22)));
        let answer = csv(&[&one, &two]);
        assert_eq!(answer, csv(&[&two, &one]));
        assert_ne!(answer, csv(&[&one, &two.replace('x', "z")]));
        assert_ne!(answer, csv(&[&one]));

        let object = |first: &str, last: Value| {
            let mut all: serde_json::Map<String, Value> =
                COLUMNS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
            all.insert(COLUMNS[0].to_owned(), Value::from(first));
            all.insert(COLUMNS[22].to_owned(), last);
            Value::from(all).to_string()
        };
        let lines = format!("{}\n{}\n", object("b", Value::from("x, \"y\"")), object("a", Value::from(1)));
        assert_eq!(answer, Answer::of_json_lines(lines.as_bytes()).unwrap());
    }

    #[test]
    fn numbers_count_as_the_workload_writes_them() {
        let row =
            |size: &str, face: &str, total: &str| csv(&[&format!("a{}{size},,{face},true,,{total}", ",".repeat(17))]);
        let answer = row("7", "false", "1.50");
        assert_eq!(answer, row("7.0", "", "1.5"));
        assert_eq!(row("7", "false", "0.00"), row("7", "false", ""));
        assert_ne!(answer, row("7", "true", "1.50"));
        assert_ne!(answer, row("7", "false", "1.05"));
    }

    #[test]
    fn a_checksum_is_written_as_it_is_read() {
        let answer = Answer::of(2, "0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(answer.to_string(), "2 rows, checksum 0123456789abcdef0123456789abcdef");
        assert!(Answer::of(2, "x").is_err());
        // Worked out by another program.
        let known = csv(&[&format!("a{}1", ",".repeat(22))]);
        assert_eq!(known.to_string(), "1 rows, checksum e0f5f4d31d9ce567f8d4a93ad7016356");
    }

    #[test]
    fn other_columns_are_refused() {
        assert!(Answer::of_csv(b"a,b\n1,2\n".as_slice()).is_err());
        assert!(Answer::of_json_lines(b"{\"a\":1}\n".as_slice()).is_err());
    }
}
