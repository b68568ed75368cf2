//! A small installation over files, whose people a test changes as it likes.

use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

use super::documents::{self, LIST, WHOLE};
use super::partner::text;
use super::writer::{Statements, Writer};

/// An installation over two SQLite files.
pub(super) struct Small {
    pub(super) street: Street,
    pub(super) writer: Writer,
    documents: PathBuf,
    _removed: Box<dyn std::any::Any>,
}

impl Small {
    pub(super) fn new(seed: u64, full_every: u32) -> Self {
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        fs::create_dir_all(street.sources()).unwrap();
        let connect = |name: &str| format!("sqlite: {{ path: {name}.sqlite }}");
        documents::write(&into, &connect("registration"), &connect("distribution"), full_every);
        let mut small = Self { street, writer: Writer::new(seed), documents: into, _removed: Box::new(dir) };
        let begin = small.writer.begin();
        small.write(&begin);
        let exchanges = [(LIST, "exchange-list.yaml"), (WHOLE, "exchange-whole.yaml")];
        small.street.set_up_with(&["lantern-relief"], &["lists"], &exchanges).unwrap();
        small
    }

    /// Changes a few people.
    pub(super) fn burst(&mut self) {
        let burst = self.writer.burst();
        self.write(&burst);
    }

    /// Changes people as a test wants them.
    pub(super) fn registered(&self, sql: &str) {
        self.write(&Statements { registration: sql.to_owned(), distribution: String::new() });
    }

    fn write(&self, statements: &Statements) {
        for (name, text) in [("registration", &statements.registration), ("distribution", &statements.distribution)] {
            let path = self.street.sources().join(format!("{name}.sqlite"));
            rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
        }
    }

    /// Brings in another version of the exchange.
    pub(super) fn amend(&self, version: u32, full_every: u32) {
        self.amend_with(version, documents::exchange(LIST, version, full_every));
    }

    /// The same, whose records are named by people's names.
    pub(super) fn amend_to_names(&self, version: u32) {
        self.amend_with(version, documents::exchange(LIST, version, 5).replace("key: [id]", "key: [name]"));
    }

    /// Brings in another version of the catalogue, in which names are called something else.
    pub(super) fn describe(&self, version: u32, name: &str) {
        let text = fs::read_to_string(self.documents.join("catalogue.yaml")).unwrap();
        let text = text.replace("version: 1\n", &format!("version: {version}\n"));
        let other = text.replace("description: Name,", &format!("description: {name},"));
        assert_ne!(text, other);
        let path = self.documents.join(format!("catalogue-{version}.yaml"));
        fs::write(&path, other).unwrap();
        self.street.good(&["catalogue", "import", &super::partner::text(&path)]).unwrap();
    }

    fn amend_with(&self, version: u32, document: String) {
        let path = self.documents.join(format!("exchange-list-{version}.yaml"));
        fs::write(&path, document).unwrap();
        self.street.good(&["exchange", "import", &text(&path)]).unwrap();
    }

    /// What the sets of states are called.
    pub(super) fn sets(&self) -> Vec<String> {
        names(&self.street.home().join("data/states"))
    }

    /// Lines of the same people in a full package.
    pub(super) fn whole(&self, into: &str) -> Vec<String> {
        let whole = super::partner::send(&self.street, WHOLE);
        let opened = self.street.open(&whole.package, &self.street.partner().join(into)).unwrap();
        super::partner::lines(&opened.join("data.jsonl"))
    }
}

/// Names in a folder, in order.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}
