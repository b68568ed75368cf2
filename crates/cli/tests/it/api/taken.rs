//! Does a package wait here until its partner's program takes it, and is it delivered when it was taken whole, whoever dies meanwhile?

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::place::{Gateway, Program, Reply, at_work, call, http, original_with, registered, word};
use crate::copied::{Copy, Original};
use crate::governance::place::Kind;

/// Where whoever works is killed.
pub const MARKS: [&str; 4] = ["package-ready", "taking-begun", "taking-told", "taking-ended"];

/// The exchange whose packages are taken.
const TAKEN: &str = "food-taken";

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(120);

struct Scene {
    copy: Copy,
    gateway: Gateway,
    program: Program,
    token: String,
    /// Its server and secrets are the copy's too.
    _original: Original,
}

/// What came back: the status, the head in small letters, and bytes.
struct Got {
    status: u16,
    head: String,
    bytes: Vec<u8>,
}

impl Scene {
    fn open(kind: Kind) -> Self {
        let original = original_with(kind, |street| {
            let file = street.example("exchange-taken.yaml");
            street.good(&["exchange", "check", &file]).unwrap();
            street.good(&["exchange", "import", &file]).unwrap();
            let said = street.good(&["exchange", "explain", TAKEN]).unwrap();
            assert!(said.contains("until the partner's program takes it"), "{said}");
        });
        let copy = original.copy();
        let scopes = || vec!["account".into(), format!("exchange:{TAKEN}")];
        let program = registered(&copy.street, "lantern-relief", "lantern-sync", |it| it.scopes = scopes());
        let gateway = Gateway::open(&copy);
        let token = program.token(&gateway.address);
        Self { copy, gateway, program, token, _original: original }
    }

    /// Calls, again as long as nobody sits at the desk.
    fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        let begun = Instant::now();
        loop {
            let reply = call(&self.gateway.address, &self.token, method, path, body);
            if reply.status != 503 || begun.elapsed() > PATIENCE {
                return reply;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn transfer(&self, id: &str) -> (u16, Value) {
        let reply = self.call("GET", &format!("/transfers/{id}"), "");
        (reply.status, reply.json())
    }

    fn request(&self) -> String {
        let (bearer, key) = (format!("Bearer {}", self.token), word());
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", key.as_str()),
            ("content-type", "application/json"),
        ];
        let path = format!("/api/v1/exchanges/{TAKEN}/transfers");
        let reply = http(&self.gateway.address, "POST", &path, &headers, r#"{"expect_fewer":true}"#);
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.json()["transfer"].as_str().unwrap().to_owned()
    }

    /// Waits until a transfer answers so.
    fn until(&self, id: &str, what: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (_, shown) = self.transfer(id);
            if what(&shown) {
                return shown;
            }
            assert!(begun.elapsed() < PATIENCE, "{shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A transfer whose package lies ready, and the package.
    fn ready(&self) -> (String, String) {
        let id = self.request();
        let shown = self.until(&id, |shown| shown["awaits_partner"] == true);
        assert_eq!((self.transfer(&id).0, shown["state"].as_str()), (200, Some("sealed")), "{shown}");
        (id, shown["package"].as_str().unwrap().to_owned())
    }

    fn manifest(&self, package: &str) -> (Value, Value) {
        let shown = self.call("GET", &format!("/packages/{package}/manifest"), "").json();
        let document = serde_json::from_str(shown["document"].as_str().unwrap()).unwrap();
        (shown, document)
    }

    /// The parts of a package, with their sizes.
    fn parts(&self, package: &str) -> Vec<(String, u64)> {
        let (_, document) = self.manifest(package);
        let parts = document["parts"].as_array().unwrap().iter();
        parts.map(|part| (part["name"].as_str().unwrap().to_owned(), part["size"].as_u64().unwrap())).collect()
    }

    fn got(&self, method: &str, token: &str, package: &str, part: &str, headers: &str) -> Option<Got> {
        let mut stream = TcpStream::connect(&self.gateway.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "{method} /api/v1/packages/{package}/parts/{part} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut bytes = Vec::new();
        let _it_may_be_cut = stream.read_to_end(&mut bytes);
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        Some(Got { status, head, bytes: bytes.split_off(at + 4) })
    }

    /// Takes bytes of a part; none where nobody answers.
    fn take(&self, package: &str, part: &str, range: &str) -> Option<Got> {
        let headers = if range.is_empty() { String::new() } else { format!("range: bytes={range}\r\n") };
        self.got("GET", &self.token, package, part, &headers)
    }

    /// Takes what is left of a package as a program does: each part from where it is, until it is whole.
    fn take_all(&self, package: &str, mut have: BTreeMap<String, Vec<u8>>) -> PathBuf {
        let (shown, _) = self.manifest(package);
        let folder = self.copy.folder().join(package);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.json"), shown["document"].as_str().unwrap()).unwrap();
        fs::write(folder.join("manifest.sig"), base64(shown["signature"].as_str().unwrap())).unwrap();
        for (part, size) in self.parts(package) {
            let bytes = have.entry(part.clone()).or_default();
            let begun = Instant::now();
            while (bytes.len() as u64) < size {
                if let Some(got) =
                    self.take(package, &part, &format!("{}-", bytes.len())).filter(|got| got.status == 206)
                {
                    bytes.extend(got.bytes);
                }
                assert!(begun.elapsed() < PATIENCE);
            }
            fs::write(folder.join(&part), bytes).unwrap();
        }
        folder
    }

    /// Opens a package as its partner and hands the receipt in.
    fn receipted(&self, package: &str, folder: &std::path::Path) -> Reply {
        self.copy.street.open(folder, &self.copy.folder().join(format!("{package}-opened"))).unwrap();
        let receipt = self.copy.street.sign_receipt(folder, "accepted").unwrap();
        let read = |end: &str| fs::read(format!("{}{end}", receipt.display())).unwrap();
        let signature = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(read(".sig"))
        };
        let body = json!({ "document": String::from_utf8(read("")).unwrap(), "signature": signature }).to_string();
        self.call("POST", &format!("/packages/{package}/receipt"), &body)
    }

    /// What the ledger says of a transfer, in order, from its sealing on.
    fn events(&self, id: &str) -> Vec<String> {
        let leaves = self.copy.leaves().into_iter().filter(|leaf| leaf.subject == id).map(|leaf| leaf.event);
        let done = leaves.filter(|event| event != "attempt-denied");
        done.skip_while(|event| event != "transfer-sealed").skip(1).collect()
    }

    fn killed(&self, who: u32) {
        assert!(Command::new("kill").args(["-KILL", &who.to_string()]).status().unwrap().success());
    }

    fn ended(self) {
        self.copy.street.good(&["ledger", "verify"]).unwrap();
        self.gateway.serve.ended();
        self.gateway.worker.ended();
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn from_a_request_to_a_receipt_without_a_folder(kind: Kind) {
    let scene = Scene::open(kind);
    let (id, package) = scene.ready();
    let said = scene.copy.street.good(&["transfer", "show", &id]).unwrap();
    assert!(said.contains("ready        since"), "{said}");
    let said = scene.copy.street.good(&["status"]).unwrap();
    assert!(said.contains("its package is ready") && !said.contains("cut off"), "{said}");
    let told = scene.copy.street.good(&["alert", "list"]).unwrap();
    assert!(told.contains("package-ready") && told.contains("lantern-relief"), "{told}");
    let parts = scene.parts(&package);
    let (part, size) = parts.first().unwrap();
    // What sends nothing is no taking, and another partner's program finds nothing, in the bytes of what is not there.
    let asked = scene.got("HEAD", &scene.token, &package, part, "").unwrap();
    assert!(asked.status == 200 && asked.head.contains(&format!("content-length: {size}")) && asked.bytes.is_empty());
    assert!(asked.head.contains("repr-digest: sha-256=:"), "{}", asked.head);
    assert_eq!(scene.take(&package, part, &format!("{size}-")).unwrap().status, 416);
    let other = registered(&scene.copy.street, "acacia-schools", "acacia-sync", |it| {
        it.scopes = vec!["account".into(), format!("exchange:{TAKEN}")];
    });
    let other = other.token(&scene.gateway.address);
    let theirs = scene.got("GET", &other, &package, part, "").unwrap();
    let nobodys = scene.got("GET", &other, &"0".repeat(32), part, "").unwrap();
    assert_eq!((theirs.status, &theirs.bytes), (404, &nobodys.bytes));
    assert_eq!(scene.events(&id), ["package-ready"]);
    // The entry comes after the answer.
    let begun = Instant::now();
    let denied = || scene.copy.leaves().into_iter().filter(|leaf| leaf.event == "attempt-denied");
    while denied().filter(|leaf| leaf.actor == "client/acacia-sync").count() != 1 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    // The first half, of which the connection is cut; then the rest, from where it was cut.
    let half = size / 2;
    let first = scene.take(&package, part, &format!("0-{}", half - 1)).unwrap();
    assert_eq!((first.status, first.bytes.len() as u64), (206, half));
    assert!(first.head.contains(&format!("content-range: bytes 0-{}/{size}", half - 1)), "{}", first.head);
    let shown = scene.until(&id, |shown| shown["state"] == "delivering");
    assert_eq!(shown["awaits_partner"], true, "{shown}");
    let folder = scene.take_all(&package, [(part.clone(), first.bytes)].into());
    scene.until(&id, |shown| shown["state"] == "delivered");
    let events = scene.events(&id);
    let many = |word: &str| scene.events(&id).iter().filter(|event| *event == word).count();
    assert_eq!(events[..3], ["package-ready", "delivery-begun", "part-taking-begun"]);
    assert_eq!(events.last().map(String::as_str), Some("delivery-arrived"), "{events:?}");
    assert_eq!((many("part-taking-begun"), many("part-taken")), (parts.len() + 1, parts.len() + 1), "{events:?}");
    // Again, whole: that is an entry too.
    let again = scene.take(&package, part, "").unwrap();
    assert_eq!((again.status, &again.bytes), (200, &fs::read(folder.join(part)).unwrap()));
    assert_eq!(many("part-taking-begun"), parts.len() + 2);
    let receipt = scene.receipted(&package, &folder);
    assert_eq!((receipt.status, receipt.json()["outcome"].as_str()), (200, Some("accepted")), "{receipt:?}");
    assert_eq!(scene.transfer(&id).1["state"], "receipted");
    assert!(!scene.copy.street.home().join("outbox").exists(), "nothing was laid anywhere");
    scene.ended();
}

fn a_stop_and_a_withdrawal_before_the_first_byte(kind: Kind) {
    let scene = Scene::open(kind);
    let (id, package) = scene.ready();
    let (part, size) = scene.parts(&package).remove(0);
    let street = &scene.copy.street;
    let said = street.good(&["stop", "partner", "lantern-relief", "--reason", "a test of the switch"]).unwrap();
    assert!(said.contains("is stopped"), "{said}");
    let stopped = scene.take(&package, &part, "").unwrap();
    assert_eq!(stopped.status, 403, "{}", stopped.head);
    for officer in ["representative", "protection"] {
        let key = street.key_of(officer);
        street.good(&["resume", "partner", "lantern-relief", "--officer", officer, "--key", &key]).unwrap();
    }
    assert_eq!(scene.events(&id), ["package-ready"]);
    // Somebody in it withdraws: before its first byte it is called back, and nobody need be told.
    let store = rusqlite::Connection::open(street.sources().join("progres.sqlite")).unwrap();
    let told = "SELECT individual_id FROM individual WHERE camp_pcode = 'KE106322' AND consent_sharing = 'given' \
                AND individual_id NOT IN (SELECT individual_id FROM confidentiality_mark) ORDER BY 1 LIMIT 2";
    let people: Vec<String> =
        store.prepare(told).and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect()).unwrap();
    let withdraws = |person: &str| {
        let key = street.home().join("whose");
        fs::write(&key, person).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let key = key.display().to_string();
        street.good(&["person", "object", "--key-file", &key, "--reason", "said so at the desk"]).unwrap();
        let decided = scene.copy.leaves().into_iter().rev().find(|leaf| leaf.event.starts_with("decision-")).unwrap();
        (decided.body["recalled"].as_array().unwrap().len(), decided.body["notices"].as_array().unwrap().len())
    };
    assert_eq!(withdraws(&people[0]), (1, 0));
    assert_eq!(scene.take(&package, &part, "").unwrap().status, 404);
    assert_eq!(scene.call("GET", &format!("/packages/{package}/manifest"), "").status, 404);
    let (status, shown) = scene.transfer(&id);
    assert_eq!(
        (status, shown["state"].as_str(), shown["awaits_partner"].as_bool()),
        (200, Some("lapsed"), Some(false))
    );
    assert!(shown["package"].is_null(), "{shown}");
    // After its first byte the partner is told, and gets no other.
    let (id, package) = scene.ready();
    let (part, _) = (scene.parts(&package).remove(0).0, size);
    assert_eq!(scene.take(&package, &part, "0-99").unwrap().bytes.len(), 100);
    scene.until(&id, |shown| shown["state"] == "delivering");
    assert_eq!(withdraws(&people[1]), (1, 1));
    assert_eq!(scene.take(&package, &part, "100-").unwrap().status, 404);
    scene.until(&id, |shown| shown["state"] == "lapsed");
    let events = scene.events(&id);
    assert!(
        events.contains(&"delivery-interrupted".to_owned()) && !events.contains(&"delivery-arrived".to_owned()),
        "{events:?}"
    );
    scene.ended();
}

fn whoever_works_dies(kind: Kind) {
    let mut scene = Scene::open(kind);
    for mark in MARKS {
        scene.gateway.worker.end();
        scene.gateway.worker = at_work(&scene.copy.street, Some(mark));
        let id = scene.request();
        let mut have = BTreeMap::new();
        if mark != "package-ready" {
            let shown = scene.until(&id, |shown| shown["awaits_partner"] == true);
            let package = shown["package"].as_str().unwrap().to_owned();
            let (part, _) = scene.parts(&package).remove(0);
            let cut = scene.take(&package, &part, "0-999");
            // It dies before it answers, or after everything was handed over.
            assert_eq!(cut.as_ref().map(|got| got.status), Some(if mark == "taking-begun" { 503 } else { 206 }));
            if let Some(got) = cut.filter(|got| got.status == 206) {
                have.insert(part, got.bytes);
            }
        }
        scene.gateway.worker.died();
        scene.gateway.worker = at_work(&scene.copy.street, None);
        let shown = scene.until(&id, |shown| shown["awaits_partner"] == true);
        let package = shown["package"].as_str().unwrap().to_owned();
        let folder = scene.take_all(&package, have);
        scene.until(&id, |shown| shown["state"] == "delivered");
        let events = scene.events(&id);
        for once in ["package-ready", "delivery-begun", "delivery-arrived"] {
            assert_eq!(events.iter().filter(|event| *event == once).count(), 1, "{mark}: {events:?}");
        }
        assert_eq!(scene.receipted(&package, &folder).status, 200, "{mark}");
    }
    scene.ended();
}

fn the_gateway_dies(kind: Kind) {
    let mut scene = Scene::open(kind);
    let (id, package) = scene.ready();
    let (part, size) = scene.parts(&package).remove(0);
    let first = scene.take(&package, &part, "0-499").unwrap();
    scene.until(&id, |shown| shown["state"] == "delivering");
    // Nobody tells what was handed over: whoever is told dies of it, and whoever would tell again is killed.
    scene.gateway.worker.end();
    scene.gateway.worker = at_work(&scene.copy.street, Some("taking-told"));
    let second = scene.take(&package, &part, "500-999").unwrap();
    assert_eq!((first.bytes.len(), second.bytes.len()), (500, 500));
    scene.gateway.worker.died();
    scene.killed(scene.gateway.serve.id());
    scene.gateway.serve.died();
    let (serve, address) = Gateway::serving(&scene.copy.street);
    (scene.gateway.serve, scene.gateway.address) = (serve, address);
    scene.gateway.worker = at_work(&scene.copy.street, None);
    scene.token = scene.program.token(&scene.gateway.address);
    let folder = scene.take_all(&package, [(part, [first.bytes, second.bytes].concat())].into());
    // What was not told is not taken to be handed over: nothing is called delivered.
    std::thread::sleep(Duration::from_millis(500));
    let (_, shown) = scene.transfer(&id);
    assert_eq!(shown["state"], "delivering", "{shown} of {size}");
    let receipt = scene.receipted(&package, &folder);
    assert_eq!((receipt.status, receipt.json()["outcome"].as_str()), (200, Some("accepted")), "{receipt:?}");
    let events = scene.events(&id);
    assert_eq!(events.last().map(String::as_str), Some("receipt-accepted"), "{events:?}");
    assert_eq!(events.iter().filter(|event| *event == "delivery-arrived").count(), 1, "{events:?}");
    scene.ended();
}

#[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
fn what_is_not_taken_lapses(kind: Kind) {
    let mut scene = Scene::open(kind);
    let (id, package) = scene.ready();
    let (part, _) = scene.parts(&package).remove(0);
    assert_eq!(scene.take(&package, &part, "0-99").unwrap().status, 206);
    scene.until(&id, |shown| shown["state"] == "delivering");
    scene.gateway.worker.end();
    let work = |days: i64| {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        let mut command = scene.copy.street.command(&["work", "--until-idle"]);
        let worked = command.env("CAUSEWAY_NOW", later.to_string()).output().unwrap();
        assert!(worked.status.success(), "{}", String::from_utf8_lossy(&worked.stderr));
        scene.copy.street.good(&["transfer", "show", &id]).unwrap()
    };
    assert!(work(80).contains("is delivering"), "the partner may keep it for 90 days");
    let said = work(91);
    assert!(said.contains("is lapsed") && said.contains("package-not-taken"), "{said}");
    let told = scene.copy.street.good(&["alert", "list"]).unwrap();
    assert_eq!(told.matches("package-not-taken").count(), 2, "both sides: {told}");
    assert!(!scene.copy.street.home().join("data/packages").join(&package).exists(), "and its bytes are gone");
    scene.copy.street.good(&["ledger", "verify"]).unwrap();
    scene.gateway.serve.ended();
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(#[test] fn $name() { super::$name(super::Kind::Sqlite); })+ }
        mod postgres { $(#[test] fn $name() { super::$name(super::Kind::Postgres); })+ }
    };
}

on_both!(
    from_a_request_to_a_receipt_without_a_folder,
    a_stop_and_a_withdrawal_before_the_first_byte,
    whoever_works_dies,
    the_gateway_dies,
    what_is_not_taken_lapses,
);
