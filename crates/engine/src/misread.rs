//! What may be said of a configuration that cannot be read? Where and what was expected, never what stands there: it may be a secret in
//! a wrong place.

/// Where and why `text` cannot be read, without any of its values.
pub(crate) fn said(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map(|span| span.start);
    let place = start.map(|start| place(text, start)).unwrap_or_default();
    let key = start.and_then(|start| key(text, start)).map(|key| format!("`{key}`: ")).unwrap_or_default();
    // What the grammar of TOML says of a text names no part of it.
    let why = match toml::from_str::<toml::Table>(text) {
        Err(error) => error.message().to_owned(),
        Ok(_) => without_values(error.message()),
    };
    format!("{place}{key}{why}")
}

fn place(text: &str, start: usize) -> String {
    let before = text.get(..start).unwrap_or(text);
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {}, column {column}: ", before.matches('\n').count() + 1)
}

/// The key whose value begins there.
fn key(text: &str, start: usize) -> Option<&str> {
    let (key, _) = text.get(..start)?.rsplit('\n').next()?.split_once('=')?;
    Some(key.trim()).filter(|key| is_key(key))
}

/// Whether a word may be told: all our keys are such words, and hardly a secret is.
fn is_key(word: &str) -> bool {
    !word.is_empty() && word.len() <= 24 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Of what serde says, the part that is ours: keys, and what was expected.
fn without_values(message: &str) -> String {
    if message.starts_with("missing field `") {
        return message.to_owned();
    }
    // A value stands before what was expected, and may say anything; how a message begins is not in its hands.
    let is_serdes = ["invalid ", "unknown "].iter().any(|begin| message.starts_with(begin));
    if !is_serdes {
        let known = message.rsplit_once(": use ").map(|(_, known)| format!("use {known}"));
        return known.unwrap_or_else(|| "the value is not as it should be".to_owned());
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| format!("expected {expected}"));
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let known = rest.split('`').next().filter(|key| is_key(key)).map(|key| format!("`{key}` is no setting here"));
        let known = known.unwrap_or_else(|| "a setting that is not known".to_owned());
        return expected.map_or(known.clone(), |expected| format!("{known}, {expected}"));
    }
    expected.unwrap_or_else(|| "the value is not as it should be".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::home::Config;

    const SECRET: &str = "whsec_aW52ZW50ZWQgd29yZA";

    fn said_of(lines: &str) -> String {
        let text = format!("operation = \"x\"\ndata = \"d\"\nkeys = \"k\"\nsources = \"s\"\n{lines}\n");
        said(&text, &toml::from_str::<Config>(&text).unwrap_err())
    }

    #[test]
    fn a_secret_in_a_wrong_place_is_not_told() {
        let hook = "[[alerts.webhook]]\nname = \"n\"\nurl = \"u\"\n";
        for (lines, expected) in [
            (format!("[alerts.smtp]\nsecret = \"{SECRET}\""), "`secret` is no setting here"),
            (format!("[alerts.smtp]\nhost = \"h\"\nfrom = \"f\"\nport = \"{SECRET}\""), "`port`: expected u16"),
            (
                format!("[alerts.smtp]\nhost = \"h\"\nfrom = \"f\"\ntls = \"{SECRET}\""),
                "`tls`: expected one of `starttls`",
            ),
            (
                format!("[alerts.smtp]\nhost = \"h\"\nfrom = \"f\"\nsecret_file = [\"{SECRET}\"]"),
                "`secret_file`: expected",
            ),
            (format!("{hook}roles = [\"{SECRET}\"]"), "`roles`: use representative"),
            (format!("{hook}roles = [\"{SECRET}, expected x: use {SECRET}\"]"), "`roles`: use representative"),
            (format!("{hook}secret_file = {SECRET}"), "line 8"),
            (format!("{hook}secret_file = \"{SECRET}"), "line 8"),
            (format!("{hook}{SECRET} = 1"), "a setting that is not known"),
            (format!("{hook}{SECRET}="), "line 8"),
            (format!("{hook}{SECRET}"), "line 8"),
            (format!("{hook}secret_env = \"a\"\nsecret_env = \"{SECRET}\""), "duplicate key"),
            (format!("environment = \"{SECRET}\""), "line 5, column 15: `environment`: "),
            (format!("[database]\nurl = \"u\"\npassword = \"{SECRET}\""), "`password` is no setting here"),
        ] {
            let said = said_of(&lines);
            assert!(!said.contains("whsec") && !said.contains("aW52"), "{said}");
            assert!(said.contains(expected) && said.contains("line ") && !said.contains('\n'), "{expected}: {said}");
        }
        assert!(said_of("[[alerts.webhook]]\nname = \"n\"").contains("missing field `url`"));
    }
}
