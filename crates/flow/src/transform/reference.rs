//! What does each transform take, give and refuse, with an example that is run by a test?
//!
//! `docs/reference/transforms.md` is generated from here.

/// One transform, as the documentation shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransformDoc {
    /// Name in documents.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub does: &'static str,
    /// Types that it takes.
    pub takes: &'static str,
    /// Type that it gives.
    pub gives: &'static str,
    /// Form in which an element leaves that came in `raw`.
    pub form: &'static str,
    /// Values that it refuses, with the code.
    pub refuses: &'static str,
    /// The transform as a document writes it, in JSON (which is YAML).
    pub written: &'static str,
    /// Type of the example's value.
    pub example_type: &'static str,
    /// A value that goes in; none is a missing one.
    pub example_in: Option<&'static str>,
    /// The value that comes out.
    pub example_out: Option<&'static str>,
}

const KEEPS: &str = "unchanged";
const TEXTS: &str = "text, partial-date, uuid, code, place";
const DATES: &str = "date, partial-date";
const NOTHING: &str = "nothing";

/// Every transform, in the order of the documentation.
pub fn reference() -> Vec<TransformDoc> {
    let mut all = disclosure();
    all.extend(codes_and_dates());
    all.extend(texts());
    all.extend(substitutes());
    all
}

/// Transforms that reach a narrower form.
fn disclosure() -> Vec<TransformDoc> {
    vec![
        TransformDoc {
            name: "pseudonym",
            does: "A keyed pseudonym of 32 hexadecimal digits. Different for each partner, purpose and entity: HMAC-SHA256 of the value, cut to 16 bytes, under a key derived by HKDF-SHA256. A uuid counts as its 16 bytes, everything else as text in Unicode normalisation form C. Needs exactly one element.",
            takes: "all but bytes",
            gives: "text",
            form: "pseudonym",
            refuses: "a `uuid` that is none: `wrong-type`",
            written: r#""pseudonym""#,
            example_type: "text",
            example_in: Some("EX-000-0001"),
            example_out: Some("90387b9c7ae3a3cdf22b524ada3a668b"),
        },
        TransformDoc {
            name: "presence",
            does: "Whether there is a value.",
            takes: "all",
            gives: "boolean",
            form: "presence",
            refuses: NOTHING,
            written: r#""presence""#,
            example_type: "text",
            example_in: None,
            example_out: Some("false"),
        },
        TransformDoc {
            name: "year",
            does: "The calendar year.",
            takes: DATES,
            gives: "integer",
            form: "year",
            refuses: "a date outside the calendar: `date-impossible`",
            written: r#""year""#,
            example_type: "partial-date",
            example_in: Some("2011-02"),
            example_out: Some("2011"),
        },
        TransformDoc {
            name: "age",
            does: "Full years at a date. Whoever was born on 29 February has the birthday on 1 March in common years.",
            takes: DATES,
            gives: "integer",
            form: "age",
            refuses: "a birth after the date, a date not wholly known: `transform-refused`",
            written: r#"{"age": {"at": "2023-02-28"}}"#,
            example_type: "date",
            example_in: Some("2000-02-29"),
            example_out: Some("22"),
        },
        TransformDoc {
            name: "age-band",
            does: "The band of full years at a date; bands are at least five years wide and the last is open. A partial date has a band if every day that it may be lies in the same one. `unknown` stands for a missing date and for a partial one without a band.",
            takes: DATES,
            gives: "text",
            form: "age-band",
            refuses: "a birth after the date; without `unknown`, a partial date without a band: `transform-refused`",
            written: r#"{"age-band": {"at": "2025-06-01", "from": [0, 5, 12, 18, 60], "unknown": "unknown"}}"#,
            example_type: "date",
            example_in: Some("2011-02-17"),
            example_out: Some("12-17"),
        },
        TransformDoc {
            name: "place-level",
            does: "The place code cut to an administrative level, 0 being the country. A code that is coarser already stays.",
            takes: "place",
            gives: "place of the remaining levels",
            form: "place-level n",
            refuses: "a code whose length is none of the levels': `transform-refused`",
            written: r#"{"place-level": {"level": 1}}"#,
            example_type: "place(2,5,8)",
            example_in: Some("XA001002"),
            example_out: Some("XA001"),
        },
        TransformDoc {
            name: "mask",
            does: "Every character replaced by `*`, but for a few at the beginning and the end: those at the beginning are kept first, and never more than a quarter in all.",
            takes: TEXTS,
            gives: "text",
            form: "masked",
            refuses: NOTHING,
            written: r#"{"mask": {"keep_last": 3}}"#,
            example_type: "text",
            example_in: Some("EX0000012345"),
            example_out: Some("*********345"),
        },
    ]
}

fn codes_and_dates() -> Vec<TransformDoc> {
    vec![
        TransformDoc {
            name: "code-map",
            does: "The code of another vocabulary: by `map`, or by `to`, which names a vocabulary in the `equivalents` of the element's code list. Booleans are mapped by the keys `true` and `false`. With `as: integer` the codes are written as whole numbers, which all of them must be. Needs exactly one element.",
            takes: "code, boolean",
            gives: "text, or integer where `as` says so",
            form: KEEPS,
            refuses: "a code without an entry: `code-unmapped`",
            written: r#"{"code-map": {"map": {"f": "2", "m": "1"}}}"#,
            example_type: "code(sex)",
            example_in: Some("f"),
            example_out: Some("2"),
        },
        TransformDoc {
            name: "format-date",
            does: "A date or moment as text, in strftime notation with English names. Moments are written in UTC. `year_month` and `year` are the patterns of partial dates.",
            takes: "date, partial-date, timestamp",
            gives: "text",
            form: KEEPS,
            refuses: "a partial date that no pattern is stated for: `transform-refused`; a date outside the calendar: `date-impossible`",
            written: r#"{"format-date": {"pattern": "%d/%m/%Y"}}"#,
            example_type: "date",
            example_in: Some("2011-02-17"),
            example_out: Some("17/02/2011"),
        },
        TransformDoc {
            name: "to-calendar",
            does: "A Gregorian date as `YYYY-MM-DD` of the Ethiopic calendar, era of the Incarnation.",
            takes: DATES,
            gives: "text",
            form: KEEPS,
            refuses: "a date not wholly known, a date before the first Ethiopic year: `transform-refused`",
            written: r#"{"to-calendar": "ethiopic"}"#,
            example_type: "date",
            example_in: Some("2019-09-11"),
            example_out: Some("2011-13-06"),
        },
        TransformDoc {
            name: "from-calendar",
            does: "A text `YYYY-MM-DD` of the Ethiopic calendar, era of the Incarnation, as a Gregorian date.",
            takes: "text",
            gives: "date",
            form: KEEPS,
            refuses: "a day that the calendar does not have: `date-impossible`; another way of writing: `transform-refused`",
            written: r#"{"from-calendar": "ethiopic"}"#,
            example_type: "text",
            example_in: Some("2017-09-14"),
            example_out: Some("2025-05-22"),
        },
        TransformDoc {
            name: "format-number",
            does: "A number as text with a fixed count of decimals. Nothing is rounded.",
            takes: "integer, decimal",
            gives: "text",
            form: KEEPS,
            refuses: "a number with more decimals: `transform-refused`",
            written: r#"{"format-number": {"decimals": 2}}"#,
            example_type: "integer",
            example_in: Some("-7"),
            example_out: Some("-7.00"),
        },
        TransformDoc {
            name: "phone",
            does: "A telephone number as E.164. Digits of the Arabic, Devanagari, Bengali and Burmese scripts are read; numbers without a country code are those of `region`.",
            takes: "text",
            gives: "text",
            form: KEEPS,
            refuses: "what is no number of its country's numbering plan; extensions and letters: `phone-unreadable`",
            written: r#"{"phone": {"region": "KE"}}"#,
            example_type: "text",
            example_in: Some("0712 345 678"),
            example_out: Some("+254712345678"),
        },
    ]
}

fn text(
    name: &'static str,
    does: &'static str,
    refuses: &'static str,
    written: &'static str,
    example_in: &'static str,
    example_out: Option<&'static str>,
) -> TransformDoc {
    let (takes, gives, form, example_type) = (TEXTS, "text", KEEPS, "text");
    TransformDoc {
        name,
        does,
        takes,
        gives,
        form,
        refuses,
        written,
        example_type,
        example_in: Some(example_in),
        example_out,
    }
}

fn texts() -> Vec<TransformDoc> {
    vec![
        text("nfc", "Unicode normalisation form C.", NOTHING, r#""nfc""#, "Ame\u{301}lie", Some("Am\u{e9}lie")),
        text(
            "nfkc",
            "Unicode normalisation form KC: compatibility characters become ordinary ones.",
            NOTHING,
            r#""nfkc""#,
            "ＡＢＣ１",
            Some("ABC1"),
        ),
        text(
            "upper",
            "Upper case, by Unicode's default rules in every language.",
            NOTHING,
            r#""upper""#,
            "straße",
            Some("STRASSE"),
        ),
        text(
            "lower",
            "Lower case, by Unicode's default rules in every language.",
            NOTHING,
            r#""lower""#,
            "ЗОРЯ",
            Some("зоря"),
        ),
        text(
            "trim",
            "White space at both ends removed; an empty text becomes no value.",
            NOTHING,
            r#""trim""#,
            " \u{a0}\t ",
            None,
        ),
        text(
            "split",
            "One part of a text, counted from 1, or from the end by negative numbers.",
            "a part that is not there: `transform-refused`",
            r#"{"split": {"separator": "-", "part": -1}}"#,
            "EX-000-0001",
            Some("0001"),
        ),
        text(
            "substring",
            "A run of characters (Unicode scalar values), counted from 1.",
            "a text that ends before `start`: `transform-refused`",
            r#"{"substring": {"start": 1, "length": 2}}"#,
            "EX-000-0001",
            Some("EX"),
        ),
        text(
            "replace",
            "Every match of a regular expression replaced; `$1` is the first group. Runs in linear time: no look-around, no back-references.",
            NOTHING,
            r#"{"replace": {"pattern": "([0-9]+)-([0-9]+)", "with": "$2/$1"}}"#,
            "EX-000-0001",
            Some("EX-0001/000"),
        ),
    ]
}

fn substitutes() -> Vec<TransformDoc> {
    vec![
        TransformDoc {
            name: "default",
            does: "A value where there is none; counted. It must fit the type.",
            takes: "all",
            gives: "the same type",
            form: KEEPS,
            refuses: NOTHING,
            written: r#"{"default": {"value": "not recorded"}}"#,
            example_type: "text",
            example_in: None,
            example_out: Some("not recorded"),
        },
        TransformDoc {
            name: "otherwise",
            does: "A value where an earlier step refused; counted. `null` is no value. It must fit the type at its place. (The example follows a `phone` of region KE.)",
            takes: "all",
            gives: "the same type",
            form: KEEPS,
            refuses: NOTHING,
            written: r#"{"otherwise": {"value": null}}"#,
            example_type: "text",
            example_in: Some("none"),
            example_out: None,
        },
    ]
}
