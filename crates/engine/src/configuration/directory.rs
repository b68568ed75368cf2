//! What does a directory hold, file by file, each with its positions?

use std::path::Path;

use causeway_model::document::{Document, Findings};
use causeway_model::environment::Environment;

use super::check::{Part, Report};
use super::{INDEX, Kind};
use crate::error::EngineError;

/// Whose configuration a directory may be.
pub(super) struct Own<'h> {
    /// The operation.
    pub(super) operation: &'h str,
    /// The installation, as its log calls itself.
    pub(super) installation: &'h str,
    /// For what it is.
    pub(super) environment: Environment,
    /// The environment of another installation of the operation from which it is brought over on purpose.
    pub(super) promoted_from: Option<Environment>,
}

/// Reads a directory. What is wrong with a file in itself, or where it comes from, is in the report.
pub(super) fn read(dir: &Path, own: &Own<'_>, report: &mut Report) -> Result<Vec<Part>, EngineError> {
    let mut paths = Vec::new();
    walk(dir, "", &mut paths)?;
    paths.sort();
    if !paths.iter().any(|path| path == INDEX) {
        return Err(EngineError::Wrong(format!(
            "`{}` holds no `{INDEX}`: begin with `causeway configuration export`",
            dir.display()
        )));
    }
    let mut parts = Vec::new();
    // The index is read first: it says from where the other files may come.
    paths.sort_by_key(|path| path != INDEX);
    let mut origin = own.installation.to_owned();
    for path in paths {
        let full = dir.join(&path);
        let text = std::fs::read_to_string(&full).map_err(EngineError::file("read", &full))?;
        let mut document = match Document::parse(&path, &text) {
            Ok(document) => document,
            Err(error) => {
                report.broken(&error);
                continue;
            }
        };
        let mut findings = Findings::default();
        if path == INDEX {
            origin = index(&document, own, &mut findings);
        } else {
            foreign(&mut document, &origin, own.installation, &mut findings);
        }
        report.add(&document, &findings);
        let Some((kind, name)) = kind_of(&path) else {
            if path != INDEX {
                report.line(format!(
                    "{path}:1:1: error [unknown-file] it is no file of a configuration\n    remove it, or put it where `configuration export` puts such a file"
                ));
            }
            continue;
        };
        // Partners of the other installation are others, with keys of that environment; they are never imported.
        if kind == Kind::Partner && origin != own.installation {
            continue;
        }
        parts.push(Part::new(kind, name, document, without_of(&text)));
    }
    Ok(parts)
}

fn walk(dir: &Path, below: &str, paths: &mut Vec<String>) -> Result<(), EngineError> {
    let folder = dir.join(below);
    for entry in std::fs::read_dir(&folder).map_err(EngineError::file("read", &folder))? {
        let entry = entry.map_err(EngineError::file("read", &folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            walk(dir, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn kind_of(path: &str) -> Option<(Kind, String)> {
    if let Some((kind, _)) = Kind::FILES.iter().find(|(_, file)| *file == path) {
        return Some((*kind, String::new()));
    }
    let (folder, file) = path.split_once('/')?;
    let kind = Kind::FOLDERS.iter().find(|(_, one)| *one == folder)?.0;
    Some((kind, file.strip_suffix(".yaml")?.to_owned()))
}

/// What the index says against bringing the directory in; the installation from which its files may come.
fn index(document: &Document, own: &Own<'_>, findings: &mut Findings) -> String {
    let Own { operation, installation, .. } = *own;
    let says = |member: &str| document.value().get(member).and_then(serde_json::Value::as_str).unwrap_or("nobody");
    let (of, from) = (says("operation"), says("installation"));
    if document.value().get("configuration").and_then(serde_json::Value::as_u64) != Some(1) {
        let message = "it is no configuration of format 1";
        findings.error(
            "format",
            "/configuration",
            message,
            "write `configuration: 1`, or take the program that wrote it",
        );
    }
    if of != operation {
        let message = format!("it is the configuration of operation `{of}`, and this is `{operation}`");
        findings.error(
            "other-operation",
            "/operation",
            message,
            "carry an exchange over with `causeway exchange clone`",
        );
        return installation.to_owned();
    }
    let environment = says("environment").parse().unwrap_or(Environment::Production);
    let promoted = own.promoted_from == Some(environment) && environment != own.environment;
    if promoted {
        return from.to_owned();
    }
    if environment != own.environment {
        let message = format!("it is of an installation for {environment}, and this one is for {}", own.environment);
        let help = "bring it over on purpose with `--promoted-from`, and read every difference";
        findings.error("other-environment", "/environment", message, help);
    } else if from != installation {
        let message = format!("it is the configuration of installation `{from}`, and this is `{installation}`");
        findings.error("other-installation", "/installation", message, "import it where it was exported");
    }
    installation.to_owned()
}

/// A file says where it was exported, unless somebody wrote it by hand.
fn foreign(document: &mut Document, origin: &str, installation: &str, findings: &mut Findings) {
    let Some(of) = document.take("of") else { return };
    let of = of.as_str().unwrap_or_default();
    if of != origin {
        let message = format!("it was exported by installation `{of}`, and this is `{installation}`");
        let help = "carry an exchange over with `causeway exchange clone`; a text of your own takes no `of`";
        findings.error("other-installation", "/of", message, help);
    }
}

/// The text as it is kept: without the line that says where it was exported.
fn without_of(text: &str) -> String {
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("of: ") => rest.to_owned(),
        _ => text.to_owned(),
    }
}
