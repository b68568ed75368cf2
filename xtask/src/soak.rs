//! Do the invariants hold in ten thousand histories, and when workers are killed for an hour? `cargo xtask soak` lives through them.

use std::path::Path;

use crate::{Outcome, shell, test};

const HELP: &str = "cargo xtask soak [--seeds N] [--from N] [--postgres] [--workers] [--seed N]

  --seeds N     how many histories, 10000 unless said
  --from N      the first seed, 500 unless said
  --postgres    on PostgreSQL, where the rest is on SQLite
  --workers     four processes, killed again and again, deliver 1,000 transfers
  --seed N      one history, which is printed";

/// Seeds before this one are lived through by `cargo xtask test`.
const FROM: u64 = 500;
const SEEDS: u64 = 10_000;

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    seeds: Option<u64>,
    from: Option<u64>,
    seed: Option<u64>,
    is_on_postgres: bool,
    is_of_workers: bool,
}

/// Lives through what is asked for.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let Some(asked) = Asked::read(arguments)? else {
        println!("{HELP}");
        return Ok(());
    };
    test::tools()?;
    let mut cargo = shell::cargo(root);
    // As it is shipped: ten thousand histories in a build for development would take a working day.
    cargo.args([
        "test",
        "--release",
        "-p",
        "causeway",
        "--features",
        "causeway/test-hooks",
        "--test",
        "simulation",
        "--",
    ]);
    let name = match (asked.seed, asked.is_of_workers) {
        (Some(seed), _) => {
            cargo.env("CAUSEWAY_SEED", seed.to_string());
            "seeds::a_seed_is_replayed"
        }
        (None, true) => "crowd::four_workers_that_are_killed_deliver_1000_transfers_once",
        (None, false) => {
            let from = asked.from.unwrap_or(FROM);
            let to = from.saturating_add(asked.seeds.unwrap_or(SEEDS));
            cargo.env("CAUSEWAY_SEEDS", format!("{from}..{to}"));
            "seeds::soak"
        }
    };
    if asked.is_on_postgres {
        cargo.env("CAUSEWAY_ON", "postgres");
    }
    cargo.args(["--exact", name, "--include-ignored", "--nocapture"]);
    if shell::succeeds(&mut cargo)? { Ok(()) } else { Err("an invariant did not hold, see above".into()) }
}

impl Asked {
    /// Nothing where help is asked for.
    fn read(arguments: &[String]) -> Outcome<Option<Self>> {
        let mut asked = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut number = || -> Outcome<Option<u64>> {
                let given = words.next().and_then(|text| text.parse().ok());
                given.map(Some).ok_or_else(|| format!("`{word}` needs a number").into())
            };
            match word.as_str() {
                "--seeds" => asked.seeds = number()?,
                "--from" => asked.from = number()?,
                "--seed" => asked.seed = number()?,
                "--postgres" => asked.is_on_postgres = true,
                "--workers" => asked.is_of_workers = true,
                "--help" => return Ok(None),
                _ => return Err(format!("`{word}` is not known\n\n{HELP}").into()),
            }
        }
        Ok(Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_and_nothing_else() {
        let read = |words: &[&str]| Asked::read(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let asked = read(&["--seeds", "20", "--from", "7", "--postgres"]).unwrap().unwrap();
        assert_eq!((asked.seeds, asked.from, asked.is_on_postgres, asked.seed), (Some(20), Some(7), true, None));
        assert!(read(&["--help"]).unwrap().is_none());
        assert!(read(&["--seeds"]).is_err() && read(&["--seed", "x"]).is_err() && read(&["--all"]).is_err());
    }
}
