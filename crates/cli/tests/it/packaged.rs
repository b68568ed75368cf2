//! Does the Debian package hold a program that runs, units that systemd takes, and a bill and sums that agree?

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use causeway_engine::{Home, hidden};
use causeway_testkit::throw_away;
use serde_json::Value;

fn ran(command: &mut Command) -> String {
    let ended = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&ended.stderr));
    said
}

/// Packs the program of this test; the folder with all that was made.
fn pack(out: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["run", "--quiet", "--package", "xtask", "--", "package"]);
    ran(cargo.arg("--binary").arg(env!("CARGO_BIN_EXE_causeway")).arg("--out").arg(out));
}

fn of_kind(out: &Path, end: &str) -> std::path::PathBuf {
    let mut found = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.to_string_lossy().ends_with(end)).unwrap_or_else(|| panic!("no {end}"))
}

/// The units name the program where it will be; here it is elsewhere.
fn unit_here(tree: &Path, name: &str, to: &Path) -> std::path::PathBuf {
    let text = fs::read_to_string(tree.join("usr/lib/systemd/system").join(name)).unwrap();
    let here = tree.join("usr/bin/causeway").display().to_string();
    // The user is made when the package is installed, and the guide is where it will be.
    let text = text.replace("/usr/bin/causeway", &here).replace("User=causeway", "User=daemon");
    let text = text.replace("Group=causeway", "Group=daemon");
    let path = to.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_is_packed_runs_is_told_whole_and_has_units_that_systemd_takes() {
    let removed = throw_away::directory().unwrap();
    let (out, tree, home) = (removed.path().join("out"), removed.path().join("tree"), removed.path().join("home"));
    pack(&out);
    ran(Command::new("sha256sum").current_dir(&out).args(["--check", "SHA256SUMS"]));
    let deb = of_kind(&out, ".deb");
    ran(Command::new("dpkg-deb").arg("--extract").arg(&deb).arg(&tree));
    ran(Command::new("dpkg-deb").arg("--control").arg(&deb).arg(tree.join("control")));
    let told = ran(Command::new("dpkg-deb").arg("--info").arg(&deb));
    assert!(told.contains("Package: causeway") && told.contains("libc6 (>= 2."), "{told}");
    let listed = ran(Command::new("dpkg-deb").arg("--contents").arg(&deb));
    assert!(listed.lines().all(|line| line.contains("root/root") && !line.contains("w--w- ")), "{listed}");
    // It runs from where it was unpacked.
    let program = tree.join("usr/bin/causeway");
    assert!(ran(Command::new(&program).arg("--version")).starts_with("causeway "));
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    ran(Command::new(&program).arg("--home").arg(&home).args(["init", "--operation", "invented-example"]));
    ran(Command::new(&program).arg("--home").arg(&home).args(["ledger", "verify"]));
    // Everything that is linked stands in the bill, with its licence.
    let bill: Value = serde_json::from_str(&fs::read_to_string(of_kind(&out, ".cdx.json")).unwrap()).unwrap();
    let components = bill["components"].as_array().unwrap();
    let named = |name: &str| components.iter().find(|one| one["name"] == name);
    for name in ["age", "rustls", "tokio", "causeway-store"] {
        assert!(named(name).is_some_and(|one| one["licenses"][0]["expression"].is_string()), "{name}");
    }
    assert!(named("age").unwrap()["hashes"][0]["content"].as_str().is_some_and(|digest| digest.len() == 64));
    assert!(named("insta").is_none() && named("causeway-testkit").is_none(), "what only tests need is not linked");
    let others: Vec<_> =
        components.iter().filter_map(|one| one["name"].as_str()).filter(|name| name.starts_with("windows")).collect();
    assert!(others.is_empty(), "what other systems need is not linked: {others:?}");
    for script in ["postinst", "prerm", "postrm"] {
        ran(Command::new("sh").arg("-n").arg(tree.join("control").join(script)));
    }
    systemd_takes_the_units(&tree, &removed.path().join("units"));
    what_answers_sees_no_secret(&tree, &home);
}

/// What is missing when the unit starts is not hidden from it: so everything is there from the beginning, or the package makes it.
fn what_answers_sees_no_secret(tree: &Path, home: &Path) {
    let unit = fs::read_to_string(tree.join("usr/lib/systemd/system/causeway-serve.service")).unwrap();
    let script = fs::read_to_string(tree.join("control/postinst")).unwrap();
    let made = script.lines().find(|line| line.contains("for folder in ")).unwrap();
    for path in hidden(&Home::open(home).unwrap()) {
        let below = path.strip_prefix(home).unwrap().to_str().unwrap();
        let line = format!("InaccessiblePaths=-/var/lib/causeway/{below}");
        assert!(unit.lines().any(|one| one == line), "{line}");
        assert!(path.exists(), "`init` makes {below}");
        assert!(path.is_file() || made.split([' ', ';']).any(|one| one == below), "the package makes {below}");
    }
    // Of what lies beside the keys, it sees what is public.
    let seen: BTreeSet<_> = fs::read_dir(home.join("keys")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let hidden = hidden(&Home::open(home).unwrap());
    let seen: Vec<_> = seen.iter().filter(|path| !hidden.contains(path)).filter_map(|path| path.file_name()).collect();
    assert_eq!(seen, ["ledger.vkey", "package-signing.pub.pem"]);
}

/// And finds them well shut.
fn systemd_takes_the_units(tree: &Path, units: &Path) {
    fs::create_dir(units).unwrap();
    for name in ["causeway-work.service", "causeway-serve.service"] {
        let unit = unit_here(tree, name, units);
        let mut verify = Command::new("systemd-analyze");
        let checked = verify.args(["verify", "--man=no", "--recursive-errors=no"]).arg(&unit).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success() && !said.contains(name), "{said}");
        // 0 is shut, 100 is open; 20 is a service that needs the network and its own files, and nothing else.
        let mut security = Command::new("systemd-analyze");
        ran(security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]).arg(&unit));
    }
}
