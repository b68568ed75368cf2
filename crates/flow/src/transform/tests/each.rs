//! Does each transform give, keep missing, and refuse what it should?

use causeway_model::Code;

use super::{gives, refuses, run};

#[test]
fn presence_tells_whether_there_is_a_value() {
    assert_eq!(
        run("date", r#"["presence"]"#, &[Some("2001-01-01"), None]).out,
        [Some("true".into()), Some("false".into())]
    );
    let refused = run("text", r#"[{"phone": {"region": "KE"}}, "presence"]"#, &[Some("nonsense")]);
    assert_eq!((refused.out[0].as_deref(), refused.faults.len()), (None, 1), "a refused value is not a missing one");
}

#[test]
fn pseudonyms_have_32_digits_and_canonical_input() {
    let ran = run("text", r#"["pseudonym"]"#, &[Some("Ame\u{301}lie"), Some("Am\u{e9}lie"), Some("Amelie"), None]);
    assert_eq!(ran.out[0], ran.out[1], "the same text in two normal forms");
    assert_ne!(ran.out[0], ran.out[2]);
    assert_eq!(ran.out[3], None);
    assert!(
        ran.out[0].as_ref().unwrap().bytes().all(|b| b.is_ascii_hexdigit()) && ran.out[0].as_ref().unwrap().len() == 32
    );
    let id = "0a1b2c3d-0000-4000-8000-000000000001";
    let uuid = run("uuid", r#"["pseudonym"]"#, &[Some(id)]).out;
    let upper = run("uuid", r#"["pseudonym"]"#, &[Some(&id.to_uppercase())]).out;
    assert_eq!(uuid, upper, "a uuid counts as its bytes");
    assert_ne!(uuid, run("text", r#"["pseudonym"]"#, &[Some(id)]).out);
    refuses("uuid", r#""pseudonym""#, "not-a-uuid", Code::WrongType);
}

#[test]
fn code_maps_map_or_refuse() {
    gives("code(sex)", r#"{"code-map": {"to": "iso-5218"}}"#, "f", "2");
    refuses("code(sex)", r#"{"code-map": {"to": "iso-5218"}}"#, "x", Code::CodeUnmapped);
    gives("code(sex)", r#"{"code-map": {"to": "iso-5218", "as": "integer"}}"#, "f", "2");
    refuses("code(sex)", r#"{"code-map": {"to": "iso-5218", "as": "integer"}}"#, "x", Code::CodeUnmapped);
    gives("boolean", r#"{"code-map": {"map": {"true": "-1", "false": "0"}, "as": "integer"}}"#, "true", "-1");
    gives("boolean", r#"{"code-map": {"map": {"true": "Y", "false": "N"}}}"#, "false", "N");
    refuses("boolean", r#"{"code-map": {"map": {"true": "Y"}}}"#, "false", Code::CodeUnmapped);
    assert!(run("code(sex)", r#"[{"code-map": {"map": {"f": "1", "m": "2", "x": "3"}}}]"#, &[]).total);
}

#[test]
fn dates_are_written_by_pattern() {
    gives("date", r#"{"format-date": {"pattern": "%d.%m.%Y"}}"#, "1999-12-31", "31.12.1999");
    let partial = r#"{"format-date": {"pattern": "%d/%m/%Y", "year_month": "%m/%Y", "year": "%Y"}}"#;
    gives("partial-date", partial, "2011-02-17", "17/02/2011");
    gives("partial-date", partial, "2011-02", "02/2011");
    gives("partial-date", partial, "2011", "2011");
    let whole = r#"{"format-date": {"pattern": "%d/%m/%Y"}}"#;
    refuses("partial-date", whole, "2011", Code::TransformRefused);
    refuses("partial-date", whole, "2011-02-30", Code::DateImpossible);
    refuses("partial-date", whole, "17/02/2011", Code::WrongType);
    gives(
        "timestamp",
        r#"{"format-date": {"pattern": "%Y-%m-%d %H:%M"}}"#,
        "2024-06-01T23:30:00-02:00",
        "2024-06-02 01:30",
    );
}

#[test]
fn ethiopic_days_that_are_not_there_are_impossible() {
    gives("date", r#"{"to-calendar": "ethiopic"}"#, "2025-05-22", "2017-09-14");
    gives("partial-date", r#"{"to-calendar": "ethiopic"}"#, "2025-05-22", "2017-09-14");
    refuses("partial-date", r#"{"to-calendar": "ethiopic"}"#, "2025-05", Code::TransformRefused);
    refuses("date", r#"{"to-calendar": "ethiopic"}"#, "0005-01-01", Code::TransformRefused);
    let from = r#"{"from-calendar": "ethiopic"}"#;
    gives("text", from, "2011-13-06", "2019-09-11");
    for impossible in ["2012-13-06", "2011-13-07", "2011-14-01", "2011-01-31", "2011-00-01", "0000-01-01"] {
        refuses("text", from, impossible, Code::DateImpossible);
    }
    for shape in ["2011-1-1", "14/09/2017", "", "2011-01-01-01", "፳፻፲፩-01-01"] {
        refuses("text", from, shape, Code::TransformRefused);
    }
}

#[test]
fn age_counts_full_years() {
    let at = |at: &str| format!(r#"{{"age": {{"at": "{at}"}}}}"#);
    gives("date", &at("2025-02-16"), "2011-02-17", "13");
    gives("date", &at("2025-02-17"), "2011-02-17", "14");
    gives("date", &at("2025-02-17"), "2025-02-17", "0");
    gives("date", &at("2023-02-28"), "2004-02-29", "18");
    gives("date", &at("2023-03-01"), "2004-02-29", "19");
    gives("date", &at("2024-02-29"), "2004-02-29", "20");
    gives("partial-date", &at("2025-02-17"), "2011-02-17", "14");
    refuses("date", &at("2025-02-16"), "2025-02-17", Code::TransformRefused);
    refuses("partial-date", &at("2025-02-16"), "2011-02", Code::TransformRefused);
    refuses("partial-date", &at("2025-02-16"), "2011", Code::TransformRefused);
}

#[test]
fn bands_are_found_where_they_are_certain() {
    let band = r#"{"age-band": {"at": "2025-06-01", "from": [0, 5, 12, 18, 60]}}"#;
    for (birth, expected) in [
        ("2025-06-01", "0-4"),
        ("2020-06-02", "0-4"),
        ("2020-06-01", "5-11"),
        ("1965-06-01", "60+"),
        ("1901-01-01", "60+"),
    ] {
        gives("date", band, birth, expected);
    }
    gives("partial-date", band, "2010", "12-17");
    refuses("partial-date", band, "2013", Code::TransformRefused);
    refuses("partial-date", band, "2025", Code::TransformRefused);
    refuses("date", band, "2025-06-02", Code::TransformRefused);
    let unknown = r#"[{"age-band": {"at": "2025-06-01", "from": [0, 18], "unknown": "unknown"}}]"#;
    let ran = run("partial-date", unknown, &[None, Some("2007"), Some("2006"), Some("2026")]);
    assert_eq!(ran.out, [Some("unknown".into()), Some("unknown".into()), Some("18+".into()), None]);
    assert_eq!(ran.faults, [(3, Code::TransformRefused, Some("2026".into()))], "a birth to come is never unknown");
}

#[test]
fn the_year_of_a_partial_date_is_known() {
    gives("date", r#""year""#, "2011-02-17", "2011");
    gives("partial-date", r#""year""#, "2011", "2011");
    refuses("partial-date", r#""year""#, "2011-13", Code::DateImpossible);
}

#[test]
fn places_are_cut_to_their_level() {
    gives("place(2,5,8)", r#"{"place-level": {"level": 0}}"#, "XA001002", "XA");
    gives("place(2,5,8)", r#"{"place-level": {"level": 1}}"#, "XA", "XA");
    refuses("place(2,5,8)", r#"{"place-level": {"level": 1}}"#, "XA0010", Code::TransformRefused);
    gives("place(2,5,8)", r#"{"place-level": {"level": 2}}, {"place-level": {"level": 1}}"#, "XA001002", "XA001");
}

#[test]
fn masks_keep_at_most_a_quarter() {
    let all = r#"{"mask": {"keep_first": 255, "keep_last": 255}}"#;
    gives("text", all, "abcdefgh", "ab******");
    gives("text", all, "abc", "***");
    gives("text", r#"{"mask": {"keep_first": 1, "keep_last": 9}}"#, "abcdefghijkl", "a*********kl");
    gives("text", r#"{"mask": {}}"#, "ሰላም", "***");
    gives(
        "uuid",
        r#"{"mask": {"keep_last": 2}}"#,
        "0a1b2c3d-0000-4000-8000-000000000001",
        "**********************************01",
    );
}

#[test]
fn texts_are_normalised_and_cut() {
    gives("text", r#""nfc""#, "e\u{301}", "\u{e9}");
    gives("text", r#""nfkc""#, "ﻻ", "لا");
    gives("code(sex)", r#""upper""#, "f", "F");
    gives("text", r#""lower""#, "ÀÉ", "àé");
    assert_eq!(
        run("text", r#"["trim"]"#, &[Some("\u{3000} မောင် "), Some(" "), None]).out,
        [Some("မောင်".into()), None, None]
    );
    gives("text", r#"{"split": {"separator": ", ", "part": 2}}"#, "Mfano, Zawadi", "Zawadi");
    refuses("text", r#"{"split": {"separator": ", ", "part": 3}}"#, "Mfano, Zawadi", Code::TransformRefused);
    refuses("text", r#"{"split": {"separator": ", ", "part": -3}}"#, "Mfano, Zawadi", Code::TransformRefused);
    gives("text", r#"{"substring": {"start": 2, "length": 9}}"#, "ሰላም", "ላም");
    refuses("text", r#"{"substring": {"start": 4, "length": 1}}"#, "ሰላም", Code::TransformRefused);
    gives("text", r#"{"replace": {"pattern": "\\s+", "with": "_"}}"#, "a  b c", "a_b_c");
    gives("text", r#"{"replace": {"pattern": "(?P<n>\\d+)", "with": "${n}$$"}}"#, "a1", "a1$");
}

#[test]
fn numbers_are_never_rounded() {
    let decimals = |count: u8| format!(r#"{{"format-number": {{"decimals": {count}}}}}"#);
    gives("integer", &decimals(0), "-7", "-7");
    gives("decimal(12,2)", &decimals(2), "-0.50", "-0.50");
    gives("decimal(12,2)", &decimals(4), "12.30", "12.3000");
    gives("decimal(12,2)", &decimals(1), "12.30", "12.3");
    gives("decimal(12,2)", &decimals(0), "0.00", "0");
    refuses("decimal(12,2)", &decimals(1), "12.34", Code::TransformRefused);
    refuses("decimal(12,2)", &decimals(0), "0.01", Code::TransformRefused);
}

#[test]
fn telephone_numbers_are_those_of_a_numbering_plan() {
    let phone = r#"{"phone": {"region": "KE"}}"#;
    // 000 is Kenya's prefix for calls abroad.
    let ways = ["0712345678", "+254 712 345678", "000 254 712 345 678", "٠٧١٢٣٤٥٦٧٨", "\u{202a}+254712345678\u{202c}"];
    for text in ways {
        gives("text", phone, text, "+254712345678");
    }
    gives("text", phone, "+251 91 123 4567", "+251911234567");
    // The length is right, and no operator has the range.
    refuses("text", phone, "+254 212 345 678", Code::PhoneUnreadable);
    for text in ["0712", "07123456789012", "0712345678 ext. 9", "CALL-ME-NOW", "", "+999 1234567", "0712345678; DROP"] {
        refuses("text", phone, text, Code::PhoneUnreadable);
    }
}
