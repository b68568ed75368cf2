//! What is to be measured? The arguments of `cargo xtask bench`.

use std::path::PathBuf;

use crate::Outcome;

/// How `cargo xtask bench` is used.
pub const USAGE: &str = "cargo xtask bench [OPTIONS]
  --size 100k|1m|5m|N     people (default 100k)
  --variant 100|10        everybody, or a tenth of them in three camps (default 100)
  --format csv|jsonl|parquet
  --runs N                runs after one to warm up; medians count (default 3)
  --memory N[MB]          budget of the gateway in mebibytes
  --scale                 100k, 1m and 5m one after the other, and how time grows
  --deltas                what sending deltas costs beside sending everything, of the same people
  --online                how fast programs of partners are answered, and fetch; with --compare beside a plain service
  --compare               beside the peers, on the databases of the optional shared benchmark; a missed target fails
  --peers FOLDER          folder of the shared benchmark (default ../shared/bench beside this repository)
  --binary PATH           a causeway built with `--features test-hooks`; built in release unless given
  --cache FOLDER          where databases stay between runs (default bench in the target directory)";

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Populations, one after the other.
    pub sizes: Vec<Size>,
    /// Which people.
    pub variant: Variant,
    /// What is written.
    pub format: Format,
    /// How often.
    pub runs: usize,
    /// Budget in mebibytes.
    pub memory: Option<u64>,
    /// Whether peers run beside.
    pub compare: bool,
    /// Whether deltas are measured beside.
    pub deltas: bool,
    /// Whether answers are measured, and nothing else.
    pub online: bool,
    /// Whether growth is judged.
    pub scale: bool,
    /// Folder of the shared benchmark.
    pub peers: Option<PathBuf>,
    /// A binary that is there already.
    pub binary: Option<PathBuf>,
    /// Where databases stay.
    pub cache: Option<PathBuf>,
}

/// How many people, and what that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// As it was said.
    pub label: String,
    /// How many.
    pub people: u64,
}

/// Which people are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Everybody.
    Everybody,
    /// The tenth that lives in three camps.
    Narrow,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV.
    Csv,
    /// JSON Lines.
    JsonLines,
    /// Parquet.
    Parquet,
}

impl Variant {
    /// As it is said: how many in a hundred.
    pub fn label(self) -> &'static str {
        match self {
            Variant::Everybody => "100",
            Variant::Narrow => "10",
        }
    }
}

impl Format {
    /// As it is said, which is also how its files end.
    pub fn label(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
        }
    }

    /// As exchanges write it.
    pub fn kind(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "json-lines",
            Format::Parquet => "parquet",
        }
    }
}

impl Options {
    /// Reads the arguments.
    pub fn read(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self {
            sizes: vec![size("100k")?],
            variant: Variant::Everybody,
            format: Format::Csv,
            runs: 3,
            memory: None,
            compare: false,
            deltas: false,
            online: false,
            scale: false,
            peers: None,
            binary: None,
            cache: None,
        };
        let mut words = arguments.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value\n\n{USAGE}"));
            match word {
                "--size" => options.sizes = vec![size(value()?)?],
                "--variant" => options.variant = variant(value()?)?,
                "--format" => options.format = format(value()?)?,
                "--runs" => options.runs = value()?.parse().map_err(|_| "`--runs` takes a number")?,
                "--memory" => options.memory = Some(memory(value()?)?),
                "--compare" => options.compare = true,
                "--deltas" => options.deltas = true,
                "--online" => options.online = true,
                "--scale" => options.scale = true,
                "--peers" => options.peers = Some(value()?.into()),
                "--binary" => options.binary = Some(value()?.into()),
                "--cache" => options.cache = Some(value()?.into()),
                "--help" => return Err(USAGE.into()),
                other => return Err(format!("`{other}` is no option\n\n{USAGE}").into()),
            }
        }
        if options.runs == 0 {
            return Err("`--runs` must be at least 1".into());
        }
        if options.deltas && options.format == Format::Parquet {
            return Err("no partner confirms a state of Parquet: measure deltas of csv or jsonl".into());
        }
        if options.scale {
            if options.compare {
                return Err("`--scale` and `--compare` are two different questions: ask one at a time".into());
            }
            options.sizes = ["100k", "1m", "5m"].into_iter().map(size).collect::<Outcome<_>>()?;
        }
        Ok(options)
    }
}

fn size(word: &str) -> Outcome<Size> {
    let lower = word.to_lowercase();
    let (digits, times) = match (lower.strip_suffix('k'), lower.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1_000),
        (_, Some(digits)) => (digits, 1_000_000),
        _ => (lower.as_str(), 1),
    };
    let people = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(times)).filter(|people| *people > 0);
    let people = people.ok_or_else(|| format!("`{word}` is no number of people: say 100k, 1m, 5m or a number"))?;
    Ok(Size { label: lower, people })
}

fn variant(word: &str) -> Outcome<Variant> {
    let all = [Variant::Everybody, Variant::Narrow];
    let found = all.into_iter().find(|variant| variant.label() == word);
    found.ok_or_else(|| format!("`{word}` is no variant: say 100 or 10").into())
}

fn format(word: &str) -> Outcome<Format> {
    let all = [Format::Csv, Format::JsonLines, Format::Parquet];
    let found = all.into_iter().find(|format| format.label() == word);
    found.ok_or_else(|| format!("`{word}` is no format: say csv, jsonl or parquet").into())
}

fn memory(word: &str) -> Outcome<u64> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().map_err(|_| format!("`{word}` is no memory: say a number of mebibytes").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Outcome<Options> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_said_is_what_is_measured() {
        let options = read("--size 1m --variant 10 --format parquet --runs 5 --memory 320MB --compare").unwrap();
        assert_eq!(options.sizes[0].people, 1_000_000);
        assert_eq!((options.variant, options.format), (Variant::Narrow, Format::Parquet));
        assert_eq!((options.runs, options.memory, options.compare), (5, Some(320), true));
        assert_eq!(read("--scale").unwrap().sizes.len(), 3);
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--size many",
            "--size 0",
            "--variant 50",
            "--format xml",
            "--runs 0",
            "--fast",
            "--deltas --format parquet",
            "--size",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
