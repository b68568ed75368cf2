//! How is one of our Parquet files read back?

use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;

use super::{BATCH_ROWS, Records};
use crate::seal::encode;
use crate::seal::error::{ReadError, parquet_reason};

/// The records of one Parquet file (one part of a package) whose fields are `schema`'s.
///
/// # Errors
/// The file is not Parquet, or has other fields; while reading, see [`ReadError`].
pub fn parquet<'r>(file: impl ChunkReader + 'static, schema: SchemaRef) -> Result<Records<'r>, ReadError> {
    encode::check(&schema)?;
    let unreadable = |error: &ParquetError| ReadError::Parquet { reason: parquet_reason(error) };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable(&error))?;
    let (ours, theirs) = (schema.fields(), builder.schema().fields().clone());
    if *ours != theirs {
        let same = ours.iter().zip(theirs.iter()).take_while(|(a, b)| a == b).count();
        let expected =
            ours.get(same).map_or_else(String::new, |field| format!("{} {}", field.name(), field.data_type()));
        return Err(ReadError::OtherFields { field: same + 1, expected });
    }
    let mut reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| unreadable(&error))?;
    let mut over = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if over {
            return None;
        }
        let next = reader.next()?;
        over = next.is_err();
        // The library says here in an Arrow error what it could not decode: its words may quote a value.
        Some(next.map_err(|_| ReadError::Parquet { reason: "a page cannot be decoded" }))
    })))
}
