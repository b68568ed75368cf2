//! Whatever an installation is, whatever its sources and its partner say: do real people's records ever lie at a partner for
//! invented people, and do invented ones ever lie anywhere unmarked?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{EXCHANGES, Street};
use causeway_testkit::throw_away;

const PARTNER: &str = "lantern-relief";

/// Where a run of a sandbox is killed.
pub const MARKS: [&str; 2] = ["sandbox-package-in-staging", "sandbox-run-known"];

/// What is said of the partner, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    /// When it is invited.
    AtFirst,
    /// When its arrangement is in force.
    Later,
    /// When a package waits to be delivered.
    Sealed,
    /// Of another partner with the same key.
    OfItsKey,
    /// At first, and two took it back.
    TakenBack,
}

#[derive(Clone, Copy, Debug)]
struct Configuration {
    for_tests: bool,
    sources_say_synthetic: bool,
    said: Said,
}

fn configurations() -> Vec<Configuration> {
    use Said::{AtFirst, Later, Nothing, OfItsKey, Sealed, TakenBack};
    let mut all = Vec::new();
    for said in [Nothing, AtFirst, Later, Sealed, OfItsKey, TakenBack] {
        all.push(Configuration { for_tests: false, sources_say_synthetic: false, said });
    }
    for said in [Nothing, AtFirst] {
        all.push(Configuration { for_tests: true, sources_say_synthetic: true, said });
    }
    all.push(Configuration { for_tests: true, sources_say_synthetic: false, said: Nothing });
    all.push(Configuration { for_tests: false, sources_say_synthetic: true, said: Nothing });
    all
}

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya")
}

/// The examples, with sources that say that the people in them are invented.
fn synthetic_examples(into: &Path) -> PathBuf {
    fs::create_dir(into).unwrap();
    for entry in fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("    connect:", "    data: synthetic\n    connect:");
        fs::write(into.join(path.file_name().unwrap()), text).unwrap();
    }
    into.to_owned()
}

/// What the manifests of the packages at the partner say of their data.
fn at_the_partner(street: &Street) -> Vec<String> {
    let Ok(outbox) = fs::read_dir(street.home().join("outbox").join(PARTNER)) else { return Vec::new() };
    let manifest = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        manifest["data"].as_str().unwrap().to_owned()
    };
    outbox.map(|entry| manifest(entry.unwrap())).collect()
}

/// Walks a configuration as far as it goes; what lies at the partner then.
fn walk(configuration: Configuration) -> Vec<String> {
    let kept = throw_away::directory().unwrap();
    let mut street = Street::new(env!("CARGO_BIN_EXE_causeway"), kept.path().join("home"), examples());
    if configuration.for_tests {
        street = street.for_tests();
    }
    if configuration.sources_say_synthetic {
        street = street.with_examples(synthetic_examples(&kept.path().join("examples")));
    }
    if matches!(configuration.said, Said::AtFirst | Said::TakenBack) {
        street = street.with_partners(&["--synthetic-only"]);
    }
    fs::create_dir(street.home()).unwrap();
    street.people(&Spec::of(20).plant(Plant::none())).unwrap();
    if configuration.said == Said::TakenBack {
        // The way to the end goes through the two who let real data go there.
        street.set_up_with(&[PARTNER], &[], &[]).unwrap();
        street
            .good(&["partner", "admit-real-data", PARTNER, "--as", "representative", "--reason", "the trial is over"])
            .unwrap();
        street.good(&["partner", "admit-real-data", PARTNER, "--as", "protection"]).unwrap();
        street.agree("food").unwrap();
        street.good(&["exchange", "import", &street.example(EXCHANGES[0].1)]).unwrap();
    } else if street.set_up_with(&[PARTNER], &["food"], &EXCHANGES[..1]).is_err() {
        return at_the_partner(&street);
    }
    let restrict = || street.good(&["partner", "restrict", PARTNER, "--reason", "a server was taken"]).map(|_| ());
    match configuration.said {
        Said::Later => restrict().unwrap(),
        Said::Sealed => {
            let mut dies = street.command(&["transfer", "run", EXCHANGES[0].0]);
            dies.env("CAUSEWAY_CRASH_AT", "prepare-sealed").output().unwrap();
            restrict().unwrap();
        }
        Said::OfItsKey => {
            let keys = street.partner();
            let (recipient, signing) = (keys.join("recipient.txt"), keys.join("signing.pub.pem"));
            let (recipient, signing) = (recipient.display().to_string(), signing.display().to_string());
            let who =
                ["partner", "add", "other", "--title", "Other", "--jurisdiction", "KEN", "--hosting-country", "KEN"];
            let what = ["--recipient", &recipient, "--signing-key", &signing, "--synthetic-only"];
            street.good(&[&who[..], &what[..]].concat()).unwrap();
        }
        Said::Nothing | Said::AtFirst | Said::TakenBack => {}
    }
    for words in [&["transfer", "run", EXCHANGES[0].0][..], &["transfer", "resume"]] {
        let ended = street.run(words).unwrap();
        assert!(matches!(ended.code, Some(0 | 2 | 4)), "{configuration:?}: {words:?}: {}", ended.err);
    }
    at_the_partner(&street)
}

#[test]
fn no_configuration_lets_real_people_reach_a_partner_for_invented_ones() {
    for configuration in configurations() {
        let found = walk(configuration);
        let Configuration { for_tests, sources_say_synthetic, said } = configuration;
        let expected: &[&str] = match (for_tests, sources_say_synthetic, said) {
            (false, false, Said::Nothing | Said::TakenBack) => &["real"],
            // The flag keeps nobody from invented people.
            (true, true, _) => &["synthetic"],
            _ => &[],
        };
        assert_eq!(found, expected, "{configuration:?}");
    }
}

#[test]
fn a_sandbox_that_dies_leaves_nothing_half_done() {
    let kept = throw_away::directory().unwrap();
    let street = Street::new(env!("CARGO_BIN_EXE_causeway"), kept.path().join("home"), examples());
    fs::create_dir(street.home()).unwrap();
    street.people(&Spec::of(20).plant(Plant::none())).unwrap();
    street.set_up_with(&[PARTNER], &["food"], &EXCHANGES[..1]).unwrap();
    let file = |name: &str| kept.path().join(name).display().to_string();
    assert!(Command::new("age-keygen").args(["-o", &file("identity.txt")]).output().unwrap().status.success());
    let recipient = Command::new("age-keygen").args(["-y", &file("identity.txt")]).output().unwrap().stdout;
    let recipient = format!("# environment: test\n{}", String::from_utf8(recipient).unwrap());
    fs::write(file("recipient.txt"), recipient).unwrap();
    street.good(&["officer", "new", "--out", &file("signing.pem"), "--environment", "test"]).unwrap();
    let (exchange, _) = EXCHANGES[0];
    street.good(&["sandbox", "make", exchange, "--records", "12"]).unwrap();
    let keys = [file("recipient.txt"), file("signing.pub.pem")];
    street.good(&["sandbox", "key", PARTNER, "--recipient", &keys[0], "--signing-key", &keys[1]]).unwrap();

    let outbox = street.home().join("sandbox-outbox").join(PARTNER);
    let packages = || fs::read_dir(&outbox).map_or(0, Iterator::count);
    for (before, mark) in MARKS.into_iter().enumerate() {
        let died = street.command(&["sandbox", "run", exchange]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        assert_eq!(packages(), before, "{mark}: a package that nobody finished is shown");
        street.good(&["sandbox", "run", exchange]).unwrap();
        assert_eq!(packages(), before + 1, "{mark}");
        let staging = street.home().join("data/staging");
        assert_eq!(fs::read_dir(staging).unwrap().count(), 0, "{mark}: something is left in staging");
    }
    street.good(&["ledger", "verify"]).unwrap();
}
