//! Does a partner's copy follow full packages and deltas, and refuse what does not follow from what it holds?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use causeway_package::delta::{
    Applied, Base, BaseRef, Comparison, Kept, RemovalReason, Removed, Signed, StateDigest, StateKey, Verdict, apply,
    held::Held,
};
use causeway_package::inner::{Audience, Compression, Format};
use causeway_package::key::SigningKey;
use causeway_package::receipt::{Disagreement, Expected, Outcome, RECEIPT_TYPE, Receipt, verify};
use causeway_package::seal::Leads;
use causeway_package::{
    Entropy, Environment, InnerManifest, Limits, PackageError, PackageWriter, SealedPackage, canonical, read_inner,
};

use jiff::civil::date;

use crate::guide::blocks_of;
use crate::support::{House, csv_line, facts, shell};

/// Who is shared, by name, with a note.
pub(crate) type People = BTreeMap<&'static str, &'static str>;

/// A sender that sends states.
pub(crate) struct Sender {
    pub(crate) house: House,
    key: StateKey,
    /// How many packages were made: each has chance of its own.
    made: u8,
    /// The day on which they are made, and that by which they must be gone.
    pub(crate) days: (jiff::civil::Date, jiff::civil::Date),
    pub(crate) exchange: &'static str,
    pub(crate) environment: Environment,
    /// What was sent under each number, and its set.
    sent: BTreeMap<u64, (StateDigest, PathBuf, Kept)>,
}

impl Sender {
    pub(crate) fn new() -> Self {
        Self {
            house: House::new(),
            key: StateKey::new([9; 32]),
            made: 0,
            days: (date(2026, 5, 4), date(2026, 12, 31)),
            exchange: "food-per-person",
            environment: Environment::Production,
            sent: BTreeMap::new(),
        }
    }

    /// Sends who is shared now, whole or on a base.
    pub(crate) fn send(&mut self, sequence: u64, base: Option<u64>, people: &People) -> SealedPackage {
        self.send_as(sequence, base, people, Format::Csv)
    }

    fn send_as(&mut self, sequence: u64, base: Option<u64>, people: &People, format: Format) -> SealedPackage {
        self.made += 1;
        let house = &self.house;
        let known = base.map(|base| &self.sent[&base]);
        let compared =
            known.map_or_else(Base::nobody, |(_, path, kept)| Base::read(path, &house.identities(), kept).unwrap());
        let mut comparison = Comparison::new(&self.key, vec![0], compared, people.len());
        let mut spec = house.spec(Compression::Zstd, 40);
        spec.created = self.days.0.at(10, 20, 30, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        spec.recipients = vec![house.recipient().meant_for(self.environment)];
        let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([self.made; 32])).unwrap();
        writer.keyed_by(&self.key);
        if format == Format::Csv {
            writer.write(b"name,born,note\n").unwrap();
        }
        for (name, note) in people {
            let cells = [(*name).to_owned(), "1990".to_owned(), (*note).to_owned()];
            let judged = comparison.judge(&canonical::record(cells.iter().map(|cell| cell.as_bytes()))).unwrap();
            if judged.verdict != Verdict::Same {
                let line = match format {
                    Format::Csv => csv_line(&cells),
                    _ => serde_json::json!({ "name": name, "born": "1990", "note": note }).to_string() + "\n",
                };
                writer.write(line.as_bytes()).unwrap();
                writer.end_judged(&judged.value).unwrap();
            }
        }
        let compared = comparison.finish().unwrap();
        let base = base.map(|base| BaseRef { sequence: base, state: self.sent[&base].0.clone() });
        let leads = Leads { key: &self.key, fields: vec!["name".to_owned()], base, state: compared.state.clone() };
        let gone = compared.removed.iter().map(|tag| Removed {
            record: hex::encode(tag),
            reason: RemovalReason::NoLongerShared,
            grace_until: Some("2026-06-30".parse().unwrap()),
        });
        writer.lead_to(leads, gone).unwrap();
        let mut about = facts(format);
        (about.sequence, about.purge_by, about.exchange) = (sequence, self.days.1, self.exchange.to_owned());
        let signing = SigningKey::from_pem(&house.sender.to_pem().unwrap()).unwrap().meant_for(self.environment);
        let sealed = writer.finish(about, &signing).unwrap();
        let set = house.path(&format!("set-{}", self.made));
        let kept = compared.set.seal(&set, &house.recipient()).unwrap();
        self.sent.insert(sequence, (compared.state, set, kept));
        sealed
    }

    pub(crate) fn apply(&self, package: &Path, states: &Path) -> Result<Applied, PackageError> {
        self.apply_signed(Signed::AsBefore, package, states)
    }

    pub(crate) fn apply_signed(&self, signed: Signed, package: &Path, states: &Path) -> Result<Applied, PackageError> {
        let sender = self.house.sender_key().meant_for(self.environment);
        apply(package, &self.house.identities(), &sender, signed, states, &Limits::default())
    }

    fn inner(&self, package: &Path) -> InnerManifest {
        read_inner(package, &self.house.identities(), &self.house.sender_key()).unwrap().1
    }
}

fn lines(path: &Path) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

pub(crate) fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn first() -> People {
    People::from([("Zuri Invented", "one"), ("سلمى", "two,\r\n\"lines\""), ("ልብ", ""), ("စိတ်ကူး", "four")])
}

pub(crate) fn second() -> People {
    let mut people = first();
    people.remove("ልብ");
    people.insert("Zuri Invented", "changed");
    people.insert("কাল্পনিক", "new");
    people
}

#[test]
fn a_copy_follows_and_is_what_a_full_package_would_be() {
    for format in [Format::Csv, Format::Jsonl] {
        let mut sender = Sender::new();
        let (states, whole) = (sender.house.folder("states"), sender.house.folder("whole"));
        let full = sender.send_as(1, None, &first(), format);
        assert_eq!(sender.apply(&full.dir, &states).unwrap().state.count, 4);
        let delta = sender.send_as(2, Some(1), &second(), format);
        assert_eq!((delta.released, delta.state.as_ref().unwrap().count), (2, 4), "only what differs is in it");
        let applied = sender.apply(&delta.dir, &states).unwrap();
        let other = sender.send_as(3, None, &second(), format);
        let compared = sender.apply(&other.dir, &whole).unwrap();
        assert_eq!(applied.state, compared.state);
        assert_eq!(other.record_digest, compared.state.digest, "a full package's record digest is the state's");
        assert_eq!(lines(&applied.data), lines(&compared.data));
        let removed = fs::read_to_string(states.join("removed-00000002.jsonl")).unwrap();
        assert!(
            removed.contains("\"no-longer-shared\",\"grace_until\":\"2026-06-30\"") && removed.lines().count() == 1
        );
        assert!(!removed.contains("ልብ"), "who is gone is named to those who hold the record");
        // Applying it once more changes nothing; nothing differing is a delta too.
        assert!(sender.apply(&delta.dir, &states).unwrap().again);
        let none = sender.send_as(4, Some(2), &second(), format);
        assert_eq!((none.released, sender.apply(&none.dir, &states).unwrap().state), (0, applied.state));
    }
}

#[test]
fn a_lost_receipt_leaves_the_older_base_and_states_before_it_are_forgotten() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    for (sequence, base, people) in [
        (1, None, first()),
        (2, Some(1), second()),
        (3, Some(1), first()),
        (4, Some(1), second()),
        (5, Some(4), first()),
    ] {
        let sent = sender.send(sequence, base, &people);
        let applied = sender.apply(&sent.dir, &states).unwrap();
        assert_eq!(Some(&applied.state), sent.state.as_ref());
    }
    let kept: Vec<String> = files(&states).into_iter().filter(|name| name.ends_with(".json")).collect();
    assert_eq!(kept, ["state-00000004.json", "state-00000005.json"]);
}

#[test]
fn what_does_not_follow_is_refused_and_changes_nothing() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let full = sender.send(1, None, &first());
    let delta = sender.send(2, Some(1), &second());
    let third = sender.send(3, Some(2), &first());
    // Not the data whole: nobody takes it for that.
    let out = sender.house.folder("out");
    let opened = sender.house.open(&delta.dir, &out);
    assert!(matches!(opened, Err(PackageError::IsDelta { sequence: 2, base: 1 })));
    assert!(files(&out).is_empty());
    // Nothing is held; then the wrong one.
    assert!(matches!(sender.apply(&delta.dir, &states), Err(PackageError::OtherBase { base: 1, .. })));
    sender.apply(&full.dir, &states).unwrap();
    assert!(matches!(sender.apply(&third.dir, &states), Err(PackageError::OtherBase { base: 2, .. })));
    sender.apply(&delta.dir, &states).unwrap();
    sender.apply(&third.dir, &states).unwrap();
    // An older list, full or not, is not applied again.
    let before = files(&states);
    for older in [&full, &delta] {
        let refused = sender.apply(&older.dir, &states);
        assert!(matches!(refused, Err(PackageError::Replayed { newest: 3, .. })), "{refused:?}");
    }
    assert_eq!(files(&states), before);
    // A base of the right number that holds something else.
    let data = states.join("state-00000003.csv");
    let text = fs::read_to_string(&data).unwrap();
    fs::write(&data, text.replace("four", "five")).unwrap();
    let next = sender.send(4, Some(3), &second());
    assert!(matches!(sender.apply(&next.dir, &states), Err(PackageError::StateDiffers { declared: 4, found: 4 })));
    assert_eq!(files(&states), before);
    // Of another sender's states of the same number: the digest tells.
    let mut other = Sender::new();
    (other.house, other.made) = (sender.house, 100);
    other.send(3, None, &People::from([("Other", "one")]));
    let stray = other.send(5, Some(3), &second());
    assert!(matches!(other.apply(&stray.dir, &states), Err(PackageError::OtherBase { base: 3, .. })));
}

#[test]
fn a_package_without_states_is_not_applied_and_what_cannot_be_rebuilt_is_told() {
    let sender = Sender::new();
    let states = sender.house.folder("states");
    let plain = sender.house.seal_people(3, Compression::Zstd, 1000, 1);
    assert!(matches!(sender.apply(&plain.dir, &states), Err(PackageError::NotAState)));
    let mut writer = sender.house.writer(Compression::Zstd, 1000, 2);
    writer.keyed_by(&sender.key);
    let mut comparison = Comparison::new(&sender.key, vec![0], Base::nobody(), 0);
    let judged = comparison.judge(b"Nobody\x1f1990\x1f").unwrap();
    writer.write(b"name,born,note\nNobody,1990,\n").unwrap();
    writer.end_judged(&judged.value).unwrap();
    let state = comparison.finish().unwrap().state;
    let leads = Leads { key: &sender.key, fields: vec!["name".to_owned()], base: None, state };
    writer.lead_to(leads, std::iter::empty()).unwrap();
    let mut about = facts(Format::Csv);
    about.audience = Audience::People;
    let sealed = writer.finish(about, &sender.house.sender).unwrap();
    assert!(matches!(sender.apply(&sealed.dir, &states), Err(PackageError::NotRebuilt)));
}

/// As a program of before reads it: two types that it does not know, whichever of the two manifests it looks at.
#[test]
fn an_older_opener_knows_neither_manifest() {
    let mut sender = Sender::new();
    let full = sender.send(1, None, &first());
    let outer: serde_json::Value = serde_json::from_slice(&fs::read(full.dir.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(outer["type"], "causeway-package/2");
    assert_eq!(sender.inner(&full.dir).kind, "causeway-inner/2");
}

/// A process that died while it applied: what it left is cleared or written over.
#[test]
fn dying_while_applying_holds_nothing_up() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let full = sender.send(1, None, &first());
    sender.apply(&full.dir, &states).unwrap();
    fs::create_dir(states.join(".applying")).unwrap();
    fs::write(states.join(".applying/rebuilt"), "half").unwrap();
    fs::write(states.join("state-00000002.csv"), "half").unwrap();
    fs::write(states.join("removed-00000002.jsonl"), "half").unwrap();
    fs::write(states.join("state-00000002.json.tmp"), "half").unwrap();
    let delta = sender.send(2, Some(1), &second());
    assert_eq!(sender.apply(&delta.dir, &states).unwrap().state.count, 4);
    assert!(!states.join(".applying").exists());
    // Two at once would build on what the other one changes.
    let lock = fs::File::open(states.join(".lock")).unwrap();
    lock.lock().unwrap();
    let refused = sender.apply(&delta.dir, &states);
    assert!(matches!(refused, Err(PackageError::StatesBusy { .. })), "{refused:?}");
}

#[test]
fn a_receipt_tells_the_state_that_is_held() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let full = sender.send(1, None, &first());
    sender.apply(&full.dir, &states).unwrap();
    let inner = sender.inner(&full.dir);
    let receipt = |state: Option<StateDigest>| Receipt {
        kind: RECEIPT_TYPE.to_owned(),
        package: inner.package.clone(),
        environment: inner.environment,
        data: inner.data,
        transfer: inner.about.transfer.clone(),
        token: inner.receipt_token.reveal().to_owned(),
        outcome: Outcome::Accepted,
        records_loaded: 4,
        records_rejected: 0,
        digest_as_loaded: Some(inner.record_digest.value.clone()),
        state,
        checkpoint_seen: inner.about.checkpoint.clone(),
        loaded_at: "2026-05-05T10:00:00Z".parse().unwrap(),
        note: None,
    };
    let expected = Expected::of(&full, &inner.about.transfer, &inner.about.checkpoint);
    let found = Held::read(&states).unwrap().found(&inner).unwrap();
    assert_eq!(expected.compare(&receipt(Some(found))).unwrap(), []);
    assert_eq!(expected.compare(&receipt(None)).unwrap(), [Disagreement::StateMissing]);
    let data = states.join("state-00000001.csv");
    let text = fs::read_to_string(&data).unwrap();
    fs::write(&data, text.replace("four", "five")).unwrap();
    let found = Held::read(&states).unwrap().found(&inner).unwrap();
    assert_eq!(expected.compare(&receipt(Some(found))).unwrap(), [Disagreement::State]);
}

#[test]
fn the_members_that_lead_to_a_state_are_these() {
    let mut sender = Sender::new();
    sender.send(1, None, &first());
    let delta = sender.send(2, Some(1), &second());
    let inner = serde_json::to_value(sender.inner(&delta.dir)).unwrap();
    let members = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&inner["delta"]), ["kind", "key", "tag_key", "base", "state", "removed"]);
    assert_eq!(members(&inner["delta"]["base"]), ["sequence", "state"]);
    assert_eq!(members(&inner["delta"]["state"]), ["count", "digest"]);
    assert_eq!(members(&inner["delta"]["removed"]), ["name", "records", "size", "sha256"]);
}

/// The guides' own commands rebuild the same states, and refuse what does not follow.
#[test]
fn a_partner_with_only_the_guides_follows_too() {
    for format in [Format::Csv, Format::Jsonl] {
        let mut sender = Sender::new();
        let keys = sender.house.key_files();
        let states = sender.house.folder("states");
        let mut steps = blocks_of("partner.md", "sh guide");
        let receipt = steps.pop().unwrap();
        let script = [steps.join("\n"), blocks_of("deltas.md", "sh guide-states").concat(), receipt].join("\n");
        let follow_by = |script: &str, package: &Path, out: &Path, states: &Path| {
            let variables =
                [("PKG", package), ("SENDER", keys.sender.as_path()), ("IDENTITY", keys.identity.as_path())];
            let more = [("SIGNING_KEY", keys.signing.as_path()), ("OUT", out), ("STATES", states)];
            std::panic::catch_unwind(|| shell(script, &[&variables[..], &more[..]].concat()))
        };
        let follow = |package: &Path, out: &Path, states: &Path| follow_by(&script, package, out, states);
        let mut packages = Vec::new();
        for (sequence, base, people) in [(1, None, first()), (2, Some(1), second()), (3, Some(1), first())] {
            let sealed = sender.send_as(sequence, base, &people, format);
            let out = sender.house.folder(&format!("out-{sequence}"));
            follow(&sealed.dir, &out, &states).unwrap();
            let json = fs::read(out.join("receipt.json")).unwrap();
            let signature = fs::read(out.join("receipt.json.sig")).unwrap();
            let receipt = verify(&json, &signature, &sender.house.partner.verifying_key()).unwrap();
            let expected = Expected::of(&sealed, "transfer-0007", crate::support::CHECKPOINT);
            assert_eq!(expected.compare(&receipt).unwrap(), [], "number {sequence}");
            assert_eq!(receipt.state, sealed.state);
            packages.push(sealed.dir);
        }
        // An older list; a base that is not held; a partner that does not know of states.
        for (at, package, states) in [(4, &packages[1], &states), (5, &packages[2], &sender.house.folder("none"))] {
            let out = sender.house.folder(&format!("out-{at}"));
            assert!(follow(package, &out, states).is_err());
            assert!(!out.join("receipt.json").exists());
        }
        let out = sender.house.folder("out-6");
        assert!(follow(&packages[2], &out, Path::new("")).is_err());
        assert!(!out.join("inner-manifest.json").exists());
        // Whatever's day is over is forgotten.
        let names = || files(&states).into_iter().filter(|name| name.ends_with(".json")).collect::<Vec<_>>();
        assert_eq!(names(), ["state-00000001.json", "state-00000002.json", "state-00000003.json"]);
        sender.days = (date(2026, 12, 31), date(2027, 1, 30));
        let full = sender.send_as(4, None, &second(), format);
        follow(&full.dir, &sender.house.folder("out-7"), &states).unwrap();
        assert_eq!(names(), ["state-00000004.json"]);
        // Another key of the sender: only knowingly.
        sender.house.sender = SigningKey::from_seed(&[3; 32]);
        fs::write(&keys.sender, sender.house.sender_key().to_pem().unwrap()).unwrap();
        let moved = sender.send_as(5, None, &second(), format);
        assert!(follow(&moved.dir, &sender.house.folder("out-8"), &states).is_err());
        let knowing = format!("export SENDER_KEY_CHANGED=yes\n{script}");
        follow_by(&knowing, &moved.dir, &sender.house.folder("out-9"), &states).unwrap();
        assert_eq!(names(), ["state-00000004.json", "state-00000005.json"]);
    }
}
