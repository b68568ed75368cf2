//! How does a checked expression become something that runs, still provably reading the same columns?

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};
use datafusion_common::config::ConfigOptions;
use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_expr::{Expr, Operator};
use datafusion_optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion_physical_expr::expressions::{BinaryExpr, Literal, NegativeExpr};
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr};

use super::check::{self, Stage};
use super::provider::one_line;

/// Coerces, simplifies and lowers `written`, which reads `columns` of `schema`, and checks it after each.
pub(super) fn lower(
    field: &str,
    written: Expr,
    columns: &BTreeSet<String>,
    schema: &Arc<Schema>,
) -> std::result::Result<Arc<dyn PhysicalExpr>, Violation> {
    let wrong = |error: DataFusionError| Violation::new(Code::TransformType, field, one_line(&error));
    let options = Arc::new(strict_options());
    let frame = Arc::new(DFSchema::try_from(schema.as_ref().clone()).map_err(wrong)?);
    let context = SimplifyContext::builder().with_schema(frame.clone()).with_config_options(options.clone()).build();
    let simplifier = ExprSimplifier::new(context);
    let coerced = simplifier.coerce(written, &frame).map_err(wrong)?;
    let coerced_is_ours = check::logical(&coerced, columns, Stage::Written);
    coerced_is_ours.map_err(|why| why.violation(field))?;
    check_constants(field, &coerced, &frame, &options)?;
    let simplified = simplifier.simplify(coerced).map_err(wrong)?;
    check::logical(&simplified, columns, Stage::Simplified).map_err(|why| why.violation(field))?;
    let physical = strict(&simplified, &frame, &options).map_err(wrong)?;
    check::physical(&physical, columns, schema).map_err(|why| why.violation(field))?;
    Ok(physical)
}

fn strict_options() -> ConfigOptions {
    let mut options = ConfigOptions::new();
    options.execution.enable_ansi_mode = true;
    options
}

/// Lowers `expr` so that integer arithmetic fails where it overflows; the library's own lowering wraps around.
fn strict(expr: &Expr, frame: &DFSchema, options: &Arc<ConfigOptions>) -> Result<Arc<dyn PhysicalExpr>> {
    let mut properties = ExecutionProps::new();
    properties.config_options = Some(options.clone());
    let lowered = create_physical_expr(expr, frame, &properties, &PhysicalPlanningContext::default())?;
    let schema = frame.as_arrow();
    let strict = lowered.transform_up(|node| {
        if let Some(binary) = node.downcast_ref::<BinaryExpr>() {
            return Ok(Transformed::yes(checked(binary.left().clone(), *binary.op(), binary.right().clone())));
        }
        let negated = node.downcast_ref::<NegativeExpr>().map(|negative| negative.arg().clone());
        if let Some(arg) = negated
            && arg.data_type(schema)? == DataType::Int64
        {
            let zero: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(ScalarValue::Int64(Some(0))));
            return Ok(Transformed::yes(checked(zero, Operator::Minus, arg)));
        }
        Ok(Transformed::no(node))
    })?;
    Ok(strict.data)
}

fn checked(left: Arc<dyn PhysicalExpr>, op: Operator, right: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    Arc::new(BinaryExpr::new(left, op, right).with_fail_on_overflow(true))
}

/// Computes every part that reads no column, strictly: the simplifier would fold an overflow into a wrong number.
fn check_constants(
    field: &str,
    expr: &Expr,
    frame: &DFSchema,
    options: &Arc<ConfigOptions>,
) -> std::result::Result<(), Violation> {
    let one_row = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(1)),
    );
    let wrong = |error: DataFusionError| Violation::new(Code::ExpressionNotAllowed, field, one_line(&error));
    let one_row = one_row.map_err(|error| wrong(error.into()))?;
    let walked = expr.apply(|node| {
        if node.any_column_refs() || matches!(node, Expr::Literal(..)) {
            return Ok(TreeNodeRecursion::Continue);
        }
        strict(node, frame, options)?.evaluate(&one_row)?;
        Ok(TreeNodeRecursion::Jump)
    });
    walked.map(|_| ()).map_err(wrong)
}
