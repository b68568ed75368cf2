//! Does the API keep its own description, whatever is sent? A program of others invents calls from it; `cargo xtask schemathesis` brings
//! it and says how many.

use std::collections::BTreeSet;
use std::process::Command;

use causeway_package::client::ActsAs;
use causeway_web::api::table::{BASE, TABLE};

use super::place::{Gateway, http, original_with, registered};
use crate::governance::place::Kind;

/// What is asked of each answer. What is left out cannot be told from a description: which names there are (`positive_data_acceptance`),
/// and that a method that is not there is nothing at all here (`unsupported_method`).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,missing_required_header,ignored_auth";

#[test]
fn whatever_is_called_the_description_holds() {
    let Some(program) = std::env::var_os("CAUSEWAY_SCHEMATHESIS") else {
        println!("skipped: `cargo xtask schemathesis` runs it");
        return;
    };
    let examples = std::env::var("CAUSEWAY_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "20".to_owned());
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
    std::fs::write(&config, format!("{text}calls_a_minute = 1000000\n")).unwrap();
    let shape = |it: &mut causeway_package::client::Registration| it.acts_as = ActsAs::PartnerAdministrator;
    let program_of_ours = registered(&copy.street, "lantern-relief", "lantern-sync", shape);
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let description = copy.folder().join("openapi.json");
    std::fs::write(&description, http(address, "GET", "/api/v1/openapi.json", &[], "").body).unwrap();
    let paths: BTreeSet<String> = TABLE.iter().map(|route| format!("{BASE}{}", route.path)).collect();
    for path in paths {
        // A token counts for ten minutes: each path has its own.
        let bearer = format!("Authorization: Bearer {}", program_of_ours.token(address));
        let mut command = Command::new(&program);
        command.arg("run").arg(&description).args(["--url", &format!("http://{address}"), "--header", &bearer]);
        command.args([
            "--include-path",
            &path,
            "--checks",
            CHECKS,
            "--max-examples",
            &examples,
            "--continue-on-failure",
        ]);
        let phases = if examples.len() > 2 { "examples,coverage,fuzzing" } else { "fuzzing" };
        command.args(["--phases", phases, "--seed", "1", "--warnings", "off", "--no-color"]);
        command.args(["--suppress-health-check", "all", "--generation-database", "none"]);
        let said = command.current_dir(copy.folder()).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{path}:\n{text}\n{}", String::from_utf8_lossy(&said.stderr));
        println!("{path}: as described");
    }
    gateway.serve.ended();
    gateway.worker.ended();
}
