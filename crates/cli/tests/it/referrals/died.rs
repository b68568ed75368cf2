//! Is a step of a referral's life taken once, and told so, although whoever took it died before saying it?

use serde_json::json;

use super::place::{Place, Store, id, outcome, sent};
use crate::accept::scene;
use crate::api::place::{Gateway, at_work};

#[test]
fn a_step_that_was_taken_is_not_held_to_have_been_forbidden() {
    let place = Place::new(Store::Sqlite);
    let street = &place.street;
    let records = [
        json!({ "message": "a", "referral": id(3), "status": "125080001" }),
        json!({ "message": "b", "referral": id(4), "status": "125080003" }),
    ];
    let program = place.program();
    let mut worker = at_work(street, Some("apply-committed:2"));
    let (serve, address) = Gateway::serving(street);
    let intake = sent(&address, &program.token(&address), "intervention-status", &records);
    worker.died();
    serve.ended();
    street.good(&["work", "--until-idle"]).unwrap();
    let told: Vec<String> = scene::outcomes(street, &intake).iter().map(|line| outcome(line, "fields")).collect();
    assert_eq!(told, ["a updated", "b updated"]);
}
