//! May we use what we depend on: its licence, its origin, and is none of it banned?
//!
//! Reads `deny.toml`, the file of `cargo deny`, and checks its allow list, bans and sources itself, so that nobody must
//! compile that tool first (docs/decisions/0005). Where the tool is installed it is run as well, advisories included.

use std::process::Command;

use serde_json::Value;

use super::{Finding, World, spdx};
use crate::{Outcome, shell};

/// Holds every package of the dependency graph to `deny.toml`.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let path = world.root.join("deny.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("`deny.toml` cannot be read: {error}"))?;
    let rules = Rules::read(&text)?;
    let packages = world.metadata.get("packages").and_then(Value::as_array);
    let mut found: Vec<Finding> = packages.into_iter().flatten().flat_map(|package| rules.judge(package)).collect();
    if shell::is_installed("cargo-deny") {
        found.extend(ask_cargo_deny(world)?);
    } else {
        eprintln!("      (cargo-deny is not installed: advisories are not looked up)");
    }
    Ok(found)
}

struct Rules {
    licences: Vec<String>,
    banned: Vec<(String, String)>,
}

impl Rules {
    fn read(text: &str) -> Outcome<Self> {
        let table: toml::Table = text.parse()?;
        let list = |section: &str, name: &str| {
            table
                .get(section)
                .and_then(|section| section.get(name))
                .and_then(toml::Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let licences =
            list("licenses", "allow").iter().filter_map(|licence| licence.as_str().map(str::to_owned)).collect();
        let word = |entry: &toml::Value, name: &str| {
            entry.get(name).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
        };
        let banned = list("bans", "deny").iter().map(|entry| (word(entry, "crate"), word(entry, "reason"))).collect();
        Ok(Self { licences, banned })
    }

    fn judge(&self, package: &Value) -> Vec<Finding> {
        let text = |member: &str| package.get(member).and_then(Value::as_str).unwrap_or_default();
        let place = format!("crate `{} {}`", text("name"), text("version"));
        let mut found = Vec::new();
        if !spdx::allows(text("license"), &self.licences) {
            let what = format!("has the licence `{}`, which deny.toml does not allow", text("license"));
            found.push(Finding::new(&place, what, "find another crate, or argue for the licence in a decision record"));
        }
        if let Some((_, reason)) = self.banned.iter().find(|(name, _)| name == text("name")) {
            found.push(Finding::new(
                &place,
                format!("is banned: {reason}"),
                "trim the features that bring it: `cargo tree -i NAME`",
            ));
        }
        let source = text("source");
        let public = source.starts_with("registry+") && source.ends_with("/crates.io-index");
        let ours = source.is_empty();
        if !ours && !public {
            found.push(Finding::new(&place, "does not come from the public registry", "depend on a published version"));
        }
        found
    }
}

fn ask_cargo_deny(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let mut found = Vec::new();
    let good = shell::succeeds(shell::cargo(world.root).args(["deny", "check", "licenses", "bans", "sources"]))?;
    if !good {
        found.push(Finding::new("deny.toml", "cargo deny is not content", "its report stands above"));
    }
    let mut deny = Command::new(shell::cargo(world.root).get_program());
    let output = deny.current_dir(world.root).args(["deny", "check", "advisories"]).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let unreachable = ["failed to fetch", "unable to fetch", "failed to load advisory", "failed to acquire"];
    if !output.status.success() {
        if unreachable.iter().any(|words| report.contains(words)) {
            eprintln!("      (the advisory database cannot be reached: advisories are not looked up)");
        } else {
            eprintln!("{report}");
            found.push(Finding::new(
                "deny.toml",
                "there are advisories against what we depend on",
                "update, or write an exception with its reason",
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn licence_ban_and_source_are_each_found() {
        let rules = Rules::read(
            "[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"leaky\", reason = \"it leaks\" }]\n",
        );
        let Ok(rules) = rules else { panic!("the rules must be read") };
        let judge = |name: &str, licence: &str, source: &str| {
            rules.judge(&json!({ "name": name, "version": "1.0.0", "license": licence, "source": source })).len()
        };
        let registry = "registry+scheme://host/crates.io-index";
        assert_eq!(judge("fine", "MIT OR GPL-3.0-only", registry), 0);
        assert_eq!(judge("fine", "GPL-3.0-only", registry), 1);
        assert_eq!(judge("leaky", "MIT", registry), 1);
        assert_eq!(judge("fine", "MIT", "git+scheme://host/x"), 1);
    }
}
