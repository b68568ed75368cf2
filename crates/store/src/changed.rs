//! What must come together for anything to be saved? The new state, the event that tells of it, and an instant.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

/// What the ledger will say of a change: ids, names of elements, counts, digests and reasons, never a person's value.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    /// Who acted.
    pub actor: String,
    /// What happened, like `transfer-sealed`.
    pub event: String,
    /// What it happened to.
    pub subject: String,
    /// The particulars.
    pub body: Value,
}

/// A new state with the event that tells of it: the only thing that the store saves.
///
/// ```compile_fail
/// fn quietly(event: causeway_store::AuditEvent) -> causeway_store::Changed<()> {
///     causeway_store::Changed { value: (), event }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is saved yet"]
pub struct Changed<T> {
    value: T,
    event: AuditEvent,
}

/// The instant of a change and the random salt of its leaf. Made for one change, so it cannot be copied.
#[derive(Debug)]
pub struct Stamp {
    at: Timestamp,
    salt: [u8; 32],
}

/// Whether something was saved, or was there before exactly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is new.
    New,
    /// The same was there already; nothing changed and nothing entered the ledger.
    Already,
}

impl<T> Changed<T> {
    /// Joins a state and its event.
    pub fn new(value: T, event: AuditEvent) -> Self {
        Self { value, event }
    }

    /// The state.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The event.
    pub fn event(&self) -> &AuditEvent {
        &self.event
    }

    pub(crate) fn into_parts(self) -> (T, AuditEvent) {
        (self.value, self.event)
    }
}

impl Stamp {
    /// The instant `now`, and a salt from `entropy`, which fills a buffer with unguessable bytes.
    pub fn new(now: Timestamp, entropy: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut salt = [0; 32];
        entropy(&mut salt);
        Self { at: now, salt }
    }

    /// The instant.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn micros(&self) -> i64 {
        self.at.as_microsecond()
    }

    pub(crate) fn salt(&self) -> &[u8; 32] {
        &self.salt
    }
}

/// JSON with sorted keys and no blanks, so that one body has one text.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (place, (name, member)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                // Writing to a string cannot fail.
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write_canonical(member, text);
            }
            text.push('}');
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_has_one_text_whatever_its_order() {
        let one = json!({"b": [1, {"z": null, "a": "\"é\""}], "a": true});
        let other = json!({"a": true, "b": [1, {"a": "\"é\"", "z": null}]});
        assert_eq!(canonical(&one), r#"{"a":true,"b":[1,{"a":"\"é\"","z":null}]}"#);
        assert_eq!(canonical(&one), canonical(&other));
    }

    #[test]
    fn a_stamp_takes_its_salt_from_the_caller() {
        let stamp = Stamp::new(Timestamp::UNIX_EPOCH, &mut |bytes| bytes.fill(9));
        assert_eq!((stamp.micros(), stamp.salt()), (0, &[9; 32]));
    }
}
