//! How is a store of edges declared, and sent in every format?

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use causeway_testkit::street::{Street, delivered};
use causeway_testkit::throw_away;
use serde_json::Value;

use super::holding::{Holding, Reason, columns, label};
use super::read_back::{self, Records};

/// Kind and audience of each format.
const FORMATS: [(&str, &str); 4] =
    [("csv", "machine"), ("csv", "people"), ("json-lines", "machine"), ("parquet", "machine")];

/// The arrangement of every test here, whose agreed elements stand at `AGREED`.
pub(super) const ARRANGEMENT: &str = "arrangement: edges-2026
version: 1
kind: memorandum-of-understanding
title: Values at their edges
operation: kenya-example
partner: lantern-relief
parties:
  - { name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }
  - { name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [SYR]
purpose: { code: test, text: To see values come }
lawful_basis: mandate
direction: provide
modality: [file]
elements:
AGREEDmay_select_by: []
population: { all: [] }
frequency: { at_most: 1000, days: 30 }
row_cap: 5000
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2030-12-31 }
biometrics: templates
";

/// Password of every reader.
pub(super) const PASSWORD: &str = "invented word";

/// An installation, whose stores a test fills before it is declared.
pub(super) struct Scene {
    pub(super) street: Street,
    pub(super) documents: PathBuf,
    dir: PathBuf,
    _removed: Box<dyn std::any::Any>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let dir = throw_away::directory().unwrap();
        let documents = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &documents);
        fs::create_dir_all(street.sources()).unwrap();
        fs::create_dir(&documents).unwrap();
        let password = street.sources().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        Self { street, documents, dir: dir.path().to_owned(), _removed: Box::new(dir) }
    }

    /// Folder of the files that a test reads as stores.
    pub(super) fn sources(&self) -> PathBuf {
        self.street.sources()
    }

    /// Declares the store, whose records are the people, and makes the installation: with an exchange of everything in each
    /// format, or one of each column alone.
    fn declare(&self, holding: &Holding, alone: bool) {
        let (name, connect) = (holding.name, &holding.connect);
        let table = if holding.is_database { ", table: edge" } else { "" };
        let mut catalogue = format!(
            "catalogue: edges\nversion: 1\nsources: [{{ name: {name}, connect: {connect} }}]\ncode_lists:\n  \
             - {{ name: sex, description: Sex, codes: [{{ code: F }}, {{ code: M }}] }}\n  \
             - {{ name: number, description: Numbers, codes: [{{ code: \"1\" }}, {{ code: \"-2\" }}] }}\nentities:\n  \
             - name: {name}\n    description: Edges\n    key: [no]\n    subject: {{}}\n    \
             tables: [{{ name: main, source: {name}{table} }}]\n    elements:\n"
        );
        let own = columns(holding.edges).into_iter().enumerate().map(|(at, (_, kind))| (format!("c{at}"), kind));
        let fixed = [("no".to_owned(), "integer"), ("label".to_owned(), "text")];
        let (mut agreed, mut fields) = (String::new(), String::new());
        for (element, kind) in fixed.into_iter().chain(own) {
            let (kind, format) = kind.split_once(' ').unwrap_or((kind, ""));
            let format = if format.is_empty() { String::new() } else { format!(", format: \"{format}\"") };
            catalogue += &format!(
                "      - {{ name: {element}, type: \"{kind}\", sensitivity: 1, description: \"An edge\", from: [{{ table: main, column: {element}{format} }}] }}\n"
            );
            if element != "no" {
                agreed += &format!("  - {{ element: {name}.{element}, form: raw, necessity: \"to see it come\" }}\n");
                fields += &format!("  - {{ name: {element}, from: {element} }}\n");
            }
        }
        let whole = FORMATS.map(|(kind, audience)| (format!("{kind}-{audience}"), kind, audience, fields.clone()));
        let one =
            |at: usize| (format!("c{at}"), "json-lines", "machine", format!("  - {{ name: c{at}, from: c{at} }}\n"));
        let wanted =
            if alone { (0..columns(holding.edges).len()).map(one).collect::<Vec<_>>() } else { whole.to_vec() };
        let mut exchanges = Vec::new();
        for (exchange, kind, audience, fields) in wanted {
            let file = format!("exchange-{exchange}.yaml");
            let text = format!(
                "exchange: {exchange}\nversion: 1\narrangement: edges-2026\nroot: {name}\nfields:\n{fields}format: {{ kind: {kind}, audience: {audience} }}\n\
                 quarantine_limit_percent: 100\ndeliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n"
            );
            fs::write(self.documents.join(&file), text).unwrap();
            exchanges.push((exchange, file));
        }
        fs::write(self.documents.join("catalogue.yaml"), catalogue).unwrap();
        fs::write(self.documents.join("arrangement-edges.yaml"), ARRANGEMENT.replace("AGREED", &agreed)).unwrap();
        let named: Vec<(&str, &str)> = exchanges.iter().map(|(name, file)| (name.as_str(), file.as_str())).collect();
        self.street.set_up_with(&["lantern-relief"], &["edges"], &named).unwrap();
    }

    /// Sends the store in each format, and compares what came with its table.
    pub(super) fn holds(&self, holding: &Holding) {
        self.declare(holding, false);
        let mut wrong = Vec::new();
        let came = FORMATS.map(|(kind, audience)| self.send(holding, kind, audience, &mut wrong));
        // No format tells more or less than another; only CSV has one word for no text and for an empty one.
        let [machine, people, lines, parquet] = &came;
        if lines != parquet || machine != people || *machine != read_back::without_empty(lines) {
            wrong.push("the formats do not agree".to_owned());
        }
        assert!(wrong.is_empty(), "{}: {} wrong:\n{}", holding.name, wrong.len(), wrong.join("\n"));
    }

    /// Asks for each column alone, none of which can be what the catalogue says: nothing is sent, and the column is named.
    pub(super) fn refuses(&self, holding: &Holding) {
        self.declare(holding, true);
        for (at, (column, element)) in columns(holding.edges).into_iter().enumerate() {
            let ended = self.street.run(&["transfer", "run", &format!("c{at}")]).unwrap();
            let said = format!("{} {column} as {element}: {}{}", holding.name, ended.out, ended.err);
            assert_eq!(ended.code, Some(4), "{said}");
            assert!(ended.err.contains("column-retyped") && ended.err.contains(&format!("`c{at}`")), "{said}");
        }
        assert!(!self.street.home().join("outbox/lantern-relief").exists(), "{}: something was sent", holding.name);
    }

    /// Sends a store in one format; what the partner reads. What is not as the table says goes to `wrong`.
    fn send(&self, holding: &Holding, kind: &str, audience: &str, wrong: &mut Vec<String>) -> Records {
        let exchange = format!("{kind}-{audience}");
        let said = self.street.good(&["transfer", "run", &exchange]).unwrap();
        let sent = delivered(&said).unwrap();
        let opened = self.street.open(&sent.package, &self.dir.join(format!("opened-{exchange}"))).unwrap();
        let records = read_back::read(&opened, kind, audience);
        let mut left_out = self.left_out(&sent.transfer);
        // Everybody is in one place or the other, and nobody else is.
        let counts = [records.len() as u64, 0, left_out.len() as u64];
        assert_eq!((counts[0] + counts[2], sent.counts), (holding.edges.len() as u64, counts), "{exchange}: {said}");
        for (number, edge) in holding.edges.iter().enumerate() {
            let reasons = left_out.remove(&number.to_string()).unwrap_or_default();
            for (subject, code, _) in &reasons {
                assert!(said.contains(&format!("{subject}: {code}")), "{exchange}: {subject} {code}: {said}");
            }
            if let Err(why) = holding.compare(number, edge, kind, records.get(&label(number)), &reasons) {
                wrong.push(format!("{exchange}: {edge:?}: {why}"));
            }
        }
        assert!(left_out.is_empty(), "{exchange}: {left_out:?}");
        records
    }

    /// Reasons by the key of the record, from the report that is sealed to ourselves.
    fn left_out(&self, transfer: &str) -> BTreeMap<String, Vec<Reason>> {
        let report =
            self.street.good(&["quarantine", "open", transfer, "--reason", "to see who was left out"]).unwrap();
        let mut found = BTreeMap::new();
        for line in report.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            assert_eq!(line["outcome"], "quarantined", "{line}");
            let reasons = line["reasons"].as_array().unwrap().iter();
            let reasons = reasons.map(|reason| {
                (text(&reason["subject"]), text(&reason["code"]), reason["value"].as_str().map(str::to_owned))
            });
            assert!(found.insert(text(&line["key"]), reasons.collect()).is_none(), "twice: {line}");
        }
        found
    }
}
