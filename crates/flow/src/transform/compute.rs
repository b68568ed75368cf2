//! How do columns become outputs, and the outputs the exact shape that would leave?

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::{Tally, TransformError, concat, constant};
use crate::Batch;
use crate::aggregate::{Bundle, RunState, Stream};
use crate::error::FlowError;
use crate::plan::rel::{Expr, Output};
use crate::plan::{OutputType, Plan, PlannedField};
use crate::types::arrow_type;

/// Records in the shape that would leave, with the control columns beside them.
pub struct Draft {
    stream: Stream,
    fields: Vec<PlannedField>,
    schema: SchemaRef,
    state: Rc<RunState>,
}

/// One batch of a draft.
pub struct Drafted {
    /// The outputs, in order.
    pub(crate) records: RecordBatch,
    /// Everything else: keys, control columns, faults. Cannot be named in a shape.
    pub(crate) control: Batch,
}

/// Transforms a bundle into a draft.
pub fn transform(bundle: Bundle, plan: &Plan) -> Draft {
    let (outputs, state) = (plan.outputs.clone(), Rc::clone(&bundle.state));
    let tallied = Rc::clone(&state);
    let stream = bundle.stream.map(move |batch| compute(batch?, &outputs, &mut tallied.tally.borrow_mut()));
    let fields: Fields =
        plan.fields.iter().map(|field| Field::new(&field.name, output_arrow_type(&field.output), true)).collect();
    Draft { stream: Box::new(stream), fields: plan.fields.clone(), schema: Arc::new(Schema::new(fields)), state }
}

impl Draft {
    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(crate) fn state(&self) -> Rc<RunState> {
        Rc::clone(&self.state)
    }

    fn shape(&self, batch: Batch) -> Result<Drafted, FlowError> {
        let column = |field: &PlannedField| {
            let found = batch.records.column_by_name(&field.column).cloned();
            found.ok_or_else(|| FlowError::Internal {
                place: "transform",
                detail: format!("output `{}` was not computed", field.name),
            })
        };
        let columns = self.fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.records.num_rows()));
        let records = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(FlowError::internal("transform"))?;
        Ok(Drafted { records, control: batch })
    }
}

impl Iterator for Draft {
    type Item = Result<Drafted, FlowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.stream.next()?;
        Some(batch.and_then(|batch| self.shape(batch)))
    }
}

/// Adds computed outputs to a batch.
pub(crate) fn compute(batch: Batch, outputs: &[Output], tally: &mut Tally) -> Result<Batch, FlowError> {
    let Batch { records, mut faults } = batch;
    let mut added: Vec<(String, ArrayRef)> = Vec::with_capacity(outputs.len());
    for output in outputs {
        let named = |column: &String| {
            let found = records.column_by_name(column).cloned();
            found.ok_or_else(|| FlowError::Internal {
                place: "transform",
                detail: format!("output `{}` needs `{column}`", output.field),
            })
        };
        let value = match &output.expr {
            Expr::Column(column) => named(column)?,
            Expr::Constant(value) => constant(&output.field, value, records.num_rows()).map_err(failed)?,
            Expr::Concat(columns, separator) => {
                let columns: Vec<ArrayRef> = columns.iter().map(named).collect::<Result<_, _>>()?;
                concat(&output.field, &columns, separator).map_err(failed)?
            }
            Expr::Sql(expression, inputs) => {
                let inputs: BTreeMap<String, ArrayRef> = inputs
                    .iter()
                    .map(|(name, column)| Ok((name.clone(), named(column)?)))
                    .collect::<Result<_, FlowError>>()?;
                expression.evaluate(&output.field, &inputs, records.num_rows(), &mut faults).map_err(failed)?
            }
        };
        let value = output.chain.apply(&output.field, &value, &mut faults, tally).map_err(failed)?;
        added.push((output.column.clone(), value));
    }
    Ok(Batch { records: crate::aggregate::with_columns(&records, added)?, faults })
}

fn failed(error: TransformError) -> FlowError {
    FlowError::Internal { place: "transform", detail: error.to_string() }
}

/// Arrow type of an output.
fn output_arrow_type(output: &OutputType) -> DataType {
    match output {
        OutputType::One(value_type) => arrow_type(value_type),
        OutputType::List(value_type) => DataType::List(Arc::new(Field::new("item", arrow_type(value_type), true))),
        OutputType::Records(members) => {
            let fields: Fields =
                members.iter().map(|(name, output)| Field::new(name, output_arrow_type(output), true)).collect();
            DataType::List(Arc::new(Field::new("item", DataType::Struct(fields), true)))
        }
    }
}
