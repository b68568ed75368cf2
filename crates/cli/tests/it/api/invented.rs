//! Does the API keep its own description, whatever is sent? A program of others invents calls from it; `cargo xtask schemathesis` brings
//! it and says how many.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use causeway_package::client::ActsAs;
use causeway_web::api::table::{BASE, TABLE};
use serde_json::{Value, json};

use super::intakes::{AT_ONCE, Desk};
use super::place::{Gateway, Program, http, original_with, registered};
use crate::accept::documents::NUMBERS;
use crate::accept::scene::record;
use crate::governance::place::Kind;

/// What is asked of each answer. What is left out cannot be told from a description: which names there are (`positive_data_acceptance`),
/// and that a method that is not there is nothing at all here (`unsupported_method`).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,missing_required_header,ignored_auth";

/// What invents the calls, and how many an operation; nothing where nobody asked for it.
fn inventor() -> Option<(OsString, String)> {
    let Some(program) = std::env::var_os("CAUSEWAY_SCHEMATHESIS") else {
        println!("skipped: `cargo xtask schemathesis` runs it");
        return None;
    };
    Some((program, std::env::var("CAUSEWAY_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "20".to_owned())))
}

const MANY: &str = "calls_a_minute = 1000000\n";

#[test]
fn whatever_is_called_the_description_holds() {
    let Some(inventor) = inventor() else { return };
    let original = original_with(Kind::Sqlite, |street| {
        street.good(&["sandbox", "make", "food-people"]).unwrap();
        street.transfer("food-people").unwrap();
        // Requests wait for an officer: what is invented moves nobody.
        let file = street.home().join("asks.yaml");
        let text = std::fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
        std::fs::write(&file, text.replace("version: 1\n", "version: 2\n") + "\nneeds_approval: true\n").unwrap();
        street.good(&["exchange", "import", &file.display().to_string()]).unwrap();
    });
    let copy = original.copy();
    let config = copy.street.home().join("causeway.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}{MANY}")).unwrap();
    let shape = |it: &mut causeway_package::client::Registration| it.acts_as = ActsAs::PartnerAdministrator;
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", shape);
    let gateway = Gateway::open(&copy);
    let holds = Holds { inventor, folder: copy.folder(), address: &gateway.address, program: &program };
    holds.on(|path| !comes_in(path), &[("exchange", &["food-people"]), ("arrangement", &["food-2026"])]);
    gateway.serve.ended();
    gateway.worker.ended();
}

#[test]
fn whatever_is_sent_in_the_description_holds() {
    let Some(inventor) = inventor() else { return };
    let desk = Desk::open_with(MANY);
    let mut bad = record("bad", 10, 2);
    bad["decision"] = json!("perhaps");
    let told =
        desk.came(&[record("good", 10, 1), record("too", 10, 3), record("three", 10, 5), record("four", 10, 6), bad]);
    desk.ended_as(&told, "acknowledged");
    let waits = desk.came(&[record("nobody", 10, 999)]);
    desk.ended_as(&waits, "awaiting-review");
    // Of one nothing came yet, of the other its beginning.
    let (empty, begun) = (desk.begun(b""), desk.begun(b"causeway-inbound/1 "));
    let folder = causeway_testkit::throw_away::directory().unwrap();
    let address = desk.gateway.address.as_str();
    let holds = Holds { inventor, folder: folder.path(), address, program: &desk.program };
    holds.on(|path| path.contains("/intakes"), &[("exchange", &[AT_ONCE]), ("intake", &[&told, &waits])]);
    holds.on(|path| path.contains("/uploads"), &[("exchange", &[NUMBERS]), ("upload", &[&empty, &begun])]);
    let bearer = format!("Bearer {}", desk.program.token(address));
    let listed = http(address, "GET", "/api/v1/intakes?limit=200", &[("authorization", &bearer)], "").json();
    let came = listed["items"].as_array().unwrap().len();
    // Of a few, none may be what is taken in.
    assert!(came > 2 || holds.inventor.1.len() <= 2, "nothing that was invented came in: {listed}");
    println!("{} intakes were invented", came - 2);
    desk.ended();
}

/// Whether a path is of what comes in.
fn comes_in(path: &str) -> bool {
    ["/intakes", "/uploads"].iter().any(|part| path.contains(part))
}

/// What calls are invented by, and where.
struct Holds<'h> {
    inventor: (OsString, String),
    folder: &'h Path,
    address: &'h str,
    program: &'h Program,
}

impl Holds<'_> {
    /// Calls what is at the paths, half of the time by names that are known.
    fn on(&self, wanted: impl Fn(&str) -> bool, known: &[(&str, &[&str])]) {
        let Self { inventor: (inventor, examples), folder, address, program } = self;
        let mut description = http(address, "GET", "/api/v1/openapi.json", &[], "").json();
        known.iter().for_each(|(name, values)| name_some(&mut description, name, values));
        let file = folder.join("openapi.json");
        std::fs::write(&file, description.to_string()).unwrap();
        let paths: BTreeSet<String> =
            TABLE.iter().map(|route| format!("{BASE}{}", route.path)).filter(|path| wanted(path)).collect();
        for path in paths {
            // A token counts for ten minutes: each path has its own.
            let bearer = format!("Authorization: Bearer {}", program.token(address));
            let mut command = Command::new(inventor);
            command.arg("run").arg(&file).args(["--url", &format!("http://{address}"), "--header", &bearer]);
            command.args(["--include-path", &path, "--checks", CHECKS, "--max-examples", examples]);
            let phases = if examples.len() > 2 { "examples,coverage,fuzzing" } else { "fuzzing" };
            command.args([
                "--continue-on-failure",
                "--phases",
                phases,
                "--seed",
                "1",
                "--warnings",
                "off",
                "--no-color",
            ]);
            command.args(["--suppress-health-check", "all", "--generation-database", "none"]);
            let said = command.current_dir(folder).output().unwrap();
            let text = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(said.status.success(), "{path}:\n{text}\n{}", String::from_utf8_lossy(&said.stderr));
            println!("{path}: as described");
        }
    }
}

/// Says of a name in paths that it is one of these, or any.
fn name_some(description: &mut Value, name: &str, values: &[&str]) {
    let paths = description["paths"].as_object_mut().unwrap().values_mut();
    let operations = paths.flat_map(|path| path.as_object_mut().unwrap().values_mut());
    let mut named = 0;
    for parameter in operations.flat_map(|one| one["parameters"].as_array_mut().into_iter().flatten()) {
        if parameter["in"] == "path" && parameter["name"] == name {
            let any = parameter["schema"].take();
            parameter["schema"] = json!({ "anyOf": [{ "enum": values }, any] });
            named += 1;
        }
    }
    assert!(named > 0, "no path names an {name}");
}
