//! Do alerts reach people by real mail and real webhooks, whatever is down meanwhile, and do they hold nothing but ids?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::server::Receiver;
use causeway_testkit::street::{Ended, Street};
use causeway_testkit::throw_away;
use serde_json::Value;

use crate::copied::{Copy, Original};
use crate::governance::place::Kind;

/// Marks that are died at here.
pub const MARKS: [&str; 1] = ["alert-sent"];

/// When it begins.
pub const DAY_0: &str = "2026-05-04T09:00:00Z";

/// An installation with a transfer delivered on day 0 and one that waits for an officer, its ways, and who receives.
pub struct Scene {
    copy: Copy,
    /// Who receives.
    pub receiver: Receiver,
    _removed: Box<dyn std::any::Any>,
}

/// The installation that scenes are copied from.
pub fn original(kind: Kind) -> Original {
    Original::new(kind, |street| {
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
        let text = fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
        let asked = street.home().join("asked.yaml");
        let text = text.replace("exchange: food-people", "exchange: food-asked") + "\nneeds_approval: true\n";
        fs::write(&asked, text).unwrap();
        street.good(&["exchange", "import", &asked.display().to_string()]).unwrap();
    })
}

/// Ways by mail and webhook to whoever receives.
pub fn ways(receiver: &Receiver) -> String {
    let (mail, calls, ca) = (receiver.mail_port(), receiver.calls_port(), receiver.authority().display().to_string());
    format!(
        r#"
[alerts]
receipt_within_days = 7
[alerts.smtp]
host = "localhost"
port = {mail}
from = "gateway@operation.example"
user = "gateway"
secret_file = "secrets/mail.word"
ca = "{ca}"
[[alerts.mail]]
name = "duty-desk"
address = "duty@operation.example"
language = "fr"
roles = ["registration-officer"]
[[alerts.webhook]]
name = "lantern"
url = "https://localhost:{calls}/in"
secret_file = "secrets/hook.word"
ca = "{ca}"
private_address = true
partner = "lantern-relief"
"#
    )
}

/// Lets an installation's alerts go these ways.
pub fn go(street: &Street, ways: &str) {
    let config = street.home().join("causeway.toml");
    let text = fs::read_to_string(&config).unwrap();
    let before = text.split("\n[alerts]").next().unwrap().to_owned();
    fs::write(config, before + ways).unwrap();
}

/// Writes a secret that only its owner can read.
pub fn secret(path: &Path, word: &str) {
    fs::write(path, word).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Scene {
    /// One of its own.
    pub fn of(original: &Original) -> Self {
        let removed = throw_away::directory().unwrap();
        let receiver = Receiver::start(removed.path()).unwrap();
        let scene = Self { copy: original.copy(), receiver, _removed: Box::new(removed) };
        for (name, word) in [("secrets/mail.word", "invented word\n"), ("secrets/hook.word", Receiver::SECRET)] {
            secret(&scene.street().home().join(name), word);
        }
        scene
    }

    /// The installation.
    pub fn street(&self) -> &Street {
        &self.copy.street
    }

    /// The ways of the installation, with `changed` in place of what stands there.
    pub fn ways(&self, changed: &[(&str, &str)]) {
        let mut ways = ways(&self.receiver);
        for (from, to) in changed {
            assert!(ways.contains(from), "{from}");
            ways = ways.replace(from, to);
        }
        go(self.street(), &ways);
    }

    /// Runs a command at a moment.
    pub fn at(&self, now: &str, words: &[&str]) -> Ended {
        let mut command = self.street().command(words);
        let output = command.env("CAUSEWAY_NOW", now).output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed.
    pub fn good(&self, now: &str, words: &[&str]) -> String {
        let ended = self.at(now, words);
        assert_eq!(ended.code, Some(0), "{words:?}: {}{}", ended.out, ended.err);
        ended.out
    }

    /// Works until nothing is due; what it logged.
    pub fn work(&self, now: &str) -> String {
        let ended = self.at(now, &["work", "--until-idle"]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended.err
    }

    /// Asks for a trial of a way.
    pub fn try_the_way(&self, way: &str) {
        self.good(DAY_0, &["alert", "test", way]);
    }

    /// The subjects of the mails that came.
    pub fn subjects(&self) -> Vec<String> {
        let header = |mail: &Value| mail["headers"]["Subject"].as_str().unwrap().to_owned();
        self.receiver.mails().iter().map(header).collect()
    }
}

fn people_are_told_of_what_waits_and_what_is_late(kind: Kind) {
    let original = original(kind);
    let scene = Scene::of(&original);
    scene.ways(&[]);
    let said = scene.good(DAY_0, &["transfer", "run", "food-people"]);
    let sent = said.lines().find_map(|line| line.strip_prefix("transfer ")).unwrap();
    let sent = sent.split_whitespace().next().unwrap().to_owned();
    scene.good(DAY_0, &["transfer", "request", "food-asked"]);
    scene.work("2026-05-04T09:05:00Z");
    let mails = scene.receiver.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert!(mail["encrypted"] == true && mail["user"] == true, "{mail}");
    assert_eq!(mail["to"], serde_json::json!(["duty@operation.example"]));
    let header = |name: &str| mail["headers"][name].as_str().unwrap();
    assert!(header("Subject").contains("attend l’approbation"), "{mail}");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Message-ID").ends_with(".duty-desk@kenya-example>"), "{mail}");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("exchange: food-asked") && text.contains("kenya-example"), "{text}");
    // A week and a day later the receipt is late: staff and partner are told, each by its way and once.
    for _ in 0..2 {
        scene.work("2026-05-12T10:00:00Z");
    }
    assert_eq!(scene.subjects().len(), 2);
    assert!(scene.subjects()[1].contains(&sent) && scene.subjects()[1].contains("est en retard"));
    let calls = scene.receiver.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0]["genuine"] == true && calls[0]["path"] == "/in", "{calls:?}");
    let body: Value = serde_json::from_str(calls[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["data"]["subject"]), (&"receipt-overdue".into(), &sent.as_str().into()));
    let members: Vec<_> = body["data"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["operation", "subject", "exchange", "package"]);
    // The week after, once more.
    scene.work("2026-05-19T10:00:00Z");
    assert_eq!((scene.subjects().len(), scene.receiver.calls().len()), (3, 2));
    // A partner's people see what goes to them, and nothing else.
    let theirs = scene.good(DAY_0, &["--as", "lantern-relief-admin", "alert", "list"]);
    assert!(theirs.contains("2 alerts") && !theirs.contains("staff") && !theirs.contains("approval"), "{theirs}");
    let all = scene.good(DAY_0, &["alert", "list"]);
    assert!(all.contains("5 alerts") && !all.contains('@'), "no address is told: {all}");
    assert!(scene.good(DAY_0, &["alert", "list", "--unsent"]).contains("0 alerts"));
    // Newer ones that they do not see take no room from those that they see.
    scene.good("2026-05-20T10:00:00Z", &["alert", "test", "duty-desk"]);
    let newest = scene.good(DAY_0, &["--as", "lantern-relief-admin", "alert", "list", "--limit", "1"]);
    assert!(newest.contains("1 alerts") && newest.contains("receipt-overdue"), "{newest}");
}

#[test]
fn people_are_told_of_what_waits_and_what_is_late_on_sqlite() {
    people_are_told_of_what_waits_and_what_is_late(Kind::Sqlite);
}

#[test]
fn people_are_told_of_what_waits_and_what_is_late_on_postgres() {
    people_are_told_of_what_waits_and_what_is_late(Kind::Postgres);
}

#[test]
fn a_mail_server_that_is_down_for_a_day_loses_nothing_and_doubles_nothing() {
    let original = original(Kind::Sqlite);
    let mut scene = Scene::of(&original);
    scene.ways(&[]);
    scene.try_the_way("duty-desk");
    scene.try_the_way("lantern");
    scene.receiver.stop();
    for hour in ["09", "10", "12", "15", "20"] {
        let said = scene.work(&format!("2026-05-04T{hour}:01:00Z"));
        assert!(said.contains("not told, and is tried again") && said.contains("cannot be reached"), "{said}");
        assert!(!said.contains("duty@"), "no address in the log: {said}");
    }
    assert!(scene.work("2026-05-05T09:30:00Z").contains("not told"));
    let waiting = scene.good("2026-05-05T09:30:00Z", &["alert", "list", "--unsent"]);
    assert_eq!(waiting.matches("1 waiting").count(), 2, "{waiting}");
    scene.receiver.begin().unwrap();
    for now in ["2026-05-05T11:30:00Z", "2026-05-05T14:00:00Z", "2026-05-06T09:00:00Z"] {
        scene.work(now);
    }
    assert_eq!((scene.receiver.mails().len(), scene.receiver.calls().len()), (1, 1));
}

#[test]
fn one_whose_confirmation_was_lost_comes_again_under_the_same_id() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    scene.ways(&[]);
    scene.try_the_way("duty-desk");
    let mut command = scene.street().command(&["work", "--until-idle"]);
    let died = command.env("CAUSEWAY_NOW", DAY_0).env("CAUSEWAY_CRASH_AT", MARKS[0]).output().unwrap();
    assert!(!died.status.success());
    scene.work("2026-05-04T09:00:30Z");
    assert_eq!(scene.subjects().len(), 1, "it is in somebody's hands still, as far as anybody knows");
    scene.work("2026-05-04T09:02:00Z");
    scene.work("2026-05-04T12:00:00Z");
    let mails = scene.receiver.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["headers"]["Message-ID"], mails[1]["headers"]["Message-ID"]);
}

#[test]
fn what_the_receiver_never_takes_is_a_dead_letter_that_people_can_try_again() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    scene.ways(&[("duty@operation.example", "nobody@operation.example"), ("/in\"", "/gone\"")]);
    scene.try_the_way("duty-desk");
    scene.try_the_way("lantern");
    let said = scene.work(DAY_0);
    assert_eq!(said.matches("given up").count(), 2, "{said}");
    assert!(said.contains("answered 550") && said.contains("answered 410") && !said.contains("nobody@"), "{said}");
    scene.work("2026-05-06T09:00:00Z");
    let dead = scene.good(DAY_0, &["alert", "list", "--unsent"]);
    assert_eq!(dead.matches("1 given up").count(), 2, "{dead}");
    let ids: Vec<_> =
        dead.lines().filter_map(|line| line.split_whitespace().next()).filter(|id| id.starts_with("alert-")).collect();
    let shown = scene.good(DAY_0, &["alert", "show", ids[0]]);
    assert!(shown.contains("1 tries: given up at"), "{shown}");
    scene.ways(&[]);
    for id in &ids {
        scene.good(DAY_0, &["alert", "retry", id]);
    }
    scene.work("2026-05-06T10:00:00Z");
    assert_eq!((scene.receiver.mails().len(), scene.receiver.calls().len()), (1, 2));
    let again = scene.good(DAY_0, &["alert", "retry", ids[0]]);
    assert!(again.contains("nothing of alert"), "{again}");
}

#[test]
fn a_webhook_goes_to_its_declared_host_and_nowhere_else() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    let ca = scene.receiver.authority().display().to_string();
    for (at, changed, said) in [
        ("09", ("private_address = true", "private_address = false"), "in a private network or on this machine"),
        ("10", ("/in\"", "/moved\""), "no redirect is followed"),
        ("11", ("https://localhost", "https://127.0.0.2"), "cannot be reached"),
        ("12", ("/in\"", "/broken\""), "answered 500"),
        ("13", (ca.as_str(), "/etc/hostname"), "holds no certificate"),
        ("14", ("secret_file = \"secrets/hook.word\"", "secret_env = \"NOT_THERE\""), "NOT_THERE"),
    ] {
        scene.ways(&[changed]);
        let now = format!("2026-05-04T{at}:00:00Z");
        scene.good(&now, &["alert", "test", "lantern"]);
        let logged = scene.work(&now);
        assert!(logged.contains(said), "{changed:?}: {logged}");
    }
    let paths: Vec<_> = scene.receiver.calls().iter().map(|call| call["path"].as_str().unwrap().to_owned()).collect();
    assert!(paths.iter().all(|path| ["/moved", "/broken"].contains(&path.as_str())), "{paths:?}");
}

#[test]
fn mail_is_not_handed_to_a_server_that_is_not_the_one_named() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    let ca = scene.receiver.authority().display().to_string();
    let other = scene.copy.folder().join("other");
    fs::create_dir(&other).unwrap();
    causeway_testkit::server::Certificates::make(&other, "others").unwrap();
    let wrong = other.join("ca.pem").display().to_string();
    for (at, changed, said) in [
        ("09", (ca.as_str(), wrong.as_str()), "cannot be trusted"),
        ("10", ("user = \"gateway\"", "user = \"another\""), "answered 535"),
        ("11", ("user = \"gateway\"\nsecret_file = \"secrets/mail.word\"\n", ""), "answered 530"),
    ] {
        scene.ways(&[changed]);
        let now = format!("2026-05-04T{at}:00:00Z");
        scene.good(&now, &["alert", "test", "duty-desk"]);
        let logged = scene.work(&now);
        assert!(logged.contains(said), "{changed:?}: {logged}");
    }
    assert!(scene.receiver.mails().is_empty());
    open_to_others(scene.street().home());
    scene.ways(&[]);
    assert!(scene.work("2026-05-05T09:00:00Z").contains("can be read by others"));
}

fn open_to_others(home: &Path) {
    fs::set_permissions(home.join("secrets/mail.word"), fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn what_no_way_is_for_is_told_to_nobody_and_listed() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    scene.good(DAY_0, &["transfer", "request", "food-asked"]);
    assert!(scene.work(DAY_0).contains("told to nobody"));
    let listed = scene.good(DAY_0, &["alert", "list", "--unsent"]);
    assert!(listed.contains("told to nobody"), "{listed}");
    let id = listed.split_whitespace().next().unwrap();
    scene.ways(&[]);
    scene.good(DAY_0, &["alert", "retry", id]);
    scene.work("2026-05-04T10:00:00Z");
    assert_eq!(scene.subjects().len(), 1);
}

#[test]
fn several_workers_tell_each_once() {
    let original = original(Kind::Postgres);
    let scene = Scene::of(&original);
    scene.ways(&[]);
    for second in 10..22 {
        scene.good(&format!("2026-05-04T09:00:{second}Z"), &["alert", "test", "duty-desk"]);
    }
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let mut command = scene.street().command(&["work", "--until-idle"]);
            command.env("CAUSEWAY_NOW", "2026-05-04T09:05:00Z").stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    let mails = scene.receiver.mails();
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| mail["headers"]["Message-ID"].as_str()).collect();
    assert_eq!((mails.len(), ids.len()), (12, 12));
}
