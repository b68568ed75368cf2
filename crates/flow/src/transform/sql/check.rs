//! Does an expression consist of nothing but the listed nodes, functions and types, over the declared columns?
//!
//! The lists are closed: a node that a later version of the library adds is refused until somebody has read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use causeway_model::{Code, Violation};
use datafusion_common::ScalarValue;
use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_expr::{Expr, Operator};
use datafusion_physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr, Literal, NegativeExpr,
    NotExpr,
};
use datafusion_physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use super::functions;

const LONGEST_PAD: i64 = 1_000;
const MOST_GROWTH: usize = 64;

/// When an expression is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// As its author wrote it.
    Written,
    /// After the optimiser: what is wrong now is our fault or the library's, not the author's.
    Simplified,
    /// After lowering.
    Lowered,
}

/// What does not belong in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    stage: Stage,
    what: String,
}

impl Foreign {
    fn new(stage: Stage, what: impl Into<String>) -> Self {
        Self { stage, what: what.into() }
    }

    pub(super) fn violation(&self, field: &str) -> Violation {
        match self.stage {
            Stage::Written => {
                Violation::new(Code::ExpressionNotAllowed, field, format!("{} is not allowed", self.what))
            }
            Stage::Simplified | Stage::Lowered => {
                let detail =
                    format!("the optimised expression holds {}, which was not declared or is not allowed", self.what);
                Violation::new(Code::PlanNotProvable, field, detail)
            }
        }
    }
}

/// Walks a logical expression. `columns` are the names that it may read.
pub(super) fn logical(expr: &Expr, columns: &BTreeSet<String>, stage: Stage) -> Result<(), Foreign> {
    let mut found = Ok(());
    let walked = expr.apply(|node| {
        found = one_logical(node, columns, stage);
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    found?;
    walked.map(|_| ()).map_err(|_| Foreign::new(stage, "something that cannot be walked"))
}

fn one_logical(node: &Expr, columns: &BTreeSet<String>, stage: Stage) -> Result<(), Foreign> {
    let foreign = |what: String| Err(Foreign::new(stage, what));
    match node {
        Expr::Column(column) if column.relation.is_none() && columns.contains(&column.name) => Ok(()),
        Expr::Column(column) => foreign(format!("column `{}`", column.flat_name())),
        Expr::Literal(value, _) => literal(value, stage),
        Expr::BinaryExpr(binary) => operator(binary.op, stage),
        Expr::Cast(cast) => cast_to(cast.field.data_type(), stage),
        Expr::ScalarFunction(call) if functions::is_allowed(call.name()) => Ok(()),
        Expr::ScalarFunction(call) => foreign(format!("function `{}`", call.name())),
        // Only the library writes one, to keep a name where it changes a type; it computes nothing.
        Expr::Alias(_) => Ok(()),
        Expr::Case(_)
        | Expr::Like(_)
        | Expr::InList(_)
        | Expr::Between(_)
        | Expr::Not(_)
        | Expr::Negative(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNotFalse(_)
        | Expr::IsNotUnknown(_) => Ok(()),
        Expr::TryCast(_) => foreign("TRY_CAST (a failed cast must not become a missing value)".to_owned()),
        other => foreign(format!("`{}`", other.variant_name())),
    }
}

fn literal(value: &ScalarValue, stage: Stage) -> Result<(), Foreign> {
    if value.data_type() == DataType::Null {
        return Ok(());
    }
    type_is_ours(&value.data_type(), stage, "a literal")
}

fn cast_to(data_type: &DataType, stage: Stage) -> Result<(), Foreign> {
    type_is_ours(data_type, stage, "a cast")
}

/// The types that carry elements, and the widths of integers and texts that lead to them. No binary floating point:
/// it would round silently.
fn type_is_ours(data_type: &DataType, stage: Stage, of: &str) -> Result<(), Foreign> {
    let ours = match data_type {
        DataType::Utf8 | DataType::Boolean | DataType::Date32 | DataType::Decimal128(..) => true,
        DataType::Int32 | DataType::Int64 => true,
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => zone.as_ref() == "UTC",
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Int8 | DataType::Int16 => stage != Stage::Written,
        _ => false,
    };
    if ours { Ok(()) } else { Err(Foreign::new(stage, format!("{of} of the type `{data_type}`"))) }
}

fn operator(op: Operator, stage: Stage) -> Result<(), Foreign> {
    match op {
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq
        | Operator::Plus
        | Operator::Minus
        | Operator::Multiply
        | Operator::Divide
        | Operator::Modulo
        | Operator::And
        | Operator::Or
        | Operator::IsDistinctFrom
        | Operator::IsNotDistinctFrom
        | Operator::StringConcat => Ok(()),
        other => Err(Foreign::new(stage, format!("operator `{other}`"))),
    }
}

/// Whether the amount of text that a row can grow to is bounded: padding by a literal length, replacement by a literal.
pub(super) fn growth(expr: &Expr) -> Result<(), Foreign> {
    let mut growth = 1_usize;
    let mut found = Ok(());
    let refuse = |what: &str| Err(Foreign::new(Stage::Written, what));
    let walked = expr.apply(|node| {
        if let Expr::ScalarFunction(call) = node {
            match (call.name(), call.args.as_slice()) {
                ("lpad" | "rpad", [_, Expr::Literal(ScalarValue::Int64(Some(length)), _), ..])
                    if *length <= LONGEST_PAD => {}
                ("lpad" | "rpad", _) => {
                    found = refuse("padding to more than 1000 characters, or to no literal length,")
                }
                ("replace", [_, from, Expr::Literal(ScalarValue::Utf8(Some(with)), _)]) => {
                    let from = match from {
                        Expr::Literal(ScalarValue::Utf8(Some(from)), _) => from.len().max(1),
                        _ => 1,
                    };
                    growth = growth.saturating_mul(with.len().div_ceil(from).max(1) + usize::from(with.len() > from));
                }
                ("replace", _) => found = refuse("replacing by something that is no literal text"),
                _ => {}
            }
        }
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    found?;
    if walked.is_err() || growth > MOST_GROWTH {
        return refuse("replacing that can make a text more than 64 times as long");
    }
    Ok(())
}

/// Walks a lowered expression: the same lists again, and every column stands where `schema` has it.
pub(super) fn physical(
    expr: &Arc<dyn PhysicalExpr>,
    columns: &BTreeSet<String>,
    schema: &Schema,
) -> Result<(), Foreign> {
    let mut found = Ok(());
    let walked = expr.apply(|node| {
        found = one_physical(node, columns, schema);
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    found?;
    walked.map(|_| ()).map_err(|_| Foreign::new(Stage::Lowered, "something that cannot be walked"))
}

fn one_physical(node: &Arc<dyn PhysicalExpr>, columns: &BTreeSet<String>, schema: &Schema) -> Result<(), Foreign> {
    let stage = Stage::Lowered;
    if let Some(column) = node.downcast_ref::<Column>() {
        let in_place = schema.fields().get(column.index()).is_some_and(|field| field.name() == column.name());
        let declared = in_place && columns.contains(column.name());
        return if declared { Ok(()) } else { Err(Foreign::new(stage, format!("column `{}`", column.name()))) };
    }
    if let Some(value) = node.downcast_ref::<Literal>() {
        return literal(value.value(), stage);
    }
    if let Some(binary) = node.downcast_ref::<BinaryExpr>() {
        return operator(*binary.op(), stage);
    }
    if let Some(cast) = node.downcast_ref::<CastExpr>() {
        if cast.cast_options().safe {
            return Err(Foreign::new(stage, "a cast that turns what fails into a missing value"));
        }
        return cast_to(cast.cast_type(), stage);
    }
    if let Some(call) = node.downcast_ref::<ScalarFunctionExpr>() {
        let name = call.fun().name();
        return if functions::is_allowed(name) {
            Ok(())
        } else {
            Err(Foreign::new(stage, format!("function `{name}`")))
        };
    }
    let plain = node.is::<CaseExpr>()
        || node.is::<InListExpr>()
        || node.is::<LikeExpr>()
        || node.is::<NotExpr>()
        || node.is::<NegativeExpr>()
        || node.is::<IsNullExpr>()
        || node.is::<IsNotNullExpr>();
    if plain { Ok(()) } else { Err(Foreign::new(stage, format!("the node `{node}`"))) }
}
