//! Does an exchange of one operation run in another, with other names, codes and places, once everything is mapped, and
//! never before?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use causeway_testkit::population::Spec;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use rusqlite::Connection;

const BINARY: &str = env!("CARGO_BIN_EXE_causeway");
const PEOPLE: u32 = 900;

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya")
}

/// What an identifier is called in the second operation: kind and name, as the mapping file writes them.
fn there(kind: &str, name: &str) -> String {
    let last = || name.rsplit('.').next().unwrap();
    match kind {
        "operation" => "uganda-example".to_owned(),
        "exchange" => "shule".to_owned(),
        "arrangement" => "shule-2026".to_owned(),
        "catalogue" => "daftari-kuu".to_owned(),
        "partner" => "baobab-schools".to_owned(),
        "contact" => format!("{name} of the second operation"),
        "country" if name == "KEN" => "UGA".to_owned(),
        "pseudonym-key" => "mpango-wa-shule".to_owned(),
        "source" => "daftari".to_owned(),
        "connection" => "daftari.sqlite".to_owned(),
        "table" => format!("meza_{}", last()),
        "column" => format!("safu_{}", last()),
        "entity" => format!("aina_{name}"),
        "step" => format!("hatua_{}", last()),
        "element" => format!("kipengele_{}", last()),
        "code-list" => format!("orodha-{name}"),
        "code" if name.starts_with("education.") || name.starts_with("consent.") => format!("K{}", last()),
        "place" => name.replace("KE", "UG"),
        "folder" => "outbox/baobab-schools".to_owned(),
        _ => "=".to_owned(),
    }
}

/// The mapping file, filled in but for one kind.
fn filled(template: &str, but: &str) -> String {
    let mut kind = String::new();
    let line = |line: &str| {
        if let Some(section) = line.strip_suffix(':').filter(|_| !line.starts_with([' ', '#'])) {
            kind = section.to_owned();
        }
        match line.strip_prefix("  ").and_then(|line| line.strip_suffix(": ~")) {
            Some(name) if kind != but => format!("  {name}: \"{}\"", there(&kind, name.trim_matches('"'))),
            _ => line.to_owned(),
        }
    };
    template.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// Renames tables, columns, codes and places of the registration store, as another country has them.
fn moved(sources: &Path) {
    let from = sources.join("progres.sqlite");
    let store = sources.join("daftari.sqlite");
    std::fs::copy(&from, &store).unwrap();
    std::fs::remove_file(from).unwrap();
    std::fs::set_permissions(&store, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let store = Connection::open(store).unwrap();
    for table in ["individual", "household"] {
        let places = format!("UPDATE {table} SET camp_pcode = replace(camp_pcode, 'KE', 'UG')");
        store.execute_batch(&places).unwrap();
    }
    for column in ["education_level", "consent_sharing"] {
        store.execute_batch(&format!("UPDATE individual SET {column} = 'K' || {column}")).unwrap();
    }
    for table in ["individual", "household", "confidentiality_mark"] {
        let mut columns = store.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        let columns: Vec<String> = columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for column in columns {
            let rename = format!("ALTER TABLE {table} RENAME COLUMN {column} TO {}", there("column", &column));
            store.execute_batch(&rename).unwrap();
        }
        store.execute_batch(&format!("ALTER TABLE {table} RENAME TO {}", there("table", table))).unwrap();
    }
}

/// Districts and levels of the children in an opened package, counted; and one pseudonym.
fn children(opened: &Path) -> (BTreeMap<(String, String), usize>, String) {
    let mut counts = BTreeMap::new();
    let mut pseudonym = String::new();
    for entry in std::fs::read_dir(opened).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "jsonl" && end != "ndjson") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
            *counts.entry((text("district").replace("UG", "KE"), text("level"))).or_insert(0) += 1;
            pseudonym = pseudonym.max(text("child"));
        }
    }
    (counts, pseudonym)
}

#[test]
fn an_exchange_runs_in_a_second_operation_after_mapping_and_not_before() {
    let dir = throw_away::directory().unwrap();
    let path = |name: &str| dir.path().join(name);
    let text = |name: &str| path(name).display().to_string();
    let kenya = Street::new(BINARY, path("kenya"), examples());
    kenya.people(&Spec::of(PEOPLE)).unwrap();
    kenya.set_up_with(&["acacia-schools"], &["school"], &[("school-places", "exchange-school.yaml")]).unwrap();
    let sent = kenya.transfer("school-places").unwrap();
    let (here, pseudonym_here) = children(&kenya.open(&sent.package, &path("opened-kenya")).unwrap());
    assert!(here.len() > 3, "{here:?}");

    let clone = ["exchange", "clone", "school-places", "--operation", "uganda-example", "--to"];
    let said = kenya.good(&[&clone[..], &[text("draft").as_str()]].concat()).unwrap();
    let template = std::fs::read_to_string(path("draft/mapping.yaml")).unwrap();
    let open = template.lines().filter(|line| line.ends_with(": ~")).count();
    assert!(open > 60 && said.contains(&format!("{open} identifiers to be mapped")), "{said}");
    for kind in
        ["operation", "partner", "source", "table", "column", "element", "code", "place", "pseudonym-key", "contact"]
    {
        assert!(template.contains(&format!("\n{kind}:\n")), "{kind}\n{template}");
    }

    // Without a mapping, and with one that lacks any one kind, nothing is written.
    let apply = |mapping: &str| {
        kenya
            .run(&["exchange", "clone-apply", &text("draft"), "--mapping", &text(mapping), "--out", &text("mapped")])
            .unwrap()
    };
    let refused = apply("draft/mapping.yaml");
    assert_eq!((refused.code, refused.err.matches("[unmapped]").count()), (Some(2), open), "{}", refused.err);
    assert!(
        refused.err.contains("element `individual.camp_pcode` is not mapped; it stands in catalogue.yaml:"),
        "{}",
        refused.err
    );
    let kinds: Vec<&str> = template
        .lines()
        .filter_map(|line| line.strip_suffix(':'))
        .filter(|line| !line.starts_with([' ', '#']))
        .collect();
    for kind in kinds.iter().filter(|kind| **kind != "operation") {
        std::fs::write(path("lacking.yaml"), filled(&template, kind)).unwrap();
        let refused = apply("lacking.yaml");
        assert_eq!(refused.code, Some(2), "{kind}");
        assert!(refused.err.contains(&format!("[unmapped] {kind} `")), "{kind}: {}", refused.err);
        assert!(!path("mapped").exists());
    }

    // The draft as it is belongs to no second operation.
    let uganda = Street::new(BINARY, path("uganda"), path("mapped")).of_operation("uganda-example");
    uganda.people(&Spec::of(PEOPLE)).unwrap();
    moved(&uganda.sources());
    std::fs::write(path("full.yaml"), filled(&template, "none")).unwrap();
    let applied = apply("full.yaml");
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    std::fs::rename(path("mapped/arrangement.yaml"), path("mapped/arrangement-shule.yaml")).unwrap();
    uganda.set_up_with(&["baobab-schools"], &[], &[]).unwrap();
    let unmapped = uganda.run(&["arrangement", "draft", &text("draft/arrangement.yaml")]).unwrap();
    assert!(unmapped.code != Some(0) && unmapped.err.contains("[other-operation]"), "{}", unmapped.err);
    let unmapped = uganda.run(&["exchange", "import", &text("draft/exchange.yaml")]).unwrap();
    assert_eq!(unmapped.code, Some(2), "{}", unmapped.err);
    assert_eq!(uganda.run(&["transfer", "run", "school-places"]).unwrap().code, Some(2));

    uganda.agree("shule").unwrap();
    uganda.good(&["exchange", "check", &text("mapped/exchange.yaml")]).unwrap();
    uganda.good(&["exchange", "import", &text("mapped/exchange.yaml")]).unwrap();
    let sent = uganda.transfer("shule").unwrap();
    let (there, pseudonym_there) = children(&uganda.open(&sent.package, &path("opened-uganda")).unwrap());
    assert_eq!(there, here);
    assert_ne!(pseudonym_there, pseudonym_here, "nobody can be followed from one operation to the other");
}
