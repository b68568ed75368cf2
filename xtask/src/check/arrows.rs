//! Do our crates depend on each other one way only, as ARCHITECTURE.md draws it?

use std::path::Path;

use serde_json::Value;

use super::{Finding, World};
use crate::Outcome;

/// A crate of ours and the crates of ours that it may build on.
///
/// INVARIANT (arrows): `package` and `ledger` can be built by outsiders alone; `engine` never meets `connect`.
const ARROWS: &[(&str, &[&str])] = &[
    ("causeway-model", &[]),
    ("causeway-ledger", &[]),
    ("causeway-package", &[]),
    ("causeway-flow", &["causeway-model", "causeway-package"]),
    ("causeway-connect", &["causeway-model", "causeway-flow"]),
    ("causeway-store", &["causeway-model", "causeway-ledger"]),
    ("causeway-engine", &["causeway-model", "causeway-ledger", "causeway-package", "causeway-flow", "causeway-store"]),
    ("causeway-web", &["causeway-model", "causeway-engine"]),
    (
        "causeway",
        &[
            "causeway-model",
            "causeway-ledger",
            "causeway-package",
            "causeway-flow",
            "causeway-connect",
            "causeway-store",
            "causeway-engine",
            "causeway-web",
        ],
    ),
    ("causeway-testkit", &["causeway-model", "causeway-ledger", "causeway-package", "causeway-flow"]),
    (
        "xtask",
        &[
            "causeway-model",
            "causeway-ledger",
            "causeway-package",
            "causeway-flow",
            "causeway-store",
            "causeway-testkit",
        ],
    ),
];

/// Crates that outsiders verify or build alone: their tests use nothing of ours either.
const ALONE: &[&str] = &["causeway-package", "causeway-ledger"];

/// Somebody else's crate that only one of ours may use directly.
const RESERVED: &[(&str, &[&str])] = &[("rusqlite", &["causeway-connect", "causeway-store", "causeway-testkit"])];

/// Reads `cargo metadata` and names every arrow that should not be there.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    Ok(members(&world.metadata).into_iter().flat_map(wrong_arrows).collect())
}

/// The crates of this workspace: those that come from no registry.
fn members(metadata: &Value) -> Vec<&Value> {
    let packages = metadata.get("packages").and_then(Value::as_array);
    packages.into_iter().flatten().filter(|package| package.get("source").is_none_or(Value::is_null)).collect()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn wrong_arrows(package: &Value) -> Vec<Finding> {
    let name = text(package, "name");
    let manifest = Path::new(text(package, "manifest_path"));
    let folder = manifest.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
        let remedy = "say in xtask/src/check/arrows.rs what it may build on, and in ARCHITECTURE.md why it is a crate";
        return vec![Finding::new(format!("crate `{name}` in `{folder}`"), "no arrow is drawn for it", remedy)];
    };
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    let judge = |dependency: &Value| {
        let on = text(dependency, "name");
        let for_tests = text(dependency, "kind") == "dev";
        let ours = ARROWS.iter().any(|(crate_name, _)| *crate_name == on);
        let fine = match RESERVED.iter().find(|(reserved, _)| *reserved == on) {
            Some((_, users)) => users.contains(&name) || for_tests,
            // Tests may walk further than the product: those of flow read real stores through connect.
            None if ours && for_tests => !ALONE.contains(&name),
            None => !ours || allowed.contains(&on),
        };
        let remedy = "move the code to the crate that may know both, or draw the arrow in ARCHITECTURE.md and xtask/src/check/arrows.rs";
        (!fine).then(|| Finding::new(format!("crate `{name}`"), format!("may not depend on `{on}`"), remedy))
    };
    dependencies.into_iter().flatten().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(name: &str, on: &str, kind: Option<&str>) -> usize {
        let package = json!({ "name": name, "source": null, "manifest_path": "crates/x/Cargo.toml",
            "dependencies": [{ "name": on, "kind": kind }] });
        let metadata = json!({ "packages": [package, { "name": "serde", "source": "registry+x" }] });
        members(&metadata).into_iter().flat_map(wrong_arrows).count()
    }

    #[test]
    fn an_arrow_the_wrong_way_is_found() {
        assert_eq!(found("causeway-engine", "causeway-connect", None), 1);
        assert_eq!(found("causeway-model", "causeway-flow", None), 1);
        assert_eq!(found("causeway-engine", "rusqlite", None), 1);
        assert_eq!(found("causeway-engine", "causeway-testkit", None), 1);
        assert_eq!(found("causeway-package", "causeway-testkit", Some("dev")), 1);
        assert_eq!(found("causeway-misc", "serde", None), 1);
    }

    #[test]
    fn the_drawn_arrows_are_fine() {
        assert_eq!(found("causeway-engine", "causeway-store", None), 0);
        assert_eq!(found("causeway-engine", "causeway-testkit", Some("dev")), 0);
        assert_eq!(found("causeway-store", "rusqlite", None), 0);
        assert_eq!(found("causeway-package", "serde", None), 0);
    }
}
