//! Do the manifests hold exactly the members that they should, and none that tells whom we withheld?

use causeway_package::inner::Compression;

use crate::support::House;

fn members(value: &serde_json::Value, path: &str, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            members(value, &path, into);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| members(item, &format!("{path}[]"), into)),
        _ => into.push(path.to_owned()),
    }
}

fn of(path: &std::path::Path) -> Vec<String> {
    let value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut found = Vec::new();
    members(&value, "", &mut found);
    found.dedup();
    let mut unique = Vec::new();
    found.into_iter().for_each(|member| {
        if !unique.contains(&member) {
            unique.push(member)
        }
    });
    unique
}

#[test]
fn a_new_member_of_a_manifest_is_a_decision_not_an_accident() {
    let house = House::new();
    let sealed = house.seal_people(2, Compression::Zstd, 1000, 1);
    let opened = house.open(&sealed.dir, &house.folder("out")).unwrap();
    assert_eq!(
        of(&sealed.dir.join("manifest.json")),
        [
            "type",
            "package",
            "environment",
            "data",
            "created",
            "recipients[].key",
            "recipients[].type",
            "signer",
            "parts[].name",
            "parts[].sha256",
            "parts[].size",
            "inner_sha256",
        ]
    );
    assert_eq!(
        of(&opened.inner_file),
        [
            "type",
            "package",
            "environment",
            "data",
            "about.transfer",
            "about.exchange",
            "about.sequence",
            "about.arrangement.id",
            "about.arrangement.version",
            "about.arrangement.digest",
            "about.format",
            "about.audience",
            "about.fields[].name",
            "about.fields[].type",
            "about.fields[].description",
            "about.fields[].from[].element",
            "about.fields[].from[].form",
            "about.purge_by",
            "about.checkpoint",
            "about.sources[].name",
            "about.sources[].snapshot",
            "about.sources[].taken_at",
            "about.snapshot_spread_s",
            "compression",
            "parts[].name",
            "parts[].records",
            "parts[].size",
            "parts[].sha256",
            "released",
            "record_digest.algorithm",
            "record_digest.key",
            "record_digest.value",
            "receipt_token",
        ]
    );
    let first = std::fs::read_to_string(sealed.dir.join("manifest.json")).unwrap();
    assert!(first.starts_with("{\n  \"type\": \"causeway-package/1\",\n"), "the signed bytes begin with their purpose");
}

#[test]
fn names_of_parts_say_nothing_and_files_are_the_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let house = House::new();
    let sealed = house.seal_people(300, Compression::Zstd, 9000, 1);
    let again = house.seal_people(300, Compression::Zstd, 9000, 2);
    let shared = sealed.manifest.parts.iter().any(|part| again.manifest.parts.iter().any(|it| it.name == part.name));
    assert!(!shared, "names are not repeated between packages");
    assert_eq!(std::fs::metadata(&sealed.dir).unwrap().permissions().mode() & 0o777, 0o700);
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&sealed.dir).unwrap().flatten() {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        files.push(entry.file_name().into_string().unwrap());
    }
    assert_eq!(files.len(), sealed.manifest.parts.len() + 2, "nothing lies beside: {files:?}");
    let opened = house.open(&sealed.dir, &house.folder("out")).unwrap();
    for path in opened.data.iter().chain([&opened.inner_file]) {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
