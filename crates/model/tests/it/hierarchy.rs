//! Is what the effective terms of a hierarchy allow allowed by every level of it?

use std::cell::Cell;

use causeway_model::Form;
use causeway_model::arrangement::Arrangement;
use causeway_model::hierarchy::{effective, widenings};
use proptest::prelude::*;

use crate::invented::{arrangements, elements, inside, records, runner};

/// Whether a level by itself lets an element leave in a form.
fn allows(level: &Arrangement, element: &causeway_model::ElementRef, form: Form) -> bool {
    level.elements.iter().any(|item| item.element == *element && form.within(item.form))
}

/// Stands each level under the one before.
fn chain(mut levels: Vec<Arrangement>) -> Vec<Arrangement> {
    for (i, level) in levels.iter_mut().enumerate() {
        level.arrangement = format!("level-{i}");
        level.under = i.checked_sub(1).map(|above| format!("level-{above}"));
    }
    levels
}

#[test]
fn the_conjunction_allows_only_what_every_level_allows() {
    let (held, released, people) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let hierarchies = (prop::collection::vec(arrangements(), 1..5), records());
    let outcome = runner(4_000).run(&hierarchies, |(levels, records)| {
        let levels = chain(levels);
        let levels: Vec<&Arrangement> = levels.iter().collect();
        let Ok(together) = effective(&levels) else {
            // Only days that have nothing in common.
            let from = levels.iter().map(|level| level.valid.from).max();
            prop_assert!(from > levels.iter().map(|level| level.valid.until).min());
            return Ok(());
        };
        held.set(held.get() + 1);
        let terms = &together.terms;
        for element in elements() {
            for form in Form::all() {
                let by_all = levels.iter().all(|level| allows(level, &element, form));
                // Exactly what all allow: neither more nor less.
                prop_assert_eq!(together.allows(&element, form), by_all, "{} {}", element, form);
                prop_assert_eq!(allows(terms, &element, form), by_all, "{} {}", element, form);
                released.set(released.get() + u32::from(by_all));
            }
        }
        for record in &records {
            if inside(&terms.population, record) {
                people.set(people.get() + 1);
                prop_assert!(levels.iter().all(|level| inside(&level.population, record)), "{:?}", record);
            }
        }
        for level in &levels {
            prop_assert!(terms.row_cap <= level.row_cap && terms.retention_days <= level.retention_days);
            prop_assert!(level.day_cap.is_none_or(|cap| terms.day_cap.is_some_and(|least| least <= cap)));
            prop_assert!(level.volume_cap.is_none_or(|cap| terms.volume_cap.is_some_and(|least| least <= cap)));
            prop_assert!(terms.onward <= level.onward && terms.biometrics <= level.biometrics);
            prop_assert!(level.valid.from <= terms.valid.from && terms.valid.until <= level.valid.until);
            prop_assert!(terms.modality.iter().all(|mode| level.modality.contains(mode)));
            prop_assert!(together.frequencies.iter().any(|(_, frequency)| *frequency == level.frequency));
            for element in &terms.may_select_by {
                prop_assert!(level.may_select_by.contains(element) || allows(level, element, Form::Raw));
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(held.get() >= 2_000, "only {} hierarchies held together", held.get());
    assert!(released.get() > 1_000 && people.get() > 1_000, "{} {}", released.get(), people.get());
}

#[test]
fn where_nothing_widens_the_lowest_level_is_what_holds() {
    let narrow = Cell::new(0_u32);
    let pairs = (arrangements(), arrangements(), any::<u8>());
    let outcome = runner(3_000).run(&pairs, |(above, mut below, alike)| {
        // Often enough a country that takes over most of its framework.
        if alike % 4 != 0 {
            below = Arrangement { population: below.population, frequency: below.frequency, ..above.clone() };
            below.elements.truncate(usize::from(alike) % 4);
        }
        let levels = chain(vec![above, below]);
        let levels: Vec<&Arrangement> = levels.iter().collect();
        let (found, Ok(together)) = (widenings(&levels), effective(&levels)) else { return Ok(()) };
        let lowest = levels[1];
        if found.is_empty() {
            narrow.set(narrow.get() + 1);
            for (element, form) in
                elements().iter().flat_map(|one| Form::all().into_iter().map(move |form| (one, form)))
            {
                prop_assert_eq!(together.allows(element, form), allows(lowest, element, form), "{} {}", element, form);
            }
            prop_assert_eq!(together.terms.row_cap, lowest.row_cap);
            prop_assert_eq!(together.terms.onward, lowest.onward);
            prop_assert_eq!(together.terms.valid, lowest.valid);
        } else {
            let named = found.iter().all(|violation| violation.detail.contains("level-0 version 1"));
            prop_assert!(named, "{:?}", found);
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(narrow.get() > 500, "only {} were narrower", narrow.get());
}
