//! What does `cargo xtask bench` need done fast? Loading a population and checking an output, in a release build.
//!
//! - `bench load PEOPLE ASSISTANCE PSQL MARIADB`: fills two empty databases and a file; the clients' commands are JSON
//!   lists. Prints the expected answers as JSON.
//! - `bench check FILE...`: prints the answer of all files (`.csv`, `.jsonl`, `.parquet`) together as JSON.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;

use causeway_testkit::bench::{Answer, COLUMNS, Row, Spec, load};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["load", people, assistance, psql, mariadb] => {
            let (psql, mariadb): (Vec<String>, Vec<String>) =
                (serde_json::from_str(psql)?, serde_json::from_str(mariadb)?);
            let answers =
                load(&Spec::of(people.parse()?), || command(&psql), || command(&mariadb), Path::new(assistance))?;
            println!("{}", serde_json::to_string(&answers)?);
        }
        ["check", files @ ..] => {
            let mut all = Answer::default();
            for file in files {
                all = all.and(answer(Path::new(file)).map_err(|error| format!("`{file}`: {error}"))?);
            }
            println!("{}", serde_json::to_string(&all)?);
        }
        _ => return Err("load PEOPLE ASSISTANCE PSQL MARIADB | check FILE...".into()),
    }
    Ok(())
}

fn command(words: &[String]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().map_or("false", String::as_str));
    command.args(words);
    command
}

fn answer(path: &Path) -> Outcome<Answer> {
    let file = File::open(path)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(Answer::of_csv(file)?),
        Some("jsonl") => Ok(Answer::of_json_lines(BufReader::with_capacity(1 << 20, file))?),
        Some("parquet") => parquet(file),
        _ => Err("neither CSV nor JSON Lines nor Parquet".into()),
    }
}

fn parquet(file: File) -> Outcome<Answer> {
    let (mut answer, mut row) = (Answer::default(), Row::default());
    for record in SerializedFileReader::new(file)?.get_row_iter(None)? {
        let record = record?;
        if record.get_column_iter().map(|(name, _)| name.as_str()).ne(COLUMNS) {
            return Err("the columns are not the workload's".into());
        }
        row.begin();
        for (_, field) in record.get_column_iter() {
            match field {
                Field::Null => row.read(""),
                Field::Str(text) => row.read(text),
                number => row.read(&number.to_string()),
            }
        }
        answer.add(&row);
    }
    Ok(answer)
}
