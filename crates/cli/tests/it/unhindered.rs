//! Does what is stopped, hangs or is damaged keep nobody else from being told, and do workers heed what the settings say by now?

use crate::alerts::{DAY_0, Scene, original};
use crate::governance::place::Kind;
use crate::serve::Process;

#[test]
fn a_stop_holds_alerts_to_the_partner_and_nobody_elses() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    scene.ways(&[]);
    scene.good(DAY_0, &["transfer", "run", "food-people"]);
    scene.try_the_way("lantern");
    scene.good(DAY_0, &["stop", "partner", "lantern-relief", "--reason", "an invented one"]);
    let denied = scene.at("2026-05-04T09:01:00Z", &["alert", "test", "lantern"]);
    assert!(denied.code == Some(4) && denied.err.contains("stopped"), "{}", denied.err);
    for now in ["2026-05-12T10:00:00Z", "2026-05-12T10:10:00Z"] {
        let said = scene.work(now);
        assert!(said.contains("held back") && !said.contains("not told"), "{said}");
    }
    assert_eq!((scene.subjects().len(), scene.receiver.calls().len()), (1, 0), "our own people are told");
    let waiting = scene.good("2026-05-12T10:10:00Z", &["alert", "list", "--unsent"]);
    assert!(waiting.contains("1 alerts") && waiting.contains("trial"), "nothing more is posted to them: {waiting}");
    let shown = scene.good(DAY_0, &["alert", "show", waiting.split_whitespace().next().unwrap()]);
    assert!(shown.contains("0 tries: waits until 2026-05-12T10:15:00Z: stopped"), "{shown}");
    for officer in ["representative", "protection"] {
        let key = scene.street().key_of(officer);
        scene.good(DAY_0, &["resume", "partner", "lantern-relief", "--officer", officer, "--key", &key]);
    }
    scene.work("2026-05-12T10:20:00Z");
    assert_eq!((scene.subjects().len(), scene.receiver.calls().len()), (1, 2), "they are told late, and once");
    // Nor does anything go to a partner that is suspended.
    scene.good(
        DAY_0,
        &["--as", "representative", "partner", "suspend", "lantern-relief", "--reason", "an invented one"],
    );
    scene.work("2026-05-19T10:00:00Z");
    let denied = scene.at("2026-05-19T10:01:00Z", &["alert", "test", "lantern"]);
    assert!(denied.code == Some(4) && denied.err.contains("suspended"), "{}", denied.err);
    assert_eq!((scene.subjects().len(), scene.receiver.calls().len()), (2, 2));
}

#[test]
fn a_way_that_hangs_holds_up_no_other() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    // The call is taken, and nobody answers.
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (calls, hanging) = (scene.receiver.calls_port(), hangs.local_addr().unwrap().port());
    scene.ways(&[(&format!("localhost:{calls}/in"), &format!("localhost:{hanging}/in"))]);
    for way in ["lantern", "duty-desk"] {
        for _ in 0..5 {
            scene.street().good(&["alert", "test", way]).unwrap();
        }
    }
    let mut worker = Process::begin(scene.street(), &["work"], |_| {});
    for _ in 0..5 {
        let told = worker.says("told");
        assert!(!told.contains("not told") && told.contains("duty-desk"), "{told}");
    }
    assert_eq!(scene.receiver.mails().len(), 5);
}

#[test]
fn a_worker_heeds_what_the_settings_say_by_now() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    let mut worker = Process::begin(scene.street(), &["work"], |_| {});
    worker.says("at work");
    scene.ways(&[]);
    scene.street().good(&["alert", "test", "duty-desk"]).unwrap();
    let told = worker.says("duty-desk");
    assert!(told.contains("told") && !told.contains("not told"), "{told}");
    assert_eq!(scene.receiver.mails().len(), 1);
    worker.ended();
    // None starts with what makes no sense.
    scene.ways(&[("language = \"fr\"", "language = \"xx\"")]);
    let refused = scene.street().run(&["work", "--until-idle"]).unwrap();
    assert!(refused.code == Some(2) && refused.err.contains("no language"), "{}", refused.err);
}

#[test]
fn one_text_that_cannot_be_read_keeps_nothing_else_from_being_told() {
    let original = original(Kind::Sqlite);
    let scene = Scene::of(&original);
    scene.ways(&[]);
    scene.good(DAY_0, &["transfer", "run", "food-people"]);
    scene.try_the_way("lantern");
    let database = rusqlite::Connection::open(scene.street().home().join("data/causeway.sqlite")).unwrap();
    let damage =
        "DROP TRIGGER document_is_never_edited; UPDATE document SET text = 'damaged' WHERE kind = 'arrangement';";
    database.execute_batch(damage).unwrap();
    drop(database);
    let ended = scene.at("2026-05-12T10:00:00Z", &["work", "--until-idle"]);
    assert_ne!(ended.code, Some(0), "it is told: {}", ended.err);
    assert_eq!((scene.subjects().len(), scene.receiver.calls().len()), (1, 1), "{}", ended.err);
}
