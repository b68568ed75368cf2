//! Does every command of the engine stand in the permission table?

use std::collections::BTreeSet;
use std::path::Path;

use causeway_model::permission::Action;

/// Commands whose action has another name than their file, and files that command nothing.
const OTHERWISE: &[(&str, &[&str])] = &[
    ("approve", &["sign-arrangement"]),
    ("import", &["import-configuration", "draft-arrangement"]),
    ("in_force", &[]),
    ("mod", &[]),
];

#[test]
fn every_command_has_its_action() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/command");
    let mut commands = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        commands.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    assert!(commands.len() > 5, "{} does not hold the commands any more", folder.display());
    for command in commands {
        let known = OTHERWISE.iter().find(|(name, _)| *name == command);
        let actions = known.map_or_else(
            || vec![command.replace('_', "-")],
            |(_, actions)| actions.iter().map(|action| (*action).to_owned()).collect(),
        );
        for action in actions {
            let found: Result<Action, _> = action.parse();
            assert!(found.is_ok(), "command `{command}` needs action `{action}` in the permission table");
        }
    }
}
