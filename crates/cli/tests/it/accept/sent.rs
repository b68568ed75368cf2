//! What does the partner send, good and bad, and what must come of each record? Worked out here, without the program.

use serde_json::{Value, json};

use super::scene::id;

/// Bad ones of every hundred records.
pub const BAD: usize = 3;

/// A record as it is sent, and what must come of it.
pub struct Sent {
    pub line: Vec<u8>,
    /// What the partner calls it, where that can be read.
    pub message: Option<String>,
    pub outcome: &'static str,
    /// Each field that is wrong, and why.
    pub why: Vec<(&'static str, &'static str)>,
    /// Rows that stand in the registry because of it.
    pub stands: Vec<String>,
}

/// What is wrong with a bad one: each comes after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    CodeUnknown,
    NoNumber,
    ImpossibleDay,
    TooLong,
    NobodyMeant,
    WithoutItsDay,
    BeforeTheLast,
    NoText,
    OneOfTwo,
    OtherOfTwo,
    NoRecord,
    MoreThanAsked,
    CardWithoutNumber,
    ThreeAtOnce,
    CardOfAnother,
}

/// Every kind comes once in so many records of which [`BAD`] of a hundred are bad.
pub const ROUND: usize = 500;

const KINDS: [Wrong; 15] = [
    Wrong::CodeUnknown,
    Wrong::NoNumber,
    Wrong::ImpossibleDay,
    Wrong::TooLong,
    Wrong::NobodyMeant,
    Wrong::WithoutItsDay,
    Wrong::BeforeTheLast,
    Wrong::NoText,
    Wrong::OneOfTwo,
    Wrong::OtherOfTwo,
    Wrong::NoRecord,
    Wrong::MoreThanAsked,
    Wrong::CardWithoutNumber,
    Wrong::ThreeAtOnce,
    Wrong::CardOfAnother,
];

impl Wrong {
    /// What the record that comes as number `at` has, if it is a bad one.
    fn of(at: usize) -> Option<Self> {
        let place = [17, 50, 83].iter().position(|place| at % 100 == *place)?;
        KINDS.get((at / 100 * BAD + place) % KINDS.len()).copied()
    }

    /// Spoils a good one. What is sent is bytes: some of them are no JSON and no text.
    fn spoil(self, at: usize, record: &mut Value) -> (Option<Vec<u8>>, Vec<(&'static str, &'static str)>) {
        let mut put = |name: &str, value: Value| record[name] = value;
        let why = match self {
            Wrong::CodeUnknown => {
                put("decision", json!("perhaps"));
                vec![("decision", "code-unknown")]
            }
            Wrong::NoNumber => {
                put("stamp", json!("ten"));
                vec![("stamp", "wrong-type")]
            }
            Wrong::ImpossibleDay => {
                put("decided_on", json!("2026-02-30"));
                vec![("decided_on", "date-impossible")]
            }
            Wrong::TooLong => {
                put("nin", json!("thirteen-long"));
                vec![("nin", "value-oversize")]
            }
            Wrong::NobodyMeant => {
                put("person", Value::Null);
                vec![("person", "value-missing")]
            }
            Wrong::WithoutItsDay => {
                record.as_object_mut().unwrap().remove("decided_on");
                vec![("on_a_day", "rule-broken")]
            }
            Wrong::BeforeTheLast => vec![("not_before", "rule-broken")],
            Wrong::NoText => {
                put("nin", json!("@@"));
                let line = record.to_string().into_bytes();
                let from = line.windows(2).position(|two| two == b"@@").unwrap();
                return (
                    Some([&line[..from], &[0xc3, 0x28], &line[from + 2..]].concat()),
                    vec![("nin", "invalid-utf8")],
                );
            }
            Wrong::OneOfTwo | Wrong::OtherOfTwo => {
                put("message", json!(format!("two-{}", at / ROUND)));
                vec![("record", "external-id-twice")]
            }
            Wrong::NoRecord => {
                return (Some(br#"{"message": "cut off", "#.to_vec()), vec![("record", "record-unreadable")]);
            }
            Wrong::MoreThanAsked => {
                put("religion", json!("nobody asked"));
                vec![("record", "field-unknown")]
            }
            Wrong::CardWithoutNumber => {
                put("cards", json!([{}]));
                vec![("cards.number", "value-missing")]
            }
            Wrong::ThreeAtOnce => {
                put("nin", json!("thirteen-long"));
                put("decision", json!("perhaps"));
                put("decided_on", json!("2026-13-01"));
                vec![("nin", "value-oversize"), ("decision", "code-unknown"), ("decided_on", "date-impossible")]
            }
            Wrong::CardOfAnother => {
                put("cards", json!([{ "number": card(at - 1, 0) }]));
                vec![("card", "target-refused")]
            }
        };
        (None, why)
    }
}

fn card(of: usize, number: usize) -> String {
    format!("C{of:07}-{number}")
}

/// Whether the registry knows the person of whom a record is, and since when something was decided about them.
pub fn known(at: usize) -> Option<(String, Option<&'static str>)> {
    match Wrong::of(at) {
        Some(Wrong::BeforeTheLast) => Some((id(at), Some("2027-01-01"))),
        _ => at.is_multiple_of(2).then(|| (id(at), None)),
    }
}

/// Rows of those whom it knows and of whom nothing good comes.
fn untouched(at: usize) -> Vec<String> {
    known(at).into_iter().map(|(id, day)| format!("{id}|-|-|{}|-|0", day.unwrap_or("-"))).collect()
}

/// A good record about the person of that number.
pub fn good(at: usize) -> Sent {
    let (nin, day, message) = (format!("Ñሺ{at:07}"), format!("2026-05-{:02}", at % 28 + 1), format!("m{at}"));
    let (theirs, ours) = if at.is_multiple_of(3) { ("rejected", "REJ") } else { ("accepted", "ACC") };
    let mut record = json!({
        "message": message, "stamp": at + 1, "person": id(at), "nin": nin, "decision": theirs, "decided_on": day,
    });
    let version = u8::from(at.is_multiple_of(2));
    let mut stands = vec![format!("{}|{nin}|{ours}|{day}|{}|{version}", id(at), at + 1)];
    // Some say nothing of cards.
    if at % 10 != 5 {
        let cards: Vec<String> = (0..at % 2 + 1).map(|number| card(at, number)).collect();
        record["cards"] = cards.iter().map(|number| json!({ "number": number })).collect();
        stands.extend(cards.iter().map(|number| format!("{number}|{}|current", id(at))));
    }
    let outcome = if version == 1 { "updated" } else { "inserted" };
    Sent { line: record.to_string().into_bytes(), message: Some(message), outcome, why: Vec::new(), stands }
}

/// The record that comes as number `at`: good, bad, or the one before it once more.
pub fn record(at: usize) -> Sent {
    if at % 100 == 99 {
        return Sent { outcome: "duplicate", stands: untouched(at), ..good(at - 1) };
    }
    let sent = good(at);
    let Some(wrong) = Wrong::of(at) else { return sent };
    let mut record: Value = serde_json::from_slice(&sent.line).unwrap();
    let (line, why) = wrong.spoil(at, &mut record);
    let message = (wrong != Wrong::NoRecord).then(|| record["message"].as_str().unwrap().to_owned());
    let line = line.unwrap_or_else(|| record.to_string().into_bytes());
    Sent { line, message, outcome: "quarantined", why, stands: untouched(at) }
}
