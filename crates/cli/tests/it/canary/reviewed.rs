//! Do waiting, review, undoing and what is told of them leave nothing of a person in the clear, also where whoever works is killed?

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::search::{Found, Search};
use crate::accept::registry::Store;
use crate::accept::reviewed::with_new_people;
use crate::accept::scene::{Scene, id, text};

/// What came in, and what stood in the registry before: all of it invented.
const CAME: [(&str, &str); 4] = [
    ("number that came", "ZAITUNI4471"),
    ("number of a new person", "MCHICHA8802"),
    ("message", "ujumbe-BAOBAB-77"),
    ("card", "KADI-NDIZI-998"),
];
const STOOD: [(&str, &str); 2] =
    [("number of the first twin", "TAMARIND-88X"), ("number that is overwritten", "PAPAYA-55Q")];

/// A scene of which every output is kept.
struct Watched {
    scene: Scene,
    search: Search,
    said: Vec<(String, Vec<u8>)>,
}

impl Watched {
    fn run(&mut self, words: &[&str], crash: Option<&str>) -> Option<i32> {
        let mut command = self.scene.street.command(words);
        let temporary = self.scene.street.home().join("temporary");
        command.env("CAUSEWAY_LOG", "trace").env("RUST_BACKTRACE", "full").env("TMPDIR", temporary);
        if let Some(mark) = crash {
            command.env("CAUSEWAY_CRASH_AT", mark);
        }
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        self.said.push((words.join(" "), told));
        output.status.code()
    }

    fn good(&mut self, words: &[&str]) {
        let code = self.run(words, None);
        let (_, told) = self.said.last().unwrap();
        assert_eq!(code, Some(0), "{words:?}: {}", String::from_utf8_lossy(told));
    }

    fn dies(&mut self, mark: &str) {
        let code = self.run(&["work", "--until-idle"], Some(mark));
        assert_eq!(code, None, "{mark} is not passed");
        assert_eq!(self.found(), BTreeSet::new(), "{mark}");
    }

    /// What occurs in outputs, logs and the installation, the registry left out.
    fn found(&self) -> BTreeSet<Found> {
        let said = self.said.iter().flat_map(|(words, told)| self.search.bytes(&format!("output of {words}"), told));
        let except = [self.scene.street.sources()];
        said.chain(self.search.folder(self.scene.street.home(), &except)).collect()
    }
}

fn came(message: &str, person: usize, nin: &str, card: Option<&str>) -> Value {
    let cards: Vec<Value> = card.into_iter().map(|number| json!({ "number": number })).collect();
    json!({
        "message": message, "stamp": 10, "person": id(person), "nin": nin, "decision": "accepted", "decided_on": "2026-05-01",
        "cards": cards,
    })
}

#[test]
fn review_and_undo_leave_nothing_in_the_clear() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    fs::create_dir(scene.street.home().join("temporary")).unwrap();
    for (of, nin) in [(38, "TAMARIND-88X"), (39, "TAMARIND-88X"), (1, "PAPAYA-55Q")] {
        scene.sql(&format!("UPDATE person SET nin = '{nin}' WHERE id = '{}';", id(of)));
    }
    let people = [1, 38, 39, 998, 999].map(|of| ("a person's id", id(of)));
    let values = CAME.iter().chain(&STOOD).map(|(name, value)| (*name, value.as_bytes().to_vec()));
    let values: Vec<(&str, Vec<u8>)> =
        values.chain(people.into_iter().map(|(name, value)| (name, value.into_bytes()))).collect();
    let mut watched = Watched { scene, search: Search::of(values), said: Vec::new() };
    let lines = [
        came("ujumbe-BAOBAB-77", 1, "ZAITUNI4471", Some("KADI-NDIZI-998")),
        came("ujumbe-BAOBAB-77b", 998, "TAMARIND-88X", None),
        came("ujumbe-BAOBAB-77c", 999, "MCHICHA8802", None),
    ];
    let intake = watched.scene.submitted(&watched.scene.envelope(1, &lines));
    watched.dies("intake-outcomes-sealed");
    watched.good(&["work", "--until-idle"]);
    watched.good(&["intake", "show", &intake]);
    watched.good(&["status"]);

    // What is opened holds all of it, where whoever opens it says.
    let opened = watched.scene.street.home().join("../opened.jsonl");
    let open = ["intake", "open", &intake, "--reason", "to see who it is", "--out", &text(&opened)];
    watched.good(&[&["--as", "protection"], &open[..]].concat());
    let told = fs::read(&opened).unwrap();
    let names: BTreeSet<String> = watched.search.bytes("opened", &told).into_iter().map(|found| found.name).collect();
    for name in ["number of a new person", "number of the first twin", "a person's id", "message"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    fs::remove_file(&opened).unwrap();

    let review = |record: &'static str, words: &'static [&'static str]| -> Vec<String> {
        let reason = ["--reason", "looked at both files"];
        let all = [&["--as", "protection", "intake", "review", &intake, record][..], words, &reason].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    for words in [review("2", &["--link", "1"]), review("3", &["--insert"]), review("2", &["--link", "2"])] {
        watched.good(&words.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for mark in ["apply-statement:4", "apply-committed", "intake-outcomes-sealed", "intake-acknowledged"] {
        watched.dies(mark);
    }
    watched.good(&["work", "--until-idle"]);
    watched.good(&["intake", "undo", &intake, "--reason", "the wrong file was sent"]);
    for mark in ["undo-statement", "undo-committed", "intake-put-back"] {
        watched.dies(mark);
    }
    watched.good(&["work", "--until-idle"]);
    watched.good(&["intake", "show", &intake]);
    watched.good(&["intake", "list"]);
    let export = text(&watched.scene.street.home().join("ledger.export"));
    watched.good(&["ledger", "export", "--out", &export]);
    assert_eq!(watched.found(), BTreeSet::new());
    // It sees what it looks for where it is.
    let there = watched.search.folder(&watched.scene.street.sources(), &[]);
    let names: BTreeSet<&str> = there.iter().map(|found| found.name.as_str()).collect();
    assert!(STOOD.iter().all(|(name, _)| names.contains(name)), "{names:?}");
}
