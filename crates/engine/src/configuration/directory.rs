//! What does a directory hold, file by file, each with its positions?

use std::path::Path;

use causeway_model::document::{Document, Findings};

use super::check::{Part, Report};
use super::{INDEX, Kind};
use crate::error::EngineError;

/// Reads a directory. What is wrong with a file in itself, or where it comes from, is in the report.
pub(super) fn read(
    dir: &Path,
    operation: &str,
    installation: &str,
    report: &mut Report,
) -> Result<Vec<Part>, EngineError> {
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
            index(&document, operation, installation, &mut findings);
        } else {
            foreign(&mut document, installation, &mut findings);
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

fn index(document: &Document, operation: &str, installation: &str, findings: &mut Findings) {
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
    } else if from != installation {
        let message = format!("it is the configuration of installation `{from}`, and this is `{installation}`");
        findings.error("other-installation", "/installation", message, "import it where it was exported");
    }
}

/// A file says where it was exported, unless somebody wrote it by hand.
fn foreign(document: &mut Document, installation: &str, findings: &mut Findings) {
    let Some(of) = document.take("of") else { return };
    let of = of.as_str().unwrap_or_default();
    if of != installation {
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
