//! Which tests take so long that they have commands of their own, each with how often it does what it does?

use std::path::Path;

use crate::{Outcome, shell, test};

/// Asks 30,000 times about people of whom nothing is told, and compares bytes and times.
pub fn distinguish(root: &Path, arguments: &[String]) -> Outcome {
    let what = ("distinguish", "questions about nobody, about withheld people and about people outside", 10_000);
    run(root, arguments, what, &["api::distinguished::no_sort_of_no_can_be_told_from_another"])
}

/// Takes in 100,000 records, three of each hundred bad ones, on each kind of database.
pub fn accept(root: &Path, arguments: &[String]) -> Outcome {
    let on = |kind: &str| format!("accept::many::of_many_records_exactly_the_good_ones_are_taken_in_on_{kind}");
    let names = ["sqlite", "postgres", "mariadb"].map(on);
    let what = ("accept", "records, a multiple of 500, on SQLite, PostgreSQL and MariaDB", 100_000);
    run(root, arguments, what, &names.each_ref().map(String::as_str))
}

/// Queues 10,000 records as a client of PING's own API does, and kills the worker twice.
pub fn queue(root: &Path, arguments: &[String]) -> Outcome {
    let name = "ping::queue::queued_records_are_none_lost_and_none_applied_twice";
    run(root, arguments, ("queue", "records", 10_000), &[name])
}

fn run(root: &Path, arguments: &[String], (verb, what, usual): (&str, &str, u32), names: &[&str]) -> Outcome {
    let each = match arguments {
        [] => Some(usual),
        [each] => each.parse::<u32>().ok().filter(|each| *each > 0),
        _ => None,
    };
    let Some(each) = each else {
        return Err(format!("cargo xtask {verb} [EACH]\n\n  EACH   {what}, each; {usual} unless said").into());
    };
    test::tools()?;
    let mut cargo = shell::cargo(root);
    cargo.args(["test", "-p", "causeway", "--features", "causeway/test-hooks", "--test", "it", "--"]);
    cargo.args(names).args(["--exact", "--include-ignored", "--nocapture", "--test-threads", "1"]);
    cargo.env("CAUSEWAY_EACH", each.to_string());
    if shell::succeeds(&mut cargo)? { Ok(()) } else { Err(format!("{verb} failed, see above").into()) }
}
