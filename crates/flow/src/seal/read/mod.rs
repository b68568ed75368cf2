//! How are our own data files read back into record batches?
//!
//! For tests, for `package open --check`, and as the reference for partners' readers. Strict: it accepts what the
//! encoders write and refuses other spellings, because a check that forgives proves nothing.

mod build;
mod csv;
mod json_lines;
mod parquet;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::encode;
use super::error::ReadError;
use build::Columns;

pub use csv::csv;
pub use json_lines::json_lines;
pub use parquet::parquet;

/// Records of one batch that is read.
const BATCH_ROWS: usize = 8192;

/// Batches of a file, in order. After an error there is nothing more.
pub type Records<'r> = Box<dyn Iterator<Item = Result<RecordBatch, ReadError>> + 'r>;

/// Something that is read record by record.
trait Rows {
    /// Appends the next record to `columns`; false at the end.
    fn next(&mut self, columns: &mut Columns) -> Result<bool, ReadError>;
}

/// The batches of `rows`.
fn batches<'r>(mut rows: impl Rows + 'r, schema: SchemaRef) -> Result<Records<'r>, ReadError> {
    encode::check(&schema)?;
    let mut columns = Columns::new(schema)?;
    let mut over = false;
    Ok(Box::new(std::iter::from_fn(move || {
        while !over && columns.waiting() < BATCH_ROWS {
            match rows.next(&mut columns) {
                Ok(true) => {}
                Ok(false) => over = true,
                Err(error) => {
                    over = true;
                    columns.clear();
                    return Some(Err(error));
                }
            }
        }
        (columns.waiting() > 0).then(|| columns.take())
    })))
}
