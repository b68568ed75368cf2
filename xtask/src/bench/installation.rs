//! What does the gateway run in? An installation of its own, with the documents of `examples/bench` and the sources of
//! this run.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use causeway_testkit::street::{Delivered, Street, delivered};
use tempfile::TempDir;

use super::options::{Format, Variant};
use super::stores::{PASSWORD, Stores};
use crate::Outcome;

/// Pseudonyms under a key that everybody knows, as the workload says; only a build for tests accepts it.
const PSEUDONYMS: &str =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;individual=ind|;household=grp|";

/// Where the narrow variant's people live.
const NARROW: &str = "population: { in: { element: camp_pcode, values: [KE106322, KE111507, KE115655] } }\n";

/// What makes the exchange one that is sent as deltas: one full package, and then none for as long as is measured.
const DELTAS: &str = "delta: { key: [person_ref], full_every: 1000 }\n";

/// An installation with one exchange, which vanishes with this value.
pub struct Installation {
    street: Street,
    exchange: String,
    memory: Option<u64>,
    home: TempDir,
}

impl Installation {
    /// Makes it.
    pub fn make(
        root: &Path,
        causeway: &Path,
        stores: &Stores,
        variant: Variant,
        format: Format,
        memory: Option<u64>,
        deltas: bool,
    ) -> Outcome<Self> {
        let (home, documents) = documents(root, stores, &["arrangement-bench.yaml"])?;
        let read = |file: &str| fs::read_to_string(root.join("examples/bench").join(file));
        let exchange = format!("bench-{}-{}", format.label(), variant.label());
        let more = if deltas { DELTAS } else { "" };
        let text = exchange_of(&read("exchange.yaml")?, &exchange, variant, format)? + more;
        fs::write(documents.join("exchange.yaml"), text)?;

        let street = Street::new(causeway, home.path(), &documents);
        street.set_up_with(&["lantern-relief"], &["bench"], &[(&exchange, "exchange.yaml")])?;
        Ok(Self { street, exchange, memory, home })
    }

    /// The command of a transfer.
    pub fn transfer(&self) -> Command {
        let mut arguments = vec!["transfer", "run", self.exchange.as_str()];
        let memory = self.memory.map(|mebibytes| mebibytes.to_string());
        if let Some(memory) = &memory {
            arguments.extend(["--memory", memory]);
        }
        let mut command = self.street.command(&arguments);
        command.env("CAUSEWAY_BENCH_PSEUDONYM", PSEUDONYMS);
        command
    }

    /// Applies a package as the partner, and has its receipt added; the file of the state.
    pub fn apply(&self, package: &Path, confirm: bool) -> Outcome<PathBuf> {
        let text = |path: &Path| path.display().to_string();
        let (package, sender, partner) = (text(package), text(&self.street.sender()), self.street.partner());
        let (states, identity) = (text(&partner.join("states")), text(&partner.join("identity.txt")));
        let opened = ["--sender", &sender, "--identity", &identity, "--states", &states];
        let said = self.street.good(&[&["package", "apply", package.as_str()], &opened[..]].concat())?;
        if confirm {
            let (key, receipt) = (text(&partner.join("signing.pem")), text(&partner.join("receipt.json")));
            let signed = ["--signing-key", &key, "--outcome", "accepted", "--out", &receipt];
            self.street.good(&[&["receipt", "sign", package.as_str()], &opened[..], &signed[..]].concat())?;
            self.street.good(&["receipt", "add", &receipt])?;
        }
        Ok(said.lines().next_back().unwrap_or_default().into())
    }

    /// What a transfer that succeeded delivered.
    pub fn delivered(output: &Output) -> Outcome<Delivered> {
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(format!("the transfer ended with {}: {said}{complained}", output.status).into());
        }
        delivered(&said).ok_or_else(|| format!("the transfer delivered nothing: {said}").into())
    }

    /// Opens a package as the partner; the files of data.
    pub fn open(&self, package: &Path) -> Outcome<(TempDir, Vec<PathBuf>)> {
        let into = tempfile::Builder::new().prefix("opened-").tempdir_in(self.home.path())?;
        let folder = self.street.open(package, &into.path().join("data"))?;
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if [Format::Csv, Format::JsonLines, Format::Parquet].iter().any(|format| format.label() == extension) {
                files.push(path);
            }
        }
        Ok((into, files))
    }
}

/// A folder for an installation, and in it one with the catalogue of this run and these documents of `examples/bench`.
pub fn documents(root: &Path, stores: &Stores, files: &[&str]) -> Outcome<(TempDir, PathBuf)> {
    let home = tempfile::Builder::new().prefix("causeway-bench-").tempdir()?;
    let documents = home.path().join("documents");
    fs::create_dir(&documents)?;
    let password = home.path().join("password");
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&password)?.write_all(PASSWORD.as_bytes())?;
    let read = |file: &str| fs::read_to_string(root.join("examples/bench").join(file));
    fs::write(documents.join("catalogue.yaml"), with_sources(&read("catalogue.yaml")?, &stores.sources(&password))?)?;
    for file in files {
        fs::write(documents.join(file), read(file)?)?;
    }
    Ok((home, documents))
}

/// The catalogue with other sources.
fn with_sources(catalogue: &str, sources: &str) -> Outcome<String> {
    let parts = catalogue
        .split_once("sources:\n")
        .and_then(|(head, rest)| Some((head, rest.split_once("# end of sources\n")?.1)));
    let (head, tail) = parts.ok_or("examples/bench/catalogue.yaml has no `sources:` … `# end of sources`")?;
    Ok([head, sources, tail].concat())
}

/// The exchange of a variant and a format.
fn exchange_of(exchange: &str, name: &str, variant: Variant, format: Format) -> Outcome<String> {
    let mut text = exchange.to_owned();
    let narrow = format!("{}root: individual\n", if variant == Variant::Narrow { NARROW } else { "" });
    for (from, to) in [
        ("exchange: bench-csv-100\n", format!("exchange: {name}\n")),
        ("root: individual\n", narrow),
        ("kind: csv,", format!("kind: {},", format.kind())),
        // Parquet is compressed inside; once more would be work for nothing.
        (
            "\ndeliver:",
            if format == Format::Parquet { "\npackage: { compression: none }\ndeliver:" } else { "\ndeliver:" }
                .to_owned(),
        ),
    ] {
        if text.matches(from).count() != 1 {
            return Err(format!("examples/bench/exchange.yaml should have `{}` once", from.trim()).into());
        }
        text = text.replace(from, &to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use causeway_model::document::Document;
    use causeway_model::exchange::Exchange;

    use super::*;

    fn example(file: &str) -> String {
        fs::read_to_string(crate::root().join("examples/bench").join(file)).unwrap()
    }

    #[test]
    fn every_variant_is_an_exchange_that_its_schema_takes() {
        for variant in [Variant::Everybody, Variant::Narrow] {
            for format in [Format::Csv, Format::JsonLines, Format::Parquet] {
                let text = exchange_of(&example("exchange.yaml"), "bench-x", variant, format).unwrap();
                let read = Document::parse("exchange.yaml", &text).unwrap().read::<Exchange>();
                assert!(read.is_ok(), "{read:?}");
                assert_eq!(text.contains("\npopulation:"), variant == Variant::Narrow);
            }
        }
    }

    #[test]
    fn sources_are_replaced_and_nothing_else() {
        let text = with_sources(&example("catalogue.yaml"), "sources: []\n").unwrap();
        assert!(!text.contains("name: bims") && !text.contains("BENCH_PASSWORD"));
        assert!(text.contains("code_lists:") && text.contains("relations:"));
    }
}
