//! How are records written as Parquet?
//!
//! Each part is a whole file, zstd inside, decimals as decimals, lists as lists, moments in UTC. Row groups are bounded
//! in rows and bytes, and bytes leave this encoder as soon as a row group is full: memory does not grow with the part.
//! The audience alters nothing.

use std::fmt;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::seal::error::{EncodeError, parquet_reason};

/// Most records of a row group.
const ROW_GROUP_ROWS: usize = 131_072;
/// Encoded bytes after which a row group is closed, and what the encoder may hold while it is open.
const ROW_GROUP_BYTES: usize = 8 << 20;
const ROW_GROUP_MEMORY: usize = 32 << 20;
const ZSTD_LEVEL: i32 = 3;

pub(super) struct ParquetEncoder {
    schema: SchemaRef,
    writer: Option<ArrowWriter<Vec<u8>>>,
}

impl ParquetEncoder {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self { schema, writer: None }
    }

    pub(super) fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).map_err(refused)?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), self.schema.clone(), Some(properties)).map_err(refused)?;
        drain(&mut writer, out);
        self.writer = Some(writer);
        Ok(())
    }

    pub(super) fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let writer = self.writer.as_mut().ok_or(EncodeError::OutOfOrder)?;
        writer.write(batch).map_err(refused)?;
        if writer.in_progress_size() >= ROW_GROUP_BYTES || writer.memory_size() >= ROW_GROUP_MEMORY {
            writer.flush().map_err(refused)?;
        }
        drain(writer, out);
        Ok(())
    }

    /// Encoded bytes that have not left yet.
    pub(super) fn waiting(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.in_progress_size() as u64)
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let writer = self.writer.take().ok_or(EncodeError::OutOfOrder)?;
        out.append(&mut writer.into_inner().map_err(refused)?);
        Ok(())
    }
}

/// Takes what was written so far. The library counts bytes on its way to the vector, so its offsets stay right.
fn drain(writer: &mut ArrowWriter<Vec<u8>>, out: &mut Vec<u8>) {
    out.append(writer.inner_mut());
}

impl fmt::Debug for ParquetEncoder {
    /// Not the writer: it holds records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetEncoder").field("open", &self.writer.is_some()).finish_non_exhaustive()
    }
}

fn refused(error: ParquetError) -> EncodeError {
    EncodeError::Parquet { reason: parquet_reason(&error) }
}
