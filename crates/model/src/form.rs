//! In which form may a data element leave, and which form discloses no more than which?

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form in which an element leaves. A partial order: see [`Form::within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The value itself.
    Raw,
    /// A keyed pseudonym that is different for each partner and purpose.
    Pseudonym,
    /// Whether there is a value, and nothing else.
    Presence,
    /// The calendar year of a date.
    Year,
    /// Full years at a stated date.
    Age,
    /// A band of at least five years of age at a stated date.
    AgeBand,
    /// A place no finer than administrative level `n` (0 is the country).
    PlaceLevel(u8),
    /// A value of which most characters are replaced.
    Masked,
    /// A count or a sum over the records of one person or household. Over a single record a sum equals its value.
    AggregateOnly,
}

impl Form {
    /// Whether this form discloses no more than `agreed`, so that it may leave where `agreed` was signed.
    ///
    /// [`Form::Raw`] is the top, [`Form::Presence`] the bottom; `age-band` lies within `age`, `place-level 1` within
    /// `place-level 2`; all other pairs are incomparable and therefore refused.
    pub fn within(self, agreed: Form) -> bool {
        match (self, agreed) {
            (mine, theirs) if mine == theirs => true,
            (_, Form::Raw) | (Form::Presence, _) | (Form::AgeBand, Form::Age) => true,
            (Form::PlaceLevel(mine), Form::PlaceLevel(theirs)) => mine <= theirs,
            _ => false,
        }
    }

    /// The widest form that lies within both: what two levels that agree the same element allow together.
    ///
    /// Two forms of which neither lies within the other have only [`Form::Presence`] in common.
    pub fn meet(self, other: Form) -> Form {
        if self.within(other) {
            self
        } else if other.within(self) {
            other
        } else {
            Form::Presence
        }
    }

    /// Every form that the documentation lists, place levels 0 to 5.
    pub fn all() -> Vec<Form> {
        let mut all = vec![
            Form::Raw,
            Form::Pseudonym,
            Form::Presence,
            Form::Year,
            Form::Age,
            Form::AgeBand,
            Form::Masked,
            Form::AggregateOnly,
        ];
        all.extend((0..=5).map(Form::PlaceLevel));
        all
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Raw => f.write_str("raw"),
            Form::Pseudonym => f.write_str("pseudonym"),
            Form::Presence => f.write_str("presence"),
            Form::Year => f.write_str("year"),
            Form::Age => f.write_str("age"),
            Form::AgeBand => f.write_str("age-band"),
            Form::PlaceLevel(level) => write!(f, "place-level {level}"),
            Form::Masked => f.write_str("masked"),
            Form::AggregateOnly => f.write_str("aggregate-only"),
        }
    }
}

/// A word that names no form.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is no form: use raw, pseudonym, presence, year, age, age-band, place-level N, masked or aggregate-only")]
pub struct UnknownForm(String);

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        let level = |rest: &str| rest.trim().parse().ok().filter(|level| *level <= 5).map(Form::PlaceLevel);
        let found = match text {
            "raw" => Some(Form::Raw),
            "pseudonym" => Some(Form::Pseudonym),
            "presence" => Some(Form::Presence),
            "year" => Some(Form::Year),
            "age" => Some(Form::Age),
            "age-band" => Some(Form::AgeBand),
            "masked" => Some(Form::Masked),
            "aggregate-only" => Some(Form::AggregateOnly),
            other => other.strip_prefix("place-level ").and_then(level),
        };
        found.ok_or_else(|| UnknownForm(text.to_owned()))
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Form {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Form".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<String> = Form::all().iter().map(Form::to_string).collect();
        schemars::json_schema!({ "type": "string", "enum": names, "description": "The form in which an element may leave." })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn within_is_a_partial_order_with_raw_on_top_and_presence_below() {
        let all = Form::all();
        for a in &all {
            assert!(a.within(*a) && a.within(Form::Raw) && Form::Presence.within(*a));
            for b in &all {
                assert!(!(a.within(*b) && b.within(*a)) || a == b, "{a} and {b}");
                for c in &all {
                    assert!(!(a.within(*b) && b.within(*c)) || a.within(*c), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn a_band_does_not_permit_a_year_or_an_age() {
        for wider in [Form::Raw, Form::Year, Form::Age, Form::Masked, Form::Pseudonym, Form::AggregateOnly] {
            assert!(!wider.within(Form::AgeBand), "{wider}");
        }
        assert!(Form::PlaceLevel(1).within(Form::PlaceLevel(2)) && !Form::PlaceLevel(2).within(Form::PlaceLevel(1)));
    }

    #[test]
    fn a_meet_is_the_widest_form_within_both() {
        let all = Form::all();
        for a in &all {
            for b in &all {
                let meet = a.meet(*b);
                assert!(meet.within(*a) && meet.within(*b) && meet == b.meet(*a), "{a} and {b}");
                for c in all.iter().filter(|c| c.within(*a) && c.within(*b)) {
                    assert!(c.within(meet), "{c} lies within {a} and {b}, not within {meet}");
                }
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for form in Form::all() {
            assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
        }
        assert!("place-level 9".parse::<Form>().is_err() && "RAW".parse::<Form>().is_err());
    }
}
