//! What is set up before a death, and what must be true after it?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use causeway_package::key::{Identities, VerifyingKey};
use causeway_package::{read_inner, verify};
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{Street, delivered};
use causeway_testkit::throw_away;

use crate::live::stores::{Kind, Live, own_examples};

/// An installation of about four hundred people, its partner, and what was seen of both.
pub struct Scene {
    street: Street,
    dir: PathBuf,
    /// Package by transfer, as the partner has them.
    delivered: BTreeMap<String, String>,
    /// Death by death: the time, and the transfers that `status` named after it.
    deaths: Vec<(i64, BTreeSet<String>)>,
    /// Its stores, where they are live servers; then so little may be held that every run spills.
    live: Option<Live>,
    _removed: Box<dyn std::any::Any>,
}

impl Scene {
    /// An installation that has delivered once.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, str::to_owned)
    }

    /// The same over live servers, the registration store in one of `kind`, with spilling forced.
    pub fn live(seed: u64, kind: Kind) -> Self {
        Self::over(seed, str::to_owned, Some(kind))
    }

    /// The same under an arrangement that `edit` changed.
    pub fn with(seed: u64, edit: fn(&str) -> String) -> Self {
        Self::over(seed, edit, None)
    }

    fn over(seed: u64, edit: fn(&str) -> String, kind: Option<Kind>) -> Self {
        let mut scene = Self::empty();
        let own = scene.dir.join("examples");
        own_examples(&own);
        let arrangement = own.join("arrangement-food.yaml");
        fs::write(&arrangement, edit(&fs::read_to_string(&arrangement).unwrap())).unwrap();
        let people = fs::read_to_string(own.join("exchange-people.yaml")).unwrap();
        fs::write(own.join("exchange-short.yaml"), list(&people, "food-short", "")).unwrap();
        fs::write(own.join("exchange-wide.yaml"), wide(&people)).unwrap();
        let plant = Plant {
            marked_for_everyone: 3,
            marked_for_partner: 3,
            consent_refused: 3,
            consent_withdrawn: 3,
            outside: 20,
            unknown_code: 2,
            impossible_date: 1,
            // No server that holds UTF-8 would take it.
            invalid_utf8: u32::from(kind.is_none()),
            oversize: 1,
            unparseable_phone: 1,
            terminal_control: 2,
            ..Plant::default()
        };
        scene.street.people(&Spec::of(400).seed(seed).plant(plant)).unwrap();
        scene.live = kind.map(|kind| Live::move_in(kind, &scene.street.sources(), &own.join("catalogue.yaml")));
        let exchanges = [("food-short", "exchange-short.yaml"), ("food-wide", "exchange-wide.yaml")];
        scene.street.set_up_with(&["lantern-relief"], &["food"], &exchanges).unwrap();
        let said = scene.good(&["transfer", "run", "food-short"]);
        scene.spilled(&said);
        let first = delivered(&said).unwrap();
        scene.take_in();
        let opened = scene.street.open(&first.package, &scene.dir.join("opened")).unwrap();
        scene.collect_words(&opened);
        scene
    }

    /// An installation with nothing in it.
    pub fn bare() -> Self {
        let scene = Self::empty();
        scene.good(&["init", "--operation", "kenya-example"]);
        scene
    }

    fn empty() -> Self {
        let removed = throw_away::directory().unwrap();
        let dir = removed.path().to_owned();
        fs::create_dir(dir.join("tmp")).unwrap();
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.join("home"), dir.join("examples"));
        Self { street, dir, delivered: BTreeMap::new(), deaths: Vec::new(), live: None, _removed: Box::new(removed) }
    }

    /// The installation's folder.
    pub fn home(&self) -> &Path {
        self.street.home()
    }

    /// A command whose temporary files we can look at.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.street.command(arguments);
        command
            .env("TMPDIR", self.dir.join("tmp"))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        if self.live.is_some() {
            command.env("CAUSEWAY_SPILL_PAST", "2000");
        }
        command
    }

    /// Whether so little may be held that every run spills.
    pub fn spills(&self) -> bool {
        self.live.is_some()
    }

    /// Makes sure that a run that read the stores spilled where it must, and nowhere else.
    fn spilled(&self, said: &str) {
        let read = said.contains("released ");
        assert_eq!(said.contains("spilled: "), read && self.live.is_some(), "{said}");
    }

    /// A command that must succeed; what it says.
    pub fn good(&self, arguments: &[&str]) -> String {
        let ended = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&ended.stderr));
        said
    }

    /// Opens a package as the partner.
    pub fn open(&self, package: &Path, into: &Path) -> Output {
        let identity = self.street.partner().join("identity.txt").display().to_string();
        let (package, sender) = (package.display().to_string(), self.street.sender().display().to_string());
        let into = into.display().to_string();
        self.command(&["package", "open", &package, "--sender", &sender, "--identity", &identity, "--out", &into])
            .output()
            .unwrap()
    }

    /// Folders with a manifest at the partner's, whatever their names.
    pub fn packages(&self) -> Vec<PathBuf> {
        let outbox = self.home().join("outbox/lantern-relief");
        let folders = fs::read_dir(outbox).unwrap().map(|entry| entry.unwrap().path());
        folders.filter(|folder| folder.join("manifest.json").exists() && !hidden(folder)).collect()
    }

    /// After a death: no plaintext, no half package, the attempt is named; after the next run of `exchange`: one package
    /// for each transfer, and nothing left over.
    #[expect(
        clippy::disallowed_methods,
        reason = "compared with the times in the ledger, which the binary reads itself"
    )]
    pub fn survives(&mut self, what: &str, exchange: &str) {
        let died = jiff::Timestamp::now().as_microsecond();
        self.hides_everyone(what);
        self.leaves_nothing(what);
        let seen: BTreeMap<String, String> =
            self.at_the_partners(what).into_iter().filter(|(id, _)| !self.delivered.contains_key(id)).collect();
        let staged = fs::read_dir(self.home().join("data/staging")).unwrap().count();
        let rows = self.status();
        let open: Vec<&String> = rows.iter().filter(|(_, state)| *state != "delivered").map(|(id, _)| id).collect();
        assert!(open.len() <= 1, "{what}: {open:?}");
        assert!(staged == 0 || open.len() == 1, "{what}: a package in the making and no transfer under way");
        assert!(seen.keys().all(|id| rows.contains_key(id)), "{what}: delivered and unknown");
        // What arrived since it was last looked, what is carried on, or else a new one.
        let known = seen.keys().chain(open.iter().copied()).collect::<BTreeSet<_>>().len();
        let expected = known + usize::from(open.is_empty());
        let said = self.good(&["transfer", "run", exchange]);
        for id in &open {
            assert!(said.contains(&format!("carrying on transfer {id}")), "{what}: {said}");
        }
        self.spilled(&said);
        self.leaves_nothing(what);
        assert_eq!(self.take_in(), expected, "{what}: {said}");
        for (id, state) in self.status() {
            assert!(state == "delivered" && self.delivered.contains_key(&id), "{what}: {id} is {state}");
        }
        assert_eq!(fs::read_dir(self.home().join("data/staging")).unwrap().count(), 0, "{what}");
        let kept = fs::read_dir(self.home().join("data/packages")).unwrap().count();
        assert_eq!(kept, self.delivered.len(), "{what}: ours and the partner's packages");
        let left: Vec<PathBuf> = entries(&self.home().join("data/sealed"))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "part"))
            .collect();
        assert!(left.is_empty(), "{what}: {left:?}");
        let outbox = fs::read_dir(self.home().join("outbox/lantern-relief")).unwrap();
        assert!(outbox.into_iter().all(|entry| !hidden(&entry.unwrap().path())), "{what}: something hidden is left");
        assert!(self.good(&["ledger", "verify"]).contains("ledger is whole"));
        self.deaths.push((died, rows.into_keys().collect()));
    }

    /// At the end: all of the ledger agrees with what was seen.
    pub fn ends(&self) {
        self.hides_everyone("at the end");
        let log = self.good(&["ledger", "export"]);
        let leaves: Vec<serde_json::Value> = log
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap().get("leaf").cloned())
            .collect();
        let of = |event: &str| -> Vec<(i64, String)> {
            let matching = leaves.iter().filter(|leaf| leaf["event"] == event);
            matching
                .map(|leaf| (leaf["time_us"].as_i64().unwrap(), leaf["subject"].as_str().unwrap().to_owned()))
                .collect()
        };
        let mut before = 0;
        for (died, named) in &self.deaths {
            for (_, id) in of("attempt-begun").iter().filter(|(time, _)| (before..*died).contains(time)) {
                assert!(named.contains(id), "{id} was begun before a death, and `status` did not name it");
            }
            before = *died;
        }
        for event in ["transfer-sealed", "delivery-begun", "delivery-arrived"] {
            let mut once: Vec<String> = of(event).into_iter().map(|(_, id)| id).collect();
            once.sort();
            assert_eq!(once, self.delivered.keys().cloned().collect::<Vec<_>>(), "{event}");
        }
        let begun: BTreeSet<String> = of("attempt-begun").into_iter().map(|(_, id)| id).collect();
        assert!(begun.iter().eq(self.delivered.keys()), "every transfer that was begun ends with a package");
    }

    /// Transfers and their states, as `status` tells them: the newest hundred.
    fn status(&self) -> BTreeMap<String, String> {
        let said = self.good(&["status"]);
        let rows = said.lines().filter(|line| line.starts_with("tr-")).map(|line| line.split_whitespace());
        rows.map(|mut words| (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())).collect()
    }

    /// Package by transfer, of all that the partner sees; each must be whole, and no transfer may have two.
    fn at_the_partners(&self, what: &str) -> BTreeMap<String, String> {
        let sender = VerifyingKey::load(&self.street.sender()).unwrap();
        let identities = Identities::load(&self.street.partner().join("identity.txt")).unwrap();
        let known: BTreeSet<&String> = self.delivered.values().collect();
        let mut found = self.delivered.clone();
        for folder in self.packages() {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            if known.contains(&name) {
                continue;
            }
            verify(&folder, &sender).unwrap_or_else(|error| panic!("{what}: {error}"));
            let (verified, inner) = read_inner(&folder, &identities, &sender).unwrap();
            assert_eq!(verified.manifest.package, name, "{what}");
            let wide = inner.about.exchange == "food-wide";
            assert!(
                if wide { inner.parts.len() >= 3 } else { inner.parts.len() == 1 },
                "{what}: {} parts",
                inner.parts.len()
            );
            let other = found.insert(inner.about.transfer.clone(), name);
            assert_eq!(other, None, "{what}: transfer {} has two packages", inner.about.transfer);
        }
        found
    }

    /// Takes what the partner has as known; how many are new.
    fn take_in(&mut self) -> usize {
        let found = self.at_the_partners("delivered");
        let new = found.len() - self.delivered.len();
        self.delivered = found;
        new
    }

    /// Names and identifiers of the people, one a line.
    fn collect_words(&self, opened: &Path) {
        let mut words = BTreeSet::new();
        let data = entries(opened).into_iter().find(|path| path.extension().is_some_and(|end| end == "csv")).unwrap();
        for line in fs::read_to_string(data).unwrap().lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            words.extend(
                [2, 3, 4].iter().filter_map(|cell| cells.get(*cell)).map(|cell| cell.trim_matches('"').to_owned()),
            );
        }
        for line in fs::read_to_string(self.street.sources().join("verification.jsonl")).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            words.extend(row["individual_id"].as_str().map(str::to_owned));
        }
        // What the documents say of everybody says nothing of anybody: codes of camps, `unknown`.
        let documents: String =
            entries(&self.dir.join("examples")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        words.retain(|word| {
            word.len() >= 6 && !word.chars().any(char::is_control) && !documents.contains(word.as_str())
        });
        assert!(words.len() > 400, "{} words to look for", words.len());
        let lines: Vec<String> = words.into_iter().collect();
        fs::write(self.dir.join("words"), lines.join("\n")).unwrap();
        // The search finds what is there.
        let canary = self.dir.join("tmp/canary");
        fs::write(&canary, [b"\0\xff", lines[lines.len() / 2].as_bytes(), b"\0"].concat()).unwrap();
        let telling = self.telling();
        assert!(telling.ends_with("canary\n") && telling.lines().count() == 1, "{telling}");
        fs::remove_file(canary).unwrap();
    }

    /// What the spill files of a running process hold: files in staging that have no name.
    pub fn spill_files(process: u32) -> Vec<Vec<u8>> {
        let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
        let nameless = |path: &PathBuf| {
            let link = fs::read_link(path).map(|link| link.display().to_string()).unwrap_or_default();
            link.contains("/data/staging/") && link.ends_with(" (deleted)")
        };
        let files = open.flatten().map(|entry| entry.path()).filter(nameless);
        files.filter_map(|path| fs::read(path).ok()).filter(|bytes| !bytes.is_empty()).collect()
    }

    /// Makes sure that nobody is to be read in spill files.
    pub fn hid(&self, what: &str, spilled: &[Vec<u8>]) {
        let file = self.dir.join("tmp/spilled");
        for bytes in spilled {
            fs::write(&file, bytes).unwrap();
            self.hides_everyone(what);
            fs::remove_file(&file).unwrap();
        }
    }

    /// No temporary file, and no session or transaction at the servers.
    fn leaves_nothing(&self, what: &str) {
        assert_eq!(fs::read_dir(self.dir.join("tmp")).unwrap().count(), 0, "{what}: a temporary file is left");
        let staged = fs::read_dir(self.home().join("data/staging")).unwrap();
        assert!(staged.into_iter().all(|entry| entry.unwrap().path().is_dir()), "{what}: a file is left in staging");
        if let Some(live) = self.live {
            live.nothing_stays_open();
        }
    }

    fn hides_everyone(&self, what: &str) {
        let telling = self.telling();
        assert!(telling.is_empty(), "{what}: plaintext in {telling}");
    }

    /// Files of the installation, the partner's folder and the temporary folder that hold any of the words.
    fn telling(&self) -> String {
        let mut search = Command::new("grep");
        search.env("LC_ALL", "C").args(["-rlaF", "--exclude-dir=sources", "-f"]).arg(self.dir.join("words"));
        let found = search.arg(self.home()).arg(self.dir.join("tmp")).output().unwrap();
        assert!(found.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&found.stderr));
        String::from_utf8_lossy(&found.stdout).into_owned()
    }
}

/// The files below a folder, sorted.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(entries(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// What is looked up in both stores.
const BELONGINGS: &str =
    "  - { name: latest_document, reduce: latest, of: documents.document_number, by: [issue_date] }
  - { name: enrolled, reduce: any, of: enrolments }
";

/// The list for people, cut to `more` beside references, names and belongings: without telephone numbers, whose rules take long to
/// read in a build for tests.
fn list(people: &str, name: &str, more: &str) -> String {
    let (head, rest) = people.split_once("  - { name: sex").unwrap();
    let (_, end) = rest.split_once("format:").unwrap();
    format!("{head}{BELONGINGS}{more}format:{end}").replace("exchange: food-people", &format!("exchange: {name}"))
}

/// The same with so much in every line that four hundred lines fill three parts.
fn wide(people: &str) -> String {
    let names = ["given_name, middle_name, family_name"; 20].join(", ");
    let fields: String = (0..12).map(|number| format!("  - {{ name: names_{number}, concat: [{names}] }}\n")).collect();
    list(people, "food-wide", &fields) + "package: { part_mebibytes: 1 }\n"
}
