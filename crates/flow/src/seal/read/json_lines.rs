//! How are our JSON Lines read back?

use std::io::BufRead;

use arrow::datatypes::SchemaRef;
use serde_json::{Map, Value};

use super::build::Columns;
use super::{Records, Rows, batches};
use crate::seal::error::ReadError;

/// The records of a JSON Lines file (all parts joined) whose fields are `schema`'s.
///
/// # Errors
/// The schema holds what no output has; while reading, see [`ReadError`].
pub fn json_lines<'r>(data: impl BufRead + 'r, schema: SchemaRef) -> Result<Records<'r>, ReadError> {
    batches(JsonRows { data, line: Vec::new() }, schema)
}

struct JsonRows<R> {
    data: R,
    line: Vec<u8>,
}

impl<R: BufRead> Rows for JsonRows<R> {
    fn next(&mut self, columns: &mut Columns) -> Result<bool, ReadError> {
        let record = columns.record();
        self.line.clear();
        let read = self.data.read_until(b'\n', &mut self.line);
        if read.map_err(|source| ReadError::Io { record: record - 1, source })? == 0 {
            return Ok(false);
        }
        let broken = |problem| ReadError::Record { record, problem };
        let Some((b'\n', object)) = self.line.split_last() else {
            return Err(broken("the file ends within it"));
        };
        let object: Map<String, Value> =
            serde_json::from_slice(object).map_err(|_| broken("it is not one JSON object"))?;
        let fields = columns.schema().fields();
        if object.len() != fields.len() || fields.iter().zip(object.keys()).any(|(field, name)| field.name() != name) {
            return Err(broken("its members are not the fields of the manifest in their order"));
        }
        columns.push(object.values(), |building, value| building.json(value))?;
        Ok(true)
    }
}
