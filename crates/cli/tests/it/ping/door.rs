//! Is the door shut to everybody but its clients, in words that tell nothing, and does each try stand in the ledger?

use serde_json::{Value, json};

use super::place::{PARTNER_ID, Place, added};
use crate::api::place::{Gateway, Reply, call, http};
use crate::copied::leaves_of;
use crate::referrals::place::{self, Store, id};

const FETCH: &str = "/primes/fetch/paging/v3/retrievedatawithpaging";
const STATUS: &str = "/primes/ingestion/checkstatus/v1/pingdata";
const TOKEN: &str = "/tenant/policy/oauth2/v2.0/token";
const INGEST: &str = "/api/ingestion/v2/PNR-1363/data";

const NOTHING: &str = "No Data Available";

impl Place {
    fn token(&self) -> String {
        let reply = self.asks(&self.secrets.user, &self.secrets.password, &self.secrets.user, "password");
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!((&reply.json()["token_type"], &reply.json()["expires_in"]), (&json!("Bearer"), &json!(900)));
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    fn asks(&self, user: &str, password: &str, client: &str, grant: &str) -> Reply {
        let form = format!(
            "grant_type={grant}&username={user}&password={password}&client_id={client}&scope=x&response_type=token"
        );
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        http(&self.gateway.address, "POST", TOKEN, &kind, &form)
    }

    fn posts(&self, path: &str, token: &str, key: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("ocp-apim-subscription-key", key),
            ("content-type", "application/json"),
        ];
        http(&self.gateway.address, "POST", path, &headers, body)
    }

    fn fetches(&self, token: &str, more: &Value) -> Reply {
        self.posts(FETCH, token, &self.secrets.key, &asking(more).to_string())
    }
}

/// Pending referrals, asked for otherwise.
fn asking(more: &Value) -> Value {
    let mut body = json!({ "ShippingProcessId": "SHP-2747", "PartnerId": PARTNER_ID, "InteropID": "INT-1436" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn without_such_a_client_there_is_no_door() {
    let referrals = place::Place::new(Store::Sqlite);
    let gateway = Gateway::on(&referrals.street);
    let json = [("content-type", "application/json")];
    for path in [TOKEN, FETCH, STATUS, INGEST] {
        let there = http(&gateway.address, "POST", path, &json, "{}");
        let elsewhere = http(&gateway.address, "POST", "/nothing", &json, "{}");
        assert_eq!((there.status, &there.body), (404, &elsewhere.body), "{path}");
    }
    added(&referrals);
    let there = http(&gateway.address, "POST", FETCH, &json, &asking(&json!({})).to_string());
    assert_eq!(there.status, 401, "{there:?}");
    gateway.serve.ended();
    gateway.worker.ended();
}

#[test]
fn a_token_and_a_key_of_one_client_open_what_it_is_for_and_nothing_else() {
    let place = Place::new(Store::Sqlite);
    let token = place.token();
    let other = added(&place.referrals);
    assert_eq!(place.fetches(&token, &json!({})).status, 200);
    let body = asking(&json!({})).to_string();
    let nobodys = "0".repeat(64);
    for (what, token, key) in [
        ("no token", "", place.secrets.key.as_str()),
        ("no key", &token, ""),
        ("another client's key", &token, &other.key),
        ("a token of nobody", &nobodys, &place.secrets.key),
    ] {
        let reply = place.posts(FETCH, token, key, &body);
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")), "{what}: {reply:?}");
        assert_eq!(reply.json()["Data"], NOTHING, "{what}");
    }
    // Each door has tokens of its own.
    assert_eq!(call(&place.gateway.address, &token, "GET", "/me", "").status, 401);
    let program = place.referrals.program().token(&place.gateway.address);
    assert_eq!(place.posts(FETCH, &program, &place.secrets.key, &body).status, 401);
    // What is not the client's is as what is not there.
    let strange = place.fetches(&token, &json!({ "ShippingProcessId": "SHP-9999" }));
    assert_eq!(strange.status, 400, "{strange:?}");
    for (what, more) in [
        ("another partner's id", json!({ "PartnerId": "PNR-9999" })),
        ("another arrangement's id", json!({ "InteropID": "INT-9999" })),
        ("both spellings", json!({ "InteropId": "INT-1436" })),
        ("no id", json!({ "InteropID": null })),
    ] {
        let reply = place.fetches(&token, &more);
        assert_eq!((reply.status, &reply.body), (400, &strange.body), "{what}");
    }
    let Place { secrets, .. } = &place;
    for (user, password, client, grant) in [
        (&*secrets.user, "wrong", &*secrets.user, "password"),
        (&secrets.user, &other.password, &secrets.user, "password"),
        (&secrets.user, &secrets.password, "another", "password"),
        ("nobody", &secrets.password, "nobody", "password"),
        (&secrets.user, &secrets.password, &secrets.user, "client_credentials"),
    ] {
        // Whoever fails again and again waits.
        assert!([400, 429].contains(&place.asks(user, password, client, grant).status), "{user} {grant}");
    }
    place
        .referrals
        .street
        .good(&["--as", "registration", "partner", "client", "revoke", &secrets.user, "--reason", "it-was-taken"])
        .unwrap();
    assert_eq!(place.fetches(&token, &json!({})).status, 401);
    let leaves = leaves_of(&place.referrals.street);
    let denied = leaves.iter().filter(|leaf| leaf.event == "attempt-denied" && leaf.subject.starts_with("SHP-"));
    assert_eq!(denied.count(), 5, "each try stands in the ledger");
    place.ended();
}

#[test]
fn what_cannot_be_read_is_refused_in_the_envelope() {
    let place = Place::new(Store::Sqlite);
    let token = place.token();
    for (what, body, status) in [
        ("no JSON", "{".to_owned(), 400),
        ("a name twice", r#"{"ShippingProcessId":"SHP-2747","ShippingProcessId":"SHP-2747"}"#.to_owned(), 400),
        ("no process", "{}".to_owned(), 400),
        ("too deep", format!("{}1{}", "[".repeat(20), "]".repeat(20)), 400),
        ("too long", format!("\"{}\"", "x".repeat(2 << 20)), 413),
    ] {
        let reply = place.posts(FETCH, &token, &place.secrets.key, &body);
        assert_eq!(reply.status, status, "{what}: {}", reply.head);
        let said = reply.json();
        assert_eq!((&said["Data"], &said["RecordCount"]), (&json!(NOTHING), &json!(0)), "{what}");
        assert!(said["ErrorMessage"].is_string(), "{what}: {said}");
    }
    let parameter =
        |name: &str, value: Value| json!({ "QueryParameters": [{ "ParameterName": name, "Value": value }] });
    for (what, more) in [
        ("a parameter that is not known", parameter("{sex}", json!("1"))),
        ("a parameter without a value", parameter("{record_ids}", Value::Null)),
        ("a page without its cookie", json!({ "PageNumber": 2 })),
        ("a cookie of nothing", json!({ "PagingCookie": "00-1" })),
    ] {
        assert_eq!(place.fetches(&token, &more).status, 400, "{what}");
    }
    let mut nobody = parameter("{record_ids}", json!(id(99)));
    nobody["ShippingProcessId"] = json!("SHP-2358");
    let nobody = place.fetches(&token, &nobody).json();
    assert_eq!((&nobody["Data"], &nobody["RecordCount"]), (&json!(NOTHING), &json!(0)));
    place.ended();
}

#[test]
fn a_record_that_no_field_fits_is_rejected_alone_and_by_the_clients_own_name() {
    let place = Place::new(Store::Sqlite);
    let token = place.token();
    let of = |fields: &[(&str, Value)]| {
        let referral = ("progres_lpinterventionid", json!(id(1)));
        let all = std::iter::once(&referral).chain(fields);
        all.map(|(name, value)| json!({ "Name": name, "Value": value })).collect::<Vec<_>>()
    };
    let records = json!([
        { "ExternalId": "a", "Fields": of(&[("progres_strange", json!(1))]) },
        { "ExternalId": "b", "Fields": of(&[("comment", json!("by our own name"))]) },
        { "ExternalId": "c", "Attachments": [{}], "Fields": of(&[]) },
        { "ExternalId": 4, "Fields": of(&[("progres_comments", json!(12.5))]) },
        { "Fields": of(&[]) },
    ]);
    let body = json!({ "ShippingProcessId": "SHP-2748", "InteropId": "INT-1436", "Data": records }).to_string();
    let reply = place.posts(INGEST, &token, &place.secrets.key, &body.replace("12.5", "12.50"));
    assert_eq!(reply.status, 200, "{reply:?}");
    let said = reply.json();
    let line = |one: &Value| {
        let field = one["Errors"][0]["Field"].as_str().unwrap_or("-").to_owned();
        format!("{} {} {field}", one["ExternalId"].as_str().unwrap_or("-"), one["Status"].as_str().unwrap())
    };
    let lines: Vec<String> = said["Data"].as_array().unwrap().iter().map(line).collect();
    let expected =
        ["a Rejected record", "b Rejected record", "c Rejected record", "4 Updated -", "- Rejected ExternalId"];
    assert_eq!(lines, expected, "{said}");
    let comment = format!("SELECT comment FROM referral WHERE referral_id = '{}'", id(1));
    assert_eq!(place.referrals.asked(&comment), ["12.50"], "digit for digit");
    let status = |transaction: &Value| {
        let more = json!({ "ShippingProcessId": "SHP-2748", "SPHTransactionId": transaction });
        place.posts(STATUS, &token, &place.secrets.key, &asking(&more).to_string())
    };
    let again = status(&said["SPHTransactionId"]).json();
    assert_eq!((again["Status"].as_str(), &again["Data"]), (Some("Completed"), &said["Data"]));
    for none in [json!(id(1)), json!("nothing")] {
        assert_eq!(status(&none).status, 400);
    }
    place.ended();
}
