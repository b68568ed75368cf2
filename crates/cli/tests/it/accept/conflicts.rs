//! Does a record whose row is never as it was looked for wait for a person?

use std::fs;

use serde_json::json;

use super::scene::{Scene, record, text};

#[test]
fn a_record_in_conflict_waits_for_a_person() {
    let scene = Scene::new();
    let street = &scene.street;
    // Two lists of one table, whose name SQLite reads in either case: neither knows what the other adds.
    let list = "  - { name: cards, at_most: 5, fields: [ { name: number, type: text, element: card.number, required: true } ] }\n";
    let table = "    - table: card\n      each: cards\n";
    let next = fs::read_to_string(street.example("exchange-numbers.yaml")).unwrap();
    let rest = next.split_once(table).unwrap().1.split_once("collect:").unwrap().0.to_owned();
    let next = next
        .replace("version: 1", "version: 2")
        .replace(list, &format!("{list}{}", list.replace("cards", "passes")))
        .replace(
            "collect:",
            &format!("{}{rest}collect:", table.replace("cards", "passes").replace("card\n", "CARD\n")),
        );
    let file = street.home().join("exchange-next.yaml");
    fs::write(&file, next).unwrap();
    street.good(&["exchange", "import", &text(&file)]).unwrap();
    let mut both = record("a", 10, 1);
    both["passes"] = json!([{ "number": "C001" }]);
    let before = scene.tables();
    let intake = scene.submitted(&scene.envelope(1, &[both]));
    scene.work();
    let shown = scene.shown(&intake);
    for said in ["awaiting-review", "conflict   1", "changed-meanwhile: 1 rows"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert_eq!(scene.tables(), before);
    let told = scene.outcomes(&intake)[0].to_string();
    assert!(
        told.contains(r#""outcome":"conflict","fields":[{"field":"record","code":"changed-meanwhile"}]"#),
        "{told}"
    );
}
