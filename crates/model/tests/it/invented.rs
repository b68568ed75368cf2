//! Invented arrangements, conditions and records to try properties on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use causeway_model::arrangement::{AgreedElement, Arrangement, Biometrics, Frequency, Modality, Onward, Validity};
use causeway_model::document::Document;
use causeway_model::population::{InSet, Path, Predicate, Range};
use causeway_model::{ElementRef, Form, Value};
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const BASE: &str = r#"
arrangement: a
version: 1
kind: data-sharing-agreement
title: Invented
operation: invented-land
partner: lantern
parties:
- { name: Operation, role: controller, jurisdiction: INT, hosting_country: CHE }
- { name: Lantern, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [ SOM ]
purpose: { code: food, text: Food }
lawful_basis: mandate
direction: provide
modality: [ file ]
elements: []
may_select_by: []
population: { all: [] }
frequency: { at_most: 1, days: 30 }
row_cap: 100
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2026-12-31 }
biometrics: none
"#;

/// A sound arrangement that agrees nothing.
pub fn arrangement() -> Arrangement {
    static READ: LazyLock<Arrangement> = LazyLock::new(|| Document::parse("a.yaml", BASE).unwrap().read().unwrap());
    READ.clone()
}

/// A runner that tries the same cases every time.
pub fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// A record: some elements have no value.
pub type Record = BTreeMap<String, Value>;

const PATHS: [&str; 3] = ["camp", "size", "born"];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["A", "B", "C", "2001-01-01", "2002-02-02", "9", "10"])
            .prop_map(|text| Value::Text(text.into())),
        (0_i64..4).prop_map(Value::Integer),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(PATHS.to_vec()).prop_map(str::to_owned)
}

/// Records with up to three elements.
pub fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = prop::collection::vec(prop::option::of(value()), PATHS.len()).prop_map(|values| {
        let pairs = PATHS.iter().zip(values);
        pairs.filter_map(|(path, value)| value.map(|value| ((*path).to_owned(), value))).collect()
    });
    prop::collection::vec(record, 1..12)
}

/// Conditions up to three deep.
pub fn predicates() -> impl Strategy<Value = Predicate> {
    let leaf = prop_oneof![
        4 => (path(), prop::collection::vec(value(), 0..4))
            .prop_map(|(element, values)| Predicate::In(InSet { element, values })),
        2 => (path(), prop::option::of(value()), prop::option::of(value()))
            .prop_map(|(element, from, to)| Predicate::Range(Range { element, from, to })),
        1 => path().prop_map(|element| Predicate::Null(Path { element })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::Any),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

/// Whether a record is inside: by Kleene's tables, a comparison with a missing value being unknown.
pub fn inside(predicate: &Predicate, record: &Record) -> bool {
    let mut leaf = |leaf: &Predicate| match leaf {
        Predicate::In(set) => record.get(&set.element).map(|value| set.values.contains(value)),
        Predicate::Range(range) => record.get(&range.element).map(|value| {
            range.from.as_ref().is_none_or(|from| from <= value) && range.to.as_ref().is_none_or(|to| value <= to)
        }),
        Predicate::Null(path) => Some(!record.contains_key(&path.element)),
        _ => None,
    };
    predicate.evaluate(&mut leaf) == Some(true)
}

/// The elements that invented arrangements agree.
pub fn elements() -> Vec<ElementRef> {
    ["id", "name", "born", "place"].iter().map(|name| ElementRef::new("person", *name)).collect()
}

fn day() -> impl Strategy<Value = Date> {
    (1_i16..=355).prop_map(|day| Date::constant(2026, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap())
}

/// Arrangements whose terms differ in everything that a hierarchy narrows.
pub fn arrangements() -> impl Strategy<Value = Arrangement> {
    let agreed = prop::collection::vec((prop::sample::select(elements()), prop::sample::select(Form::all())), 0..6);
    let caps = (1_u64..50, prop::option::of(1_u64..50), prop::option::of(1_u64..50), 1_u32..50, 1_u32..9, 1_u32..99);
    let rules =
        (0_usize..3, 0_usize..3, prop::collection::btree_set(prop::sample::select(elements()), 0..3), any::<bool>());
    (agreed, predicates(), caps, rules, (day(), day())).prop_map(|(agreed, population, caps, rules, days)| {
        let (row_cap, day_cap, volume_cap, retention_days, at_most, days_of) = caps;
        let (onward, biometrics, may_select_by, online) = rules;
        let distinct: BTreeSet<(ElementRef, Form)> = agreed.into_iter().collect();
        let item = |(element, form)| AgreedElement { element, form, necessity: "because it is invented".into() };
        Arrangement {
            elements: distinct.into_iter().map(item).collect(),
            population,
            row_cap,
            day_cap,
            volume_cap,
            retention_days,
            frequency: Frequency { at_most, days: days_of },
            onward: [Onward::None, Onward::ProcessorsOnly, Onward::WrittenPermission][onward],
            biometrics: [Biometrics::None, Biometrics::StatusOnly, Biometrics::Templates][biometrics],
            may_select_by: may_select_by.into_iter().collect(),
            modality: if online { vec![Modality::File, Modality::Online] } else { vec![Modality::File] },
            valid: Validity { from: days.0.min(days.1), until: days.0.max(days.1) },
            ..arrangement()
        }
    })
}
