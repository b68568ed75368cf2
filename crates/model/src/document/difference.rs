//! What differs between two values of one kind of document, member by member?
//!
//! Items of a list are matched by what names them (`name`, `code`, `element` …), not by their place, so that an item put
//! between others is one addition and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::write::flow;

/// One member that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is, in words: `fields[sex].transform`.
    pub member: String,
    /// JSON pointer into the new value; of the nearest member that is still there where it was removed.
    pub pointer: String,
    /// What became of it.
    pub became: Became,
}

/// What became of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is new, with this value on one line.
    Added(String),
    /// It was this before and is that now.
    Changed(String, String),
    /// It is gone; this it was.
    Removed(String),
    /// The same items stand in another order.
    Reordered,
}

/// Members that may name an item of a list.
const NAMES: [&str; 8] = ["name", "code", "element", "partner", "column", "source", "table", "kind"];

/// Every member that differs, in the order of the new value.
pub fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(old, new, "", "", &mut found);
    found
}

fn compare(old: &Value, new: &Value, member: &str, pointer: &str, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in after {
                let (member, pointer) = (below(member, name), format!("{pointer}/{name}"));
                match before.get(name) {
                    Some(was) => compare(was, value, &member, &pointer, found),
                    None => found.push(Difference { member, pointer, became: Became::Added(flow(value)) }),
                }
            }
            for (name, was) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
                let (member, pointer) = (below(member, name), pointer.to_owned());
                found.push(Difference { member, pointer, became: Became::Removed(flow(was)) });
            }
        }
        (Value::Array(before), Value::Array(after)) => match (named(before), named(after)) {
            (Some(before), Some(after)) => items(&before, &after, member, pointer, found),
            _ => changed(old, new, member, pointer, found),
        },
        _ => changed(old, new, member, pointer, found),
    }
}

fn below(member: &str, name: &str) -> String {
    if member.is_empty() { name.to_owned() } else { format!("{member}.{name}") }
}

fn changed(old: &Value, new: &Value, member: &str, pointer: &str, found: &mut Vec<Difference>) {
    let became = Became::Changed(flow(old), flow(new));
    found.push(Difference { member: member.to_owned(), pointer: pointer.to_owned(), became });
}

fn items(
    before: &[(String, &Value)],
    after: &[(String, &Value)],
    member: &str,
    pointer: &str,
    found: &mut Vec<Difference>,
) {
    let was = |name: &str| before.iter().find(|(one, _)| one == name).map(|(_, value)| *value);
    for (place, (name, value)) in after.iter().enumerate() {
        let (member, pointer) = (format!("{member}[{name}]"), format!("{pointer}/{place}"));
        match was(name) {
            Some(was) => compare(was, value, &member, &pointer, found),
            None => found.push(Difference { member, pointer, became: Became::Added(flow(value)) }),
        }
    }
    let still: BTreeSet<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
    for (name, was) in before.iter().filter(|(name, _)| !still.contains(name.as_str())) {
        let (member, pointer) = (format!("{member}[{name}]"), pointer.to_owned());
        found.push(Difference { member, pointer, became: Became::Removed(flow(was)) });
    }
    let kept = |of: &[(String, &Value)], in_other: &[(String, &Value)]| -> Vec<String> {
        let names = of.iter().map(|(name, _)| name.clone());
        names.filter(|name| in_other.iter().any(|(one, _)| one == name)).collect()
    };
    if kept(before, after) != kept(after, before) {
        found.push(Difference { member: member.to_owned(), pointer: pointer.to_owned(), became: Became::Reordered });
    }
}

/// The items with their names, where every item has one of its own.
fn named(items: &[Value]) -> Option<Vec<(String, &Value)>> {
    let name = |item: &Value| match item {
        Value::Object(members) => {
            NAMES.iter().find_map(|name| members.get(*name)?.as_str().map(str::to_owned)).or_else(|| {
                // `{ code-map: … }`: the only member names the item.
                let mut names = members.keys();
                names.next().filter(|_| members.len() == 1).cloned()
            })
        }
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    let found: Vec<(String, &Value)> = items.iter().map(|item| Some((name(item)?, item))).collect::<Option<_>>()?;
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    (names.len() == found.len()).then_some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(old: &Value, new: &Value) -> Vec<String> {
        let said = |became: Became| match became {
            Became::Added(new) => format!("+ {new}"),
            Became::Removed(old) => format!("- {old}"),
            Became::Changed(old, new) => format!("{old} > {new}"),
            Became::Reordered => "~".to_owned(),
        };
        differences(old, new)
            .into_iter()
            .map(|one| format!("{} {} {}", one.member, one.pointer, said(one.became)))
            .collect()
    }

    #[test]
    fn items_are_matched_by_name_and_members_are_told_one_by_one() {
        let old = json!({ "version": 1, "fields": [{ "name": "sex", "from": "sex" }, { "name": "camp", "from": "camp" }, { "name": "old" }] });
        let new = json!({ "version": 2, "fields": [{ "name": "age", "from": "born" }, { "name": "sex", "from": "sex", "transform": ["lower"] }, { "name": "camp", "from": "place" }] });
        assert_eq!(
            lines(&old, &new),
            [
                "version /version 1 > 2",
                "fields[age] /fields/0 + { name: age, from: born }",
                "fields[sex].transform /fields/1/transform + [lower]",
                "fields[camp].from /fields/2/from camp > place",
                "fields[old] /fields - { name: old }",
            ]
        );
    }

    #[test]
    fn another_order_is_told_and_the_same_thing_is_not() {
        let (old, new) = (json!({ "a": ["x", "y"], "b": null }), json!({ "a": ["y", "x"], "b": null }));
        assert_eq!(lines(&old, &new), ["a /a ~"]);
        assert_eq!(lines(&old, &old), Vec::<String>::new());
        assert_eq!(lines(&json!([1, 2]), &json!([1, 3])), ["  [1, 2] > [1, 3]"], "a list of numbers is one value");
    }
}
