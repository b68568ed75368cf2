//! Which columns decide, for each person, whether that person may be shared?

use causeway_model::arrangement::{Arrangement, LawfulBasis};
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Exchange, OnWithheldMember, Reduction};
use causeway_model::population::{InSet, Path, Predicate};
use causeway_model::rights::ConsentFrom;
use causeway_model::{Code, ElementRef, Value, Violation};

use super::fields::{FieldPlanner, require};
use super::need::Need;
use super::rel::{PEOPLE, ReduceColumn, Reduced, SubjectRules, WITHHELD};

/// What decides over a root record.
#[derive(Clone, Debug)]
pub enum RootRules {
    /// Root records are people.
    People(SubjectRules),
    /// Root records are what people belong to: a household.
    Group(GroupRules),
}

/// What decides over a group of people.
#[derive(Clone, Debug)]
pub struct GroupRules {
    /// Entity of the group.
    pub entity: String,
    /// Key columns of the group.
    pub key: Vec<String>,
    /// Column that counts the members who may be shared.
    pub shareable: String,
    /// Column that says whether a member is withheld, where the whole household is then withheld.
    pub withheld: Option<String>,
}

/// Sets the rules on every person of the plan, and gives those of the root.
pub fn set<'c>(
    planner: &mut FieldPlanner<'c, '_>,
    root: &mut Need<'c>,
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &'c Catalogue,
) -> Result<RootRules, Violation> {
    let subject = catalogue
        .subject()
        .ok_or_else(|| Violation::new(Code::UnknownName, "subject", "the catalogue names no people"))?;
    let whole_household = exchange.on_withheld_member == Some(OnWithheldMember::WithholdHousehold);
    let root_is_people = root.entity.name == subject.name;
    let mut household_withheld = None;
    let mut group = None;
    if root_is_people {
        if whole_household {
            let relation = catalogue
                .relations
                .iter()
                .find(|relation| relation.many == subject.name && relation.one != subject.name);
            let relation = relation.ok_or_else(|| {
                Violation::new(
                    Code::WithheldMemberUndecided,
                    "on_withheld_member",
                    "people belong to no household here: leave it out",
                )
            })?;
            household_withheld =
                Some(withheld_member(planner, root, catalogue, &format!("{}.{}", relation.name, relation.inverse))?);
        }
    } else {
        let relation = catalogue
            .relations
            .iter()
            .find(|relation| relation.many == subject.name && relation.one == root.entity.name);
        let relation = relation.ok_or_else(|| {
            Violation::new(Code::RootNotPeople, &root.entity.name, Code::RootNotPeople.explain().trim())
        })?;
        let withheld = match whole_household {
            true => Some(withheld_member(planner, root, catalogue, &relation.inverse)?),
            false => None,
        };
        let shareable = shareable_members(planner, root, catalogue, &relation.inverse)?;
        list_members(root, catalogue, &relation.inverse)?;
        group = Some((shareable, withheld, relation.inverse.clone()));
    }
    if root.reaches_people() && exchange.on_withheld_member.is_none() {
        return Err(Violation::new(
            Code::WithheldMemberUndecided,
            &exchange.exchange,
            Code::WithheldMemberUndecided.explain().trim(),
        ));
    }
    // What is read of people through a relation is read of the person as root too, so that a value which keeps a person
    // out of one place keeps that person out of the other.
    let mut also: Vec<String> = Vec::new();
    for people in root.people_below() {
        let mut rules = subject_rules(planner, people, arrangement, exchange, catalogue)?;
        rules.flag_withheld = whole_household;
        rules.report = false;
        also.extend(people.elements().iter().cloned());
        people.rules = Some(rules);
    }
    match group {
        None => {
            root.also(also);
            let mut rules = subject_rules(planner, root, arrangement, exchange, catalogue)?;
            rules.household_withheld = household_withheld;
            root.rules = Some(rules.clone());
            Ok(RootRules::People(rules))
        }
        Some((shareable, withheld, inverse)) => {
            // Members are reported once, wherever else the exchange reaches them.
            let (_, members) = root.many(catalogue, &inverse)?;
            if let Some(rules) = &mut members.need.rules {
                rules.report = true;
            }
            let key = root.entity.key.clone();
            root.also(key.clone());
            Ok(RootRules::Group(GroupRules { entity: root.entity.name.clone(), key, shareable, withheld }))
        }
    }
}

fn subject_rules<'c>(
    planner: &mut FieldPlanner<'c, '_>,
    need: &mut Need<'c>,
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &'c Catalogue,
) -> Result<SubjectRules, Violation> {
    let entity = need.entity;
    let population = match &exchange.population {
        None => arrangement.population.clone(),
        Some(narrower) => arrangement.population.clone().and(narrower.clone()),
    };
    require(catalogue, need, Some(&population))?;
    need.also(entity.key.iter().cloned());
    let declared = entity.subject.clone().unwrap_or_default();
    let mut elements = Vec::new();
    let mut consent = None;
    if arrangement.lawful_basis == LawfulBasis::Consent {
        match declared.consent {
            Some(rule) => {
                let column = need.element(catalogue, &rule.element)?;
                elements.push(column.element);
                consent = Some((column.name, rule.given));
            }
            // Then it is asked of the register of decisions, whatever the source says.
            None if arrangement.rights.consent == ConsentFrom::Register => {}
            None => {
                let detail = Code::ConsentNotRecorded.explain().trim();
                return Err(Violation::new(Code::ConsentNotRecorded, &entity.name, detail));
            }
        }
    }
    let mut marked = None;
    if let Some(rule) = declared.confidentiality {
        let (prefix, many) = need.many(catalogue, &rule.marks)?;
        let from = many.need.element(catalogue, &rule.withheld_from)?;
        let keeps = Predicate::Any(vec![
            Predicate::In(InSet {
                element: from.name.clone(),
                values: vec![Value::Text(arrangement.partner.clone()), Value::Text(rule.everyone)],
            }),
            Predicate::Null(Path { element: from.name.clone() }),
        ]);
        let name = planner.fresh("m");
        let key = many.need.key();
        elements.extend([from.element, key.clone()]);
        many.reductions.push(ReduceColumn {
            name: name.clone(),
            reduction: Reduction::Any,
            of: Reduced::Records(key),
            by: Vec::new(),
            filter: Some(keeps),
            rule: true,
        });
        marked = Some(format!("{prefix}{name}"));
    }
    let mut origin = None;
    if let Some(element) = declared.origin {
        let column = need.element(catalogue, &element)?;
        elements.push(column.element);
        let countries = arrangement.countries().map(|(country, _)| country.to_owned()).collect();
        origin = Some((column.name, countries));
    }
    elements.extend(entity.key.iter().map(|key| ElementRef::new(&entity.name, key)));
    Ok(SubjectRules {
        entity: entity.name.clone(),
        key: entity.key.clone(),
        population,
        consent,
        marked,
        household_withheld: None,
        origin,
        elements,
        flag_withheld: false,
        alone: exchange.deliver.online().is_some(),
        report: true,
    })
}

/// Adds a column that says whether a member is withheld.
fn withheld_member<'c>(
    planner: &mut FieldPlanner<'c, '_>,
    need: &mut Need<'c>,
    catalogue: &'c Catalogue,
    path: &str,
) -> Result<String, Violation> {
    member_count(planner, need, catalogue, path, Reduction::Any, true)
}

/// Adds a column that counts the members who may be shared.
fn shareable_members<'c>(
    planner: &mut FieldPlanner<'c, '_>,
    need: &mut Need<'c>,
    catalogue: &'c Catalogue,
    path: &str,
) -> Result<String, Violation> {
    member_count(planner, need, catalogue, path, Reduction::Count, false)
}

/// Adds the list of members who may be shared: for the disclosure set, never an output.
fn list_members<'c>(need: &mut Need<'c>, catalogue: &'c Catalogue, path: &str) -> Result<(), Violation> {
    let (_, many) = need.many(catalogue, path)?;
    let key = many.need.entity.key.first().cloned().unwrap_or_default();
    let argument = many.need.element(catalogue, &key)?;
    let flag = InSet { element: WITHHELD.to_owned(), values: vec![Value::Boolean(false)] };
    many.reductions.push(ReduceColumn {
        name: PEOPLE.to_owned(),
        reduction: Reduction::List,
        of: Reduced::Values(argument.name),
        by: Vec::new(),
        filter: Some(Predicate::In(flag)),
        rule: true,
    });
    Ok(())
}

fn member_count<'c>(
    planner: &mut FieldPlanner<'c, '_>,
    need: &mut Need<'c>,
    catalogue: &'c Catalogue,
    path: &str,
    reduction: Reduction,
    withheld: bool,
) -> Result<String, Violation> {
    let name = planner.fresh("h");
    let (prefix, many) = need.many(catalogue, path)?;
    let flag = InSet { element: WITHHELD.to_owned(), values: vec![Value::Boolean(withheld)] };
    many.reductions.push(ReduceColumn {
        name: name.clone(),
        reduction,
        of: Reduced::Records(many.need.key()),
        by: Vec::new(),
        filter: Some(Predicate::In(flag)),
        rule: true,
    });
    Ok(format!("{prefix}{name}"))
}
