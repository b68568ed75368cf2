//! Is nothing applied that was sound when it was judged, once the terms are out of force or narrower?

use std::fs;

use super::scene::{Scene, record, text};

/// Has an intake judged, and what `script` says happen right then; what it is shown as afterwards.
fn judged_and_then(scene: &Scene, script: &str) -> String {
    let file = scene.street.home().join("meanwhile.sh");
    let (binary, home) = (env!("CARGO_BIN_EXE_causeway"), scene.street.home().display());
    fs::write(&file, script.replace("causeway ", &format!("{binary} --home {home} "))).unwrap();
    let intake = scene.submitted(&scene.envelope(1, &[record("a", 1, 1)]));
    let before = scene.tables();
    let at = format!("intake-validated={}", file.display());
    let worked = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
    assert!(worked.status.success(), "{}", String::from_utf8_lossy(&worked.stderr));
    assert_eq!(scene.tables(), before);
    scene.shown(&intake)
}

#[test]
fn what_was_judged_before_its_terms_were_suspended_is_not_applied() {
    let scene = Scene::new();
    let suspend = "causeway --as protection arrangement suspend numbers-2026 --reason 'a breach was reported'\n";
    let shown = judged_and_then(&scene, suspend);
    assert!(shown.contains("validated") && shown.contains("not-in-force"), "{shown}");
}

#[test]
fn what_was_judged_before_its_terms_narrowed_is_not_applied() {
    let scene = Scene::new();
    let street = &scene.street;
    let terms = fs::read_to_string(street.example("arrangement-numbers.yaml")).unwrap();
    let narrower = terms
        .replace("version: 1\n", "version: 2\n")
        .replace("  - { element: person.decided_on, necessity: to know when it was decided }\n", "");
    let file = street.home().join("narrower.yaml");
    fs::write(&file, narrower).unwrap();
    street.good(&["arrangement", "amend", &text(&file)]).unwrap();
    street.good(&["arrangement", "propose", "numbers-2026"]).unwrap();
    for officer in ["representative", "protection", "lantern-relief-admin"] {
        let key = street.key_of(officer);
        street.good(&["arrangement", "sign", "numbers-2026", "--officer", officer, "--key", &key]).unwrap();
    }
    let shown = judged_and_then(&scene, "causeway --as representative arrangement activate numbers-2026\n");
    assert!(shown.contains("validated") && shown.contains("element-not-agreed"), "{shown}");
}
