//! Are the names in their scripts, with what breaks careless software, and visibly invented?

use causeway_testkit::population::{Plant, Script, Spec};

use crate::world::World;

#[test]
fn six_scripts_stand_in_the_store_as_the_truth_counts_them() {
    let world = World::of(&Spec::of(2000).plant(Plant::none()));
    assert_eq!(world.truth.scripts.len(), 6);
    assert_eq!(world.truth.scripts.values().sum::<u32>(), 2000);
    let names: Vec<String> = world.all("SELECT given_name || ' ' || family_name FROM individual");
    for script in Script::ALL {
        let written = names.iter().filter(|name| name.chars().any(|c| script.has(c))).count();
        assert_eq!(written, world.truth.scripts[script.as_str()] as usize, "{script:?}");
        assert!(written >= 80, "{script:?} has only {written}");
    }
    for name in names {
        let scripts = Script::ALL.into_iter().filter(|script| name.chars().any(|c| script.has(c))).count();
        assert_eq!(scripts, 1, "`{name}` mixes scripts");
    }
}

#[test]
fn names_hold_what_breaks_careless_software() {
    let world = World::of(&Spec::of(3000).plant(Plant::none()));
    let names: Vec<String> =
        world.all("SELECT given_name || ' ' || coalesce(middle_name, '') || ' ' || family_name FROM individual");
    for (what, c) in [
        ("comma", ','),
        ("apostrophe", '\''),
        ("quote", '"'),
        ("combining acute", '\u{301}'),
        ("right-to-left mark", '\u{200f}'),
        ("zero-width joiner", '\u{200d}'),
        ("composed diacritic", 'é'),
        ("Arabic vowel sign", '\u{64f}'),
    ] {
        assert!(names.iter().any(|name| name.contains(c)), "no name with a {what}");
    }
    assert!(!names.iter().any(|name| name.chars().any(char::is_control)));
}

#[test]
fn every_person_is_visibly_invented() {
    let world = World::of(&Spec::of(1000));
    let notes: Vec<String> = world.all("SELECT caseworker_note FROM individual");
    assert!(notes.iter().all(|note| note.starts_with("invented person")));
    assert!(
        world.all::<String>("SELECT description FROM specific_need").iter().all(|d| d.starts_with("invented person"))
    );
    assert!(world.all::<String>("SELECT document_number FROM document").iter().all(|n| n.starts_with("TEST-")));
}
