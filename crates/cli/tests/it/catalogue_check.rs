//! Does `catalogue check` find what was changed in a store, at its line and column?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{Ended, Street};
use causeway_testkit::throw_away;
use rusqlite::Connection;

use crate::street::street;

/// An installation without exchanges, sound stores, and a copy of the example catalogue.
fn installed(home: &Path) -> (Street, String) {
    let street = street(home);
    street.people(&Spec::of(200).plant(Plant::none())).unwrap();
    street.init().unwrap();
    street.officers().unwrap();
    let copy = home.join("catalogue.yaml");
    fs::copy(street.example("catalogue.yaml"), &copy).unwrap();
    (street, copy.display().to_string())
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Changes a store as its owner would, and leaves it read-only for us again.
fn alter(street: &Street, store: &str, sql: &str) {
    let path = street.sources().join(store);
    mode(&path, 0o600);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    mode(&path, 0o400);
}

/// Rewrites a table's declaration in place: the rows stay.
fn redeclare(table: &str, from: &str, to: &str) -> String {
    format!(
        "PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE type = 'table' AND name = '{table}'; \
         PRAGMA writable_schema = RESET;"
    )
}

/// Errors among the lines, as `(line, column, code, whole line)`.
fn errors(file: &str, ended: &Ended) -> Vec<(usize, usize, String, String)> {
    let found = ended.out.lines().filter_map(|line| {
        let (line_number, rest) = line.strip_prefix(file)?.strip_prefix(':')?.split_once(':')?;
        let (column, rest) = rest.split_once(": error [")?;
        let (code, _) = rest.split_once(']')?;
        Some((line_number.parse().ok()?, column.parse().ok()?, code.to_owned(), line.to_owned()))
    });
    found.collect()
}

#[test]
fn four_changes_of_a_store_are_four_findings_in_their_places() {
    let dir = throw_away::directory().unwrap();
    let (street, file) = installed(dir.path());
    let sound = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(sound.code, Some(0), "{}{}", sound.out, sound.err);
    assert!(errors(&file, &sound).is_empty(), "{}", sound.out);

    alter(&street, "progres.sqlite", "ALTER TABLE individual DROP COLUMN occupation");
    alter(&street, "progres.sqlite", &redeclare("individual", "arrival_date TEXT", "arrival_date INTEGER"));
    alter(
        &street,
        "progres.sqlite",
        &redeclare("household", "camp_pcode TEXT NOT NULL", "camp_pcode TEXT NOT NULL COLLATE NOCASE"),
    );
    alter(
        &street,
        "progres.sqlite",
        "UPDATE specific_need SET category = 'NEWLY-ADDED' WHERE need_id = (SELECT min(need_id) FROM specific_need)",
    );
    let ended = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    let found = errors(&file, &ended);
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut codes: Vec<&str> = found.iter().map(|(_, _, code, _)| code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["code-unknown", "column-missing", "column-recollated", "column-retyped"], "{}", ended.out);
    for (line, column, code, said) in &found {
        let (entity, element) = match code.as_str() {
            "column-missing" => ("individual", "occupation"),
            "column-retyped" => ("individual", "arrival_date"),
            "column-recollated" => ("household", "camp_pcode"),
            _ => ("specific_need", "category"),
        };
        let here = lines[line - 1];
        assert!(here.contains(&format!("name: {element},")), "{code} points to line {line}: {here}");
        assert!(here[column - 1..].starts_with(element), "{code} points to column {column} of: {here}");
        let above = lines[..*line].iter().rev().find_map(|line| line.strip_prefix("  - name: "));
        assert_eq!(above, Some(entity), "{said}");
        assert!(said.contains(element) || code == "code-unknown", "{said}");
    }
}

#[test]
fn a_store_that_we_could_write_is_an_error() {
    let dir = throw_away::directory().unwrap();
    let (street, file) = installed(dir.path());
    mode(&street.sources().join("bims.sqlite"), 0o600);
    let ended = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    let found = errors(&file, &ended);
    let [(line, _, code, said)] = found.as_slice() else { panic!("one error expected: {}", ended.out) };
    assert_eq!(code, "source-writable");
    assert!(said.contains("`bims`"), "{said}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.lines().nth(line - 1).unwrap().contains("bims.sqlite"), "{said}");
    assert!(ended.out.contains("chmod a-w"), "it says what to do: {}", ended.out);
}

#[test]
fn a_store_that_is_gone_and_a_table_that_is_gone_are_errors_with_places() {
    let dir = throw_away::directory().unwrap();
    let (street, file) = installed(dir.path());
    alter(&street, "progres.sqlite", "ALTER TABLE language RENAME TO language_old");
    fs::remove_file(street.sources().join("bims.sqlite")).unwrap();
    let ended = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    let found = errors(&file, &ended);
    let codes: Vec<&str> = found.iter().map(|(_, _, code, _)| code.as_str()).collect();
    assert_eq!(codes, ["source-unreachable", "column-missing"], "{}", ended.out);
    assert!(found[1].3.contains("`language`"), "{}", ended.out);
}

#[test]
fn a_document_with_a_fault_of_its_own_says_where() {
    let dir = throw_away::directory().unwrap();
    let (street, file) = installed(dir.path());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("type: \"code(sex)\"", "type: \"code(gender)\"", 1)).unwrap();
    let ended = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    let found = errors(&file, &ended);
    assert!(
        found.iter().all(|(_, _, code, said)| code == "unknown-name" && said.contains("`gender`")) && found.len() == 1,
        "{}",
        ended.out
    );

    fs::write(&file, text.replacen("sensitivity: 2", "sensitivity: two", 1)).unwrap();
    let ended = street.run(&["catalogue", "check", &file]).unwrap();
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    let line = 1 + text.lines().position(|line| line.contains("sensitivity: 2")).unwrap();
    assert!(ended.err.contains(&format!(":{line}:")), "{}", ended.err);
}

#[test]
fn of_a_store_that_drifted_from_the_catalogue_in_use_somebody_is_told_once_a_day() {
    let removed = throw_away::directory().unwrap();
    let (street, file) = installed(removed.path());
    alter(&street, "progres.sqlite", "ALTER TABLE individual DROP COLUMN occupation");
    let told = "whoever models exchanges is told";
    let draft = street.run(&["catalogue", "check", &file]).unwrap();
    assert!(draft.code == Some(2) && !draft.out.contains(told), "nobody uses it yet: {}", draft.out);
    street.good(&["catalogue", "import", &file]).unwrap();
    for (time, anew) in [(1, true), (2, false)] {
        let checked = street.run(&["catalogue", "check", &file]).unwrap();
        assert_eq!((checked.code, checked.out.contains(told)), (Some(2), anew), "time {time}: {}", checked.out);
    }
    let listed = street.good(&["alert", "list"]).unwrap();
    assert!(listed.contains("schema-drift") && listed.contains("1 alerts"), "{listed}");
}
