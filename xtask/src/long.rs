//! Which tests take so long that they have commands of their own, each with how often it does what it does?

use std::path::Path;

use crate::{Outcome, shell, test};

/// Asks 30,000 times about people of whom nothing is told, and compares bytes and times.
pub fn distinguish(root: &Path, arguments: &[String]) -> Outcome {
    let name = "api::distinguished::no_sort_of_no_can_be_told_from_another";
    run(
        root,
        arguments,
        ("distinguish", "questions about nobody, about withheld people and about people outside"),
        name,
    )
}

/// Queues 10,000 records as a client of PING's own API does, and kills the worker twice.
pub fn queue(root: &Path, arguments: &[String]) -> Outcome {
    run(root, arguments, ("queue", "records"), "ping::queue::queued_records_are_none_lost_and_none_applied_twice")
}

fn run(root: &Path, arguments: &[String], (verb, what): (&str, &str), name: &str) -> Outcome {
    let each = match arguments {
        [] => Some(10_000),
        [each] => each.parse::<u32>().ok().filter(|each| *each > 0),
        _ => None,
    };
    let Some(each) = each else {
        return Err(format!("cargo xtask {verb} [EACH]\n\n  EACH   {what}, each; 10000 unless said").into());
    };
    test::tools()?;
    let mut cargo = shell::cargo(root);
    cargo.args(["test", "-p", "causeway", "--features", "causeway/test-hooks", "--test", "it", "--"]);
    cargo.args([name, "--exact", "--include-ignored", "--nocapture"]);
    cargo.env("CAUSEWAY_EACH", each.to_string());
    if shell::succeeds(&mut cargo)? { Ok(()) } else { Err(format!("{verb} failed, see above").into()) }
}
