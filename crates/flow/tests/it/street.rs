//! How does a test walk the whole street, from documents and sources to records, report and package?

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use causeway_flow::FlowError;
use causeway_flow::aggregate::{Memory, aggregate};
use causeway_flow::enforce::{Clearance, Expectation, Register, ReportLine, Reporter, enforce};
use causeway_flow::plan::Plan;
use causeway_flow::seal::{Encoder, Sealed, Sealing, seal};
use causeway_flow::source::{Source, Watch, extract};
use causeway_flow::transform::{Pseudonyms, transform};
use causeway_model::arrangement::{Arrangement, InForce};
use causeway_model::catalogue::Catalogue;
use causeway_model::document::Document;
use causeway_model::exchange::{Audience, Exchange, Format, FormatKind};
use causeway_model::{Code, Violation};
use causeway_package::disclosure::DisclosureKey;
use causeway_package::inner::{ArrangementRef, InnerManifest};
use causeway_package::key::{Identities, Identity, SigningKey};
use causeway_package::{Entropy, Limits};
use serde_json::Value;

pub const ROOT: [u8; 32] = [7; 32];

pub fn now() -> jiff::Timestamp {
    "2026-10-01T08:00:00Z".parse().unwrap()
}

pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let document = Document::parse("test.yaml", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    document.read().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub fn in_force(arrangement: &Arrangement) -> InForce {
    let officers = BTreeSet::from(["officer one".to_owned(), "officer two".to_owned()]);
    InForce::new(arrangement.clone(), &officers, jiff::civil::date(2026, 10, 1)).unwrap()
}

pub fn compile(catalogue: &Catalogue, arrangement: &Arrangement, exchange: &Exchange) -> Result<Plan, Vec<Violation>> {
    let pseudonyms = Pseudonyms::new(&ROOT, &arrangement.partner, &arrangement.purpose.code);
    Plan::compile(&in_force(arrangement), exchange, catalogue, &pseudonyms)
}

/// A line of the sealed report: outcome, entity, key, codes.
pub type Reported = (String, String, String, Vec<(Code, String, Option<String>)>);

/// What a run came to.
#[derive(Debug, PartialEq)]
pub struct Run {
    /// Released records, as JSON lines of the machine's format.
    pub lines: Vec<String>,
    pub clearance: Clearance,
    pub reported: Vec<Reported>,
    /// Keys of the people in the released records.
    pub disclosed: Vec<String>,
}

impl Run {
    pub fn records(&self) -> Vec<Value> {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Released records by the value of one output.
    pub fn by(&self, name: &str) -> BTreeMap<String, Value> {
        let keyed = self.records().into_iter().map(|record| (record[name].as_str().unwrap().to_owned(), record));
        keyed.collect()
    }

    /// Keys in the report of one outcome and entity.
    pub fn keys(&self, outcome: &str, entity: &str) -> Vec<&str> {
        let found = self.reported.iter().filter(|(o, e, _, _)| o == outcome && e == entity);
        let mut keys: Vec<&str> = found.map(|(_, _, key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys
    }
}

fn reporter() -> (Reporter, Rc<RefCell<Vec<Reported>>>) {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&lines);
    let sink = move |line: &ReportLine| {
        let reasons = line.reasons.iter().map(|reason| (reason.code, reason.subject.clone(), reason.value.clone()));
        into.borrow_mut().push((line.outcome.to_owned(), line.entity.clone(), key_text(&line.key), reasons.collect()));
        Ok(())
    };
    (Reporter::new(Box::new(sink)), lines)
}

/// A key as it stands in the report, without the mark of its end.
fn key_text(key: &str) -> String {
    key.trim_end_matches(['\u{1e}', '\u{1f}', '\n']).to_owned()
}

pub fn run(plan: &Plan, sources: &[Box<dyn Source>]) -> Result<Run, FlowError> {
    run_expecting(plan, sources, Expectation { last_receipted: None, fewer_expected: true }, &Watch::default())
}

pub fn run_expecting(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    expectation: Expectation,
    watch: &Watch,
) -> Result<Run, FlowError> {
    let mut extract = extract(plan, sources, &now, watch)?;
    let (reporter, reported) = reporter();
    let bundle = aggregate(&mut extract, plan, reporter, Register::default(), &Memory::unbounded())?;
    let mut cleared = enforce(transform(bundle, plan), plan, expectation, watch.clone());
    let format = Format { kind: FormatKind::JsonLines, audience: Audience::Machine };
    let mut encoder = Encoder::new(format, cleared.schema()).unwrap();
    let (mut bytes, mut disclosed) = (Vec::new(), Vec::new());
    encoder.begin_part(&mut bytes).unwrap();
    while let Some(batch) = cleared.next_batch()? {
        disclosed.extend(cleared.take_disclosed().iter().map(|key| key_text(std::str::from_utf8(key).unwrap())));
        encoder.batch(&encoder.cells(&batch).unwrap(), &mut bytes).unwrap();
    }
    encoder.end_part(&mut bytes).unwrap();
    let clearance = cleared.clearance()?;
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len() as u64, clearance.released);
    drop(encoder);
    let reported = reported.borrow().clone();
    Ok(Run { lines, clearance, reported, disclosed })
}

/// A sealed package, as the partner opens it.
pub struct Opened {
    /// Bytes of the data files, in order.
    pub data: Vec<Vec<u8>>,
    pub inner: InnerManifest,
}

impl Opened {
    /// The inner manifest without what is new in every package.
    pub fn inner_apart_from_chance(&self) -> Value {
        let mut inner = serde_json::to_value(&self.inner).unwrap();
        let top = inner.as_object_mut().unwrap();
        top.remove("receipt_token").unwrap();
        // Everything random here is drawn from the seed of the test, so that the rest must be equal to the byte.
        inner
    }
}

/// Walks the street to a package and opens it with the partner's key.
pub fn seal_and_open(
    catalogue: &Catalogue,
    arrangement: &Arrangement,
    exchange: &Exchange,
    sources: &[Box<dyn Source>],
    dir: &Path,
) -> Result<(Opened, Clearance), FlowError> {
    seal_and_open_heeding(catalogue, arrangement, exchange, sources, Register::default(), dir)
}

/// The same, where people decided something.
pub fn seal_and_open_heeding(
    catalogue: &Catalogue,
    arrangement: &Arrangement,
    exchange: &Exchange,
    sources: &[Box<dyn Source>],
    register: Register,
    dir: &Path,
) -> Result<(Opened, Clearance), FlowError> {
    let plan = compile(catalogue, arrangement, exchange).map_err(FlowError::Refused)?;
    let watch = Watch::default();
    let mut extract = extract(&plan, sources, &now, &watch)?;
    let (reporter, _) = reporter();
    let bundle = aggregate(&mut extract, &plan, reporter, register, &Memory::unbounded())?;
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let cleared = enforce(transform(bundle, &plan), &plan, expectation, watch);
    let (identity, signing_key) = (Identity::generate(), SigningKey::from_seed(&[3; 32]));
    let sealing = Sealing {
        staging: dir,
        exchange,
        now: now(),
        recipients: vec![identity.recipient()],
        signing_key: &signing_key,
        entropy: Entropy::new([5; 32]),
        disclosure_key: &DisclosureKey::new([9; 32]),
        subject: &catalogue.subject().unwrap().name,
        transfer: "transfer-1".to_owned(),
        sequence: 1,
        arrangement: ArrangementRef {
            id: arrangement.arrangement.clone(),
            version: arrangement.version,
            digest: "0".repeat(64),
        },
        purge_by: jiff::civil::date(2027, 1, 1),
        checkpoint: String::new(),
        sources: Vec::new(),
        snapshot_spread_s: 0,
        following: None,
    };
    let Sealed { package, clearance, .. } = seal(cleared, &plan, sealing)?;
    let out = dir.join("opened");
    std::fs::create_dir(&out).unwrap();
    let identities = Identities::new(vec![identity]);
    let limits = Limits::default();
    let opened =
        causeway_package::open(&package.dir, &identities, &signing_key.verifying_key(), &out, &limits).unwrap();
    let data = opened.data.iter().map(|path| std::fs::read(path).unwrap()).collect();
    Ok((Opened { data, inner: opened.inner }, clearance))
}

/// The codes of a refusal.
pub fn codes<T>(result: Result<T, FlowError>) -> Vec<Code> {
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.violations().into_iter().map(|violation| violation.code).collect(),
    }
}
