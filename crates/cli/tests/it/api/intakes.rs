//! Do a program's records come in once, sealed, and is it told of each what became of it, and nobody else?

use std::time::{Duration, Instant};

use causeway_package::answer::AnswerSecret;
use causeway_package::client::{EncryptionPair, SigningPair};
use causeway_package::inbound::Acknowledgement;
use causeway_package::key::VerifyingKey;
use causeway_testkit::street::administrator;
use serde_json::{Value, json};

use super::place::{Gateway, Program, Reply, call, door, http, random, registered, signed, word};
use crate::accept::documents::NUMBERS;
use crate::accept::scene::{CANARY, Scene, id, record};

/// The exchange by which the same comes as `id-numbers` takes, as JSON.
pub const AT_ONCE: &str = "numbers-at-once";

/// A registry, a partner's program that may send into it, and one of another partner.
pub struct Desk {
    pub scene: Scene,
    pub gateway: Gateway,
    pub bearer: String,
    pub others: String,
    pub unsealed: String,
    pub program: Program,
    key: AnswerSecret,
}

impl Desk {
    pub fn open() -> Self {
        Self::open_with("")
    }

    /// The same with more lines of configuration.
    pub fn open_with(settings: &str) -> Self {
        let scene = Scene::new();
        let street = &scene.street;
        street.bring_in("acacia-schools").unwrap();
        street.good(&["exchange", "import", &street.example("exchange-at-once.yaml")]).unwrap();
        let config = street.home().join("causeway.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("{text}{}{settings}", door())).unwrap();
        let pair = EncryptionPair::from_seed(&random());
        let key = AnswerSecret::parse(&serde_json::from_str(&pair.to_file().unwrap()).unwrap()).unwrap();
        let program = Program { name: "lantern-sync".into(), key: SigningPair::from_seed(&random()) };
        let scopes = || [NUMBERS, AT_ONCE, "food-people"].map(|name| format!("exchange:{name}")).to_vec();
        let file = signed(street, &program, "lantern-relief", |it| {
            it.scopes = scopes();
            it.keys = vec![program.key.public(), pair.public()];
        });
        let as_whom = administrator("lantern-relief");
        street.good(&["--as", &as_whom, "partner", "client", "add", &file.display().to_string()]).unwrap();
        let other = registered(street, "acacia-schools", "acacia-sync", |it| it.scopes = scopes());
        let plain = registered(street, "lantern-relief", "lantern-plain", |it| {
            it.scopes = scopes();
            it.keys.truncate(1);
        });
        let gateway = Gateway::on(street);
        let token = |program: &Program| program.token(&gateway.address);
        let (bearer, others, unsealed) = (token(&program), token(&other), token(&plain));
        Self { scene, gateway, bearer, others, unsealed, program, key }
    }

    pub fn get(&self, path: &str) -> Reply {
        call(&self.gateway.address, &self.bearer, "GET", path, "")
    }

    pub fn send(&self, key: &str, body: &str) -> Reply {
        self.send_to(AT_ONCE, key, body)
    }

    fn send_to(&self, exchange: &str, key: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {}", self.bearer);
        let headers =
            [("authorization", bearer.as_str()), ("idempotency-key", key), ("content-type", "application/json")];
        http(&self.gateway.address, "POST", &format!("/api/v1/exchanges/{exchange}/intakes"), &headers, body)
    }

    /// The intake that these records became.
    pub fn came(&self, records: &[Value]) -> String {
        let reply = self.send(&word(), &json!({ "records": records }).to_string());
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.json()["intake"].as_str().unwrap().to_owned()
    }

    /// How it stands once it is on its way no more.
    pub fn ended_as(&self, intake: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let reply = self.get(&format!("/intakes/{intake}"));
            if reply.status == 200 || reply.json()["state"] == state {
                assert_eq!(reply.json()["state"], state, "{reply:?}");
                return reply.json();
            }
            assert!(reply.status == 202 && reply.header("retry-after").is_some(), "{reply:?}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{reply:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The outcomes that lie sealed in an answer.
    fn outcomes(&self, intake: &str, page: &str) -> Value {
        let reply = self.get(&format!("/intakes/{intake}/outcomes{page}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/jose")), "{reply:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        serde_json::from_slice(&self.key.open(&reply.body).unwrap()).unwrap()
    }

    /// Ends both; nothing that was sent may stand in the clear in a file or in what they said.
    pub fn ended(self) -> Scene {
        let said = self.gateway.serve.ended() + &self.gateway.worker.ended();
        assert!(!said.contains(CANARY), "a value stands in what was said");
        assert_eq!(self.scene.leaks(), [""; 0].map(std::path::PathBuf::from));
        self.scene.street.good(&["ledger", "verify"]).unwrap();
        self.scene
    }
}

#[test]
fn records_come_in_are_applied_and_told_to_whoever_sent_them() {
    let desk = Desk::open();
    let mut records: Vec<Value> = (0..9).map(|of| record(&format!("m{of}"), 10, of)).collect();
    records[4]["decision"] = json!("perhaps");
    // As it is written, and not as a reader of numbers would write it anew.
    let body = json!({ "records": records }).to_string().replacen("\"stamp\":10", "\"stamp\":\n 10", 1);
    let key = word();
    let begun = desk.send(&key, &body);
    assert_eq!(begun.status, 202, "{begun:?}");
    let intake = begun.json()["intake"].as_str().unwrap().to_owned();
    assert_eq!(begun.header("content-location"), Some(format!("/api/v1/intakes/{intake}").as_str()));
    assert!(begun.header("retry-after").is_some() && begun.header("x-progress").is_some(), "{begun:?}");
    let ended = desk.ended_as(&intake, "acknowledged");
    assert_eq!((&ended["counts"]["updated"], &ended["counts"]["quarantined"]), (&json!(8), &json!(1)), "{ended}");
    assert_eq!((&ended["way"], &ended["exchange"]), (&json!("api"), &json!(AT_ONCE)));
    assert_eq!(desk.scene.tables()[0], format!("{}|INVENTED000|ACC|2026-05-01|10|1", id(0)));
    assert_eq!(desk.scene.tables()[4], format!("{}|-|-|-|-|0", id(4)));

    let told = desk.outcomes(&intake, "");
    let items = told["items"].as_array().unwrap();
    assert_eq!((items.len(), told.get("next")), (9, None));
    assert_eq!(
        (&items[0]["record"], &items[0]["external_id"], &items[0]["outcome"], &items[0]["stored"]),
        (&json!(1), &json!("m0"), &json!("updated"), &json!(id(0)))
    );
    let wrong = &items[4];
    assert_eq!((&wrong["outcome"], wrong.get("stored")), (&json!("quarantined"), None));
    assert_eq!(
        (&wrong["errors"][0]["field"], &wrong["errors"][0]["code"]),
        (&json!("decision"), &json!("code-unknown"))
    );
    assert!(wrong["errors"][0]["message"].as_str().unwrap().len() > 10 && !wrong.to_string().contains("perhaps"));
    // The operation's own word on it.
    let said = desk.get(&format!("/intakes/{intake}/acknowledgement")).json();
    let operation = std::fs::read_to_string(desk.scene.street.sender()).unwrap();
    let signature = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(said["signature"].as_str().unwrap()).unwrap()
    };
    let text = said["document"].as_str().unwrap().as_bytes();
    let word = Acknowledgement::verify(text, &signature, &VerifyingKey::from_pem(&operation).unwrap()).unwrap();
    assert_eq!((word.intake.as_str(), word.counts["updated"], word.counts["quarantined"]), (intake.as_str(), 8, 1));
    let page = desk.outcomes(&intake, "?limit=4&after=3");
    let numbers: Vec<_> = page["items"].as_array().unwrap().iter().map(|one| one["record"].clone()).collect();
    assert_eq!((numbers, &page["next"]), ([4, 5, 6, 7].map(|of| json!(of)).to_vec(), &json!("7")));
    assert_eq!(desk.get(&format!("/intakes/{intake}/outcomes?after=Amina")).status, 422);

    // The same again is the same; other records under the key are refused; the same under another key change nothing.
    let again = desk.send(&key, &body);
    assert_eq!((again.status, &again.json()["intake"]), (202, &json!(intake)));
    let other = desk.send(&key, &json!({ "records": &records[1..] }).to_string());
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency-key-used"), "{other:?}");
    let tables = desk.scene.tables();
    records.remove(4);
    let twice = desk.came(&records);
    assert_eq!(desk.ended_as(&twice, "acknowledged")["counts"]["duplicate"], 8);
    assert_eq!(desk.scene.tables(), tables);
    let late = call(&desk.gateway.address, &desk.bearer, "DELETE", &format!("/intakes/{intake}"), "");
    assert_eq!((late.status, late.code().as_str()), (409, "wrong-state"), "{late:?}");

    // Lists, in parts; and whichever way an exchange goes it is shown.
    let first = desk.get("/intakes?limit=1").json();
    assert_eq!(first["items"][0]["intake"], twice);
    let next = first["next"].as_str().unwrap();
    assert_eq!(desk.get(&format!("/intakes?limit=1&after={next}")).json()["items"][0]["intake"], intake);
    assert_eq!(desk.get(&format!("/intakes?exchange={NUMBERS}")).json()["items"], json!([]));
    let shown = desk.get("/exchanges").json();
    assert_eq!((&shown["items"][0]["exchange"], &shown["items"][0]["direction"]), (&json!(NUMBERS), &json!("accept")));
    let schema = desk.get(&format!("/exchanges/{AT_ONCE}/schema")).json();
    let fields = schema["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!((&field("message")["type"], &field("message")["required"]), (&json!("text"), &json!(true)));
    assert!(field("decision")["codes"].as_array().is_some_and(|codes| !codes.is_empty()), "{schema}");

    // Sealed to a key, or not told; and another partner's is not there.
    let unsealed = call(&desk.gateway.address, &desk.unsealed, "GET", &format!("/intakes/{intake}/outcomes"), "");
    assert_eq!((unsealed.status, unsealed.code().as_str()), (422, "key-not-verified"), "{unsealed:?}");
    for path in ["", "/outcomes", "/acknowledgement"] {
        let theirs = |id: &str| call(&desk.gateway.address, &desk.others, "GET", &format!("/intakes/{id}{path}"), "");
        let (of_another, of_nobody) = (theirs(&intake), theirs("in-0000000000"));
        assert_eq!((of_another.status, &of_another.body), (404, &of_nobody.body));
    }
    let scene = desk.ended();
    let entries = crate::copied::leaves_of(&scene.street);
    let denied = entries.iter().filter(|leaf| leaf.event == "attempt-denied" && leaf.actor == "client/acacia-sync");
    assert_eq!(denied.filter(|leaf| leaf.subject == intake).count(), 3);
    let received = entries.iter().find(|leaf| leaf.event == "intake-received").unwrap();
    assert_eq!((received.actor.as_str(), &received.body["client"]), ("client/lantern-sync", &json!("lantern-sync")));
}

#[test]
fn mostly_bad_records_are_rejected_and_each_bad_one_told_and_what_waits_is_on_its_way() {
    let desk = Desk::open();
    let mut bad = record("bad", 10, 1);
    bad["decision"] = json!("perhaps");
    bad["nin"] = json!(format!("{CANARY}-THAT-IS-TOO-LONG"));
    let intake = desk.came(&[record("good", 10, 2), bad]);
    let ended = desk.ended_as(&intake, "rejected");
    assert_eq!(ended["reasons"][0]["code"], "too-many-quarantined", "{ended}");
    let told = desk.outcomes(&intake, "");
    assert_eq!((told["items"].as_array().unwrap().len(), &told["items"][0]["record"]), (1, &json!(2)), "{told}");
    let codes: Vec<_> = told["items"][0]["errors"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert!(codes.contains(&json!("code-unknown")) && codes.contains(&json!("value-oversize")), "{told}");
    let waits = desk.came(&[record("nobody", 10, 999), record("known", 10, 3)]);
    desk.ended_as(&waits, "awaiting-review");
    assert_eq!(desk.get(&format!("/intakes/{waits}")).header("x-progress"), Some("awaiting-review"));
    let told = desk.outcomes(&waits, "");
    assert_eq!((&told["items"][0]["outcome"], &told["items"][1]["outcome"]), (&json!("waiting"), &json!("updated")));
    desk.ended();
}

#[test]
fn what_is_no_list_of_records_is_refused_by_name_and_never_quoted() {
    let desk = Desk::open();
    let long = format!(r#"{{"records":[{{"message":"{}"}}]}}"#, "x".repeat(9 << 20));
    for (what, body, status) in [
        ("no JSON", "{", 422),
        ("a name twice", r#"{"records":[{"nin":"INVENTED1","nin":"INVENTED2"}]}"#, 422),
        ("too deep", &format!(r#"{{"records":[{}1{}]}}"#, "[".repeat(17), "]".repeat(17)), 422),
        ("no records", r#"{"records":[]}"#, 422),
        ("a value", r#"{"records":["INVENTED"]}"#, 422),
        ("a member that is not known", r#"{"records":[{}],"INVENTED":1}"#, 422),
        ("more than 8 MiB", &long, 413),
    ] {
        let reply = desk.send(&word(), body);
        assert_eq!(reply.status, status, "{what}: {}", reply.head);
        assert!(!reply.body.contains(CANARY), "{what}: {reply:?}");
    }
    let sound = json!({ "records": [record("m", 10, 1)] }).to_string();
    let by_file = desk.send_to(NUMBERS, &word(), &sound);
    assert_eq!((by_file.status, by_file.code().as_str()), (422, "makes-no-sense"));
    assert!(by_file.body.contains("does not collect by `api`"), "{by_file:?}");
    assert_eq!(desk.send_to("food-people", &word(), &sound).status, 404);
    let headers = [("authorization", format!("Bearer {}", desk.bearer)), ("content-type", "application/json".into())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/api/v1/exchanges/{AT_ONCE}/intakes");
    assert_eq!(http(&desk.gateway.address, "POST", &path, &headers, &sound).code(), "idempotency-key-missing");
    assert_eq!(desk.get("/intakes").json()["items"], json!([]));
    // Long ones have their places, and give them back.
    let lines: Vec<Value> = (0..3000).map(|of| record(&format!("m{of}-{}", "x".repeat(20)), 10, 900 + of)).collect();
    let many = json!({ "records": lines }).to_string();
    assert!(many.len() > 512 << 10);
    for _ in 0..20 {
        let reply = desk.send("the-same", &many);
        assert_eq!(reply.status, 202, "{reply:?}");
    }
    assert_eq!(desk.get("/intakes").json()["items"].as_array().unwrap().len(), 1);
    desk.ended();
}

#[test]
fn what_is_held_back_can_be_taken_back() {
    let desk = Desk::open();
    let street = &desk.scene.street;
    let suspend = ["arrangement", "suspend", "numbers-2026", "--reason", "a-test-of-what-waits"];
    street.good(&[&["--as", "representative"], &suspend[..]].concat()).unwrap();
    let before = desk.scene.tables();
    let intake = desk.came(&[record("m", 10, 1)]);
    std::thread::sleep(Duration::from_secs(1));
    let held = desk.get(&format!("/intakes/{intake}"));
    assert_eq!((held.status, held.header("x-progress")), (202, Some("received")), "{held:?}");
    assert_eq!(desk.get(&format!("/intakes/{intake}/outcomes")).code(), "wrong-state");
    let delete = |token: &str| call(&desk.gateway.address, token, "DELETE", &format!("/intakes/{intake}"), "");
    assert_eq!(delete(&desk.others).status, 404);
    for _ in 0..2 {
        let gone = delete(&desk.bearer);
        assert_eq!((gone.status, &gone.json()["state"]), (200, &json!("cancelled")), "{gone:?}");
    }
    street.good(&["--as", "representative", "arrangement", "resume", "numbers-2026"]).unwrap();
    desk.ended_as(&intake, "cancelled");
    assert_eq!(desk.scene.tables(), before);
    desk.ended();
}
