//! Which columns does a relation have, and which does a plan name at all?

use std::collections::BTreeSet;

use causeway_model::population::Predicate;

use super::rel::{NestColumn, Output, ReduceColumn, Rel, SubjectRules, WITHHELD};
use super::{Plan, RootRules};

/// Columns of a relation.
pub(crate) fn columns(rel: &Rel) -> Vec<String> {
    let scanned = |scan: &crate::source::Scan| scan.columns.iter().map(|column| column.name.clone()).collect();
    match rel {
        Rel::Scan(scan) => scanned(scan),
        Rel::Facet { input, other, .. } => [columns(input), scanned(other)].concat(),
        Rel::Merge { input, merges } => {
            columns(input).into_iter().chain(merges.iter().map(|(into, _)| into.clone())).collect()
        }
        Rel::Filter { input, .. } | Rel::Distinct { input, .. } => columns(input),
        Rel::Relate { input, one, step, .. } => {
            let added = columns(one).into_iter().map(|column| format!("{step}.{column}"));
            columns(input).into_iter().chain(added).collect()
        }
        Rel::Gather { input, reductions, nests, .. } => {
            let reduced = reductions.iter().map(|column| column.name.clone());
            columns(input).into_iter().chain(reduced).chain(nests.iter().map(|nest| nest.name.clone())).collect()
        }
        Rel::Release { input, .. } => columns(input).into_iter().chain([WITHHELD.to_owned()]).collect(),
        Rel::Compute { input, outputs } => {
            columns(input).into_iter().chain(outputs.iter().map(|output| output.column.clone())).collect()
        }
    }
}

/// Every name of a column that anything in the plan mentions, seen from where it is mentioned.
pub(crate) fn used(plan: &Plan) -> BTreeSet<String> {
    let mut used = Used(BTreeSet::new());
    for (bundle, outputs, rules) in [Some((&plan.bundle, &plan.outputs, &plan.rules))]
        .into_iter()
        .chain([plan.own.as_ref().map(|own| (&own.bundle, &own.outputs, &own.rules))])
        .flatten()
    {
        used.rel(bundle);
        used.outputs(outputs);
        match rules {
            RootRules::People(rules) => used.subject(rules),
            RootRules::Group(rules) => {
                used.all(&rules.key);
                used.all([&rules.shareable]);
                used.all(&rules.withheld);
            }
        }
    }
    used.all(plan.fields.iter().map(|field| &field.column));
    used.0
}

struct Used(BTreeSet<String>);

impl Used {
    fn all<'n>(&mut self, names: impl IntoIterator<Item = &'n String>) {
        self.0.extend(names.into_iter().cloned());
    }

    fn condition(&mut self, predicate: &Predicate) {
        self.0.extend(predicate.elements().into_iter().map(str::to_owned));
    }

    fn outputs(&mut self, outputs: &[Output]) {
        self.0.extend(outputs.iter().flat_map(|output| output.expr.columns()).map(str::to_owned));
    }

    fn subject(&mut self, rules: &SubjectRules) {
        self.all(&rules.key);
        self.condition(&rules.population);
        self.all(rules.consent.iter().map(|(column, _)| column));
        self.all(&rules.marked);
        self.all(&rules.household_withheld);
        self.all(rules.origin.iter().map(|(column, _)| column));
    }

    fn reduction(&mut self, column: &ReduceColumn) {
        self.all(column.of.column());
        self.all(&column.by);
        column.filter.iter().for_each(|filter| self.condition(filter));
    }

    fn nest(&mut self, nest: &NestColumn) {
        self.all(nest.members.iter().map(|(_, column)| column));
        self.all(&nest.order);
        nest.filter.iter().for_each(|filter| self.condition(filter));
    }

    fn keys(&mut self, keys: &[(String, String)]) {
        keys.iter().for_each(|(here, there)| self.all([here, there]));
    }

    fn rel(&mut self, rel: &Rel) {
        match rel {
            Rel::Scan(_) => {}
            Rel::Facet { input, keys, .. } => {
                self.rel(input);
                self.all(keys.iter().map(|(here, _)| here));
            }
            Rel::Merge { input, merges } => {
                self.rel(input);
                merges.iter().for_each(|(_, from)| self.all(from));
            }
            Rel::Filter { input, predicate } => {
                self.rel(input);
                self.condition(predicate);
            }
            Rel::Relate { input, one, keys, .. } => {
                self.rel(input);
                self.rel(one);
                self.keys(keys);
            }
            Rel::Gather { input, many, keys, reductions, nests } => {
                self.rel(input);
                self.rel(many);
                self.keys(keys);
                reductions.iter().for_each(|column| self.reduction(column));
                nests.iter().for_each(|nest| self.nest(nest));
            }
            Rel::Distinct { input, keys, .. } => {
                self.rel(input);
                self.all(keys);
            }
            Rel::Release { input, rules } => {
                self.rel(input);
                self.subject(rules);
            }
            Rel::Compute { input, outputs } => {
                self.rel(input);
                self.outputs(outputs);
            }
        }
    }
}
