//! Which table does a name in the catalogue mean?

use crate::source::quoted;

/// A table's name: `table` is in the schema `public`, `schema.table` where it says; `"a name"` stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) schema: String,
    pub(crate) table: String,
}

impl TableName {
    /// Reads `text`.
    pub(crate) fn parse(text: &str) -> Self {
        let (first, rest) = part(text);
        match rest {
            Some(rest) => Self { schema: first, table: part_of_rest(rest) },
            None => Self { schema: "public".to_owned(), table: first },
        }
    }

    /// As SQL.
    pub(crate) fn sql(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }
}

/// The first part of a name, and what follows its point.
fn part(text: &str) -> (String, Option<&str>) {
    let Some(inner) = text.strip_prefix('"') else {
        return match text.split_once('.') {
            Some((first, rest)) => (first.to_owned(), Some(rest)),
            None => (text.to_owned(), None),
        };
    };
    let mut name = String::new();
    let mut rest = inner;
    while let Some((piece, after)) = rest.split_once('"') {
        name.push_str(piece);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return (name, after.strip_prefix('.')),
        }
    }
    // No quote that ends it: the quote was part of the name.
    (text.to_owned(), None)
}

fn part_of_rest(rest: &str) -> String {
    match part(rest) {
        (name, None) => name,
        // More than two parts is no name of a table: left whole, it will not be found.
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_quoted() {
        for (written, schema, table) in [
            ("person", "public", "person"),
            ("camp.person", "camp", "person"),
            ("\"a.b\"", "public", "a.b"),
            ("camp.\"or\"\"der; --\"", "camp", "or\"der; --"),
            ("\"c.d\".\"a.b\"", "c.d", "a.b"),
            ("or\"der", "public", "or\"der"),
            ("\"open", "public", "\"open"),
            ("a.b.c", "a", "b.c"),
        ] {
            let name = TableName::parse(written);
            assert_eq!((name.schema.as_str(), name.table.as_str()), (schema, table), "{written}");
        }
        assert_eq!(TableName::parse("camp.\"or\"\"d\"").sql(), "\"camp\".\"or\"\"d\"");
    }
}
