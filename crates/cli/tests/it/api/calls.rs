//! Does a partner's program come from a request to a receipt, and is what it writes read strictly?

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::place::{Gateway, Reply, call, http, original, registered, sent, word};
use crate::governance::place::Kind;

fn with_key(address: &str, token: &str, key: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key), ("content-type", "application/json")];
    http(address, "POST", "/api/v1/exchanges/food-people/transfers", &headers, body)
}

fn from_a_request_to_a_receipt(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = program.token(address);
    let key = word();
    let begun = with_key(address, &token, &key, r#"{"cycle":"2027-02"}"#);
    assert_eq!(begun.status, 202, "{begun:?}");
    let id = begun.json()["transfer"].as_str().unwrap().to_owned();
    let location = begun.header("content-location").unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/transfers/{id}"));
    assert!(begun.header("retry-after").is_some() && begun.header("x-progress").is_some(), "{begun:?}");
    // The same again is the same; something else under the key is refused.
    let again = with_key(address, &token, &key, r#"{ "cycle": "2027-02" }"#);
    assert_eq!((again.status, again.json()["transfer"].as_str().unwrap()), (202, id.as_str()));
    let other = with_key(address, &token, &key, r#"{"cycle":"2027-03"}"#);
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency-key-used"));
    let since = Instant::now();
    let done = loop {
        let reply = call(address, &token, "GET", &format!("/transfers/{id}"), "");
        if reply.status != 202 {
            break reply;
        }
        assert!(since.elapsed() < Duration::from_secs(120), "{reply:?}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((done.status, done.json()["state"].as_str()), (200, Some("delivered")), "{done:?}");
    let package = done.json()["package"].as_str().unwrap().to_owned();
    let manifest = call(address, &token, "GET", &format!("/packages/{package}/manifest"), "").json();
    let parts: Value = serde_json::from_str(manifest["document"].as_str().unwrap()).unwrap();
    assert_eq!(parts["package"], package.as_str());
    let folder = find(copy.street.home(), &package);
    takes_parts(address, &token, &package, &folder);
    let receipt = copy.street.sign_receipt(&folder, "accepted").unwrap();
    let read = |end: &str| std::fs::read(format!("{}{end}", receipt.display())).unwrap();
    let signature = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(read(".sig"))
    };
    let body = json!({ "document": String::from_utf8(read("")).unwrap(), "signature": signature }).to_string();
    let taken = call(address, &token, "POST", &format!("/packages/{package}/receipt"), &body);
    assert_eq!(
        (taken.status, taken.json()["outcome"].as_str(), taken.json()["again"].as_bool()),
        (200, Some("accepted"), Some(false))
    );
    assert_eq!(call(address, &token, "POST", &format!("/packages/{package}/receipt"), &body).json()["again"], true);
    let altered = body.replacen("accepted", "rejected", 1);
    assert_eq!(call(address, &token, "POST", &format!("/packages/{package}/receipt"), &altered).code(), "not-proven");
    // Lists come in parts.
    let second = with_key(address, &token, &word(), "{}");
    assert_eq!(second.status, 202, "{second:?}");
    let first = call(address, &token, "GET", "/transfers?limit=1", "").json();
    assert_eq!(first["items"][0]["transfer"], second.json()["transfer"]);
    let next = first["next"].as_str().unwrap();
    let rest = call(address, &token, "GET", &format!("/transfers?limit=1&after={next}"), "").json();
    assert_eq!((rest["items"][0]["transfer"].as_str().unwrap(), rest.get("next")), (id.as_str(), None));
    assert_eq!(rest["items"][0]["state"], "receipted");
    let (schema, sample) = (
        call(address, &token, "GET", "/exchanges/food-people/schema", "").json(),
        call(address, &token, "GET", "/exchanges/food-people/sample", "").json(),
    );
    let names: Vec<&str> =
        schema["outputs"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let sampled: Vec<&String> = sample["record"].as_object().unwrap().keys().collect();
    assert_eq!(names, sampled, "{sample}");
    assert_eq!(sample["invented"], true);
    gateway.serve.ended();
    gateway.worker.ended();
    let by: Vec<String> =
        copy.leaves().into_iter().filter(|leaf| leaf.actor == "client/lantern-sync").map(|leaf| leaf.event).collect();
    assert_eq!(by.iter().filter(|event| *event == "transfer-requested").count(), 2, "{by:?}");
    assert!(by.iter().any(|event| event == "receipt-accepted"), "{by:?}");
}

/// Parts come whole or by ranges, and are what was signed.
fn takes_parts(address: &str, token: &str, package: &str, folder: &std::path::Path) {
    let bearer = format!("Authorization: Bearer {token}");
    let got = |part: &str, more: &[&str]| {
        let mut curl = std::process::Command::new("curl");
        curl.args(["--silent", "--max-time", "20", "--dump-header", "/dev/stderr", "--header", &bearer]).args(more);
        let said = curl.arg(format!("http://{address}/api/v1/packages/{package}/parts/{part}")).output().unwrap();
        (String::from_utf8(said.stderr).unwrap().to_lowercase(), said.stdout)
    };
    for part in super::routes::parts(folder) {
        let bytes = std::fs::read(folder.join(&part)).unwrap();
        let (head, whole) = got(&part, &[]);
        assert!(head.starts_with("http/1.1 200") && head.contains("accept-ranges: bytes"), "{head}");
        assert!(head.contains("repr-digest: sha-256=:") && whole == bytes, "{head}");
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().trim().to_owned();
        let half = bytes.len() / 2;
        let (head, first) = got(&part, &["--range", &format!("0-{}", half - 1)]);
        assert!(
            head.starts_with("http/1.1 206")
                && head.contains(&format!("content-range: bytes 0-{}/{}", half - 1, bytes.len())),
            "{head}"
        );
        let (_, rest) = got(&part, &["--range", &format!("{half}-"), "--header", &format!("If-Range: {etag}")]);
        assert_eq!([first, rest].concat(), bytes);
        let other = got(&part, &["--range", "1-2", "--header", "If-Range: \"of-before\""]);
        assert!(other.0.starts_with("http/1.1 200") && other.1 == bytes, "a range of what it was before is none");
        assert!(got(&part, &["--range", &format!("{}-", bytes.len())]).0.starts_with("http/1.1 416"));
        assert!(got(&part, &["--header", &format!("If-None-Match: {etag}")]).0.starts_with("http/1.1 304"));
    }
    for none in ["manifest.json", "..%2Fmanifest.json", "%2e%2e", &format!("{}.age", "0".repeat(32))] {
        let (head, body) = got(none, &["--path-as-is"]);
        assert!(head.starts_with("http/1.1 404"), "{none}: {head}{}", String::from_utf8_lossy(&body));
    }
}

fn find(home: &std::path::Path, package: &str) -> std::path::PathBuf {
    let mut open = vec![home.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_name().to_string_lossy().ends_with(package) && entry.path().join("manifest.json").exists() {
                return entry.path();
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
        }
    }
    panic!("package {package} is nowhere")
}

#[test]
fn from_a_request_to_a_receipt_on_sqlite() {
    from_a_request_to_a_receipt(Kind::Sqlite);
}

#[test]
fn from_a_request_to_a_receipt_on_postgres() {
    from_a_request_to_a_receipt(Kind::Postgres);
}

#[test]
fn what_is_written_is_read_strictly() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = program.token(address);
    let ask = |body: &str| with_key(address, &token, &word(), body);
    for (what, body, status) in [
        ("no JSON", "{", 400),
        ("a name twice", r#"{"cycle":"a","cycle":"b"}"#, 400),
        ("too deep", &format!("{}1{}", "[".repeat(17), "]".repeat(17)), 400),
        ("a member that is not known", r#"{"everybody":true}"#, 422),
        ("a wrong type", r#"{"cycle":{"Amina":1}}"#, 422),
        ("a day that is none", r#"{"cut_off":"2027-02-30"}"#, 422),
        ("a list", "[]", 422),
        ("too long", &format!(r#"{{"note":"{}"}}"#, "x".repeat(200_000)), 413),
    ] {
        let reply = ask(body);
        assert_eq!(reply.status, status, "{what}: {reply:?}");
        assert!(!reply.body.contains("Amina"), "{what}: {reply:?}");
    }
    let bearer = format!("Bearer {token}");
    let path = "/api/v1/exchanges/food-people/transfers";
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(http(address, "POST", path, &headers, "{}").code(), "idempotency-key-missing");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "a"), ("content-type", "text/plain")];
    assert_eq!(http(address, "POST", path, &headers, "{}").status, 415);
    for wrong in ["limit=0", "limit=201", "limit=x", "unknown=1", "limit=1&limit=2", "after=%ff"] {
        assert_eq!(call(address, &token, "GET", &format!("/transfers?{wrong}"), "").status, 400, "{wrong}");
    }
    assert_eq!(call(address, &token, "GET", "/transfers?after=nothing-of-this-name", "").status, 404);
    assert_eq!(call(address, &token, "GET", "/me", "{}").status, 413, "nothing is taken where nothing is said");
    assert_eq!(call(address, &token, "GET", &format!("/exchanges/{}", "x".repeat(300)), "").status, 404);
    // Too much, too slow, or none of HTTP: let go, and the next is answered.
    let long = format!("GET /api/v1/me HTTP/1.1\r\nhost: gateway\r\nx: {}\r\n\r\n", "x".repeat(20_000));
    assert!(sent(address, long.as_bytes()).is_none_or(|reply| reply.status == 431));
    let many = format!("GET /api/v1/me HTTP/1.1\r\nhost: gateway\r\n{}\r\n", "x: y\r\n".repeat(100));
    assert!(sent(address, many.as_bytes()).is_none_or(|reply| reply.status == 431));
    let begun = Instant::now();
    assert!(sent(address, b"GET /api/v1/me HT").is_none_or(|reply| reply.status >= 400));
    assert!(begun.elapsed() < Duration::from_secs(20), "headers have ten seconds");
    let _ = sent(address, b"\x16\x03\x01\x00\xa5\x01\x00\x00");
    assert_eq!(call(address, &token, "GET", "/me", "").status, 200);
    gateway.serve.ended();
    gateway.worker.ended();
}

#[test]
fn where_nobody_is_at_work_everybody_is_asked_to_come_again() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = program.token(address);
    gateway.worker.ended();
    let away = call(address, &token, "GET", "/me", "");
    assert_eq!(
        (away.status, away.code().as_str(), away.header("retry-after")),
        (503, "come-again", Some("5")),
        "{away:?}"
    );
    gateway.serve.ended();
}
