//! What can be done to this repository as a whole? `cargo xtask VERB`; without one, the verbs are listed.

mod bench;
mod check;
mod demo;
mod docs;
mod files;
mod long;
mod package;
mod schemathesis;
mod shell;
mod soak;
mod test;
mod upgrade;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a verb gives back: nothing, or why it failed, in words.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// One verb: its name, what it does, and the function that does it with the arguments that follow.
struct Verb {
    name: &'static str,
    does: &'static str,
    run: fn(&Path, &[String]) -> Outcome,
}

/// A verb is one line here and one file beside this one.
const VERBS: &[Verb] = &[
    Verb {
        name: "accept",
        does: "100,000 records come in on each kind of database: the good ones stand there, the bad ones are told",
        run: long::accept,
    },
    Verb {
        name: "bench",
        does: "how fast the gateway is on live databases, and whether it is right; `bench --help` tells more",
        run: bench::run,
    },
    Verb {
        name: "check",
        does: "what can be told without running the product: arrows, lints, licences, documents",
        run: check::run,
    },
    Verb { name: "demo", does: "walk invented people from stores to a proven receipt", run: demo::run },
    Verb {
        name: "distinguish",
        does: "30,000 questions about people of whom nothing is told: whether any no can be told from another",
        run: long::distinguish,
    },
    Verb { name: "docs", does: "write docs/reference anew from the code", run: docs::run },
    Verb {
        name: "package",
        does: "a Debian package with units, a bill of materials and checksums; `package --help` tells more",
        run: package::run,
    },
    Verb {
        name: "queue",
        does: "10,000 records queued as a client of PING's own API does, while the worker is killed twice",
        run: long::queue,
    },
    Verb {
        name: "schemathesis",
        does: "calls of the partner API, invented from its description, and each answer held against it",
        run: schemathesis::run,
    },
    Verb {
        name: "soak",
        does: "ten thousand seeded histories with deaths, races and withdrawals; `soak --help` tells more",
        run: soak::run,
    },
    Verb {
        name: "test",
        does: "check, build and run every test; `test NAME` runs one suite, `test list` names them",
        run: test::run,
    },
    Verb {
        name: "upgrade",
        does: "an installation of the previous program under this one and back, with a transfer in flight; `upgrade COMMIT`",
        run: upgrade::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        usage();
        return ExitCode::from(2);
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("`{name}` is no verb of xtask");
        usage();
        return ExitCode::from(2);
    };
    match (verb.run)(&root(), rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    eprintln!("cargo xtask VERB\n");
    for verb in VERBS {
        eprintln!("  {:14}{}", verb.name, verb.does);
    }
}

/// Refuses arguments where a verb has no use for any: somebody meant something by them.
pub fn none(arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(format!("it takes no arguments, and was given `{first}`").into()),
    }
}

/// The folder of the workspace: one above this package, wherever the binary was built.
fn root() -> PathBuf {
    let here =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
