//! Does a licence expression (SPDX, annex D) let us use a crate, if these licences are allowed?

/// Whether one choice of `expression` consists of licences that `allowed` holds. What cannot be read is not allowed.
///
/// `/`, which old manifests use, means OR. `A WITH B` is a licence of its own.
pub fn allows(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let verdict = any(&mut words, allowed);
    verdict == Some(true) && words.is_empty()
}

fn any(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    let mut verdict = all(words, allowed)?;
    while words.last() == Some(&"OR") {
        words.pop();
        verdict |= all(words, allowed)?;
    }
    Some(verdict)
}

fn all(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    let mut verdict = one(words, allowed)?;
    while words.last() == Some(&"AND") {
        words.pop();
        verdict &= one(words, allowed)?;
    }
    Some(verdict)
}

fn one(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    match words.pop()? {
        "(" => {
            let inner = any(words, allowed)?;
            (words.pop()? == ")").then_some(inner)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        name => {
            let mut licence = name.to_owned();
            if words.last() == Some(&"WITH") {
                words.pop();
                licence = format!("{licence} WITH {}", words.pop()?);
            }
            Some(allowed.contains(&licence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_choice_must_be_allowed_whole() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
        for good in ["MIT", "MIT/GPL-3.0-only", "GPL-2.0-only OR Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(allows(good, &allowed), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "Apache-2.0 WITH LLVM-exception",
            "MIT)",
            "(MIT",
            "MIT OR",
            "MIT MIT",
        ] {
            assert!(!allows(bad, &allowed), "{bad}");
        }
    }
}
