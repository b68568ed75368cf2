//! Is a person told the same of packages that an older program sealed, which recorded nothing of what left?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use serde_json::Value;

use crate::governance::place::examples;

/// What the installation answers about the person whose key is in a file.
fn told(street: &Street, key: &Path) -> Value {
    let key = key.display().to_string();
    let asked = ["--as", "protection", "person", "disclosures", "--entity", "individual", "--key-file", &key];
    let said = street.good(&[&asked[..], &["--reason", "asked at the desk", "--format", "json"]].concat()).unwrap();
    serde_json::from_str(&said).unwrap()
}

#[test]
fn what_left_in_a_package_of_an_older_program_is_worked_out_from_the_documents_of_then() {
    let dir = throw_away::directory().unwrap();
    let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), examples());
    street.people(&Spec::of(40).plant(Plant::none())).unwrap();
    let exchanges = [("food-people", "exchange-people.yaml"), ("food-households", "exchange-households.yaml")];
    street.set_up_with(&["lantern-relief"], &["food"], &exchanges).unwrap();
    for (exchange, _) in exchanges {
        street.transfer(exchange).unwrap();
    }
    let store = rusqlite::Connection::open(street.sources().join("progres.sqlite")).unwrap();
    let person: String = store.query_row("SELECT max(individual_id) FROM individual", [], |row| row.get(0)).unwrap();
    let key = dir.path().join("person.key");
    fs::write(&key, person).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let recorded = told(&street, &key);
    assert_eq!(recorded["disclosures"].as_array().unwrap().len(), 2, "{recorded}");

    let database = rusqlite::Connection::open(street.home().join("data/causeway.sqlite")).unwrap();
    database.execute_batch("DROP TRIGGER package_content_is_never_deleted; DELETE FROM package_content").unwrap();
    drop(database);
    // What came in since does not matter: the next version of the exchange gives less.
    let text = fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
    let less = text.replace("version: 1\n", "version: 2\n").replace("  - { name: camp, from: camp_pcode }\n", "");
    let next = dir.path().join("next.yaml");
    fs::write(&next, less).unwrap();
    street.good(&["exchange", "import", &next.display().to_string()]).unwrap();
    let worked_out = told(&street, &key);
    for (now, before) in [0, 1].map(|at| (&worked_out["disclosures"][at], &recorded["disclosures"][at])) {
        assert_eq!((&before["recorded"], &now["recorded"]), (&Value::Bool(true), &Value::Bool(false)));
        assert_eq!(now["elements"], before["elements"]);
        assert_eq!(now["exchange"], before["exchange"]);
        assert!(before["elements"].as_array().unwrap().len() > 4, "{before}");
    }
}
