//! How is the text of an expression read, with nothing in sight but the declared inputs and the listed functions?

use std::cell::RefCell;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use causeway_model::{Code, Violation};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DFSchema, DataFusionError, Result, SchemaError, TableReference, plan_err};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::planner::{ContextProvider, ExprPlanner, PlannerResult};
use datafusion_expr::{AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use datafusion_functions::unicode;
use datafusion_sql::parser::DFParser;
use datafusion_sql::planner::{ParserOptions, PlannerContext, SqlToRel};

use super::functions;

const LONGEST: usize = 4_000;

/// Reads `text` as one scalar expression over the columns of `schema`.
pub(super) fn parse(field: &str, text: &str, schema: &Arc<Schema>) -> std::result::Result<Expr, Violation> {
    let refuse = |detail: String| Violation::new(Code::ExpressionNotAllowed, field, detail);
    if text.len() > LONGEST {
        return Err(refuse(format!("the expression is longer than {LONGEST} bytes")));
    }
    let syntax = |error: DataFusionError| refuse(format!("no scalar expression: {}", one_line(&error)));
    let parsed = DFParser::parse_sql_into_expr(text).map_err(syntax)?;
    if let Some(alias) = parsed.alias {
        return Err(refuse(format!("an alias (`{alias}`) has no place here: the output has its name already")));
    }
    let provider = Provider::default();
    let options = ParserOptions {
        parse_float_as_decimal: true,
        enable_ident_normalization: false,
        map_string_types_to_utf8view: false,
        ..ParserOptions::default()
    };
    let planner = SqlToRel::new_with_options(&provider, options);
    let columns = DFSchema::try_from(schema.as_ref().clone()).map_err(syntax)?;
    planner.sql_to_expr(parsed.expr, &columns, &mut PlannerContext::new()).map_err(|error| {
        if let Some(refused) = provider.refused.take() {
            return refuse(refused);
        }
        let names =
            || columns.fields().iter().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ");
        match error.find_root() {
            DataFusionError::SchemaError(cause, _) => match cause.as_ref() {
                SchemaError::FieldNotFound { field: missing, .. } => refuse(format!(
                    "column `{}` is not declared in `inputs`; declared: {}",
                    missing.flat_name(),
                    names()
                )),
                _ => refuse("a column is ambiguous".to_owned()),
            },
            other => refuse(one_line(other)),
        }
    })
}

/// What the parser says, without the traces that it may append. It only knows the document's text.
pub(super) fn one_line(error: &DataFusionError) -> String {
    let told = error.strip_backtrace();
    told.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// What a planner may ask for. Everything but the listed functions is refused, and what was asked is remembered.
#[derive(Default)]
struct Provider {
    options: ConfigOptions,
    refused: RefCell<Option<String>>,
}

impl Provider {
    fn refuse(&self, what: String) {
        self.refused.borrow_mut().get_or_insert(what);
    }
}

impl ContextProvider for Provider {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        self.refuse(format!("a subquery (of `{name}`) is not allowed"));
        plan_err!("subquery")
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let found = functions::named(name);
        if found.is_none() {
            self.refuse(format!("function `{name}` is not in the list of functions"));
        }
        found
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        static PLANNERS: std::sync::LazyLock<[Arc<dyn ExprPlanner>; 1]> =
            std::sync::LazyLock::new(|| [Arc::new(TextPlanner)]);
        PLANNERS.as_slice()
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, _name: &str) -> Option<Arc<AggregateUDF>> {
        None
    }

    fn get_window_meta(&self, _name: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, names: &[String]) -> Option<DataType> {
        self.refuse(format!("variable `{}` is not allowed", names.join(".")));
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        functions::allowed_functions()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The two functions that SQL writes with words between their arguments: `position(a in b)`, `substring(a from b)`.
#[derive(Debug)]
struct TextPlanner;

impl ExprPlanner for TextPlanner {
    fn plan_position(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(unicode::strpos(), args))))
    }

    fn plan_substring(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(unicode::substr(), args))))
    }
}
