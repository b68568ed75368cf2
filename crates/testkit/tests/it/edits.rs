//! Does an edit change what it names, and nothing else?

use causeway_testkit::population::edit::{self, Store};
use causeway_testkit::population::{ASSISTANCE, Plant, PopulationError, RawText, Spec, VERIFICATION};
use rusqlite::types::Value;

use crate::world::World;

fn world() -> World {
    World::of(&Spec::of(300).plant(Plant::none()))
}

/// The first person who has papers, needs, languages, enrolments and a line in the verification file.
fn someone(world: &World) -> String {
    let verified = world.file(VERIFICATION);
    world
        .all::<String>(
            "SELECT individual_id FROM individual
             WHERE individual_id IN (SELECT individual_id FROM document)
             AND individual_id IN (SELECT individual_id FROM specific_need)
             AND individual_id IN (SELECT individual_id FROM language)
             AND individual_id IN (SELECT individual_id FROM bims.enrolment) ORDER BY individual_no",
        )
        .into_iter()
        .find(|id| verified.contains(id.as_str()))
        .unwrap()
}

#[test]
fn marks_come_and_go() {
    let world = world();
    let id = someone(&world);
    let before = world.rows();
    edit::set_mark(world.path(), &id, "*").unwrap();
    edit::set_mark(world.path(), &id, "lantern-relief").unwrap();
    let marks: Vec<String> =
        world.all("SELECT individual_id || ' ' || withheld_from FROM confidentiality_mark ORDER BY mark_id");
    assert_eq!(marks, [format!("{id} *"), format!("{id} lantern-relief")]);
    edit::clear_marks(world.path(), &id).unwrap();
    assert_eq!(world.rows(), before);
    assert!(matches!(edit::set_mark(world.path(), "nobody", "*"), Err(PopulationError::NoSuchRow { .. })));
}

#[test]
fn a_column_is_set_in_one_row() {
    let world = world();
    let id = someone(&world);
    let before = world.rows();
    edit::set_consent(world.path(), &id, "withdrawn").unwrap();
    edit::set_column(world.path(), Store::Registration, "individual", &id, "given_name", RawText(b"Inv\xffnto"))
        .unwrap();
    edit::set_column(world.path(), Store::Biometrics, "enrolment", 1, "quality", 3).unwrap();
    let after = world.rows();
    let changed: Vec<_> = before.iter().filter(|(key, cells)| after[*key] != **cells).map(|(key, _)| key).collect();
    assert_eq!(changed.len(), 2);
    let sql = "SELECT consent_sharing FROM individual WHERE individual_id = ? AND typeof(given_name) = 'text'";
    assert_eq!(world.one::<String>(sql, [&id]), "withdrawn");
    assert!(after.values().flatten().any(|cell| *cell == Value::Blob(b"Inv\xffnto".to_vec())));
}

#[test]
fn what_is_not_there_is_named() {
    let world = world();
    let set = |table: &str, key: &str, column: &str| {
        edit::set_column(world.path(), Store::Registration, table, key, column, "F").unwrap_err().to_string()
    };
    assert_eq!(set("individual", "nobody", "sex"), "no row of `individual` has the key `nobody`");
    assert!(set("individual", "nobody", "sex\" = 'M', \"sex").contains("no column"));
    assert!(set("person", "nobody", "sex").contains("`person`"));
    let elsewhere = edit::set_consent(&world.path().join("elsewhere"), "nobody", "given").unwrap_err();
    assert!(elsewhere.to_string().contains("elsewhere/progres.sqlite"));
    assert!(!world.path().join("elsewhere").exists(), "an edit makes no store");
}

#[test]
fn a_deleted_person_is_gone_from_everywhere_and_nobody_else_is() {
    let world = world();
    let id = someone(&world);
    edit::set_mark(world.path(), &id, "*").unwrap();
    let (rows, verified, assistance) = (world.rows(), world.file(VERIFICATION), world.file(ASSISTANCE));
    edit::delete_person(world.path(), &id).unwrap();

    let mine = |cells: &[Value]| cells.contains(&Value::Text(id.clone()));
    let mut expected = rows.clone();
    expected.retain(|_, cells| !mine(cells));
    let tables: std::collections::BTreeSet<&str> =
        rows.iter().filter(|(_, cells)| mine(cells)).map(|((table, _), _)| table.as_str()).collect();
    assert_eq!(tables.len(), 6, "{tables:?}");
    assert_eq!(world.rows(), expected);
    let kept: String = verified.split_inclusive('\n').filter(|line| !line.contains(&id)).collect();
    assert_eq!(world.file(VERIFICATION), kept);
    assert_ne!(kept, verified);
    assert_eq!(world.file(ASSISTANCE), assistance);

    assert!(matches!(edit::delete_person(world.path(), &id), Err(PopulationError::NoSuchRow { .. })));
}
