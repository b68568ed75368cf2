//! Does every command of the engine stand in the permission table?

use std::path::Path;

use causeway_model::permission::Action;

/// Files beside the commands that command nothing: they serve those that ask, or the clock.
const COMMAND_NOTHING: &[&str] = &["judge", "lapse", "mod", "signer"];

#[test]
fn every_command_has_its_action() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/command");
    let (mut commands, mut nothing) = (0, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if COMMAND_NOTHING.contains(&name.as_str()) {
            nothing += 1;
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // What people decide asks for an action by its kind: `record_decision` says for which.
        let by_kind = text.contains("permit(actor, action(");
        let named = Action::ALL.iter().filter(|action| names(&text, action)).count();
        assert!(named > 0 || by_kind, "command `{name}` asks for no action of the permission table");
        commands += 1;
    }
    assert!(commands > 20, "{} does not hold the commands any more", folder.display());
    assert_eq!(nothing, COMMAND_NOTHING.len(), "each of them is there");
}

/// Whether a text asks for an action, and not only for one whose name begins alike.
fn names(text: &str, action: &Action) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    text.split(&format!("Action::{action:?}")).skip(1).any(ends)
}

#[test]
fn an_action_is_not_taken_for_another() {
    assert!(names("permit(name, Action::Stop, &thing)", &Action::Stop));
    assert!(!names("permit(name, Action::StopEverything, &thing)", &Action::Stop));
}
