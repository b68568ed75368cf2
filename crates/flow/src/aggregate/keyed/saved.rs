//! How is a partition written as bytes, and read again?

use arrow::compute::concat_batches;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use causeway_model::Code;
use serde::{Deserialize, Serialize};

use crate::aggregate::memory::broken;
use crate::error::FlowError;
use crate::{Batch, Fault, Faults, Personal};

/// Bytes in the making.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Bytes with their length before them.
    pub(super) fn piece(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u32);
        self.bytes(bytes);
    }

    pub(super) fn records(&mut self, records: &RecordBatch) -> Result<(), FlowError> {
        let mut ipc = Vec::with_capacity(records.get_array_memory_size());
        let written = StreamWriter::try_new(&mut ipc, records.schema_ref()).and_then(|mut writer| {
            writer.write(records)?;
            writer.finish()
        });
        written.map_err(FlowError::internal("aggregate/spill"))?;
        self.piece(&ipc);
        Ok(())
    }

    pub(super) fn faults<'f>(&mut self, faults: impl Iterator<Item = (u32, &'f [Fault])>) -> Result<(), FlowError> {
        let saved: Vec<(u32, Vec<SavedFault>)> =
            faults.map(|(row, faults)| (row, faults.iter().map(SavedFault::of).collect())).collect();
        let json = serde_json::to_vec(&saved).map_err(|_| broken("faults cannot be written"))?;
        self.piece(&json);
        Ok(())
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Bytes that were read back.
pub(super) struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    pub(super) fn new(bytes: &'r [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'r [u8], FlowError> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(|| broken("a partition is cut short"))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], FlowError> {
        self.bytes(N)?.try_into().map_err(|_| broken("a partition is cut short"))
    }

    pub(super) fn number(&mut self) -> Result<u32, FlowError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn piece(&mut self) -> Result<&'r [u8], FlowError> {
        let length = self.number()? as usize;
        self.bytes(length)
    }

    pub(super) fn records(&mut self) -> Result<RecordBatch, FlowError> {
        let ipc = self.piece()?;
        let mut reader = StreamReader::try_new(ipc, None).map_err(FlowError::internal("aggregate/spill"))?;
        let batch = reader.next().ok_or_else(|| broken("a batch is missing"))?;
        batch.map_err(FlowError::internal("aggregate/spill"))
    }

    pub(super) fn faults(&mut self) -> Result<Vec<(u32, Vec<Fault>)>, FlowError> {
        let saved: Vec<(u32, Vec<SavedFault>)> =
            serde_json::from_slice(self.piece()?).map_err(|_| broken("faults cannot be read"))?;
        Ok(saved.into_iter().map(|(row, faults)| (row, faults.into_iter().map(SavedFault::fault).collect())).collect())
    }
}

/// A fault inside an encrypted block: the only place where its value is written.
#[derive(Serialize, Deserialize)]
struct SavedFault {
    subject: String,
    code: Code,
    value: Option<String>,
}

impl SavedFault {
    fn of(fault: &Fault) -> Self {
        Self { subject: fault.subject.clone(), code: fault.code, value: fault.value.expose().clone() }
    }

    fn fault(self) -> Fault {
        Fault { subject: self.subject, code: self.code, value: Personal::new(self.value) }
    }
}

/// A batch as bytes.
pub(super) fn save_batch(batch: &Batch) -> Result<Vec<u8>, FlowError> {
    let mut out = Writer::default();
    out.records(&batch.records)?;
    out.faults(batch.faults.iter().map(|(row, faults)| (row as u32, faults)))?;
    Ok(out.done())
}

/// A batch that [`save_batch`] wrote.
pub(super) fn load_batch(bytes: &[u8]) -> Result<Batch, FlowError> {
    let mut from = Reader::new(bytes);
    let records = from.records()?;
    let mut faults = Faults::default();
    for (row, found) in from.faults()? {
        faults.extend(row as usize, &found);
    }
    Ok(Batch { records, faults })
}

/// Several batches of the same columns as one.
pub(super) fn together(pieces: Vec<Batch>) -> Result<Batch, FlowError> {
    let [first, ..] = pieces.as_slice() else { return Err(broken("no batch to put together")) };
    let records = pieces.iter().map(|piece| &piece.records);
    let records =
        concat_batches(first.records.schema_ref(), records).map_err(FlowError::internal("aggregate/spill"))?;
    let (mut faults, mut before) = (Faults::default(), 0);
    for piece in &pieces {
        piece.faults.iter().for_each(|(row, found)| faults.extend(before + row, found));
        before += piece.records.num_rows();
    }
    Ok(Batch { records, faults })
}
