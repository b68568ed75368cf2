//! Of which elements, in which forms, is each column of a plan made, and by what were its records selected?
//!
//! Computed on the plan alone, whoever built it.

use std::collections::BTreeMap;

use causeway_model::Code;
use causeway_model::exchange::Reduction;
use causeway_model::lineage::{Selected, SelectionLineage, ValueLineage};
use causeway_model::population::Predicate;
use causeway_model::{Form, Violation};

use super::provable::scans;
use super::rel::{Expr, NestColumn, Output, ReduceColumn, Reduced, Rel, WITHHELD};
use crate::source::Scan;
use crate::transform::form_after;

/// Lineage of every column of a relation, and of the selection of its records.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// By column.
    pub columns: BTreeMap<String, ValueLineage>,
    /// What the records were selected by.
    pub selection: SelectionLineage,
}

impl Lineage {
    /// Lineage of `rel`. A column that is used and not there refuses `plan-not-provable`.
    pub fn of(rel: &Rel) -> Result<Self, Violation> {
        match rel {
            Rel::Scan(scan) => Ok(Self::of_scan(scan)),
            Rel::Facet { input, other, keys } => {
                let mut lineage = Self::of(input)?;
                let other = Self::of_scan(other);
                lineage.join(&other, keys, Selected::Join)?;
                lineage.columns.extend(other.columns);
                Ok(lineage)
            }
            Rel::Merge { input, merges } => {
                let mut lineage = Self::of(input)?;
                for (into, from) in merges {
                    let mut merged = ValueLineage::default();
                    for column in from {
                        merged = merged.union(lineage.column(column)?);
                    }
                    lineage.columns.insert(into.clone(), merged);
                }
                Ok(lineage)
            }
            Rel::Filter { input, predicate } => {
                let mut lineage = Self::of(input)?;
                lineage.select_by(predicate)?;
                Ok(lineage)
            }
            // Whether a transfer is refused does not depend on the values of one record.
            Rel::Distinct { input, .. } => Self::of(input),
            Rel::Relate { input, one, step, keys, .. } => {
                let mut lineage = Self::of(input)?;
                let one = Self::of(one)?;
                lineage.join(&one, keys, Selected::Join)?;
                lineage.selection.0.extend(one.selection.0);
                lineage.columns.extend(one.columns.into_iter().map(|(name, value)| (format!("{step}.{name}"), value)));
                Ok(lineage)
            }
            Rel::Gather { input, many, keys, reductions, nests } => {
                let mut lineage = Self::of(input)?;
                let item = scans(many).first().map(|scan| scan.entity.clone()).unwrap_or_default();
                let many = Self::of(many)?;
                lineage.join(&many, keys, Selected::Group)?;
                lineage.selection.0.extend(many.selection.0.iter().cloned());
                for reduction in reductions {
                    lineage.reduce(&many, reduction)?;
                }
                for nest in nests {
                    lineage.nest(&many, nest)?;
                    lineage.count_items(&many, nest, &item, keys)?;
                }
                Ok(lineage)
            }
            Rel::Release { input, rules } => {
                let mut lineage = Self::of(input)?;
                lineage.select_by(&rules.population)?;
                lineage.selection.0.extend(rules.elements.iter().map(|element| (element.clone(), Selected::Rule)));
                lineage.columns.insert(WITHHELD.to_owned(), ValueLineage::default());
                Ok(lineage)
            }
            Rel::Compute { input, outputs } => {
                let mut lineage = Self::of(input)?;
                lineage.compute(outputs)?;
                Ok(lineage)
            }
        }
    }

    /// Adds the lineage of computed outputs.
    pub fn compute(&mut self, outputs: &[Output]) -> Result<(), Violation> {
        for output in outputs {
            let mut made = ValueLineage::default();
            for column in output.expr.columns() {
                made = made.union(self.column(column)?);
            }
            // Only an element's own value can be narrowed; see `form_after` for what could be smuggled otherwise.
            let own_value = matches!(output.expr, Expr::Column(_));
            let made = made.map(|form| form_after(&output.transforms, own_value, form));
            self.columns.insert(output.column.clone(), made);
        }
        Ok(())
    }

    /// Lineage of one column.
    pub fn column(&self, name: &str) -> Result<&ValueLineage, Violation> {
        self.columns
            .get(name)
            .ok_or_else(|| Violation::new(Code::PlanNotProvable, name, "the plan uses a column that it does not have"))
    }

    fn of_scan(scan: &Scan) -> Self {
        let columns =
            scan.columns.iter().map(|column| (column.name.clone(), ValueLineage::raw(column.element.clone())));
        Self { columns: columns.collect(), selection: SelectionLineage::default() }
    }

    fn join(&mut self, other: &Lineage, keys: &[(String, String)], how: Selected) -> Result<(), Violation> {
        for (here, there) in keys {
            let mine = self.column(here)?.clone();
            for (element, _) in mine.0.iter().chain(&other.column(there)?.0) {
                self.selection.0.insert((element.clone(), how));
            }
        }
        Ok(())
    }

    fn select_by(&mut self, predicate: &Predicate) -> Result<(), Violation> {
        for column in predicate.elements() {
            let elements = self.column(column)?.clone();
            self.selection.0.extend(elements.0.into_iter().map(|(element, _)| (element, Selected::Filter)));
        }
        Ok(())
    }

    fn select_in(&mut self, many: &Lineage, filter: Option<&Predicate>, order: &[String]) -> Result<(), Violation> {
        for column in filter.into_iter().flat_map(Predicate::elements) {
            let elements = &many.column(column)?.0;
            self.selection.0.extend(elements.iter().map(|(element, _)| (element.clone(), Selected::Filter)));
        }
        for column in order {
            let elements = &many.column(column)?.0;
            self.selection.0.extend(elements.iter().map(|(element, _)| (element.clone(), Selected::Order)));
        }
        Ok(())
    }

    /// Lineage of what a reduction of these records looks at.
    fn reduced(&self, of: &Reduced) -> Result<ValueLineage, Violation> {
        Ok(match of {
            Reduced::Values(column) => self.column(column)?.clone(),
            Reduced::Records(key) => ValueLineage::raw(key.clone()),
        })
    }

    fn reduce(&mut self, many: &Lineage, reduce: &ReduceColumn) -> Result<(), Violation> {
        let argument = many.reduced(&reduce.of)?;
        if reduce.rule {
            return self.control(many, reduce);
        }
        self.select_in(many, reduce.filter.as_ref(), &reduce.by)?;
        let value = match reduce.reduction {
            Reduction::Any => argument.map(|_| Form::Presence),
            Reduction::Count | Reduction::Sum => {
                argument.map(|form| if form == Form::Raw { Form::AggregateOnly } else { form })
            }
            // A lowest, highest, first or latest value is the value of one record.
            Reduction::First | Reduction::Latest | Reduction::Min | Reduction::Max | Reduction::List => argument,
        };
        self.columns.insert(reduce.name.clone(), value);
        Ok(())
    }

    /// A control of the house's rules selects by whatever it looks at. As an output it would be all of that, raw, so that
    /// no plan can pass a mark off as a value.
    fn control(&mut self, many: &Lineage, reduce: &ReduceColumn) -> Result<(), Violation> {
        let mut value = many.reduced(&reduce.of)?;
        for column in reduce.filter.iter().flat_map(Predicate::elements) {
            value = value.union(many.column(column)?);
        }
        self.selection.0.extend(value.0.iter().map(|(element, _)| (element.clone(), Selected::Rule)));
        self.columns.insert(reduce.name.clone(), value.map(|_| Form::Raw));
        Ok(())
    }

    /// A list tells how many records there are. Its items say so themselves where they hold values of those records; where
    /// they hold constants, presences, or values of other records only, the list is a count as well.
    fn count_items(
        &mut self,
        many: &Lineage,
        nest: &NestColumn,
        item: &str,
        keys: &[(String, String)],
    ) -> Result<(), Violation> {
        for (_, column) in &nest.members {
            if many.column(column)?.0.iter().any(|(element, form)| element.entity == item && *form != Form::Presence) {
                return Ok(());
            }
        }
        let mut counted = ValueLineage::default();
        for (_, there) in keys {
            counted = counted.union(many.column(there)?);
        }
        let counted = counted.map(|_| Form::AggregateOnly);
        let whole = self.column(&nest.name)?.clone().union(&counted);
        self.columns.insert(nest.name.clone(), whole);
        self.columns.insert(format!("{}.@count", nest.name), counted);
        Ok(())
    }

    fn nest(&mut self, many: &Lineage, nest: &NestColumn) -> Result<(), Violation> {
        self.select_in(many, nest.filter.as_ref(), &nest.order)?;
        let mut whole = ValueLineage::default();
        for (member, column) in &nest.members {
            let value = many.column(column)?;
            whole = whole.union(value);
            self.columns.insert(format!("{}.{member}", nest.name), value.clone());
        }
        self.columns.insert(nest.name.clone(), whole);
        Ok(())
    }
}
