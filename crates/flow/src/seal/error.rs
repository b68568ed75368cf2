//! Why could records not be written in a format, or not be read back?

/// Why records cannot be written. Names fields and types, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// There is nothing to write in a record.
    #[error("the exchange has no fields: give it at least one")]
    NoFields,
    /// Two fields would stand under one name.
    #[error("two fields are called `{field}`: rename one of them")]
    DuplicateName {
        /// The name, with the list that it stands in.
        field: String,
    },
    /// CSV is flat.
    #[error(
        "field `{field}` is nested, which CSV cannot carry: write JSON Lines or Parquet, or reduce it to one value"
    )]
    NestedInCsv {
        /// The field.
        field: String,
    },
    /// No output field has this Arrow type.
    #[error("field `{field}` has the type {found}, which no output has")]
    UnsupportedType {
        /// The field, with the lists that it stands in.
        field: String,
        /// Its Arrow type.
        found: String,
    },
    /// A batch that is not of the schema the encoder was made for.
    #[error("a batch has other columns than the exchange's fields, first at column {column}")]
    OtherColumns {
        /// Number of the first column that differs, from 1.
        column: usize,
    },
    /// A row that the batch does not have.
    #[error("row {row} of a batch of {rows} rows was asked for")]
    NoSuchRow {
        /// The row, from 0.
        row: usize,
        /// Rows of the batch.
        rows: usize,
    },
    /// A record came before a part was begun, or a part was begun twice.
    #[error("a part must be begun before records are written, and ended before the next begins")]
    OutOfOrder,
    /// The Parquet library refused. Its own words are kept back: they may quote a value.
    #[error("the Parquet writer refused a batch ({reason})")]
    Parquet {
        /// Kind of the library's error.
        reason: &'static str,
    },
}

/// Why a data file could not be read back. Names place and expectation, never a value.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be had.
    #[error("the data file cannot be read after record {record}")]
    Io {
        /// Records read before.
        record: u64,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A cell is not what its field says.
    #[error("record {record}, field `{field}`: expected {expected}")]
    Cell {
        /// Number of the record, from 1.
        record: u64,
        /// The field.
        field: String,
        /// What should stand there.
        expected: String,
    },
    /// A record is not whole, or not of the format.
    #[error("record {record}: {problem}")]
    Record {
        /// Number of the record, from 1.
        record: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// The header or the file's schema tells other fields.
    #[error("the data file has other fields than the manifest, first at field {field}: expected `{expected}`")]
    OtherFields {
        /// Number of the first field that differs, from 1.
        field: usize,
        /// The name and type that the manifest gives it; empty when the file has more fields than the manifest.
        expected: String,
    },
    /// The file is not Parquet, or is damaged.
    #[error("the Parquet file cannot be read ({reason}): verify the package first")]
    Parquet {
        /// Kind of the library's error.
        reason: &'static str,
    },
    /// The schema holds something that no output has.
    #[error(transparent)]
    Schema(#[from] EncodeError),
}

/// The kind of a Parquet error, without its words.
pub(super) fn parquet_reason(error: &parquet::errors::ParquetError) -> &'static str {
    use parquet::errors::ParquetError;
    match error {
        ParquetError::NYI(_) => "not supported by the library",
        ParquetError::EOF(_) => "it ends early",
        ParquetError::ArrowError(_) => "a value does not fit its type",
        ParquetError::IndexOutOfBound(..) => "it points outside itself",
        ParquetError::External(_) => "its bytes cannot be had",
        _ => "damaged or not Parquet",
    }
}
