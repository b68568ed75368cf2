//! Is what the partner says written where a referral's life allows it, and is everything else told by its rule or field?

use serde_json::{Value, json};

use super::place::{Place, Store, id};

/// What the partner took over and decided; what it says of decisions.
pub fn what_the_partner_says(place: &Place) {
    let said = [
        json!({ "message": "took", "referral": id(1), "transfer_status": "125080003" }),
        json!({ "message": "accepts", "referral": id(3), "status": "125080001", "decided_on": "2026-03-01" }),
        json!({ "message": "too-early", "referral": id(2), "status": "125080001" }),
        json!({ "message": "no-reason", "referral": id(3), "status": "125080002" }),
        json!({ "message": "odd", "referral": id(3), "status": "125080009" }),
        json!({ "message": "withdrawn", "referral": id(4), "status": "consent-withdrawn" }),
        json!({ "message": "decides-its-own", "referral": id(9), "status": "received" }),
    ];
    let expected = [
        "took updated",
        "accepts updated",
        "too-early quarantined life:rule-broken",
        "no-reason quarantined reason_given:rule-broken",
        "odd quarantined status:code-unknown",
        "withdrawn updated",
        "decides-its-own waiting record:unmatched",
    ];
    assert_eq!(place.said("intervention-status", &said), expected);
    let states =
        "SELECT concat(status, ' ', transfer_status) FROM referral WHERE direction = 'out' ORDER BY referral_id";
    let after = [
        "sent acknowledged",
        "sent pending",
        "accepted acknowledged",
        "consent-withdrawn acknowledged",
        "consent-withdrawn pending",
        "sent pending",
    ];
    assert_eq!(place.asked(states), after);
    // Said again, it is known; what was taken over counts as received, so that it can be rejected; what is over stays over.
    let again = [
        said[0].clone(),
        said[1].clone(),
        json!({ "message": "rejects", "referral": id(1), "status": "125080002", "reason": "no-capacity" }),
        json!({ "message": "back", "referral": id(4), "status": "received" }),
        json!({ "message": "takes-again", "referral": id(3), "transfer_status": "125080002" }),
    ];
    let expected = [
        "took duplicate",
        "accepts duplicate",
        "rejects updated",
        "back quarantined life:rule-broken",
        "takes-again quarantined handover:rule-broken",
    ];
    assert_eq!(place.said("intervention-status", &again), expected);
    let said = [
        json!({ "message": "knows", "referral": id(7), "status": "125080003", "comment": "Thank you." }),
        json!({ "message": "accepts-its-own", "referral": id(8), "status": "125080001" }),
        json!({ "message": "withdrawn", "referral": id(9), "status": "consent-withdrawn" }),
        json!({ "message": "too-late", "referral": id(10), "status": "consent-withdrawn" }),
    ];
    let expected = [
        "knows updated",
        "accepts-its-own quarantined life:rule-broken",
        "withdrawn updated",
        "too-late quarantined life:rule-broken",
    ];
    assert_eq!(place.said("decision-status", &said), expected);
    let states =
        "SELECT concat(status, ' ', coalesce(comment, '-')) FROM referral WHERE direction = 'in' ORDER BY referral_id";
    assert_eq!(place.asked(states), ["closed Thank you.", "rejected -", "consent-withdrawn -", "closed -"]);
}

fn case(name: &str, more: Value) -> Value {
    let mut case = json!({
        "case": name, "start_date": "2026-04-01", "business_unit": "20000000-0000-4000-8000-000000000001", "given_name": "Mónfà",
        "family_name": "Inventée", "date_of_birth": "2015-01-31", "sex": "125080000", "intervention_type": "psychosocial",
        "languages": [{ "language": "som" }, { "language": "swa" }],
        "needs": [{ "category": "CR" }, { "category": "SC", "subcategory": "SC-UC" }, { "category": "DS" }],
    });
    case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    case
}

/// Somebody new.
pub fn whom_the_partner_refers(place: &Place) {
    let said = [
        case("case-20", json!({ "referral": id(20) })),
        case("case-21", json!({ "referral": id(21), "sex": "Unknown" })),
        case("case-22", json!({ "referral": id(22), "business_unit": "20000000-0000-4000-8000-000000000009" })),
        case("case-23", json!({ "referral": id(1) })),
    ];
    let expected = [
        "case-20 inserted",
        "case-21 quarantined sex:code-unknown",
        "case-22 quarantined business_unit:code-unknown",
        "case-23 quarantined referral:target-refused",
    ];
    let outcomes = place.said("new-referral", &said);
    assert_eq!(outcomes[..3], expected[..3]);
    assert!(outcomes[3].starts_with("case-23 quarantined referral"), "an id that is another's: {outcomes:?}");
    let stands = format!(
        "SELECT concat(partner_case, ' ', direction, ' ', status, ' ', sex, ' ', \
         (SELECT count(*) FROM referral_language l WHERE l.referral_id = r.referral_id), ' ', \
         (SELECT count(*) FROM referral_need n WHERE n.referral_id = r.referral_id)) FROM referral r WHERE r.referral_id = '{}'",
        id(20)
    );
    assert_eq!(place.asked(&stands), ["case-20 in sent female 2 3"]);
    let mut outcomes = place.said("new-referral", &[said[0].clone(), case("case-24", json!({}))]);
    // Without an id the store gives one; MariaDB does not tell it, so there it has to come.
    let last = outcomes.pop().unwrap();
    assert_eq!(outcomes, ["case-20 duplicate"]);
    let given = if place.store == Store::Mariadb { "case-24 quarantined" } else { "case-24 inserted" };
    assert!(last.starts_with(given), "{last}");
    let count =
        "SELECT concat(count(*), '') FROM referral WHERE partner_case IN ('case-20', 'case-21', 'case-22', 'case-23')";
    assert_eq!(place.asked(count), ["1"]);
}
