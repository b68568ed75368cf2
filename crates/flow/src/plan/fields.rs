//! How does each output of an exchange document become part of the plan?

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Field, FieldSource, Reduction};
use causeway_model::population::Predicate;
use causeway_model::{Code, ElementRef, ValueType, Violation};

use super::need::Need;
use super::rel::{Expr, NestColumn, Output, OutputType, ReduceColumn, Reduced};
use crate::transform::{Chain, Context, Expression, concat_type, constant_type};

/// An output as the plan will give it.
#[derive(Clone, Debug)]
pub struct PlannedField {
    /// Name in the output.
    pub name: String,
    /// What it is, for the partner.
    pub description: String,
    /// Column of the plan that holds it.
    pub column: String,
    /// Its type.
    pub output: OutputType,
}

/// Turns fields into needs and outputs.
pub struct FieldPlanner<'c, 'x> {
    catalogue: &'c Catalogue,
    context: &'x Context<'x>,
    next: usize,
}

impl<'c, 'x> FieldPlanner<'c, 'x> {
    /// A planner over `catalogue`.
    pub fn new(catalogue: &'c Catalogue, context: &'x Context<'x>) -> Self {
        Self { catalogue, context, next: 0 }
    }

    /// Plans `fields` of the records that `need` describes. Computed outputs go to `need.outputs`.
    pub fn plan(&mut self, need: &mut Need<'c>, fields: &[Field]) -> Result<Vec<PlannedField>, Vec<Violation>> {
        let mut planned = Vec::new();
        let mut violations = Vec::new();
        for field in fields {
            match self.field(need, field) {
                Ok(field) => planned.push(field),
                Err(found) => violations.extend(found),
            }
        }
        if violations.is_empty() { Ok(planned) } else { Err(violations) }
    }

    /// A column name that nothing else has.
    pub fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("@{kind}{}", self.next)
    }

    fn field(&mut self, need: &mut Need<'c>, field: &Field) -> Result<PlannedField, Vec<Violation>> {
        let source = field.source().map_err(|why| vec![Violation::new(Code::UnknownName, &field.name, why)])?;
        if let FieldSource::Each(path) = source {
            return self.each(need, field, path);
        }
        self.value(need, field, source).map_err(|violation| vec![violation])
    }

    fn value(
        &mut self,
        need: &mut Need<'c>,
        field: &Field,
        source: FieldSource<'_>,
    ) -> Result<PlannedField, Violation> {
        let mut description = field.description.clone().unwrap_or_default();
        let (expr, value_type, elements) = match source {
            FieldSource::From(path) => {
                let column = need.element(self.catalogue, path)?;
                if field.description.is_none() {
                    description = column.description;
                }
                (Expr::Column(column.name), column.value_type, vec![column.element])
            }
            FieldSource::Reduce(reduction, of) => {
                let (column, output, element) = self.reduce(need, field, reduction, of)?;
                match output {
                    OutputType::One(value_type) => (Expr::Column(column), value_type, vec![element]),
                    list if field.transform.is_empty() => {
                        return Ok(PlannedField { name: field.name.clone(), description, column, output: list });
                    }
                    _ => return Err(Violation::new(Code::TransformType, &field.name, "a list takes no transform")),
                }
            }
            FieldSource::Concat(paths, separator) => {
                let columns: Vec<_> =
                    paths.iter().map(|path| need.element(self.catalogue, path)).collect::<Result<_, _>>()?;
                let types: Vec<ValueType> = columns.iter().map(|column| column.value_type.clone()).collect();
                let value_type = concat_type(&field.name, &types)?;
                let elements = columns.iter().map(|column| column.element.clone()).collect();
                (
                    Expr::Concat(columns.into_iter().map(|column| column.name).collect(), separator.to_owned()),
                    value_type,
                    elements,
                )
            }
            FieldSource::Sql(text) => {
                let mut declared = Need::new(need.entity, need.is_root);
                let mut types = BTreeMap::new();
                for (name, path) in &field.inputs {
                    types.insert(name.clone(), declared.element(self.catalogue, path)?.value_type);
                }
                let expression = Expression::compile(&field.name, text, &types)?;
                let (mut columns, mut elements) = (BTreeMap::new(), Vec::new());
                // What is declared and not used is not read.
                for (name, path) in field.inputs.iter().filter(|(name, _)| expression.inputs.contains(*name)) {
                    let column = need.element(self.catalogue, path)?;
                    elements.push(column.element);
                    columns.insert(name.clone(), column.name);
                }
                let output = expression.output.clone();
                (Expr::Sql(Arc::new(expression), columns), output, elements)
            }
            FieldSource::Constant(value) => (Expr::Constant(value.clone()), constant_type(value), Vec::new()),
            FieldSource::Each(_) => return Err(Violation::new(Code::UnknownName, &field.name, "a list is no value")),
        };
        let chain = Chain::compile(&field.transform, &value_type, &elements, self.context)
            .map_err(|violation| Violation::new(violation.code, &field.name, violation.detail))?;
        let column = format!("={}.{}", self.fresh("o"), field.name);
        let output = OutputType::One(chain.output.clone());
        need.outputs.push(Output {
            field: field.name.clone(),
            column: column.clone(),
            expr,
            chain: Arc::new(chain),
            transforms: field.transform.clone(),
        });
        Ok(PlannedField { name: field.name.clone(), description, column, output })
    }

    fn reduce(
        &mut self,
        need: &mut Need<'c>,
        field: &Field,
        reduction: Reduction,
        of: &str,
    ) -> Result<(String, OutputType, ElementRef), Violation> {
        let counting = matches!(reduction, Reduction::Count | Reduction::Any);
        let whole = leads_to_many(self.catalogue, &need.entity.name, of);
        let (path, element) = match (counting && whole, of.rsplit_once('.')) {
            (true, _) => (of, None),
            (false, Some((path, element))) => (path, Some(element)),
            (false, None) => {
                return Err(Violation::new(
                    Code::UnknownName,
                    &field.name,
                    format!("`of: {of}` names no element of related records: write STEP.ELEMENT"),
                ));
            }
        };
        let (prefix, many) = need.many(self.catalogue, path)?;
        let argument = element.map(|element| many.need.element(self.catalogue, element)).transpose()?;
        for path in &field.by {
            many.need.element(self.catalogue, path)?;
        }
        require(self.catalogue, &mut many.need, field.filter.as_ref())?;
        let counted = if reduction == Reduction::Count { ValueType::Integer } else { ValueType::Boolean };
        let (of, output, element) = match argument {
            None => (Reduced::Records(many.need.key()), OutputType::One(counted), many.need.key()),
            Some(column) => {
                let output = reduced(reduction, &column.value_type).ok_or_else(|| {
                    let detail = format!("a sum needs numbers, and `{}` is {}", column.element, column.value_type);
                    Violation::new(Code::TransformType, &field.name, detail)
                })?;
                (Reduced::Values(column.name), output, column.element)
            }
        };
        let name = self.fresh("r");
        many.reductions.push(ReduceColumn {
            name: name.clone(),
            reduction,
            of,
            by: field.by.clone(),
            filter: field.filter.clone(),
            rule: false,
        });
        Ok((format!("{prefix}{name}"), output, element))
    }

    fn each(&mut self, need: &mut Need<'c>, field: &Field, path: &str) -> Result<PlannedField, Vec<Violation>> {
        let name = self.fresh("n");
        let (prefix, many) = need.many(self.catalogue, path).map_err(|violation| vec![violation])?;
        let planned = self.plan(&mut many.need, &field.fields)?;
        for path in &field.order_by {
            many.need.element(self.catalogue, path).map_err(|violation| vec![violation])?;
        }
        require(self.catalogue, &mut many.need, field.filter.as_ref()).map_err(|violation| vec![violation])?;
        many.nests.push(NestColumn {
            name: name.clone(),
            members: planned.iter().map(|field| (field.name.clone(), field.column.clone())).collect(),
            order: field.order_by.clone(),
            filter: field.filter.clone(),
        });
        Ok(PlannedField {
            name: field.name.clone(),
            description: field.description.clone().unwrap_or_else(|| many.need.entity.description.clone()),
            column: format!("{prefix}{name}"),
            output: OutputType::Records(planned.into_iter().map(|field| (field.name, field.output)).collect()),
        })
    }
}

/// Needs every element that a predicate looks at; its paths are then names of columns.
pub fn require<'c>(
    catalogue: &'c Catalogue,
    need: &mut Need<'c>,
    predicate: Option<&Predicate>,
) -> Result<(), Violation> {
    for path in predicate.into_iter().flat_map(Predicate::elements) {
        need.element(catalogue, path)?;
    }
    Ok(())
}

/// Whether `path` ends with a step to many.
fn leads_to_many(catalogue: &Catalogue, entity: &str, path: &str) -> bool {
    match path.split_once('.') {
        None => catalogue.step(entity, path).is_some_and(|step| !step.to_one),
        Some((name, rest)) => catalogue
            .step(entity, name)
            .is_some_and(|step| step.to_one && leads_to_many(catalogue, step.target(), rest)),
    }
}

/// Whether a field reaches people through a relation.
pub fn touches_people(catalogue: &Catalogue, entity: &str, field: &Field) -> bool {
    let passes = |path: &String| {
        let mut at = entity;
        for name in path.split('.') {
            let Some(step) = catalogue.step(at, name) else { break };
            at = step.target();
            if catalogue.entity(at).is_some_and(|entity| entity.subject.is_some()) {
                return true;
            }
        }
        false
    };
    let inner = |path: &String| {
        let mut at = entity;
        for name in path.split('.') {
            let Some(step) = catalogue.step(at, name) else { break };
            at = step.target();
        }
        field.fields.iter().any(|field| touches_people(catalogue, at, field))
    };
    field.of.iter().chain(&field.each).any(passes) || field.each.iter().any(inner)
}

fn reduced(reduction: Reduction, argument: &ValueType) -> Option<OutputType> {
    Some(match reduction {
        Reduction::Count => OutputType::One(ValueType::Integer),
        Reduction::Any => OutputType::One(ValueType::Boolean),
        Reduction::Sum => match argument {
            ValueType::Integer => OutputType::One(ValueType::Integer),
            ValueType::Decimal(_, scale) => OutputType::One(ValueType::Decimal(38, *scale)),
            _ => return None,
        },
        Reduction::List => OutputType::List(argument.clone()),
        Reduction::First | Reduction::Latest | Reduction::Min | Reduction::Max => OutputType::One(argument.clone()),
    })
}
