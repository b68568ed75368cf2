//! Is this JSON that everybody reads in the same way? UTF-8, no name twice in an object, and nested no deeper than somebody can look.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// No value is nested deeper.
pub const DEPTH: usize = 16;

/// Why it is not; it quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub struct NotStrict {
    what: &'static str,
    line: usize,
    column: usize,
}

const TWICE: &str = "a name stands twice in one object";
const DEEP: &str = "it is nested deeper than 16";

/// Reads it.
///
/// # Errors
/// It is no JSON, has a name twice in an object, or is nested too deep; where.
pub fn strict(bytes: &[u8]) -> Result<Value, NotStrict> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let read = Strict { left: DEPTH }.deserialize(&mut from).and_then(|value| from.end().map(|()| value));
    read.map_err(|error| {
        let said = error.to_string();
        let what = if said.starts_with(TWICE) {
            TWICE
        } else if said.starts_with(DEEP) {
            DEEP
        } else {
            "it is no JSON"
        };
        NotStrict { what, line: error.line(), column: error.column() }
    })
}

/// How much deeper it may go.
#[derive(Clone, Copy)]
struct Strict {
    left: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        self.left.checked_sub(1).map(|left| Self { left }).ok_or_else(|| E::custom(DEEP))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let (deeper, mut list) = (self.deeper()?, Vec::new());
        while let Some(item) = items.next_element_seed(deeper)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (deeper, mut object) = (self.deeper()?, Map::new());
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(deeper)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_two_readers_may_read_differently_is_refused() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"b":{"a":1,"a":1}}]"#,
            "",
            " ",
            "\u{feff}{}",
            "{}{}",
            "{} x",
            "[1,]",
            "NaN",
            "1e999",
            "[01]",
            r#"{"a"}"#,
            r#""\ud800""#,
        ] {
            assert!(strict(text.as_bytes()).is_err(), "{text}");
        }
        assert!(strict(b"\"\xff\"").is_err() && strict(b"\xff\xfe{\0}\0").is_err(), "no UTF-8");
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(strict(deep(DEPTH).as_bytes()).is_ok());
        assert!(strict(deep(DEPTH + 1).as_bytes()).is_err());
        assert!(strict("[".repeat(1 << 20).as_bytes()).is_err());
        assert!(strict(r#"{"a":"#.repeat(1 << 16).as_bytes()).is_err());
        let fine = r#" {"a":[1,-2,0.5,true,null,"ü\u0000"],"b":{"a":{}}} "#;
        assert_eq!(strict(fine.as_bytes()).unwrap(), serde_json::from_str::<Value>(fine).unwrap());
    }

    #[test]
    fn an_error_says_where_and_quotes_nothing() {
        let error = strict(b"{\n\"Amina\":1,\"Amina\":2}").unwrap_err().to_string();
        assert!(error.contains("twice") && error.contains("line 2") && !error.contains("Amina"), "{error}");
    }

    /// `y_` must be read, `n_` must not; `i_` may, but must do no harm.
    #[test]
    fn hostile_json_does_no_harm() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hostile/json");
        let Ok(files) = std::fs::read_dir(folder) else {
            println!("skipped: no shared data");
            return;
        };
        let mut seen = 0;
        for file in files.flatten() {
            let (name, bytes) = (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).unwrap());
            let read = strict(&bytes).is_ok();
            match name.get(..2) {
                // Read by everybody but not in the same way.
                Some("y_") if name.contains("duplicated_key") => assert!(!read, "{name}"),
                Some("y_") => assert!(read, "{name}"),
                Some("n_") => assert!(!read, "{name}"),
                _ => {}
            }
            seen += 1;
        }
        assert!(seen > 0);
    }
}
