//! Does what a person decides reach everybody who was told about them a moment before, and is who was told never forgotten?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::place::{at_work, call};
use super::told::{Desk, Person, disclosures};
use crate::governance::place::Kind;

/// Where it dies here.
pub const MARKS: [&str; 1] = ["notice-taken"];

fn key_of(desk: &Desk, one: &Person) -> String {
    let key = desk.copy.street.home().join("whose");
    fs::write(&key, &one.id).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    key.display().to_string()
}

/// A script that says that it was reached and waits until it may go on; the files of both.
fn handshake(desk: &Desk) -> (PathBuf, PathBuf, PathBuf) {
    let folder = desk.copy.folder();
    let [script, reached, on] = ["wait.sh", "reached", "go-on"].map(|name| folder.join(name));
    let text = format!("touch {}\nwhile [ ! -e {} ]; do sleep 0.05; done\n", reached.display(), on.display());
    fs::write(&script, text).unwrap();
    (script, reached, on)
}

fn told_meanwhile(kind: Kind) {
    let desk = Desk::open(kind);
    let all = desk.people();
    let told: Vec<&Person> = all.iter().filter(|one| one.told).take(2).collect();
    let [before, one] = told[..] else { panic!("{told:?}") };
    assert_eq!(desk.look(&json!({ "individual_no": before.number })).status, 200);
    let (script, reached, on) = handshake(&desk);
    let key = key_of(&desk, one);
    let words = ["person", "consent", "--withdrawn", "--key-file", &key, "--reason", "said so at the desk"];
    let mut command = desk.copy.street.command(&words);
    // The first thing that it changes is that it closes the rounds that there are.
    command.env("CAUSEWAY_RUN_AT", format!("store-change-committed={}", script.display()));
    let said = std::thread::scope(|threads| {
        let deciding = threads.spawn(move || command.output().unwrap());
        let begun = Instant::now();
        while !reached.exists() {
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(20));
        }
        let found = desk.sealed(&desk.look(&json!({ "individual_no": one.number })));
        assert_eq!(found["found"], true, "{found}");
        fs::write(&on, "").unwrap();
        deciding.join().unwrap()
    });
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let decided = desk.copy.leaves().into_iter().find(|leaf| leaf.event == "decision-consent-withdrawn").unwrap();
    assert_eq!(decided.body["notices"].as_array().map(Vec::len), Some(1), "{:?}", decided.body);
    // Nobody waits for the decision any more.
    let found = desk.sealed(&desk.look(&json!({ "individual_no": one.number })));
    assert_eq!(found["found"], false);
    desk.ended();
}

#[expect(clippy::disallowed_methods, reason = "files have the clock of the machine")]
fn closed_days_later(kind: Kind) {
    let mut desk = Desk::open(kind);
    let one = desk.people().into_iter().find(|one| one.told).unwrap();
    assert_eq!(desk.sealed(&desk.look(&json!({ "individual_no": one.number })))["found"], true);
    desk.gateway.worker.end();
    let hours = |hours: u64| std::time::SystemTime::now() + Duration::from_secs(hours * 3_600);
    let work = || {
        let later = jiff::Timestamp::try_from(hours(72)).unwrap();
        let mut command = desk.copy.street.command(&["work", "--until-idle"]);
        let worked = command.env("CAUSEWAY_NOW", later.to_string()).output().unwrap();
        assert!(worked.status.success(), "{}", String::from_utf8_lossy(&worked.stderr));
    };
    let sets = || {
        let files = fs::read_dir(desk.copy.street.home().join("data/sealed")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|file| file.to_string_lossy().ends_with(".people.age")).collect::<Vec<_>>()
    };
    // It rests from Friday to Monday; then the round is closed, and its set is of that day.
    work();
    let [set] = &sets()[..] else { panic!("{:?}", sets()) };
    fs::File::options().write(true).open(set).unwrap().set_modified(hours(70)).unwrap();
    work();
    assert_eq!(sets().len(), 1, "it is the set of an answer");
    let said = disclosures(&desk, &one.id);
    assert_eq!(said["disclosures"][0]["status"], "arrived", "{said}");
    desk.gateway.serve.ended();
}

/// What is told of a decision about somebody who was looked up lies ready, sealed, until the program takes and answers it.
fn told_of_it_over_the_api(kind: Kind) {
    let mut desk = Desk::open(kind);
    let one = desk.people().into_iter().find(|one| one.told).unwrap();
    assert_eq!(desk.sealed(&desk.look(&json!({ "individual_no": one.number })))["found"], true);
    let (street, key) = (&desk.copy.street, key_of(&desk, &one));
    street.good(&["person", "consent", "--withdrawn", "--key-file", &key, "--reason", "said so at the desk"]).unwrap();
    let get = |path: &str| call(&desk.gateway.address, &desk.bearer, "GET", path, "");
    let begun = Instant::now();
    let notice = loop {
        let found = get("/notices").json();
        if let Some(one) = found["items"].as_array().and_then(|all| all.first()) {
            assert_eq!((one["state"].as_str(), one["sent_at"].as_str()), (Some("ready"), None), "{found}");
            break one["notice"].as_str().unwrap().to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "{found}");
        std::thread::sleep(Duration::from_millis(100));
    };
    let path = format!("/notices/{notice}/package");
    // Whoever dies between the entry and the answer is asked again.
    desk.gateway.worker.end();
    desk.gateway.worker = at_work(&desk.copy.street, Some(MARKS[0]));
    let get = |path: &str| call(&desk.gateway.address, &desk.bearer, "GET", path, "");
    assert_eq!(get(&path).status, 503);
    desk.gateway.worker.died();
    desk.gateway.worker = at_work(&desk.copy.street, None);
    let street = &desk.copy.street;
    let get = |path: &str| call(&desk.gateway.address, &desk.bearer, "GET", path, "");
    // Twice: what is cut can be taken again.
    let (first, taken) = (get(&path), get(&path));
    assert_eq!((first.status, &first.body), (200, &taken.body));
    let bytes = |name: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(taken.json()[name].as_str().unwrap()).unwrap()
    };
    let folder = desk.copy.folder().join(&notice);
    fs::create_dir(&folder).unwrap();
    let manifest = taken.json()["document"].as_str().unwrap().to_owned();
    let said: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    fs::write(folder.join(said["parts"][0]["name"].as_str().unwrap()), bytes("part")).unwrap();
    fs::write(folder.join("manifest.json"), &manifest).unwrap();
    fs::write(folder.join("manifest.sig"), bytes("signature")).unwrap();
    let [folder, sender, identity, signing, out] = [
        folder,
        street.sender(),
        street.partner().join("identity.txt"),
        street.partner().join("signing.pem"),
        desk.copy.folder().join("answer.json"),
    ]
    .map(|path| path.display().to_string());
    let words = ["notice", "answer", &folder, "--sender", &sender, "--identity", &identity, "--signing-key", &signing];
    street.good(&[&words[..], &["--outcome", "done", "--out", &out]].concat()).unwrap();
    let signature = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(fs::read(format!("{out}.sig")).unwrap())
    };
    let answer = json!({ "document": fs::read_to_string(&out).unwrap(), "signature": signature });
    let answered = desk.ask(&format!("/notices/{notice}/answer"), &answer);
    assert_eq!((answered.status, answered.json()["outcome"].as_str()), (200, Some("done")), "{answered:?}");
    assert_eq!(get(&format!("/notices/{notice}")).json()["state"], "done");
    assert_eq!(get(&path).status, 404, "its bytes are gone");
    let events: Vec<String> =
        desk.copy.leaves().into_iter().filter(|leaf| leaf.subject == notice).map(|leaf| leaf.event).collect();
    assert_eq!(
        events,
        ["notice-begun", "notice-taken", "notice-taken", "notice-taken", "notice-sent", "notice-answered"]
    );
    desk.ended();
}

#[test]
fn who_was_told_about_somebody_is_told_of_the_decision_over_the_api_on_sqlite() {
    told_of_it_over_the_api(Kind::Sqlite);
}

#[test]
fn who_was_told_about_somebody_is_told_of_the_decision_over_the_api_on_postgres() {
    told_of_it_over_the_api(Kind::Postgres);
}

#[test]
fn who_was_told_about_while_they_decided_is_found_on_sqlite() {
    told_meanwhile(Kind::Sqlite);
}

#[test]
fn who_was_told_about_while_they_decided_is_found_on_postgres() {
    told_meanwhile(Kind::Postgres);
}

#[test]
fn a_round_that_is_closed_days_later_keeps_its_set_on_sqlite() {
    closed_days_later(Kind::Sqlite);
}

#[test]
fn a_round_that_is_closed_days_later_keeps_its_set_on_postgres() {
    closed_days_later(Kind::Postgres);
}
