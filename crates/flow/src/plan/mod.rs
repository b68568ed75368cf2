//! **plan** turns an arrangement, an exchange and a catalogue into the one thing that may run.
//!
//! In: an arrangement in force, an exchange, the catalogue, the pseudonym keys. Out: a [`Plan`].
//! Guarantees: every output is made of agreed elements in agreed forms, every selection is by agreed means, every
//! column that is read serves one of them or a rule of the house. Refuses when: the lineage of the plan says otherwise,
//! naming element and form. Ledger events: `transfer-refused` with the violations.

mod asked;
mod columns;
mod fields;
mod hint;
mod lineage;
mod need;
mod provable;
pub mod rel;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::arrangement::{Arrangement, InForce};
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_model::lineage::{Selected, SelectionLineage, ValueLineage};
use causeway_model::{Code, ElementRef, Violation};

pub(crate) use columns::{columns, used};
pub use fields::PlannedField;
pub use lineage::Lineage;
pub use provable::Reads;
pub(crate) use provable::scans;
pub use rel::OutputType;
pub use rules::{GroupRules, RootRules};

use crate::transform::{Context, Pseudonyms};
use fields::{FieldPlanner, touches_people};
use need::Need;
use rel::{Output, Rel};

/// What may run: reads, rules and outputs, all proven against the arrangement.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) bundle: Rel,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: RootRules,
    pub(crate) own: Option<Own>,
    /// What finds the record that somebody asks for, where the exchange lets one person be asked for.
    pub(crate) find: Option<Rel>,
    /// Whether people are reached through relations in several places.
    pub(crate) people_twice: bool,
    pub(crate) reads: Reads,
    pub(crate) fields: Vec<PlannedField>,
    pub(crate) lineage: Vec<(String, ValueLineage)>,
    pub(crate) selection: SelectionLineage,
    pub(crate) row_cap: u64,
    pub(crate) quarantine_limit_percent: u8,
}

/// The part of a plan that looks at each person alone: run first where people are also reached through a relation, so
/// that a person who is quarantined is absent from every reduction too.
#[derive(Clone, Debug)]
pub struct Own {
    pub(crate) bundle: Rel,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: RootRules,
}

/// What an exchange would do, whether or not it may: for people to read before anything is signed or run.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Why it may not run; empty if it may.
    pub violations: Vec<Violation>,
    /// Outputs with what each is made of.
    pub outputs: Vec<(String, ValueLineage)>,
    /// What records are selected by.
    pub selection: SelectionLineage,
    /// What is read, by source and table.
    pub reads: Reads,
}

impl Plan {
    /// Compiles what may run under an arrangement in force, or tells every reason why nothing may.
    pub fn compile(
        arrangement: &InForce,
        exchange: &Exchange,
        catalogue: &Catalogue,
        pseudonyms: &Pseudonyms,
    ) -> Result<Self, Vec<Violation>> {
        let (plan, violations) = draft(arrangement, exchange, catalogue, pseudonyms)?;
        if violations.is_empty() { Ok(plan) } else { Err(violations) }
    }

    /// Compiles what would run, although nobody has said that the arrangement is in force.
    ///
    /// INVARIANT (plan): only [`crate::preview::rehearse`] and [`crate::preview::twin`] call this, and walk the plan over people
    /// whom they invent themselves.
    pub(crate) fn rehearse(
        arrangement: &Arrangement,
        exchange: &Exchange,
        catalogue: &Catalogue,
        pseudonyms: &Pseudonyms,
    ) -> Result<Self, Vec<Violation>> {
        let (plan, violations) = draft(arrangement, exchange, catalogue, pseudonyms)?;
        if violations.is_empty() { Ok(plan) } else { Err(violations) }
    }

    /// Says what an exchange would do, whether or not it may.
    pub fn explain(
        arrangement: &Arrangement,
        exchange: &Exchange,
        catalogue: &Catalogue,
        pseudonyms: &Pseudonyms,
    ) -> Explained {
        match draft(arrangement, exchange, catalogue, pseudonyms) {
            Ok((plan, violations)) => {
                Explained { violations, outputs: plan.lineage, selection: plan.selection, reads: plan.reads }
            }
            Err(violations) => Explained {
                violations,
                outputs: Vec::new(),
                selection: SelectionLineage::default(),
                reads: Reads::default(),
            },
        }
    }

    /// Outputs in order.
    pub fn fields(&self) -> &[PlannedField] {
        &self.fields
    }

    /// What each output is made of, elements of nested outputs included.
    pub fn lineage(&self) -> &[(String, ValueLineage)] {
        &self.lineage
    }

    /// What records are selected by.
    pub fn selection(&self) -> &SelectionLineage {
        &self.selection
    }

    /// What is read, by source and table.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }
}

fn draft(
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &Catalogue,
    pseudonyms: &Pseudonyms,
) -> Result<(Plan, Vec<Violation>), Vec<Violation>> {
    let mut plan = build(arrangement, exchange, catalogue, pseudonyms)?;
    let mut violations = arrangement.origin_violations();
    violations.extend(prove(&mut plan, arrangement, exchange, catalogue).map_err(|violation| vec![violation])?);
    violations.sort();
    violations.dedup();
    Ok((plan, violations))
}

fn build(
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &Catalogue,
    pseudonyms: &Pseudonyms,
) -> Result<Plan, Vec<Violation>> {
    let one = |violation| vec![violation];
    let entity = catalogue
        .entity(&exchange.root)
        .ok_or_else(|| one(Violation::new(Code::UnknownName, &exchange.root, "the catalogue has no such entity")))?;
    let context = Context { catalogue, pseudonyms };
    let mut planner = FieldPlanner::new(catalogue, &context);
    let mut root = Need::new(entity, true);
    let fields = planner.plan(&mut root, &exchange.fields)?;
    root.also(asked::choosing(exchange));
    let rules = rules::set(&mut planner, &mut root, arrangement, exchange, catalogue).map_err(one)?;
    let own = match &rules {
        RootRules::People(_) if root.reaches_people() => {
            let alone: Vec<_> = exchange
                .fields
                .iter()
                .filter(|field| !touches_people(catalogue, &entity.name, field))
                .cloned()
                .collect();
            let mut person = Need::new(entity, true);
            planner.plan(&mut person, &alone)?;
            person.also(root.elements().iter().cloned());
            let quiet = Exchange { on_withheld_member: None, ..exchange.clone() };
            let rules = rules::set(&mut planner, &mut person, arrangement, &quiet, catalogue).map_err(one)?;
            let outputs = std::mem::take(&mut person.outputs);
            Some(Own { bundle: person.write(catalogue).map_err(one)?, outputs, rules })
        }
        _ => None,
    };
    let outputs = std::mem::take(&mut root.outputs);
    let people_twice = root.people_below().len() > 1;
    let bundle = root.write(catalogue).map_err(one)?;
    let reads = Reads::of(&bundle);
    asked::in_one_table(&bundle, exchange).map_err(one)?;
    Ok(Plan {
        bundle,
        outputs,
        rules,
        own,
        find: asked::find(entity, exchange, catalogue).map_err(one)?,
        people_twice,
        reads,
        fields,
        lineage: Vec::new(),
        selection: SelectionLineage::default(),
        row_cap: arrangement.row_cap,
        // An answer is as small as its question: who cannot be told is left out, and counted.
        quarantine_limit_percent: exchange.deliver.online().map_or(exchange.quarantine_limit_percent, |_| 100),
    })
}

/// Computes both lineages on the plan itself and holds them to the arrangement.
///
/// INVARIANT (lineage): nothing that the builder says is believed; what is checked is what runs.
fn prove(
    plan: &mut Plan,
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &Catalogue,
) -> Result<Vec<Violation>, Violation> {
    let agreed = arrangement.agreed(catalogue);
    let mut lineage = Lineage::of(&plan.bundle)?;
    lineage.compute(&plan.outputs)?;
    let mut violations = Vec::new();
    let mut values = BTreeMap::new();
    for field in &plan.fields {
        collect(&mut values, &lineage, &field.name, &field.column)?;
    }
    let mut served: BTreeSet<ElementRef> = BTreeSet::new();
    for field in &plan.fields {
        let nested = format!("{}.", field.name);
        for (name, value) in values.iter().filter(|(name, _)| **name == field.name || name.starts_with(&nested)) {
            served.extend(value.0.iter().map(|(element, _)| element.clone()));
            plan.lineage.push((name.clone(), value.clone()));
            violations.extend(agreed.check_value(name, value));
        }
    }
    lineage.selection.0.extend(plan.rules.elements().into_iter().map(|element| (element, Selected::Rule)));
    lineage.selection.0.extend(asked::selection(exchange));
    served.extend(lineage.selection.0.iter().map(|(element, _)| element.clone()));
    violations.extend(asked::check(exchange, &agreed));
    violations.extend(agreed.check_selection(&lineage.selection));
    violations.extend(provable::every_read_serves(&plan.bundle, &served));
    for rel in plan.own.iter().map(|own| &own.bundle).chain(&plan.find) {
        violations.extend(provable::every_read_serves(rel, &served));
    }
    plan.selection = lineage.selection;
    Ok(violations)
}

/// Lineage of an output, and of the members of its items.
fn collect(
    into: &mut BTreeMap<String, ValueLineage>,
    lineage: &Lineage,
    name: &str,
    column: &str,
) -> Result<(), Violation> {
    let members = format!("{column}.");
    let nested: Vec<_> = lineage.columns.keys().filter(|other| other.starts_with(&members)).collect();
    if nested.is_empty() {
        into.insert(name.to_owned(), lineage.column(column)?.clone());
    }
    for member in nested {
        let rest = member.get(members.len()..).unwrap_or_default();
        into.insert(format!("{name}.{rest}"), lineage.column(member)?.clone());
    }
    Ok(())
}

impl RootRules {
    /// Key columns of the root records.
    pub(crate) fn key(&self) -> &[String] {
        match self {
            RootRules::People(rules) => &rules.key,
            RootRules::Group(rules) => &rules.key,
        }
    }

    /// Elements that the rules look at.
    pub fn elements(&self) -> Vec<ElementRef> {
        match self {
            RootRules::People(rules) => rules.elements.clone(),
            RootRules::Group(rules) => rules.key.iter().map(|key| ElementRef::new(&rules.entity, key)).collect(),
        }
    }
}
