//! Can a column that SQLite declares so hold what the catalogue says?

use causeway_model::ValueType;

/// Whether a column that SQLite declares so can hold values of this type as the catalogue means them.
///
/// SQLite derives an affinity from the words of the declared type (its documentation, "Datatypes", section 3.1).
///
/// | element | affinities that fit |
/// |---|---|
/// | text, place | text |
/// | code | text, integer |
/// | uuid | text; a type called UUID, GUID or UNIQUEIDENTIFIER |
/// | date, partial-date, timestamp | text, numeric (`DATE`, `DATETIME`) |
/// | integer | integer, numeric |
/// | decimal | text, integer, numeric; never real, which is not exact |
/// | boolean | integer, numeric, text |
/// | bytes | blob |
///
/// A column without a declared type, or `ANY`, holds what it is given and fits everything.
pub fn can_hold(declared: &str, value_type: &ValueType) -> bool {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if declared.is_empty() || declared == "ANY" {
        return true;
    }
    let (integer, text, blob, real) =
        (has(&["INT"]), has(&["CHAR", "CLOB", "TEXT"]), has(&["BLOB"]), has(&["REAL", "FLOA", "DOUB"]));
    let integer = integer && !has(&["POINT"]);
    let text = text && !integer;
    let numeric = !integer && !text && !blob && !real;
    match value_type {
        ValueType::Text | ValueType::Place(_) => text,
        ValueType::Code(_) => text || integer,
        ValueType::Uuid => text || has(&["UUID", "GUID", "UNIQUEIDENTIFIER"]),
        ValueType::Date | ValueType::PartialDate | ValueType::Timestamp => text || numeric,
        ValueType::Integer => integer || numeric,
        ValueType::Decimal(..) => text || integer || numeric,
        ValueType::Boolean => text || integer || numeric,
        ValueType::Bytes => blob,
    }
}
