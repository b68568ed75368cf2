//! Does the street hold when its stores are live servers, also when they fail it?

mod interrupted;
mod stale;
mod stalled;
pub mod stores;

use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::population::{Spec, generate};
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use stores::{Kind, Live, own_examples};

/// The exchange that these tests run.
const EXCHANGE: &str = "food-short";
/// A field that is looked up in another table.
const DOCUMENTS: &str =
    "  - { name: latest_document, reduce: latest, of: documents.document_number, by: [issue_date] }\n";

/// An installation over live servers, with one exchange.
struct Installed {
    street: Street,
    live: Live,
    dir: PathBuf,
    _removed: Box<dyn std::any::Any>,
}

impl Installed {
    /// With the people of `spec`, the registration store in a server of `kind`; `edit` changes the catalogue, and the list
    /// has the fields of `more` beside references and names.
    fn new(kind: Kind, spec: &Spec, edit: impl Fn(&str) -> String, more: &str) -> Self {
        let removed = throw_away::directory().unwrap();
        let dir = removed.path().to_owned();
        let examples = dir.join("examples");
        own_examples(&examples);
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.join("home"), &examples);
        generate(&street.sources(), spec).unwrap();
        let catalogue = examples.join("catalogue.yaml");
        let live = Live::move_in(kind, &street.sources(), &catalogue);
        fs::write(&catalogue, edit(&fs::read_to_string(&catalogue).unwrap())).unwrap();
        // Without telephone numbers, whose rules take long to read in a build for tests.
        let people = fs::read_to_string(examples.join("exchange-people.yaml")).unwrap();
        let (head, rest) = people.split_once("  - { name: sex").unwrap();
        let (_, end) = rest.split_once("format:").unwrap();
        let short = format!("{head}{more}format:{end}")
            .replace("exchange: food-people", "exchange: food-short")
            .replace(", transform: [nfc, trim]", "");
        fs::write(examples.join("exchange-short.yaml"), short).unwrap();
        street.set_up_with(&["lantern-relief"], &["food"], &[(EXCHANGE, "exchange-short.yaml")]).unwrap();
        Self { street, live, dir, _removed: Box::new(removed) }
    }

    /// Everything in the partner's folder, whatever it is.
    fn packages(&self) -> Vec<PathBuf> {
        let outbox = fs::read_dir(self.street.home().join("outbox/lantern-relief"));
        outbox.map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
    }

    /// Lines of the list in a package, as the partner sees them, sorted.
    fn lines(&self, package: &Path) -> Vec<String> {
        let name = package.file_name().unwrap().to_str().unwrap();
        let opened = self.street.open(package, &self.dir.join(format!("opened-{name}"))).unwrap();
        let files = fs::read_dir(opened).unwrap().map(|entry| entry.unwrap().path());
        let lists = files.filter(|path| path.extension().is_some_and(|end| end == "csv"));
        let text: String = lists.map(|path| fs::read_to_string(path).unwrap()).collect();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}
