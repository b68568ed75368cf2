//! Is a plan that nobody's exchange could ask for refused all the same? Its relations are altered by hand here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::sync::Arc;

use causeway_model::exchange::Reduction;
use causeway_model::population::{InSet, Predicate};
use causeway_model::{Value, ValueType};
use serde::de::DeserializeOwned;

use super::rel::{Expr, ReduceColumn};
use super::*;
use crate::source::{Hint, Scan, ScanColumn};
use crate::transform::Chain;

const CATALOGUE: &str = r#"
catalogue: two
version: 1
sources: [ { name: s, connect: { sqlite: { path: s.sqlite } } } ]
entities:
  - name: person
    key: [id]
    subject: {}
    tables: [ { name: main, source: s, table: person } ]
    elements:
      - { name: id, type: text, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: hh, type: text, sensitivity: 2, from: [ { table: main, column: hh } ] }
      - { name: given, type: text, sensitivity: 2, from: [ { table: main, column: given } ] }
      - { name: secret, type: text, sensitivity: 4, from: [ { table: main, column: secret } ] }
  - name: household
    key: [no]
    tables: [ { name: main, source: s, table: household } ]
    elements:
      - { name: no, type: text, sensitivity: 2, from: [ { table: main, column: no } ] }
      - { name: camp, type: text, sensitivity: 2, from: [ { table: main, column: camp } ] }
  - name: document
    key: [doc]
    tables: [ { name: main, source: s, table: document } ]
    elements:
      - { name: doc, type: text, sensitivity: 2, from: [ { table: main, column: doc } ] }
      - { name: holder, type: text, sensitivity: 2, from: [ { table: main, column: holder } ] }
      - { name: kind, type: text, sensitivity: 2, from: [ { table: main, column: kind } ] }
      - { name: number, type: text, sensitivity: 4, from: [ { table: main, column: number } ] }
relations:
  - { name: household, inverse: members, many: person, one: household, on: { hh: no } }
  - { name: holder, inverse: documents, many: document, one: person, on: { holder: id } }
"#;

const ARRANGEMENT: &str = r#"
arrangement: terms
version: 1
kind: data-sharing-agreement
title: Invented
operation: two
partner: partner-one
parties: []
processors: []
countries_of_origin: []
purpose: { code: testing, text: Testing }
lawful_basis: mandate
direction: provide
modality: [file]
elements:
  - { element: person.given, form: raw, necessity: "to test what is agreed" }
  - { element: household.camp, form: raw, necessity: "to test what is agreed" }
  - { element: document.kind, form: raw, necessity: "to test what is agreed" }
may_select_by: []
population: { not: { null: { element: given } } }
frequency: { at_most: 1, days: 1 }
row_cap: 10
retention_days: 1
onward: none
valid: { from: 2026-01-01, until: 2026-12-31 }
biometrics: none
"#;

const EXCHANGE: &str = r#"
exchange: flow
version: 1
arrangement: terms
root: person
fields:
  - { name: given, from: given }
  - { name: camp, from: household.camp }
  - { name: kinds, reduce: list, of: documents.kind }
format: { kind: json-lines, audience: machine }
deliver: { folder: { path: out } }
"#;

fn read<T: DeserializeOwned>(text: &str) -> T {
    causeway_model::document::Document::parse("test.yaml", text).unwrap().read().unwrap()
}

/// A sound plan, altered, and then proven.
fn altered(alter: impl FnOnce(&mut Plan)) -> Vec<(Code, String)> {
    let (catalogue, arrangement, exchange): (Catalogue, Arrangement, Exchange) =
        (read(CATALOGUE), read(ARRANGEMENT), read(EXCHANGE));
    let mut plan =
        build(&arrangement, &exchange, &catalogue, &Pseudonyms::new(&[1; 32], "partner-one", "testing")).unwrap();
    alter(&mut plan);
    match prove(&mut plan, &arrangement, &exchange, &catalogue) {
        Ok(violations) => violations.into_iter().map(|violation| (violation.code, violation.subject)).collect(),
        Err(violation) => vec![(violation.code, violation.subject)],
    }
}

/// The first relation, from the top, that `wanted` finds.
fn find<'r>(rel: &'r mut Rel, wanted: &dyn Fn(&Rel) -> bool) -> &'r mut Rel {
    if wanted(rel) {
        return rel;
    }
    match rel {
        Rel::Facet { input, .. }
        | Rel::Merge { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Release { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Compute { input, .. }
        | Rel::Relate { input, .. }
        | Rel::Gather { input, .. } => find(input, wanted),
        Rel::Scan(_) => panic!("no such relation"),
    }
}

fn column(entity: &str, name: &str) -> ScanColumn {
    ScanColumn {
        name: name.to_owned(),
        element: ElementRef::new(entity, name),
        column: name.to_owned(),
        value_type: ValueType::Text,
        codes: None,
        max_length: 500,
        optional: true,
        format: None,
    }
}

/// The scan of a table, with one column more.
fn reading(rel: &mut Rel, entity: &str, name: &str) {
    match rel {
        Rel::Scan(scan) => {
            assert_eq!(scan.entity, entity);
            scan.columns.push(column(entity, name));
        }
        Rel::Facet { input, .. }
        | Rel::Merge { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Release { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Compute { input, .. }
        | Rel::Relate { input, .. }
        | Rel::Gather { input, .. } => reading(input, entity, name),
    }
}

#[test]
fn the_plan_as_built_is_proven() {
    assert_eq!(altered(|_| {}), []);
}

#[test]
fn a_join_key_that_the_catalogue_does_not_have() {
    let found = altered(|plan| {
        reading(&mut plan.bundle, "person", "secret");
        let relate = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Relate { .. }));
        let Rel::Relate { keys, .. } = relate else { panic!() };
        keys[0].0 = "secret".to_owned();
    });
    assert!(found.contains(&(Code::SelectionNotAgreed, "person.secret".to_owned())), "{found:?}");
    let found = altered(|plan| {
        let relate = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Relate { .. }));
        let Rel::Relate { keys, one, .. } = relate else { panic!() };
        keys[0].1 = "secret".to_owned();
        reading(one, "household", "secret");
    });
    assert!(found.contains(&(Code::SelectionNotAgreed, "household.secret".to_owned())), "{found:?}");
}

#[test]
fn a_group_key_that_the_catalogue_does_not_have() {
    let found = altered(|plan| {
        let gather = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Gather { .. }));
        let Rel::Gather { keys, many, .. } = gather else { panic!() };
        reading(many, "document", "number");
        keys[0].1 = "number".to_owned();
    });
    assert!(found.contains(&(Code::SelectionNotAgreed, "document.number".to_owned())), "{found:?}");
}

#[test]
fn the_key_of_another_table_of_the_same_entity() {
    let found = altered(|plan| {
        let bundle = std::mem::replace(
            &mut plan.bundle,
            Rel::Scan(Scan {
                source: String::new(),
                entity: String::new(),
                table: None,
                columns: Vec::new(),
                hint: Hint::default(),
            }),
        );
        let other = Scan {
            source: "s".to_owned(),
            entity: "person".to_owned(),
            table: Some("person".to_owned()),
            columns: vec![ScanColumn { name: "there".to_owned(), ..column("person", "secret") }],
            hint: Hint::default(),
        };
        plan.bundle =
            Rel::Facet { input: Box::new(bundle), other, keys: vec![("given".to_owned(), "there".to_owned())] };
    });
    assert!(found.contains(&(Code::SelectionNotAgreed, "person.secret".to_owned())), "{found:?}");
}

#[test]
fn a_column_that_is_read_and_serves_nothing() {
    let found = altered(|plan| reading(&mut plan.bundle, "person", "secret"));
    assert_eq!(found, [(Code::PlanNotProvable, "person.secret".to_owned())]);
}

#[test]
fn a_column_that_is_used_and_not_read() {
    let found = altered(|plan| plan.fields[0].column = "secret".to_owned());
    assert_eq!(found, [(Code::PlanNotProvable, "secret".to_owned())]);
    let found = altered(|plan| {
        let Rel::Filter { predicate, .. } = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Filter { .. })) else {
            panic!()
        };
        *predicate = Predicate::In(InSet { element: "secret".to_owned(), values: vec![Value::Integer(1)] });
    });
    assert_eq!(found, [(Code::PlanNotProvable, "secret".to_owned())]);
}

#[test]
fn a_filter_a_reduction_or_an_output_slipped_into_the_plan() {
    let secret = || Predicate::In(InSet { element: "secret".to_owned(), values: vec![Value::Text("x".to_owned())] });
    let found = altered(|plan| {
        reading(&mut plan.bundle, "person", "secret");
        let Rel::Filter { predicate, .. } = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Filter { .. })) else {
            panic!()
        };
        *predicate = predicate.clone().and(secret());
    });
    assert_eq!(found, [(Code::SelectionNotAgreed, "person.secret".to_owned())]);
    let found = altered(|plan| {
        let Rel::Gather { many, reductions, .. } = find(&mut plan.bundle, &|rel| matches!(rel, Rel::Gather { .. }))
        else {
            panic!()
        };
        reading(many, "document", "number");
        let first: &mut ReduceColumn = &mut reductions[0];
        first.reduction = Reduction::Latest;
        first.by = vec!["number".to_owned()];
    });
    assert_eq!(found, [(Code::SelectionNotAgreed, "document.number".to_owned())]);
    let found = altered(|plan| {
        reading(&mut plan.bundle, "person", "secret");
        plan.outputs[0].expr = Expr::Column("secret".to_owned());
    });
    assert_eq!(found, [(Code::ElementNotAgreed, "person.secret".to_owned())]);
}

#[test]
fn what_runs_is_held_to_what_was_declared() {
    let (catalogue, arrangement, exchange): (Catalogue, Arrangement, Exchange) =
        (read(CATALOGUE), read(ARRANGEMENT), read(EXCHANGE));
    let plan =
        build(&arrangement, &exchange, &catalogue, &Pseudonyms::new(&[1; 32], "partner-one", "testing")).unwrap();
    let scan = |table: &str, name: &str| Scan {
        source: "s".to_owned(),
        entity: "person".to_owned(),
        table: Some(table.to_owned()),
        columns: vec![column("person", name)],
        hint: Hint::default(),
    };
    assert!(plan.reads.check(&scan("person", "given")).is_ok());
    for (table, name) in [("person", "secret"), ("mark", "given"), ("household", "given")] {
        assert_eq!(plan.reads.check(&scan(table, name)).unwrap_err().code, Code::PlanNotProvable, "{table}.{name}");
    }
}

#[test]
fn a_constant_is_made_of_nothing() {
    let found = altered(|plan| {
        plan.outputs[0].expr = Expr::Constant(Value::Text("same for all".to_owned()));
        plan.outputs[0].chain = Arc::new(
            Chain::compile(
                &[],
                &ValueType::Text,
                &[],
                &Context { catalogue: &read(CATALOGUE), pseudonyms: &Pseudonyms::new(&[1; 32], "p", "q") },
            )
            .unwrap(),
        );
    });
    assert_eq!(found, []);
}
