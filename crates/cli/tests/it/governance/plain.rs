//! What of a text differs from run to run? It is replaced by its kind and a number, one for each that is different.
//!
//! `[tr-1]`, `[pk-1]`: identifiers made at random; `[fingerprint-1]`, `[spoken-1]`: of keys; `[sha256-1]`; `[log-1]`: the hash of the ledger's key, behind the operation's name; `[signature-1]`; `[age-1]`;
//! `[time]`: moments that are not those given by `CAUSEWAY_NOW`; `[dir]`, `[examples]`: folders.

use std::collections::BTreeMap;

use regex::Regex;

/// Replaces what differs; the same thing gets the same name throughout a transcript.
pub struct Plain {
    folders: Vec<(String, &'static str)>,
    kinds: Vec<(Regex, &'static str)>,
    seen: BTreeMap<String, String>,
    counts: BTreeMap<String, usize>,
    time: Regex,
}

impl Plain {
    pub fn new(folders: Vec<(String, &'static str)>) -> Self {
        let kinds = [
            (r"\b([a-z]{2,12})-[0-9a-f]{20}\b", ""),
            (r"SHA256:[A-Za-z0-9_-]{43}", "fingerprint"),
            (r"\+[0-9a-f]{8}\b", "log"),
            (r"\b(?:[0-9a-f]{4} ){7}[0-9a-f]{4}\b", "spoken"),
            (r"\bage1[0-9a-z]{58}\b", "age"),
            (r"\b[0-9a-f]{128}\b", "signature"),
            (r"\b[0-9a-f]{64}\b", "sha256"),
            (r"\b[0-9a-f]{16,40}\b", "hex"),
        ];
        let kinds = kinds.into_iter().map(|(pattern, name)| (Regex::new(pattern).unwrap(), name)).collect();
        // A moment of whole seconds is one that a test gave.
        let time = Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z").unwrap();
        Self { folders, kinds, seen: BTreeMap::new(), counts: BTreeMap::new(), time }
    }

    pub fn of(&mut self, text: &str) -> String {
        let mut text = self.time.replace_all(text, "[time]").into_owned();
        for (folder, name) in &self.folders {
            text = text.replace(folder, name);
        }
        for (pattern, name) in &self.kinds {
            let (seen, counts) = (&mut self.seen, &mut self.counts);
            let replaced = pattern.replace_all(&text, |found: &regex::Captures<'_>| {
                let kind = found.get(1).map_or(*name, |kind| kind.as_str()).to_owned();
                let known = seen.entry(found[0].to_owned()).or_insert_with(|| {
                    let count = counts.entry(kind.clone()).or_default();
                    *count += 1;
                    format!("[{kind}-{count}]")
                });
                known.clone()
            });
            text = replaced.into_owned();
        }
        text
    }
}
