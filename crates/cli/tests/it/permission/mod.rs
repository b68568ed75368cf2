//! Does every command of the command line ask the table of permissions, and get from it what the table says?
//!
//! The commands are asked of the program itself. Each stands in [`LINES`] with the action that it asks, or in [`ASKS_NOTHING`]
//! with the reason: one that stands in neither, a new one, fails here. Each line is then run as an officer of every role, in an
//! installation of its own, and must be refused exactly where the table denies it: without any change but the entry of the attempt.

mod lines;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::permission::{Action, Nature, Relation, Role, decide, relation};
use causeway_testkit::street::Street;
use lines::{ASKS_NOTHING, LINES, Line};
use place::{ACTORS, actor, set_up, thing};

use crate::copied::{Copy, Original};
use crate::governance::place::Kind;

/// The commands that can be given, as words: a group's own help is read for each.
fn commands() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![String::new()];
    while let Some(words) = open.pop() {
        let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_causeway"));
        let said = help.args(words.split_whitespace()).arg("--help").output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let Some((_, list)) = said.split_once("\nCommands:\n") else {
            found.insert(words);
            continue;
        };
        let names = list
            .lines()
            .take_while(|line| !line.is_empty())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            open.push(format!("{words} {name}").trim().to_owned());
        }
    }
    found
}

#[test]
fn every_command_stands_in_one_of_the_two_lists() {
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    for line in LINES {
        listed.insert(line.command, "asks");
    }
    for (command, _) in ASKS_NOTHING {
        assert_eq!(listed.insert(command, "asks nothing"), None, "`{command}` stands in both");
    }
    let there = commands();
    assert!(there.len() > 60, "{there:?}");
    let listed: BTreeSet<String> = listed.keys().map(|command| (*command).to_owned()).collect();
    let new: Vec<_> = there.difference(&listed).collect();
    assert!(new.is_empty(), "say in `permission/lines.rs` which action these ask, or why none: {new:?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "these are no commands any more: {gone:?}");
}

#[test]
fn no_action_that_changes_something_lacks_its_line_unnoticed() {
    let asked: BTreeSet<Action> = LINES.iter().map(|line| line.action).collect();
    let nobodys: Vec<String> = Action::ALL
        .iter()
        .filter(|action| action.nature() == Nature::Change && !asked.contains(action))
        .map(ToString::to_string)
        .filter(|action| !lines::IN_NO_LINE.contains(&action.as_str()))
        .collect();
    assert!(nobodys.is_empty(), "no line of `permission/lines.rs` asks for {nobodys:?}");
}

/// So many tests share the lines among them: each line needs installations of its own.
const SHARES: usize = 4;

fn table_is_kept(share: usize) {
    let original = Original::new(Kind::Sqlite, set_up);
    let mut cells = [0_usize; 2];
    for line in LINES.iter().skip(share).step_by(SHARES) {
        let refusing = original.copy();
        line.before(&refusing.street);
        let mut kept = refusing.leaves().len();
        for (name, _, _) in ACTORS {
            let (who, thing) = (actor(&refusing.street, name), thing(line));
            let decided = decide(&who, line.action, &thing);
            let what = format!("`{}` by {name}, {:?}, {}", line.words, relation(&who, &thing), line.action);
            if decided.is_ok() {
                let permitting = original.copy();
                line.before(&permitting.street);
                let said = said(line, &permitting, name);
                assert!(
                    !said.1.contains("not-permitted") && !said.1.contains("nobody who may act"),
                    "{what}: {}",
                    said.1
                );
                cells[1] += 1;
                continue;
            }
            let said = said(line, &refusing, name);
            assert_eq!(said.0, Some(4), "{what}: {}", said.1);
            let code = decided.unwrap_err().code.to_string();
            assert!(said.1.contains(&code), "{what}, {code}: {}", said.1);
            let leaves = refusing.leaves();
            let new = &leaves[kept..];
            assert_eq!(new.len(), 1, "a refused attempt changes nothing: {what}: {new:#?}");
            let told = (new[0].event.as_str(), new[0].actor.as_str(), new[0].body["attempt"].as_str());
            assert_eq!(told, ("attempt-denied", *name, Some(line.action.as_str())), "{what}");
            kept = leaves.len();
            cells[0] += 1;
        }
    }
    println!("{} cells denied, {} permitted", cells[0], cells[1]);
    assert!(cells[0] > 40 && cells[1] > 10, "{cells:?}");
}

/// Runs a line as somebody: exit code, and all that is said.
fn said(line: &Line, copy: &Copy, name: &str) -> (Option<i32>, String) {
    let street = &copy.street;
    let words = place::filled(line.words, street);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let key = street.key_of(name);
    if line.signed {
        words.extend(["--officer", name, "--key", &key]);
    } else {
        words.extend(["--as", name]);
    }
    let ended = street.run(&words).unwrap();
    (ended.code, ended.out + &ended.err)
}

#[test]
fn the_table_is_kept_0() {
    table_is_kept(0);
}

#[test]
fn the_table_is_kept_1() {
    table_is_kept(1);
}

#[test]
fn the_table_is_kept_2() {
    table_is_kept(2);
}

#[test]
fn the_table_is_kept_3() {
    table_is_kept(3);
}

#[test]
fn actors_of_every_role_stand_in_both_relations() {
    let roles: BTreeSet<Role> = ACTORS.iter().flat_map(|(_, roles, _)| roles.iter().copied()).collect();
    assert_eq!(roles, Role::ALL.iter().copied().collect());
    let street = Street::new("none", "none", "none");
    let relations: BTreeSet<Relation> = LINES
        .iter()
        .flat_map(|line| ACTORS.iter().map(|(name, _, _)| relation(&actor(&street, name), &thing(line))))
        .collect();
    // One installation is one operation: things of another one come with the doors for several.
    assert_eq!(relations, [Relation::Own, Relation::Anothers].into());
}
