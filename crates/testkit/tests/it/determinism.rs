//! Does the seed alone decide, and does planting touch the planted alone?

use causeway_testkit::population::{ASSISTANCE, Plant, Planting, Spec, VERIFICATION};
use rusqlite::types::Value;

use crate::world::World;

#[test]
fn the_same_seed_gives_the_same_population() {
    let spec = Spec::of(600).seed(11);
    let (first, second) = (World::of(&spec), World::of(&spec));
    assert_eq!(first.truth, second.truth);
    assert_eq!(first.rows(), second.rows());
    for file in [ASSISTANCE, VERIFICATION] {
        assert_eq!(first.file(file), second.file(file));
    }
    let third = World::of(&spec.seed(12));
    assert_ne!(first.rows(), third.rows());
    assert_ne!(first.file(ASSISTANCE), third.file(ASSISTANCE));
    assert_ne!(first.file(VERIFICATION), third.file(VERIFICATION));
}

#[test]
fn planting_changes_only_the_planted() {
    let plain = World::of(&Spec::of(800).plant(Plant::none()));
    let planted = World::of(&Spec::of(800).plant(Plant { outside: 30, ..Plant::default() }));
    let ids: Vec<&String> = planted.truth.planted.values().flatten().collect();
    let (before, mut after) = (plain.rows(), planted.rows());
    let mut changed = 0;
    for (key, was) in before {
        let is = after.remove(&key).unwrap();
        if was != is && key.0 == "main.individual" {
            changed += 1;
            let Value::Text(id) = &is[0] else { panic!("an id is text") };
            assert!(ids.contains(&id), "{id} changed but was not planted");
            assert_eq!(
                was.iter().zip(&is).filter(|(was, is)| was != is).count(),
                1 + usize::from(estimated(&was, &is))
            );
        } else if was != is {
            assert_eq!(key.0, "main.household", "only a household's camp may change");
            assert_eq!(was.iter().zip(&is).filter(|(was, is)| was != is).count(), 1);
        }
    }
    // Marks are rows of their own: what is left over is exactly them.
    assert!(after.keys().all(|(table, _)| table == "main.confidentiality_mark"));
    assert_eq!(after.len(), 40);
    assert_eq!(changed, ids.len() - 40);

    let unseen: Vec<&str> = planted.truth.planted(Planting::UnparseablePhone).iter().map(String::as_str).collect();
    let kept: Vec<String> =
        lines(&plain).into_iter().filter(|line| !unseen.iter().any(|id| line.contains(id))).collect();
    assert_eq!(kept, lines(&planted));
}

/// An impossible date of birth is not an estimate, which may be a second cell that changed.
fn estimated(was: &[Value], is: &[Value]) -> bool {
    was[8] != is[8] && is[7] == Value::Text("2011-02-30".to_owned())
}

fn lines(world: &World) -> Vec<String> {
    world.file(VERIFICATION).lines().map(str::to_owned).collect()
}
