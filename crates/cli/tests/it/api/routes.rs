//! Is every route answered by the table of permissions, for each role and each partner, and nothing outside of the table?

use std::collections::BTreeSet;

use causeway_model::permission::{Action, Decision, Relation, Role};
use causeway_package::client::{ActsAs, Registration};
use causeway_testkit::street::Street;
use causeway_web::api::table::{BASE, Route, Scope, TABLE};
use serde_json::json;

use super::place::{Gateway, Program, Reply, call, http, original_with, registered, word};
use super::told::desk;
use crate::copied::Copy;
use crate::governance::place::Kind;

/// What is there to be asked for: things of the first partner.
struct Things {
    transfer: String,
    package: String,
    part: String,
    receipt: String,
    intake: String,
    upload: String,
}

fn things(street: &Street) -> Things {
    let sent = street.transfer("food-people").unwrap();
    let package = sent.package.file_name().unwrap().to_str().unwrap().to_owned();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
    let file = |end: &str| std::fs::read(format!("{}{end}", receipt.display())).unwrap();
    let part = parts(&sent.package).remove(0);
    let sealed = street.home().join("no-envelope");
    std::fs::write(&sealed, "causeway-inbound/1").unwrap();
    let came = street.good(&["intake", "submit", sealed.to_str().unwrap(), "--exchange", "cards"]).unwrap();
    let intake = came.split_whitespace().nth(1).unwrap().to_owned();
    let receipt = enveloped(&file(""), &file(".sig"));
    Things { transfer: sent.transfer, package, part, receipt, intake, upload: String::new() }
}

/// Exchanges by which something comes in: files, and records at once.
fn comes_in(street: &Street) {
    let put = |name: &str, text: &str| {
        let file = street.home().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let read = |name: &str| std::fs::read_to_string(street.home().join(name)).unwrap();
    let catalogue = read("catalogue-2.yaml").replacen("version: 2\n", "version: 3\n", 1);
    let targets = "targets: [{ name: registry, connect: { sqlite: { path: registry.sqlite } } }]\nentities:\n";
    street
        .good(&["catalogue", "import", &put("catalogue-3.yaml", &catalogue.replacen("entities:\n", targets, 1))])
        .unwrap();
    let accepts = "accepts: [{ element: individual.individual_no, necessity: to know whose it is }]\nmay_select_by:";
    let terms = read("desk.yaml")
        .replace("desk-2026", "cards-2026")
        .replace("direction: provide", "direction: both")
        .replace("modality: [online]", "modality: [online, file]")
        .replace("code: desk", "code: cards")
        .replace("may_select_by:", accepts);
    street.good(&["arrangement", "draft", &put("cards.yaml", &terms)]).unwrap();
    street
        .good(&["assessment", "import", &put("dpia-cards.yaml", &read("dpia-desk.yaml").replace("desk", "cards"))])
        .unwrap();
    street.good(&["--as", "protection", "assessment", "approve", "dpia-cards"]).unwrap();
    street.conclude("cards-2026", "lantern-relief").unwrap();
    let file = "exchange: cards\nversion: 1\ndirection: accept\narrangement: cards-2026\nformat: { kind: json-lines }\n\
                record:\n  - { name: message, type: text, required: true, max_length: 40 }\n  \
                - { name: number, type: text, element: individual.individual_no, required: true, reference: true }\n\
                external_id: message\nmatch: [[number]]\n\
                apply: { target: registry, tables: [{ table: person, key: [{ column: number }], \
                columns: [{ column: number, from: number, on: never }, { column: message, from: message }] }] }\n\
                collect: [upload]\n";
    let at_once = file
        .replace("exchange: cards\n", "exchange: cards-at-once\n")
        .replace("collect: [upload]", "collect: [api]\nsealing: on-receipt\nsignature: token");
    for (name, text) in [("cards-file.yaml", file), ("cards-at-once.yaml", &at_once)] {
        street.good(&["exchange", "import", &put(name, text)]).unwrap();
    }
}

/// The names of a package's parts.
pub fn parts(package: &std::path::Path) -> Vec<String> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(package.join("manifest.json")).unwrap()).unwrap();
    manifest["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap().to_owned()).collect()
}

fn enveloped(document: &[u8], signature: &[u8]) -> String {
    use base64::Engine as _;
    let signature = base64::engine::general_purpose::STANDARD.encode(signature);
    json!({ "document": std::str::from_utf8(document).unwrap(), "signature": signature }).to_string()
}

fn set_up(street: &Street) {
    street.good(&["sandbox", "make", "food-people"]).unwrap();
    desk(street);
    comes_in(street);
}

/// Besides what every program may be about, the exchanges that are answered online, and those by which something comes in.
fn wide(registration: &mut Registration) {
    let more = ["desk-rows", "desk-look", "cards", "cards-at-once"].map(|name| format!("exchange:{name}"));
    registration.scopes.extend(more);
}

/// The path of a route to a thing that is there, or to one that is not, and a body that is as it should be.
fn filled(route: &Route, things: &Things, there: bool) -> (String, String) {
    let mut path = route.path.to_owned();
    let exchange = match route.action {
        Some(Action::FetchRows) => "desk-rows",
        Some(Action::AskPerson) => "desk-look",
        Some(Action::SubmitRecords) if route.needs_key() => "cards-at-once",
        Some(Action::SubmitRecords) => "cards",
        _ => "food-people",
    };
    for (name, value) in [
        ("exchange", exchange),
        ("arrangement", "food-2026"),
        ("transfer", &things.transfer),
        ("package", &things.package),
        ("part", &things.part),
        ("notice", "notice-of-nobody"),
        ("intake", &things.intake),
        ("upload", &things.upload),
    ] {
        path = path.replace(&format!("{{{name}}}"), if there { value } else { "nothing-of-this-name" });
    }
    assert!(!path.contains('{'), "say in this test what `{path}` is about");
    let about = json!({ "about": things.package, "client": "nobody", "partner": "lantern-relief" }).to_string();
    let body = match (route.method, route.path) {
        ("POST", "/packages/{package}/receipt") => things.receipt.clone(),
        ("POST", "/exchanges/{exchange}/transfers" | "/exchanges/{exchange}/sandbox-runs") => "{}".to_owned(),
        ("POST", "/events/replay") => json!({ "event": "alert-of-nobody" }).to_string(),
        ("POST", "/exchanges/{exchange}/rows") => "{}".to_owned(),
        ("POST", "/exchanges/{exchange}/look-ups") => json!({ "by": { "individual_no": "of-nobody" } }).to_string(),
        ("POST", "/exchanges/{exchange}/intakes") => json!({ "records": [{ "message": "of-nobody" }] }).to_string(),
        ("POST" | "PATCH", "/exchanges/{exchange}/uploads" | "/uploads/{upload}") => "causeway-inbound/1".to_owned(),
        ("POST", "/keys") => json!({ "old_until": "2030-01-31" }).to_string(),
        ("POST", _) => enveloped(about.as_bytes(), &[0; 64]),
        _ => String::new(),
    };
    (path, body)
}

fn asked(address: &str, token: &str, route: &Route, path: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let key = word();
    let mut headers = vec![("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
    if !body.is_empty() {
        headers.push(("content-type", route.passes_on.unwrap_or("application/json")));
    }
    if route.is_of_uploads() {
        headers.extend([("upload-complete", "?0"), ("upload-offset", "0")]);
    }
    http(address, route.method, &format!("{BASE}{path}"), &headers, body)
}

fn permits(action: Option<Action>, role: Role) -> bool {
    action.is_none_or(|action| action.decision(role, Relation::Own) != Decision::Deny)
}

fn denied_attempts(copy: &Copy) -> usize {
    copy.leaves().iter().filter(|leaf| leaf.event == "attempt-denied").count()
}

#[test]
fn every_route_asks_the_table_for_each_role_and_each_partner() {
    let original = original_with(Kind::Sqlite, set_up);
    let copy = original.copy();
    let street = &copy.street;
    let mut things = things(street);
    let as_administrator = |it: &mut Registration| {
        it.acts_as = ActsAs::PartnerAdministrator;
        wide(it);
    };
    let operator = registered(street, "lantern-relief", "lantern-operator", wide);
    let administrator = registered(street, "lantern-relief", "lantern-admin", as_administrator);
    let narrow = registered(street, "lantern-relief", "lantern-narrow", |it| it.scopes = vec!["exchange:other".into()]);
    // Whoever signs for itself may write into its scopes what it likes.
    let other = registered(street, "acacia-schools", "acacia-operator", as_administrator);
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = |program: &Program| program.token(address);
    let (operator, administrator, narrow, other) =
        (token(&operator), token(&administrator), token(&narrow), token(&other));
    let nothing = call(address, &other, "GET", "/transfers/nothing-of-this-name", "");
    assert_eq!((nothing.status, nothing.code().as_str()), (404, "nothing-there"));
    let uploads = TABLE.iter().find(|route| route.is_of_uploads() && route.method == "POST").unwrap();
    let begun = || {
        let reply = asked(address, &operator, uploads, "/exchanges/cards/uploads", "causeway-inbound/1");
        reply.json()["upload"].as_str().unwrap().to_owned()
    };
    things.upload = begun();
    let mut seen = BTreeSet::new();
    for route in TABLE {
        let what = format!("{} {}", route.method, route.path);
        assert!(seen.insert(what.clone()), "{what} stands twice");
        // What is given up is gone for whoever comes next.
        let gives_up = route.is_of_uploads() && route.method == "DELETE";
        let (mut path, body) = filled(route, &things, true);
        let unknown = http(address, route.method, &format!("{BASE}{path}"), &[], &body);
        assert_eq!(unknown.status, 401, "{what} without a token");
        for (role, token) in [(Role::PartnerOperator, &operator), (Role::PartnerAdministrator, &administrator)] {
            let reply = asked(address, token, route, &path, &body);
            if gives_up {
                things.upload = begun();
                path = filled(route, &things, true).0;
            }
            let fine = [200, 201, 202, 204, 409, 422].contains(&reply.status);
            let expected = if route.path.starts_with("/notices/") || route.path == "/events/replay" {
                reply.status == 404
            } else if route.path.ends_with("/sandbox-runs") {
                // The partner has no keys for tests.
                reply.status == 422 && reply.code() == "key-environment"
            } else if permits(route.action, role) {
                fine
            } else {
                reply.status == 403
            };
            assert!(expected, "{what} as {role}: {reply:?}");
            assert!(reply.header("ratelimit").is_some(), "{what}");
        }
        let (elsewhere, body_elsewhere) = filled(route, &things, false);
        // What is answered to HEAD has no body.
        let not_there = if route.method == "HEAD" { "" } else { nothing.body.as_str() };
        let of_nobody = asked(address, &operator, route, &elsewhere, &body_elsewhere);
        if path != elsewhere {
            assert_eq!((of_nobody.status, of_nobody.body.as_str()), (404, not_there), "{what} of nothing");
        }
        // Another partner's is not there, in the same bytes, and it is entered that somebody tried.
        let others = asked(address, &other, route, &path, &body);
        if path != elsewhere || ["/certificates", "/events/replay"].contains(&route.path) {
            assert_eq!((others.status, others.body.as_str()), (404, not_there), "{what} of another partner");
        } else {
            assert!(!others.body.contains("lantern") && !others.body.contains("food-2026"), "{what}: {others:?}");
        }
        // A token for something else opens nothing.
        let narrowed = asked(address, &narrow, route, &path, &body);
        match route.scope {
            Scope::Account | Scope::Exchange => assert_eq!(narrowed.status, 403, "{what}: {narrowed:?}"),
            Scope::OfThing if route.path.starts_with("/notices/") => assert_eq!(narrowed.status, 404, "{what}"),
            Scope::OfThing => assert_eq!(narrowed.status, 403, "{what}: {narrowed:?}"),
            Scope::Any if route.path == "/me" => assert_eq!(narrowed.status, 200),
            Scope::Any => {
                assert!(!narrowed.body.contains("food-2026") && !narrowed.body.contains(&things.transfer), "{what}")
            }
        }
    }
    gateway.serve.ended();
    gateway.worker.ended();
    let others = copy
        .leaves()
        .into_iter()
        .filter(|leaf| leaf.event == "attempt-denied" && leaf.actor == "client/acacia-operator");
    assert!(others.count() >= 10, "each attempt on another partner's things is entered");
    assert!(denied_attempts(&copy) > 20);
}

#[test]
fn without_a_token_a_handful_answers_and_nothing_else() {
    let original = original_with(Kind::Sqlite, |_| {});
    let copy = original.copy();
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let description = http(address, "GET", "/api/v1/openapi.json", &[], "");
    assert_eq!((description.status, description.json()["openapi"].as_str()), (200, Some("3.1.0")));
    let page = http(address, "GET", "/api/v1/reference", &[], "");
    assert!(
        page.status == 200 && page.header("content-security-policy").is_some_and(|policy| policy.contains("'none'"))
    );
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/v1"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
        ("GET", "/oauth2/token"),
        ("GET", "/api/v1/lookups"),
        ("GET", "/api/v1/me/"),
        ("GET", "/api/v1/../v1/openapi.json"),
        ("GET", "/api/v1/%6de"),
        ("POST", "/api/v1/openapi.json"),
        ("PUT", "/api/v1/transfers/x"),
        ("TRACE", "/api/v1/me"),
    ] {
        let reply = http(address, method, path, &[], "");
        assert!([401, 404].contains(&reply.status) && !reply.body.contains("lantern"), "{method} {path}: {reply:?}");
    }
    gateway.serve.ended();
    gateway.worker.ended();
}
