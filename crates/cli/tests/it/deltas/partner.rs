//! What does a partner do with packages that follow one another? It applies them with its own command, and confirms what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::street::{Ended, Street};

/// A partner with its folder of states.
pub(super) struct Partner<'s> {
    street: &'s Street,
    pub(super) states: PathBuf,
}

impl<'s> Partner<'s> {
    pub(super) fn of(street: &'s Street) -> Self {
        Self { street, states: street.partner().join("states") }
    }

    /// Applies a package, whatever becomes of it.
    pub(super) fn tries(&self, package: &Path) -> Ended {
        let (sender, identity) = (text(&self.street.sender()), text(&self.street.partner().join("identity.txt")));
        let words = ["package", "apply", &text(package), "--sender", &sender, "--identity", &identity, "--states"];
        self.street.run(&[&words[..], &[&text(&self.states)]].concat()).unwrap()
    }

    /// Applies a package that must follow; the file of the state.
    pub(super) fn applies(&self, package: &Path) -> PathBuf {
        let ended = self.tries(package);
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        PathBuf::from(ended.out.lines().last().unwrap())
    }

    /// Signs a receipt of what is held; its path.
    pub(super) fn signs(&self, package: &Path) -> PathBuf {
        let name = package.file_name().unwrap().to_string_lossy().into_owned();
        let partner = self.street.partner();
        let out = partner.join(format!("{name}.receipt.json"));
        let _ = fs::remove_file(&out);
        let sender = text(&self.street.sender());
        let (identity, key) = (text(&partner.join("identity.txt")), text(&partner.join("signing.pem")));
        let words =
            ["receipt", "sign", &text(package), "--sender", &sender, "--identity", &identity, "--signing-key", &key];
        let more = ["--outcome", "accepted", "--states", &text(&self.states), "--out", &text(&out)];
        self.street.good(&[&words[..], &more[..]].concat()).unwrap();
        out
    }

    /// Applies a package and sends the receipt; the file of the state.
    pub(super) fn confirms(&self, package: &Path) -> PathBuf {
        let state = self.applies(package);
        let receipt = self.signs(package);
        let said = self.street.good(&["receipt", "add", &text(&receipt)]).unwrap();
        assert!(!said.contains("disputed"), "{said}");
        state
    }

    /// Numbers of the states that are held.
    pub(super) fn holds(&self) -> Vec<u64> {
        let entries =
            fs::read_dir(&self.states).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let number = |name: String| name.strip_prefix("state-")?.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<u64> = entries.filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// A transfer that was delivered: its id, its package, and as what it was sent.
pub(super) struct Sent {
    pub(super) transfer: String,
    pub(super) package: PathBuf,
    pub(super) said: String,
}

/// Runs a transfer that must be delivered.
pub(super) fn send(street: &Street, exchange: &str) -> Sent {
    let said = street.good(&["transfer", "run", exchange]).unwrap();
    let delivered = causeway_testkit::street::delivered(&said).unwrap();
    let sent = said.lines().find_map(|line| line.strip_prefix("sent as ")).unwrap_or_default().to_owned();
    Sent { transfer: delivered.transfer, package: delivered.package, said: sent }
}

/// The lines of a file in order.
pub(super) fn lines(path: &Path) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
