//! Is exactly what may be told laid on rows as the partner's programs know them?

use serde_json::{Value, json};

use super::place::{Place, id};

/// The members of every row under one name.
fn of<'t>(told: &'t Value, name: &str) -> Vec<&'t str> {
    let mut found: Vec<&str> = told["data"].as_array().unwrap().iter().map(|row| row[name].as_str().unwrap()).collect();
    found.sort_unstable();
    found
}

/// Before anybody said anything.
pub fn what_may_be_told(place: &Place) {
    place.ask(|ask| {
        let pending = ask("pending-referrals", &json!({}));
        assert_eq!((pending["records"].as_u64(), of(&pending, NUMBER)), (Some(2), vec![&*number(1), &*number(2)]));
        assert_eq!(pending["data"][0], json!(pending_row()), "{pending}");
        // Whoever withdrew, whoever is another office's, and what goes the other way is not there.
        let ids: Vec<String> = [1, 2, 5, 6, 7, 99].map(id).to_vec();
        let details = ask("referral-details", &json!({ "parameters": { "record_ids": ids } }));
        assert_eq!(details["records"], 2, "{details}");
        let (first, second): (Vec<&Value>, Vec<&Value>) =
            details["data"].as_array().unwrap().iter().partition(|row| row[ID] == id(1));
        assert_eq!(first, details_rows().iter().collect::<Vec<_>>(), "two languages and three needs are three rows");
        assert_eq!(second.len(), 1);
        assert_eq!((&second[0][LANGUAGE], &second[0][NEED]), (&json!("Arabic"), &Value::Null));
        let decisions = ask("decisions", &json!({}));
        assert_eq!(of(&decisions, NUMBER), [number(7), number(8)]);
        let asked = json!({ "parameters": { "record_ids": [id(8), id(9), id(1)] } });
        let details = ask("decision-details", &asked);
        assert_eq!((details["records"].as_u64(), &details["data"][0]), (Some(1), &decision()), "{details}");
    });
}

/// After the partner took one over, withdrew another, and knows a decision.
pub fn what_is_left(place: &Place) {
    place.ask(|ask| {
        assert_eq!(of(&ask("pending-referrals", &json!({})), NUMBER), [number(2)]);
        assert_eq!(of(&ask("decisions", &json!({})), NUMBER), [number(8)]);
        let taken = json!({ "parameters": { "record_ids": [id(1), id(4)] } });
        let taken = ask("referral-details", &taken);
        assert_eq!(taken["records"], 1, "who withdraws is told of no more: {taken}");
        assert_eq!(taken["data"][0]["progres_primerotransferstatus"], 125_080_003);
    });
}

const ID: &str = "progres_lpinterventionid";
const NUMBER: &str = "progres_interventionnumber";
const LANGUAGE: &str = "progres_language.progres_languagecodeidname";
const NEED: &str = "progres_specificneed.progres_spncategory2name";

fn number(of: u32) -> String {
    format!("000-26-EXAMPLE-{of:04}")
}

fn pending_row() -> Value {
    json!({
        "progres_lpinterventionid": id(1),
        "progres_interventionnumber": number(1),
        "progres_interventionstartdate": "2026-03-02",
        "progres_businessunit": "20000000-0000-4000-8000-000000000001",
        "progres_businessunitname": "Example - North",
    })
}

/// The rows of one child, as the wire has them.
fn details_rows() -> [Value; 3] {
    let row = |language: Option<&str>, need: &str, kind: Option<&str>| {
        let mut row = pending_row();
        let more = json!({
            "progres_individual.individuals.progres_id": "EX-000000001",
            "progres_individual.individuals.progres_givenname": "Zahra",
            "progres_individual.individuals.progres_familyname": "Examplesdottir",
            "progres_individual.individuals.progres_middlename": null,
            "progres_individual.individuals.progres_commonyusedname": "Zuzu",
            "progres_individual.individuals.progres_dateofbirth": "2014-10-09",
            "progres_individual.individuals.progres_sex": 125_080_000,
            "progres_individual.progres_sexname": "Female",
            "progres_individual.individuals.progres_primaryphonenumber": "+254700000001",
            "progres_individual.individuals.progres_registrationgroupid": "30000000-0000-4000-8000-000000000001",
            "progres_individual.progres_registrationgroupidname": "EX-26-0001",
            "progres_interventiontype2.interventiontype.progres_description": "Child protection case management",
            "progres_primerotransferstatus": 125_080_002,
            "progres_language.progres_languagecodeidname": language,
            "progres_specificneed.progres_spncategory2name": need,
            "progres_specificneed.progres_spnsubcategory2name": kind,
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    [
        row(Some("Somali"), "Child at risk", Some("Child parent")),
        row(Some("Swahili"), "Disability", None),
        row(None, "Unaccompanied or separated child", Some("Unaccompanied child")),
    ]
}

fn decision() -> Value {
    json!({
        "progres_lpinterventionid": id(8),
        "progres_interventionnumber": number(8),
        "progres_interventionstartdate": "2026-02-02",
        "progres_businessunit": "20000000-0000-4000-8000-000000000001",
        "progres_businessunitname": "Example - North",
        "progres_interventiontype2.interventiontype.progres_description": "Family tracing and reunification",
        "progres_interoperabilityreferralstatus": 125_080_002,
        "progres_interoperabilityreferralstatusname": "Rejected",
        "progres_interoperabilitydecisiondate": "2026-02-10",
        "progres_interoperabilityrejectionreason": "Outside the area",
        "progres_interoperabilitycomment": null,
    })
}
