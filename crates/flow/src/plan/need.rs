//! Which records and columns does an exchange need? A tree of entities, grown path by path, then written as a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_model::catalogue::{Catalogue, Element, Entity, Table};
use causeway_model::population::Predicate;
use causeway_model::{Code, ElementRef, ValueType, Violation};

use super::hint;
use super::rel::{NestColumn, Output, ReduceColumn, Rel, SubjectRules};
use crate::source::{Hint, Scan, ScanColumn};

/// What is needed of one entity, seen from the record that leads to it.
#[derive(Clone, Debug)]
pub struct Need<'c> {
    /// The entity.
    pub entity: &'c Entity,
    /// Whether this is the record that is written, not one that it leads to.
    pub is_root: bool,
    elements: BTreeSet<String>,
    ones: BTreeMap<String, Need<'c>>,
    gathers: BTreeMap<String, NeedMany<'c>>,
    /// Outputs of each record, where it becomes an item of a list.
    pub outputs: Vec<Output>,
    /// What decides whether a person may be shared, where records are people.
    pub rules: Option<SubjectRules>,
}

/// What is needed of the many records that a step leads to.
#[derive(Clone, Debug)]
pub struct NeedMany<'c> {
    /// The records.
    pub need: Need<'c>,
    /// Values made of them.
    pub reductions: Vec<ReduceColumn>,
    /// Lists made of them.
    pub nests: Vec<NestColumn>,
}

/// A column that a path leads to.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name, seen from where the path began.
    pub name: String,
    /// The element that it holds.
    pub element: ElementRef,
    /// Its type.
    pub value_type: ValueType,
    /// The element's description.
    pub description: String,
}

impl<'c> Need<'c> {
    /// Nothing yet of `entity`.
    pub fn new(entity: &'c Entity, is_root: bool) -> Self {
        Self {
            entity,
            is_root,
            elements: BTreeSet::new(),
            ones: BTreeMap::new(),
            gathers: BTreeMap::new(),
            outputs: Vec::new(),
            rules: None,
        }
    }

    /// Needs the element at the end of `path`, which walks steps to one.
    pub fn element(&mut self, catalogue: &'c Catalogue, path: &str) -> Result<Column, Violation> {
        match path.split_once('.') {
            None => {
                let element = self.own(path)?;
                self.elements.insert(path.to_owned());
                Ok(Column {
                    name: path.to_owned(),
                    element: ElementRef::new(&self.entity.name, path),
                    value_type: element.value_type.clone(),
                    description: element.description.clone(),
                })
            }
            Some((step, rest)) => {
                let mut column = self.one(catalogue, step)?.element(catalogue, rest)?;
                column.name = format!("{step}.{}", column.name);
                Ok(column)
            }
        }
    }

    /// Needs the one record that `step` leads to.
    pub fn one(&mut self, catalogue: &'c Catalogue, step: &str) -> Result<&mut Need<'c>, Violation> {
        let found = catalogue.step(&self.entity.name, step).ok_or_else(|| self.unknown(catalogue, step))?;
        if !found.to_one {
            return Err(Violation::new(
                Code::UnknownName,
                format!("{}.{step}", self.entity.name),
                "this step leads to many records: use `reduce` or `each`",
            ));
        }
        let target = target(catalogue, found.target())?;
        if target.subject.is_some() {
            return Err(Violation::new(
                Code::PersonThroughOne,
                format!("{}.{step}", self.entity.name),
                Code::PersonThroughOne.explain().trim(),
            ));
        }
        for (here, _) in found.keys() {
            self.elements.insert(here.to_owned());
        }
        let one = self.ones.entry(step.to_owned()).or_insert_with(|| Need::new(target, false));
        one.elements.extend(found.keys().into_iter().map(|(_, there)| there.to_owned()));
        Ok(one)
    }

    /// Needs the many records that `path` leads to: steps to one, then a step to many. Gives what stands before that
    /// last step in column names, and the records.
    pub fn many(&mut self, catalogue: &'c Catalogue, path: &str) -> Result<(String, &mut NeedMany<'c>), Violation> {
        if let Some((step, rest)) = path.split_once('.') {
            let (prefix, many) = self.one(catalogue, step)?.many(catalogue, rest)?;
            return Ok((format!("{step}.{prefix}"), many));
        }
        let found = catalogue.step(&self.entity.name, path).ok_or_else(|| self.unknown(catalogue, path))?;
        if found.to_one {
            return Err(Violation::new(
                Code::UnknownName,
                format!("{}.{path}", self.entity.name),
                "this step leads to one record: use `from`",
            ));
        }
        let target = target(catalogue, found.target())?;
        for (here, _) in found.keys() {
            self.elements.insert(here.to_owned());
        }
        let many = self.gathers.entry(path.to_owned()).or_insert_with(|| NeedMany {
            need: Need::new(target, false),
            reductions: Vec::new(),
            nests: Vec::new(),
        });
        many.need.elements.extend(found.keys().into_iter().map(|(_, there)| there.to_owned()));
        Ok((String::new(), many))
    }

    /// Whether people are reached from here through a relation.
    pub fn reaches_people(&self) -> bool {
        let through = |need: &Need<'c>| need.entity.subject.is_some() || need.reaches_people();
        self.ones.values().any(Need::reaches_people) || self.gathers.values().any(|many| through(&many.need))
    }

    /// Every need of people below here, for rules to be set on.
    pub fn people_below(&mut self) -> Vec<&mut Need<'c>> {
        let mut found = Vec::new();
        for one in self.ones.values_mut() {
            found.extend(one.people_below());
        }
        for many in self.gathers.values_mut() {
            if many.need.entity.subject.is_some() {
                found.push(&mut many.need);
            } else {
                found.extend(many.need.people_below());
            }
        }
        found
    }

    /// The key of this entity, or the first part of it: what stands for a record in a lineage.
    pub fn key(&self) -> ElementRef {
        ElementRef::new(&self.entity.name, self.entity.key.first().map_or("", String::as_str))
    }

    /// Elements of this entity that are needed.
    pub fn elements(&self) -> &BTreeSet<String> {
        &self.elements
    }

    /// Needs these elements too.
    pub fn also(&mut self, elements: impl IntoIterator<Item = String>) {
        self.elements.extend(elements);
    }

    fn own(&self, name: &str) -> Result<&'c Element, Violation> {
        self.entity.element(name).ok_or_else(|| {
            Violation::new(
                Code::UnknownName,
                format!("{}.{name}", self.entity.name),
                format!("`{}` has no element `{name}`", self.entity.name),
            )
        })
    }

    fn unknown(&self, catalogue: &Catalogue, step: &str) -> Violation {
        let steps = catalogue.steps(&self.entity.name);
        let detail =
            format!("no step `{step}` leads away from `{}`; there are: `{}`", self.entity.name, steps.join("`, `"));
        Violation::new(Code::UnknownName, format!("{}.{step}", self.entity.name), detail)
    }

    /// The plan that gives what is needed.
    pub fn write(self, catalogue: &'c Catalogue) -> Result<Rel, Violation> {
        let mut rel = read(catalogue, self.entity, &self.elements)?;
        let mut later = self.is_root;
        if let Some(rules) = &self.rules {
            suggest(&mut rel, &rules.population);
            // Who is outside by what stands in the record itself is dropped before anything is looked up.
            if self.is_root && rules.population.elements().iter().all(|element| !element.contains('.')) {
                later = false;
                rel = Rel::Filter { input: Box::new(rel), predicate: rules.population.clone() };
            }
        }
        let (ones, gathers) = (self.ones, self.gathers);
        for (step, one) in ones {
            let found = catalogue.step(&self.entity.name, &step).ok_or_else(|| vanished(&step))?;
            rel = Rel::Relate {
                input: Box::new(rel),
                one: Box::new(one.write(catalogue)?),
                step,
                keys: owned(found.keys()),
                optional: found.relation.optional,
            };
        }
        for (step, many) in gathers {
            let found = catalogue.step(&self.entity.name, &step).ok_or_else(|| vanished(&step))?;
            let here: Vec<String> = found.keys().into_iter().map(|(here, _)| here.to_owned()).collect();
            let is_key = here.len() == self.entity.key.len() && self.entity.key.iter().all(|key| here.contains(key));
            if !is_key {
                rel = Rel::Distinct { input: Box::new(rel), keys: here, entity: self.entity.name.clone() };
            }
            rel = Rel::Gather {
                input: Box::new(rel),
                many: Box::new(many.need.write(catalogue)?),
                keys: owned(found.keys()),
                reductions: many.reductions,
                nests: many.nests,
            };
        }
        if !self.outputs.is_empty() {
            rel = Rel::Compute { input: Box::new(rel), outputs: self.outputs };
        }
        if let Some(rules) = self.rules {
            // A root record outside the population is simply not there; who is withheld is decided, and reported, by enforce.
            rel = match (self.is_root, later) {
                (true, true) => Rel::Filter { input: Box::new(rel), predicate: rules.population },
                (true, false) => rel,
                (false, _) => Rel::Release { input: Box::new(rel), rules },
            };
        }
        Ok(rel)
    }
}

/// Tells the source of an entity's main table whom it need not give.
fn suggest(rel: &mut Rel, population: &Predicate) {
    match rel {
        Rel::Scan(scan) => {
            scan.hint.filter = hint::filter(population, &scan.columns);
            scan.hint.expected = scan.hint.filter.is_some().then(|| population.clone());
        }
        Rel::Facet { input, .. } | Rel::Merge { input, .. } => suggest(input, population),
        _ => {}
    }
}

fn vanished(step: &str) -> Violation {
    Violation::new(Code::PlanNotProvable, step, "a step of the plan is not in the catalogue")
}

fn target<'c>(catalogue: &'c Catalogue, name: &str) -> Result<&'c Entity, Violation> {
    catalogue.entity(name).ok_or_else(|| Violation::new(Code::UnknownName, name, "the catalogue has no such entity"))
}

fn owned(keys: Vec<(&str, &str)>) -> Vec<(String, String)> {
    keys.into_iter().map(|(here, there)| (here.to_owned(), there.to_owned())).collect()
}

/// Scans of an entity's tables that give `elements`, merged by precedence.
fn read(catalogue: &Catalogue, entity: &Entity, elements: &BTreeSet<String>) -> Result<Rel, Violation> {
    let lost = |name: &str| {
        Violation::new(
            Code::UnknownName,
            format!("{}.{name}", entity.name),
            "the catalogue does not say where it comes from",
        )
    };
    let (main, others) = entity.tables.split_first().ok_or_else(|| lost("table"))?;
    let mut scans: BTreeMap<&str, Vec<ScanColumn>> = BTreeMap::new();
    let mut merges = Vec::new();
    for name in elements {
        let element = entity.element(name).ok_or_else(|| lost(name))?;
        let mut taken = Vec::new();
        let single = element.from.len() == 1;
        for origin in &element.from {
            let column = if single { name.clone() } else { format!("{name}@{}", origin.table) };
            taken.push(column.clone());
            // A value may be missing in one origin and there in the next.
            let optional = element.optional || !single || origin.table != main.name;
            scans.entry(&origin.table).or_default().push(ScanColumn {
                name: column,
                element: ElementRef::new(&entity.name, name),
                column: origin.column.clone(),
                value_type: element.value_type.clone(),
                codes: codes(catalogue, element),
                max_length: element.max_length,
                optional,
                format: origin.format.clone(),
            });
        }
        if !single {
            merges.push((name.clone(), taken));
        }
    }
    let used: Vec<&Table> = others.iter().filter(|table| scans.contains_key(table.name.as_str())).collect();
    let mut rel = {
        let mut columns = scans.remove(main.name.as_str()).unwrap_or_default();
        if !used.is_empty() {
            columns.extend(keys(entity, main)?);
        }
        Rel::Scan(scan(entity, main, columns))
    };
    for table in used {
        let mut columns = scans.remove(table.name.as_str()).unwrap_or_default();
        let there = keys(entity, table)?;
        let here = keys(entity, main)?;
        let pairs = here.iter().zip(&there).map(|(a, b)| (a.name.clone(), b.name.clone())).collect();
        columns.extend(there);
        rel = Rel::Facet { input: Box::new(rel), other: scan(entity, table, columns), keys: pairs };
    }
    if !merges.is_empty() {
        rel = Rel::Merge { input: Box::new(rel), merges };
    }
    Ok(rel)
}

fn scan(entity: &Entity, table: &Table, columns: Vec<ScanColumn>) -> Scan {
    let (source, entity, table) = (table.source.clone(), entity.name.clone(), table.table.clone());
    Scan { source, entity, table, columns, hint: Hint::default() }
}

/// Columns of the entity's key as `table` has it, under names of their own.
fn keys(entity: &Entity, table: &Table) -> Result<Vec<ScanColumn>, Violation> {
    let columns = entity.key_columns(table);
    let pair = |(name, column): (&String, String)| {
        let element = entity.element(name)?;
        Some(ScanColumn {
            name: format!("@key.{name}@{}", table.name),
            element: ElementRef::new(&entity.name, name),
            column,
            value_type: element.value_type.clone(),
            codes: None,
            max_length: element.max_length,
            optional: true,
            format: None,
        })
    };
    let found: Option<Vec<ScanColumn>> = entity.key.iter().zip(columns).map(pair).collect();
    found.filter(|found| found.len() == entity.key.len()).ok_or_else(|| {
        Violation::new(
            Code::UnknownName,
            format!("{}.{}", entity.name, table.name),
            "the catalogue does not say which columns hold the key",
        )
    })
}

fn codes(catalogue: &Catalogue, element: &Element) -> Option<Arc<BTreeSet<String>>> {
    let ValueType::Code(list) = &element.value_type else { return None };
    let list = catalogue.code_list(list)?;
    Some(Arc::new(list.codes.iter().map(|entry| entry.code.clone()).collect()))
}
