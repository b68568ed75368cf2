//! How does the public register look to people? One page, nothing from elsewhere, readable in any direction of writing.

use std::fmt::Write as _;

use causeway_model::public_register::Entry;

use super::{JSON_FILE, Published};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-inline-size:60rem;margin:2rem auto;padding-inline:1rem;\
    color:#1a1a1a;background:#fff}h1,h2{line-height:1.2}section{border-block-start:1px solid #bbb;padding-block:1rem}\
    dl{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.25rem 1rem;margin:0}dt{font-weight:600}dd{margin:0}\
    code{overflow-wrap:anywhere}details{margin-block-start:1rem}pre{overflow:auto;direction:ltr;text-align:start;\
    border:1px solid #bbb;padding:.5rem}@media(max-width:36rem){dl{grid-template-columns:1fr}}";

/// The page. The same register gives the same bytes.
#[must_use]
pub fn page(published: &Published) -> String {
    let register = &published.register;
    let mut out = String::new();
    let operation = escaped(&register.operation);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Register of data sharing: {operation}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Register of data sharing: <bdi>{operation}</bdi></h1>\n\
         <p>Drawn up on {}. Arrangements in force: {}. The same for programs: <a href=\"{JSON_FILE}\">{JSON_FILE}</a>.</p>\n",
        register.drawn_up_on,
        register.arrangements.len(),
    );
    let proof = |of: &str| published.proofs.iter().find(|proof| proof.of == of);
    for entry in &register.arrangements {
        arrangement(&mut out, entry);
        if let Some(proof) = proof(&entry.arrangement) {
            proven(&mut out, proof.leaf, &proof.text);
        }
        out.push_str("</section>\n");
    }
    let refused = &register.refused;
    let _ = write!(out, "<section>\n<h2>Refused requests</h2>\n<dl>\n<dt>All</dt><dd>{}</dd>\n", refused.total);
    for (asker, manners) in &refused.by_asker {
        let manners: Vec<String> = manners.iter().map(|(manner, count)| format!("{count} {manner}")).collect();
        let _ = writeln!(out, "<dt>By: {asker}</dt><dd>{}</dd>", manners.join(", "));
    }
    for (code, count) in &refused.by_code {
        let _ = writeln!(out, "<dt>By rule: {}</dt><dd>{count}</dd>", escaped(code));
    }
    out.push_str("</dl>\n");
    if let Some(proof) = proof(super::REFUSED) {
        proven(&mut out, proof.leaf, &proof.text);
    }
    let _ = write!(
        out,
        "</section>\n<section>\n<h2>How to check it</h2>\n\
         <p>Each entry stands in the operation's ledger, which nobody can rewrite unnoticed. Ask the operation for the \
         public key of its ledger by another way, and compare: <code dir=\"ltr\">{}</code>. Then run \
         <code dir=\"ltr\">causeway register verify FOLDER --key FILE</code>.</p>\n</section>\n</main>\n</body>\n</html>\n",
        escaped(&published.ledger_key)
    );
    out
}

fn arrangement(out: &mut String, entry: &Entry) {
    let categories: Vec<String> = entry
        .categories
        .iter()
        .map(|(kind, counts)| {
            let counts: Vec<String> = counts.iter().map(|(how, count)| format!("{count} {how}")).collect();
            format!("<bdi>{}</bdi>: {}", escaped(kind), counts.join(", "))
        })
        .collect();
    let names = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| format!("<bdi>{}</bdi>", escaped(name))).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let _ = write!(
        out,
        "<section>\n<h2 dir=\"auto\">{}</h2>\n<dl>\n<dt>Arrangement</dt><dd><bdi>{}</bdi>, version {}, {}</dd>\n\
         <dt>Parties</dt><dd>{}</dd>\n<dt>Who handles data for them</dt><dd>{}</dd>\n\
         <dt>Purpose</dt><dd dir=\"auto\">{}</dd>\n<dt>Lawful basis</dt><dd>{}</dd>\n<dt>Direction</dt><dd>{}</dd>\n\
         <dt>Elements</dt><dd>{}</dd>\n<dt>Passing on</dt><dd>{}</dd>\n<dt>In force</dt><dd>{} to {}</dd>\n\
         <dt>Transfers so far</dt><dd>{}</dd>\n<dt>Text signed (SHA-256)</dt><dd><code dir=\"ltr\">{}</code></dd>\n</dl>\n",
        escaped(&entry.title),
        escaped(&entry.arrangement),
        entry.version,
        word(&entry.kind),
        names(&entry.parties),
        names(&entry.processors),
        escaped(&entry.purpose),
        word(&entry.lawful_basis),
        word(&entry.direction),
        categories.join("; "),
        word(&entry.onward),
        entry.from,
        entry.until,
        entry.transfers,
        escaped(&entry.digest),
    );
}

fn proven(out: &mut String, leaf: u64, text: &str) {
    let _ = writeln!(
        out,
        "<details><summary>Entry {leaf} of the ledger: proof</summary><pre>{}</pre></details>",
        escaped(text)
    );
}

/// The word of a closed list, as documents write it, read as words.
fn word(value: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    escaped(word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default()).replace('-', " ")
}

/// Text as it may stand in a page: no markup, and nothing that turns the direction of what comes after it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_title_can_neither_be_markup_nor_turn_the_page() {
        assert_eq!(escaped("<b>\u{202e}&\"x'"), "&lt;b&gt;\u{fffd}&amp;&quot;x&#39;");
        assert_eq!(escaped("اتفاق ለምሳሌ"), "اتفاق ለምሳሌ");
    }
}
