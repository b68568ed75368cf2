//! A gateway of which everything is kept that it says, and that has a temporary folder of its own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use serde_json::Value;

use super::super::search::{Found, Search};

/// Who works and who serves, each of whom logs everything into a file.
pub struct Logged<'s> {
    street: &'s Street,
    /// Where logs and temporary files are.
    folder: PathBuf,
    both: Option<[Child; 2]>,
    pub address: String,
    begun: u32,
    _removed: Box<dyn std::any::Any>,
}

pub fn waited(what: &str, until: impl Fn() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl<'s> Logged<'s> {
    pub fn begin(street: &'s Street) -> Self {
        let removed = throw_away::directory().unwrap();
        let folder = removed.path().to_owned();
        fs::create_dir(folder.join("temporary")).unwrap();
        let mut logged =
            Self { street, folder, both: None, address: String::new(), begun: 0, _removed: Box::new(removed) };
        logged.again();
        logged
    }

    /// Starts both.
    pub fn again(&mut self) {
        assert!(self.both.is_none(), "they are at it");
        self.begun += 1;
        let socket = self.street.home().join("run/work.sock");
        let _of_one_who_died = fs::remove_file(&socket);
        let work = self.process(&["work"], "work");
        waited("nobody is at work", || socket.exists());
        let serve = self.process(&["--log", "json", "serve", "--listen", "127.0.0.1:0"], "serve");
        self.both = Some([work, serve]);
        let log = self.log("serve");
        waited("nobody serves", || fs::read_to_string(&log).unwrap().contains("\"serving\""));
        let said = fs::read_to_string(&log).unwrap();
        let line = said.lines().find(|line| line.contains("\"answering partners\"")).unwrap();
        let line: Value = serde_json::from_str(line).unwrap();
        self.address = line["fields"]["address"].as_str().unwrap().to_owned();
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{}.log", self.begun))
    }

    fn process(&self, words: &[&str], name: &str) -> Child {
        let mut command = self.street.command(words);
        command.env("CAUSEWAY_LOG", "trace").env("TMPDIR", self.folder.join("temporary")).env("RUST_BACKTRACE", "full");
        let log = || Stdio::from(File::options().append(true).create(true).open(self.log(name)).unwrap());
        command.stdout(log()).stderr(log()).spawn().unwrap()
    }

    /// Ends both as `kill -9` does.
    pub fn kill(&mut self) {
        for mut process in self.both.take().into_iter().flatten() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Everything that occurs in the installation (what it reads and writes for others, and the partner's own, left out), in logs, in
    /// temporary files, and in files that are open and have no name.
    pub fn found(&self, search: &Search) -> BTreeSet<Found> {
        let mut found = search.folder(self.street.home(), &[self.street.sources(), self.street.partner()]);
        found.extend(search.folder(&self.folder, &[]));
        for process in self.both.iter().flatten() {
            for (place, bytes) in nameless(process.id()) {
                found.extend(search.bytes(&place, &bytes));
            }
        }
        found
    }

    /// How many files without a name are open.
    pub fn nameless(&self) -> usize {
        self.both.iter().flatten().map(|process| nameless(process.id()).len()).sum()
    }

    /// Whether what lies where it should not is seen, in each place.
    pub fn is_seen(&self, search: &Search, value: &str) {
        let places = [self.street.home().join("data/staging"), self.folder.join("temporary"), self.folder.clone()];
        for place in places {
            let file = place.join("planted");
            fs::write(&file, format!("before {value} after")).unwrap();
            assert!(!self.found(search).is_empty(), "what lies in {} is not seen", place.display());
            fs::remove_file(file).unwrap();
        }
    }
}

impl Drop for Logged<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Files that a process has open and that have no name any more, with what is in them.
fn nameless(process: u32) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(leads_to) = fs::read_link(&path) else { continue };
        let is_gone = leads_to.display().to_string().ends_with(" (deleted)");
        if is_gone && Path::new(&path).is_file() {
            found.push((format!("{} of process {process}", leads_to.display()), fs::read(&path).unwrap()));
        }
    }
    found
}
