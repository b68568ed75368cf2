//! What does the partner do? It takes packages with its own programs, remembers what it took, and signs receipts, right ones and others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use causeway_package::delta::{Signed, apply, held::Held};
use causeway_package::key::{Identities, Identity, SigningKey, VerifyingKey};
use causeway_package::notice::{NOTICE_TYPE, open_notice};
use causeway_package::receipt::{Outcome, RECEIPT_TYPE, Receipt};
use causeway_package::{InnerManifest, Limits, PackageError, open, read_inner};

use super::stage;

/// Number and name of everybody in a package.
pub type Rows = BTreeSet<(i64, String)>;

/// The partner, with its own folder.
pub struct Partner {
    outbox: PathBuf,
    own: PathBuf,
    sender: VerifyingKey,
    identities: Vec<String>,
    pub signing: SigningKey,
    /// What it took, by package.
    pub taken: BTreeMap<String, Taken>,
    /// Packages of which a notice told.
    pub told: BTreeSet<String>,
    notices: BTreeSet<String>,
    /// Checkpoints of our log, as they came.
    pub checkpoints: Vec<String>,
}

/// A package that it took.
pub struct Taken {
    pub inner: InnerManifest,
    /// Who is in it, or in the state that it leads to; nobody where it was too old to be applied.
    pub rows: Option<Rows>,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Right,
    Rejected,
    Forged,
}

impl Partner {
    pub fn new(home: &Path) -> Self {
        let own = home.join("partner");
        let identity = fs::read_to_string(own.join("identity.txt")).unwrap();
        let identity = identity.lines().find(|line| line.starts_with("AGE-SECRET")).unwrap().to_owned();
        fs::create_dir(own.join("states")).unwrap();
        Self {
            outbox: home.join("outbox/lantern-relief"),
            sender: VerifyingKey::load(&home.join("keys/package-signing.pub.pem")).unwrap(),
            signing: SigningKey::load(&own.join("signing.pem")).unwrap(),
            own,
            identities: vec![identity],
            taken: BTreeMap::new(),
            told: BTreeSet::new(),
            notices: BTreeSet::new(),
            checkpoints: Vec::new(),
        }
    }

    /// Whom the partner had by the state from which a delta starts: what is unchanged of them is not in the delta.
    pub fn had(&self, package: &str) -> Rows {
        let base = self.taken[package].inner.delta.as_ref().and_then(|delta| delta.base.as_ref());
        let is_base = |taken: &&Taken| {
            let about = &taken.inner.about;
            taken.inner.delta.is_some() && base.is_some_and(|base| base.sequence == about.sequence)
        };
        self.taken.values().find(is_base).and_then(|taken| taken.rows.clone()).unwrap_or_default()
    }

    /// Makes another key; its secret text.
    pub fn next_identity(&mut self, text: String) {
        self.identities.push(text);
    }

    pub fn identities(&self) -> Identities {
        Identities::new(self.identities.iter().map(|text| Identity::parse(text).unwrap()).collect())
    }

    /// Packages and notices that stand in its folder, whole or not, without what is hidden.
    pub fn seen(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.outbox).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.')).collect()
    }

    /// Takes what is new, packages in their order; which.
    pub fn take_in(&mut self) -> Result<Vec<String>, String> {
        let mut new = Vec::new();
        for name in self.seen() {
            if self.taken.contains_key(&name) || self.notices.contains(&name) {
                continue;
            }
            let dir = self.outbox.join(&name);
            let manifest =
                fs::read(dir.join("manifest.json")).map_err(|error| format!("{name} has no manifest: {error}"))?;
            let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
            if manifest["type"] == NOTICE_TYPE {
                let notice = open_notice(&dir, &self.identities(), &self.sender);
                let notice = notice.map_err(|error| format!("notice {name} cannot be opened: {error}"))?;
                self.told.extend(notice.records.into_iter().map(|record| record.package));
                self.notices.insert(name);
                continue;
            }
            let read = read_inner(&dir, &self.identities(), &self.sender);
            let (_, inner) = read.map_err(|error| format!("package {name} cannot be opened: {error}"))?;
            new.push((inner.about.sequence, name, inner));
        }
        new.sort_by_key(|(sequence, ..)| *sequence);
        let mut names = Vec::new();
        for (_, name, inner) in new {
            let rows = self.unpack(&self.outbox.join(&name), &inner)?;
            let about = &inner.about;
            for other in self.taken.values().map(|taken| &taken.inner) {
                if other.about.transfer == about.transfer {
                    return Err(format!("transfer {} came as {} and as {name}", about.transfer, other.package));
                }
                if (&other.about.exchange, other.about.sequence) == (&about.exchange, about.sequence) {
                    return Err(format!("number {} of {} came twice", about.sequence, about.exchange));
                }
            }
            self.checkpoints.push(inner.about.checkpoint.clone());
            self.taken.insert(name.clone(), Taken { inner, rows });
            names.push(name);
        }
        Ok(names)
    }

    fn unpack(&self, dir: &Path, inner: &InnerManifest) -> Result<Option<Rows>, String> {
        let limits = Limits::default();
        let data = if inner.delta.is_some() {
            match apply(dir, &self.identities(), &self.sender, Signed::AsBefore, &self.own.join("states"), &limits) {
                Ok(applied) => applied.data,
                Err(PackageError::Replayed { .. }) => return Ok(None),
                Err(error) => return Err(format!("package {} cannot be applied: {error}", inner.package)),
            }
        } else {
            let out = self.own.join(&inner.package);
            fs::create_dir(&out).unwrap();
            let opened = open(dir, &self.identities(), &self.sender, &out, &limits);
            let opened = opened.map_err(|error| format!("package {} cannot be opened: {error}", inner.package))?;
            opened.data.into_iter().next().unwrap()
        };
        let text = fs::read_to_string(data).unwrap();
        let row = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            (value["id"].as_i64().unwrap(), value["name"].as_str().unwrap().to_owned())
        };
        Ok(Some(text.lines().map(row).collect()))
    }

    /// A receipt of a package; none where the partner does not hold what it would have to confirm.
    pub fn sign(&self, package: &str, word: Word) -> Option<(Vec<u8>, Vec<u8>)> {
        let inner = &self.taken[package].inner;
        let state = match inner.delta {
            Some(_) => Some(Held::read(&self.own.join("states")).unwrap().found(inner).ok()?),
            None => None,
        };
        let rejected = word == Word::Rejected;
        let receipt = Receipt {
            kind: RECEIPT_TYPE.to_owned(),
            package: inner.package.clone(),
            environment: inner.environment,
            data: inner.data,
            transfer: inner.about.transfer.clone(),
            token: inner.receipt_token.reveal().to_owned(),
            outcome: if rejected { Outcome::Rejected } else { Outcome::Accepted },
            records_loaded: if rejected { 0 } else { inner.released },
            records_rejected: if rejected { inner.released } else { 0 },
            digest_as_loaded: None,
            state,
            checkpoint_seen: inner.about.checkpoint.clone(),
            loaded_at: stage::now(),
            note: None,
        };
        let forger = SigningKey::from_seed(&[7; 32]);
        let (json, signature) = receipt.sign(if word == Word::Forged { &forger } else { &self.signing }).unwrap();
        Some((json, signature.to_vec()))
    }
}
