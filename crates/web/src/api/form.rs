//! What does a form say (`application/x-www-form-urlencoded`)? Each parameter once.

/// The parameters of a form, or none where it is no form or says one twice.
pub(crate) fn read(text: &str) -> Option<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if found.iter().any(|(there, _)| *there == name) {
            return None;
        }
        found.push((name, value));
    }
    Some(found)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_said_once_and_in_utf_8() {
        let read = |text: &str| read(text).map(|found| format!("{found:?}"));
        assert_eq!(read("a=1&b=x%20y+z&c=%C3%BC&d").unwrap(), r#"[("a", "1"), ("b", "x y z"), ("c", "ü"), ("d", "")]"#);
        assert_eq!(read("").unwrap(), "[]");
        for wrong in ["a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%ff", "a=%+1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
