//! Does a file that is read once more, after others came, overwrite nothing of what they said?

use std::fs;

use serde_json::json;

use super::scene::{Scene, id, record, text};

#[test]
fn a_file_that_is_read_once_more_overwrites_nothing_that_came_after_it() {
    let scene = Scene::new();
    let street = &scene.street;
    let mut first = record("a", 10, 1);
    (first["decision"], first["nin"]) = (json!("perhaps"), json!("OLD"));
    let others = (2..8).map(|of| record(&format!("m{of}"), 10, of));
    let first = scene.submitted(&scene.envelope(1, &[first].into_iter().chain(others).collect::<Vec<_>>()));
    // As old by its own stamp, and sent later.
    scene.submitted(&scene.envelope(2, &[record("a", 10, 1)]));
    scene.work();
    assert!(scene.shown(&first).contains("quarantined 1"), "{}", scene.shown(&first));
    let tables = scene.tables();
    assert_eq!(tables[1], format!("{}|INVENTED001|ACC|2026-05-01|10|1", id(1)));
    let catalogue = fs::read_to_string(street.example("catalogue.yaml")).unwrap();
    let known = "      - { code: DEF, label: deferred, equivalents: { registry: perhaps } }\n      - { code: REJ";
    let next = catalogue.replace("version: 1", "version: 2").replace("      - { code: REJ", known);
    let file = street.home().join("catalogue-next.yaml");
    fs::write(&file, next).unwrap();
    street.good(&["catalogue", "import", &text(&file)]).unwrap();
    street.good(&["intake", "retry", &first]).unwrap();
    scene.work();
    let shown = scene.shown(&first);
    assert!(shown.contains("superseded 1") && shown.contains("updated    6"), "{shown}");
    assert_eq!(scene.tables(), tables);
}
