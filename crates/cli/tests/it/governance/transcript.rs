//! How is a transcript read, walked and compared?

use super::place::{Place, examples};
use super::plain::Plain;

/// What became of a transcript.
pub struct Walked {
    /// The transcript with what was really said, where that is not as expected.
    pub text: String,
    /// Commands that said or ended otherwise than expected; empty if none did.
    pub differs: String,
}

/// A command with what is expected of it.
struct Step {
    line: usize,
    command: String,
    /// The lines of the command as they are written.
    written: Vec<String>,
    code: i32,
    said: Vec<String>,
}

/// How many invented people the first line asks for.
pub fn people(text: &str) -> Option<u32> {
    text.strip_prefix("<!-- people: ")?.split_once(" -->")?.0.parse().ok()
}

/// Walks every command of a transcript in `place`, also after one that was not as expected.
pub fn walk(text: &str, place: &Place) -> Walked {
    let mut walked = Walked { text: String::new(), differs: String::new() };
    let folders = vec![(place.folder(), "[dir]"), (examples().display().to_string(), "[examples]")];
    let mut plain = Plain::new(folders);
    let lines: Vec<&str> = text.lines().collect();
    let (mut at, mut inside) = (0, false);
    while let Some(line) = lines.get(at) {
        if inside && line.starts_with("$ ") {
            let (step, next) = step(&lines, at);
            walked.step(&step, place, &mut plain);
            at = next;
            continue;
        }
        inside = if inside { *line != "```" } else { *line == "```console" };
        walked.text.push_str(line);
        walked.text.push('\n');
        at += 1;
    }
    walked
}

/// The command that begins at a line, and the line after what it says.
fn step(lines: &[&str], begin: usize) -> (Step, usize) {
    let mut at = begin + 1;
    let mut step =
        Step { line: at, command: lines[begin][2..].to_owned(), written: Vec::new(), code: 0, said: Vec::new() };
    while let Some(more) = lines.get(at).and_then(|line| line.strip_prefix("> ")) {
        step.command.push('\n');
        step.command.push_str(more);
        at += 1;
    }
    step.written = lines[begin..at].iter().map(|line| (*line).to_owned()).collect();
    if let Some(code) = lines.get(at).and_then(|line| line.strip_prefix("? ")) {
        step.code = code.parse().unwrap();
        at += 1;
    }
    while let Some(line) = lines.get(at).filter(|line| !line.starts_with("$ ") && **line != "```") {
        step.said.push((*line).to_owned());
        at += 1;
    }
    (step, at)
}

impl Walked {
    fn step(&mut self, step: &Step, place: &Place, plain: &mut Plain) {
        let (code, said) = place.run(&step.command);
        let said = plain.of(&said);
        let said: Vec<&str> = said.lines().map(str::trim_end).collect();
        let expected: Vec<&str> = step.said.iter().map(String::as_str).collect();
        let as_expected = code == step.code && matches(&expected, &said);
        let mut lines = step.written.clone();
        let shown = if as_expected { step.code } else { code };
        if shown != 0 {
            lines.push(format!("? {shown}"));
        }
        let content = if as_expected { &expected } else { &said };
        lines.extend(content.iter().map(|line| (*line).to_owned()));
        self.text.push_str(&lines.join("\n"));
        self.text.push('\n');
        if !as_expected {
            self.differs.push_str(&format!(
                "line {}: {}\n  expected ({}):\n    {}\n  said ({code}):\n    {}\n",
                step.line,
                step.command,
                step.code,
                expected.join("\n    "),
                said.join("\n    ")
            ));
        }
    }
}

/// Whether lines are as expected; `...` stands for any lines.
fn matches(expected: &[&str], said: &[&str]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((&"...", rest)) => (0..=said.len()).any(|skipped| matches(rest, &said[skipped..])),
        Some((line, rest)) => {
            said.split_first().is_some_and(|(first, after)| alike(line, first) && matches(rest, after))
        }
    }
}

/// Whether a line is as expected; `[..]` stands for anything.
fn alike(expected: &str, said: &str) -> bool {
    let Some((head, rest)) = expected.split_once("[..]") else { return expected == said };
    let Some(mut left) = said.strip_prefix(head) else { return false };
    let parts: Vec<&str> = rest.split("[..]").collect();
    let Some((last, middle)) = parts.split_last() else { return true };
    for part in middle {
        let Some(found) = left.find(part) else { return false };
        left = &left[found + part.len()..];
    }
    left.ends_with(last)
}

#[test]
fn what_stands_for_anything_matches_anything() {
    assert!(alike("a [..] c", "a bbb c") && alike("[..]", "") && alike("x[..]y[..]z", "x1y2z"));
    assert!(!alike("a [..] c", "a bbb d") && !alike("x[..]y[..]z", "x1z"));
    assert!(matches(&["a", "...", "c"], &["a", "b", "b", "c"]) && matches(&["..."], &[]));
    assert!(!matches(&["a", "..."], &["b"]) && !matches(&["a"], &["a", "b"]));
}
