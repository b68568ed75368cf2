//! Can a no about one person be told from another? `cargo xtask distinguish` asks 30,000 times and compares bytes and times.

use std::path::Path;

use crate::{Outcome, shell, test};

const HELP: &str = "cargo xtask distinguish [EACH]

  EACH   questions about nobody, about withheld people and about people outside, each; 10000 unless said";

/// Asks as often as is said.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let each = match arguments {
        [] => 10_000,
        [each] => match each.parse::<u32>() {
            Ok(each) if each > 0 => each,
            _ => return Err(HELP.into()),
        },
        _ => return Err(HELP.into()),
    };
    test::tools()?;
    let mut cargo = shell::cargo(root);
    cargo.args(["test", "-p", "causeway", "--features", "causeway/test-hooks", "--test", "it", "--"]);
    cargo.args([
        "api::distinguished::no_sort_of_no_can_be_told_from_another",
        "--exact",
        "--include-ignored",
        "--nocapture",
    ]);
    cargo.env("CAUSEWAY_EACH", each.to_string());
    if shell::succeeds(&mut cargo)? { Ok(()) } else { Err("a no can be told from another, see above".into()) }
}
