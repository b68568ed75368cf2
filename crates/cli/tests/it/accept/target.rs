//! Is a target looked at with the eyes of the exchanges that write there?

use super::documents::NUMBERS;
use super::scene::Scene;

#[test]
fn a_target_is_checked_for_the_exchanges_that_write_there() {
    let scene = Scene::new();
    let ready = scene.street.run(&["target", "check", "registry"]).unwrap();
    assert_eq!(ready.code, Some(0), "{}{}", ready.out, ready.err);
    assert!(ready.out.contains(&format!("can be written by {NUMBERS}")), "{}", ready.out);
    let prepared = scene.street.good(&["target", "prepare", "registry"]).unwrap();
    assert!(!prepared.contains("no exchange in use writes here yet"), "{prepared}");
    scene.registry().execute_batch("ALTER TABLE card RENAME COLUMN status TO state").unwrap();
    let changed = scene.street.run(&["target", "check", "registry"]).unwrap();
    assert_eq!(changed.code, Some(2), "{}{}", changed.out, changed.err);
    assert!(changed.out.contains("target-not-prepared") && changed.out.contains("`status`"), "{}", changed.out);
}
