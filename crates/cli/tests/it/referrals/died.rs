//! Is a step of a referral's life taken once, and told so, although whoever took it died before saying it?

use serde_json::json;

use super::place::{Place, Store, id, outcome};
use crate::accept::scene;

#[test]
fn a_step_that_was_taken_is_not_held_to_have_been_forbidden() {
    let place = Place::new(Store::Sqlite);
    let street = &place.street;
    let records = [
        json!({ "message": "a", "referral": id(3), "status": "125080001" }),
        json!({ "message": "b", "referral": id(4), "status": "125080003" }),
    ];
    let envelope = scene::envelope(street, "intervention-status", 1, &records);
    let intake = scene::submitted(street, "intervention-status", &envelope);
    let mut dying = street.command(&["work", "--until-idle"]);
    let died = dying.env("CAUSEWAY_CRASH_AT", "apply-committed:2").output().unwrap();
    assert_eq!(died.status.code(), None, "{}", String::from_utf8_lossy(&died.stderr));
    street.good(&["work", "--until-idle"]).unwrap();
    let told: Vec<String> = scene::outcomes(street, &intake).iter().map(outcome).collect();
    assert_eq!(told, ["a updated", "b updated"]);
}
