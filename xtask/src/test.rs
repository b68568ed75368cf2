//! Does everything hold? `cargo xtask test` answers on a clean clone: tools, check, build, every test, a summary.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Outcome, check, schemathesis, shell};

/// Tests make the program die and leak on purpose; only a build with these features can.
const HOOKS: [&str; 2] = ["--features", "causeway/test-hooks"];

/// A named part of the tests: every test whose path contains one of `filters`.
struct Suite {
    name: &'static str,
    filters: &'static [&'static str],
    shows: &'static str,
}

/// `cargo xtask test NAME`. A suite is a line here; its tests carry the word in their name or module.
const SUITES: &[Suite] = &[
    Suite { name: "canary", filters: &["canary"], shows: "values that were not agreed are found nowhere" },
    Suite {
        name: "kill",
        filters: &["kill"],
        shows: "dying at any moment leaves no plaintext, no half package, no second one",
    },
    Suite {
        name: "lineage",
        filters: &["lineage", "smuggl"],
        shows: "what was not agreed reaches no cell and selects nobody",
    },
    Suite {
        name: "simulation",
        filters: &["histories", "without_a_safeguard", "workers_that_are_killed"],
        shows: "invariants hold in 500 seeded histories, and fail without their safeguards",
    },
    Suite { name: "guide", filters: &["guide"], shows: "the partner's guide works, word for word" },
    Suite {
        name: "tamper",
        filters: &["tamper", "verifier", "rollback"],
        shows: "an edited, cut or older log is found",
    },
    Suite {
        name: "live",
        filters: &["live", "postgres", "mariadb"],
        shows: "PostgreSQL and MariaDB are read exactly, from one moment, or refused, and nothing stays open there",
    },
    Suite {
        name: "hostile",
        filters: &["hostile", "altered"],
        shows: "broken and malicious input stops where it stands",
    },
];

/// A program that tests and benchmarks call, and the Debian package that brings it. A name is looked for in `PATH`, a path
/// where it leads; `*` is any one folder.
const TOOLS: &[(&str, &str)] = &[
    ("age", "age"),
    ("age-keygen", "age"),
    ("cc", "gcc"),
    ("curl", "curl"),
    ("dpkg-deb", "dpkg"),
    ("getconf", "libc-bin"),
    ("gzip", "gzip"),
    ("mariadb", "mariadb-client"),
    ("/usr/sbin/mariadbd", "mariadb-server"),
    ("mariadb-install-db", "mariadb-server"),
    ("openssl", "openssl"),
    ("/usr/bin/python3", "python3"),
    ("/usr/lib/python3/dist-packages/aiosmtpd/__init__.py", "python3-aiosmtpd"),
    ("/usr/lib/postgresql/*/bin/initdb", "postgresql"),
    ("psql", "postgresql-client"),
    ("python3", "python3"),
    ("/usr/lib/*/ensurepip/__init__.py", "python3-venv"),
    ("setpriv", "util-linux"),
    ("sha256sum", "coreutils"),
    ("sqlite3", "sqlite3"),
    ("strace", "strace"),
    ("systemd-analyze", "systemd"),
    ("time", "time"),
    ("xz", "xz-utils"),
    ("zstd", "zstd"),
];

/// Runs everything, or the suite that is named.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    match arguments {
        [] => everything(root),
        [word] if word == "list" => {
            SUITES.iter().for_each(|suite| println!("{:12}{}", suite.name, suite.shows));
            Ok(())
        }
        [name] => {
            let found = SUITES.iter().find(|suite| suite.name == name);
            let suite = found.ok_or_else(|| format!("`{name}` is no suite; `cargo xtask test list` names them"))?;
            tools()?;
            if tests(root, suite.filters)? { Ok(()) } else { Err(format!("suite `{name}` failed, see above").into()) }
        }
        _ => Err("give one suite, or none for everything".into()),
    }
}

fn everything(root: &Path) -> Outcome {
    tools()?;
    let mut summary = Summary::default();
    summary.step("check", || Ok(check::report(root)?.is_empty()))?;
    let built = summary.step("build", || {
        shell::succeeds(shell::cargo(root).args(["build", "--workspace", "--all-targets"]).args(HOOKS))
    })?;
    if built {
        summary.step("tests", || tests(root, &[]))?;
        summary.step("tests in documentation", || {
            shell::succeeds(shell::cargo(root).args(["test", "--doc", "--workspace"]).args(HOOKS))
        })?;
    }
    summary.print()
}

/// Every test whose path contains one of `filters`; all without any.
fn tests(root: &Path, filters: &[&str]) -> Outcome<bool> {
    let mut cargo = shell::cargo(root);
    // A snapshot is reviewed by a person, never written by a test run.
    cargo.env("INSTA_UPDATE", "no");
    match schemathesis::program(root) {
        Ok(program) => {
            cargo.env(schemathesis::PROGRAM, program).env(schemathesis::EXAMPLES, schemathesis::SHORT);
        }
        // A machine without a way out runs everything else.
        Err(error) => eprintln!("the description of the API is not tried by invented calls: {error}"),
    }
    if shell::is_installed("cargo-nextest") {
        cargo
            .args(["nextest", "run", "--workspace", "--no-fail-fast", "--failure-output", "final"])
            .args(HOOKS)
            .arg("--")
            .args(filters);
        return shell::succeeds(&mut cargo);
    }
    cargo.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]).args(HOOKS).arg("--").args(filters);
    shell::succeeds(&mut cargo)
}

/// Sees to the programs that tests call: installs what is missing as root, names it otherwise.
pub fn tools() -> Outcome {
    installed(TOOLS)
}

/// Installs what of these programs is not here: each with the Debian package that has it.
pub fn installed(tools: &[(&str, &str)]) -> Outcome {
    let mut missing: Vec<&str> =
        tools.iter().filter(|(program, _)| !is_here(program)).map(|(_, package)| *package).collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root()? || !shell::is_installed("apt-get") {
        return Err(format!("this needs programs that are not here; as root: apt-get install {names}").into());
    }
    eprintln!("installing {names}");
    shell::succeeds(Command::new("apt-get").args(["update", "-q"]))?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install.args(["install", "-q", "-y", "--no-install-recommends"]).args(&missing);
    if shell::succeeds(&mut install)? { Ok(()) } else { Err(format!("apt-get could not install {names}").into()) }
}

/// Whether a program of [`TOOLS`] is there.
fn is_here(program: &str) -> bool {
    let Some((before, after)) = program.split_once('*') else {
        return if program.starts_with('/') { Path::new(program).is_file() } else { shell::is_installed(program) };
    };
    let folders = std::fs::read_dir(before).into_iter().flatten().flatten();
    folders.map(|entry| entry.path()).any(|folder| folder.join(after.trim_start_matches('/')).is_file())
}

fn is_root() -> Outcome<bool> {
    Ok(shell::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// What was done, how it ended and how long it took.
#[derive(Default)]
struct Summary(Vec<(&'static str, bool, Duration)>);

impl Summary {
    fn step(&mut self, name: &'static str, run: impl FnOnce() -> Outcome<bool>) -> Outcome<bool> {
        eprintln!("\n== {name}");
        let begun = Instant::now();
        let good = run()?;
        self.0.push((name, good, begun.elapsed()));
        Ok(good)
    }

    fn print(&self) -> Outcome {
        eprintln!("\n== summary");
        for (name, good, took) in &self.0 {
            eprintln!("{:6} {name:24} {:>6.1} s", if *good { "passed" } else { "FAILED" }, took.as_secs_f64());
        }
        let failed: Vec<&str> = self.0.iter().filter(|(_, good, _)| !good).map(|(name, ..)| *name).collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(format!("failed: {}; the reasons stand above", failed.join(", ")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_by_path_and_in_any_folder() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("17/bin/tool");
        std::fs::create_dir_all(tool.parent().unwrap()).unwrap();
        std::fs::write(&tool, "").unwrap();
        let place = dir.path().display();
        assert!(is_here("sh") && is_here(&format!("{place}/17/bin/tool")) && is_here(&format!("{place}/*/bin/tool")));
        assert!(
            !is_here("no-such-program") && !is_here(&format!("{place}/*/bin/other")) && !is_here("/no/such/*/tool")
        );
    }
}
