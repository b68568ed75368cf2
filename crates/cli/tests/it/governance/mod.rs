//! Does each part of governance do on both databases what its transcripts say, word for word?
//!
//! A transcript is a Markdown file `ITEM/NN-title.md`: prose, and fenced blocks of `console` in which lines after `$ ` are
//! commands of a shell and the lines below what they say, output and errors together. A line `? 4` right below a command
//! is its exit code where that is not 0. In what is expected, `[..]` stands for anything within a line and a line `...` for any
//! lines. What differs from run to run is replaced before it is compared (see [`plain`]). Every transcript begins in an empty
//! folder; `prelude.sh` has what most of them begin with. Every command runs in that folder with `$EXAMPLES` (the folder of
//! `examples/kenya`), `$DATABASE` (what `causeway init` is told of the database) and `causeway` on the path. A first line
//! `<!-- people: 60 -->` puts so many invented people into the stores of the installation. The clock stands at 09:00 UTC of 4 May
//! 2026, unless a command sets `CAUSEWAY_NOW`.
//!
//! Each is run on SQLite and on PostgreSQL against the same file. `TRANSCRIPTS=overwrite` writes what SQLite says into the files:
//! read the difference like code.

pub mod place;
mod plain;
pub mod purged;
mod raced;
pub mod ticked;
mod transcript;
pub mod withdrawn;

use std::collections::BTreeSet;
use std::path::PathBuf;

use place::{Kind, Place};

/// A test on each database for every item, and the list of the items.
macro_rules! items {
    ($($item:ident),+ $(,)?) => {
        $(mod $item {
            use super::*;

            #[test]
            fn on_sqlite() {
                walk(stringify!($item), Kind::Sqlite);
            }

            #[test]
            fn on_postgres() {
                walk(stringify!($item), Kind::Postgres);
            }
        })+

        const ITEMS: &[&str] = &[$(stringify!($item)),+];
    };
}

// Each folder beside this file, in the order of the alphabet.
items!(
    arrangements,
    assessments,
    bad_input,
    cloning,
    configuration,
    deltas,
    environment,
    alerts,
    people,
    persons,
    register,
    requests,
    retention,
    rights,
    schedules,
    store,
    switch
);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/governance")
}

fn walk(item: &str, kind: Kind) {
    let entries = std::fs::read_dir(folder().join(item)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    files.sort();
    assert!(!files.is_empty(), "{item} has no transcript");
    let mut wrong = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let place = Place::new(kind, transcript::people(&text));
        let walked = transcript::walk(&text, &place);
        if walked.text == text {
            continue;
        }
        let overwrite = std::env::var("TRANSCRIPTS").is_ok_and(|word| word == "overwrite") && kind == Kind::Sqlite;
        if overwrite {
            std::fs::write(&file, walked.text).unwrap();
        } else if !walked.differs.is_empty() {
            wrong.push_str(&format!("{} on {kind:?}\n{}\n", file.display(), walked.differs));
        }
    }
    assert!(wrong.is_empty(), "{wrong}`TRANSCRIPTS=overwrite` writes what is said into the files");
}

#[test]
fn every_folder_is_walked() {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let there: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(there, ITEMS.iter().map(|item| (*item).to_owned()).collect());
}
