//! How does an administrator get the program? `cargo xtask package` builds it and makes a Debian package with units, a bill of materials
//! and checksums.

mod deb;
mod sbom;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

/// What is told by `cargo xtask package --help`.
const HELP: &str = "\
cargo xtask package [--profile NAME] [--binary FILE] [--out FOLDER]

  --profile NAME   builds with this profile; `release` unless said
  --binary FILE    packs this program instead of building one
  --out FOLDER     where it goes; `packages` in the target directory unless said";

/// Builds, packs, sums.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let Some(asked) = Asked::read(arguments)? else {
        println!("{HELP}");
        return Ok(());
    };
    let target = target(root)?;
    let out = asked.out.unwrap_or_else(|| target.join("packages"));
    std::fs::create_dir_all(&out)?;
    let binary = match asked.binary {
        Some(binary) => binary,
        None => build(root, &target, &asked.profile)?,
    };
    let bill = out.join(format!("causeway_{}.cdx.json", env!("CARGO_PKG_VERSION")));
    // Only for this machine: what other systems would link is in no program that is packed here.
    let host = host(root)?;
    let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", &host];
    let metadata = shell::output(shell::cargo(root).args(metadata))?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    let text = sbom::bill(&serde_json::from_str(&metadata)?, &lock, "causeway")?;
    std::fs::write(&bill, text)?;
    let package = deb::pack(root, &binary, &bill, &out)?;
    let sums = sums(&out, &[&package, &bill])?;
    for file in [&package, &bill, &sums] {
        println!("{}", file.display());
    }
    Ok(())
}

struct Asked {
    profile: String,
    binary: Option<PathBuf>,
    out: Option<PathBuf>,
}

impl Asked {
    fn read(arguments: &[String]) -> Outcome<Option<Self>> {
        let mut asked = Self { profile: "release".to_owned(), binary: None, out: None };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "--help" {
                return Ok(None);
            }
            let value = words.next().ok_or_else(|| format!("`{word}` needs a value\n{HELP}"))?;
            match word.as_str() {
                "--profile" => asked.profile.clone_from(value),
                "--binary" => asked.binary = Some(value.into()),
                "--out" => asked.out = Some(value.into()),
                _ => return Err(format!("`{word}` is not known\n{HELP}").into()),
            }
        }
        Ok(Some(asked))
    }
}

fn target(root: &Path) -> Outcome<PathBuf> {
    let told = shell::output(shell::cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let told: serde_json::Value = serde_json::from_str(&told)?;
    let folder = told.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.ok_or("cargo does not say where it builds")?.into())
}

/// The target of this machine, as cargo calls it.
fn host(root: &Path) -> Outcome<String> {
    let told = shell::output(shell::cargo(root).arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("cargo does not say for which machine it builds")?.to_owned())
}

/// The program, without what only tests can do.
fn build(root: &Path, target: &Path, profile: &str) -> Outcome<PathBuf> {
    let mut cargo = shell::cargo(root);
    cargo.args(["build", "--locked", "--package", "causeway", "--profile", profile]);
    if !shell::succeeds(&mut cargo)? {
        return Err("the program could not be built, see above".into());
    }
    Ok(target.join(if profile == "dev" { "debug" } else { profile }).join("causeway"))
}

/// SHA-256 of each file, as `sha256sum --check` reads them.
fn sums(out: &Path, files: &[&Path]) -> Outcome<PathBuf> {
    let names = files.iter().filter_map(|file| file.file_name());
    let told = shell::output(Command::new("sha256sum").current_dir(out).args(names))?;
    let path = out.join("SHA256SUMS");
    std::fs::write(&path, told)?;
    Ok(path)
}
