//! When one condition is said to lie within another, does it, for every record?

use std::cell::Cell;

use causeway_model::population::Predicate;
use proptest::prelude::*;

use crate::invented::{inside, predicates, records, runner};

#[test]
fn what_is_proven_holds_for_every_record() {
    let (proven, told_apart) = (Cell::new(0), Cell::new(0));
    let pair = (predicates(), predicates(), predicates(), any::<u8>(), records());
    let outcome = runner(8_000).run(&pair, |(a, b, c, shape, records)| {
        // Pairs that are related more often than chance would have it.
        let (narrow, wide) = match shape % 5 {
            0 => (a, b),
            1 => (a.clone().and(b), a),
            2 => (a.clone(), Predicate::Any(vec![a, b])),
            3 => (Predicate::Any(vec![a.clone().and(c.clone()), b.clone().and(c.clone())]), Predicate::Any(vec![a, b])),
            _ => (a.clone().and(b.clone()), Predicate::All(vec![Predicate::Any(vec![b, c]), a])),
        };
        if narrow.is_within(&wide) {
            proven.set(proven.get() + 1);
            for record in &records {
                prop_assert!(!inside(&narrow, record) || inside(&wide, record), "{record:?}");
            }
        } else if records.iter().any(|record| inside(&narrow, record) && !inside(&wide, record)) {
            told_apart.set(told_apart.get() + 1);
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(proven.get() > 2_000 && told_apart.get() > 200, "{} proven, {} told apart", proven.get(), told_apart.get());
}
