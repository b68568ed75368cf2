//! Which people are invented, and where? `causeway-population DIR [PEOPLE] [SEED]` writes stores and tells the truth as JSON.

use std::path::Path;
use std::process::ExitCode;

use causeway_testkit::population::{Spec, generate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    let Some(dir) = arguments.first() else {
        eprintln!("causeway-population DIR [PEOPLE] [SEED]");
        return ExitCode::from(2);
    };
    let mut spec = Spec::default();
    if let Some(people) = number(1) {
        spec.people = people;
    }
    if let Some(seed) = number(2) {
        spec.seed = u64::from(seed);
    }
    let told = generate(Path::new(dir), &spec).map_err(|error| error.to_string()).and_then(|truth| {
        let counts = serde_json::json!({
            "people": truth.people, "households": truth.households, "scripts": truth.scripts,
            "withheld": truth.withheld().count(), "broken": truth.broken().count(), "outside": truth.outside(),
        });
        serde_json::to_string(&counts).map_err(|error| error.to_string())
    });
    match told {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(5)
        }
    }
}
