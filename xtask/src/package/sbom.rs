//! Of what is the program made? A bill of materials in CycloneDX, from cargo's own lock and graph.
//!
//! Made by ourselves for the reason of decision 0005: a tool that must be compiled first is a bill that is not written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::Outcome;

/// The bill of `package`: everything that is linked into it, with versions, licences, digests and who needs whom.
pub fn bill(metadata: &Value, lock: &str, package: &str) -> Outcome<String> {
    let packages: BTreeMap<&str, &Value> = list(metadata, "packages").map(|one| (text(one, "id"), one)).collect();
    let nodes: BTreeMap<&str, &Value> = metadata
        .get("resolve")
        .into_iter()
        .flat_map(|resolve| list(resolve, "nodes"))
        .map(|one| (text(one, "id"), one))
        .collect();
    let root = packages.iter().find(|(_, one)| text(one, "name") == package).map(|(id, _)| *id);
    let root = root.ok_or_else(|| format!("cargo knows no package `{package}`"))?;
    let (mut found, mut open) = (BTreeMap::new(), vec![root]);
    while let Some(id) = open.pop() {
        if found.contains_key(id) {
            continue;
        }
        let needs = nodes.get(id).map(|node| linked(node)).unwrap_or_default();
        open.extend(needs.iter().copied());
        found.insert(id, needs);
    }
    let digests = digests(lock)?;
    let purl = |id: &str| packages.get(id).map(|one| purl(one)).unwrap_or_default();
    let components: Vec<Value> = found
        .keys()
        .filter(|id| **id != root)
        .filter_map(|id| packages.get(id))
        .map(|one| component(one, &digests, "library"))
        .collect();
    let dependencies: Vec<Value> = found
        .iter()
        .map(|(id, needs)| json!({ "ref": purl(id), "dependsOn": needs.iter().map(|id| purl(id)).collect::<BTreeSet<_>>() }))
        .collect();
    let main = packages.get(root).map(|one| component(one, &digests, "application"));
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": main }, "components": components, "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

/// What a package links: not what only its tests or its build need.
fn linked(node: &Value) -> BTreeSet<&str> {
    let normal = |one: &&Value| list(one, "dep_kinds").any(|kind| kind.get("kind").is_none_or(Value::is_null));
    list(node, "deps").filter(normal).map(|one| text(one, "pkg")).collect()
}

fn component(package: &Value, digests: &BTreeMap<(String, String), String>, kind: &str) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let mut component = json!({
        "type": kind, "bom-ref": purl(package), "name": name, "version": version, "purl": purl(package),
        "licenses": [{ "expression": text(package, "license") }],
    });
    if let (Some(digest), Value::Object(component)) =
        (digests.get(&(name.to_owned(), version.to_owned())), &mut component)
    {
        component.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": digest }]));
    }
    component
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version"))
}

/// The digests of what comes from the registry, by name and version.
fn digests(lock: &str) -> Outcome<BTreeMap<(String, String), String>> {
    let lock: toml::Table = lock.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let word = |one: &toml::Value, name: &str| one.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    let digest = |one| Some(((word(one, "name")?, word(one, "version")?), word(one, "checksum")?));
    Ok(packages.filter_map(digest).collect())
}

fn list<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_in_the_bill_and_what_only_tests_need_is_not() {
        let package = |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT" });
        let dep = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let packages = ["app", "used", "deep", "tests", "builds"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": { "nodes": [
                { "id": "app", "deps": [dep("used", Value::Null), dep("tests", "dev".into()), dep("builds", "build".into())] },
                { "id": "used", "deps": [dep("deep", Value::Null)] },
                { "id": "deep", "deps": [dep("used", Value::Null)] },
            ] },
        });
        let lock = "[[package]]\nname = \"used\"\nversion = \"1.0.0\"\nchecksum = \"aa\"\n";
        let Ok(text) = bill(&metadata, lock, "app") else { panic!("there is a bill") };
        let Ok(bill) = serde_json::from_str::<Value>(&text) else { panic!("it is JSON") };
        let names: Vec<_> = list(&bill, "components").map(text_of).collect();
        assert_eq!(names, ["deep", "used"]);
        assert!(text.contains("\"content\": \"aa\"") && text.contains("pkg:cargo/app@1.0.0"));
    }

    fn text_of(component: &Value) -> &str {
        text(component, "name")
    }
}
