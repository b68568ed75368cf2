//! In which form does an element leave that went through several transforms?
//!
//! The form table ([`Transform::form`]) speaks of one transform of a raw value. A chain could move what the narrower
//! form is meant to hide into the part that it shows: write the day of birth where the year stands and take the year,
//! repeat a text four times and mask the whole, drop all codes but one and ask for presence. So a transform narrows
//! only what is still the element's own value, at most put into a normal way of writing.

use causeway_model::Form;
use causeway_model::exchange::Transform;

/// The form in which an element leaves that enters `transforms` in `form`.
///
/// `own_value` says whether what enters is the value of one element (`from`, or a reduction that picks one), and not
/// made by `concat` or `sql`. INVARIANT (lineage): a transform of anything else keeps the wider form.
pub fn form_after(transforms: &[Transform], own_value: bool, form: Form) -> Form {
    let (mut form, mut own) = (form, if own_value { Own::Value } else { Own::Nothing });
    for transform in transforms {
        let narrows = match transform {
            Transform::Presence => own == Own::Value,
            _ => own != Own::Nothing,
        };
        if narrows {
            form = transform.form(form);
        }
        own = own.after(transform);
    }
    form
}

/// What is left of the element's own value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    /// The value, and it is there exactly if the element has one.
    Value,
    /// The value, unless it could not be read.
    Readable,
    /// Something made of it.
    Nothing,
}

impl Own {
    fn after(self, transform: &Transform) -> Self {
        match (self, transform) {
            (Own::Nothing, _) => Own::Nothing,
            (own, Transform::Nfc | Transform::Nfkc | Transform::Upper | Transform::Lower) => own,
            (own, Transform::Trim | Transform::Default(_) | Transform::Otherwise(_)) => own,
            // A place cut once more is still a place, and says nothing but its level.
            (own, Transform::PlaceLevel(_)) => {
                if own == Own::Value {
                    Own::Readable
                } else {
                    own
                }
            }
            (_, Transform::Phone(_) | Transform::FromCalendar(_)) => Own::Readable,
            _ => Own::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn after(transforms: &str, own_value: bool) -> Form {
        form_after(&serde_json::from_str::<Vec<Transform>>(transforms).unwrap(), own_value, Form::Raw)
    }

    #[test]
    fn normal_ways_of_writing_may_come_before_what_narrows() {
        assert_eq!(after(r#"["trim", "nfc", "upper", {"mask": {"keep_last": 2}}]"#, true), Form::Masked);
        assert_eq!(after(r#"[{"phone": {"region": "KE"}}, {"mask": {"keep_last": 2}}]"#, true), Form::Masked);
        let band = r#"[{"from-calendar": "ethiopic"}, {"age-band": {"at": "2025-01-01", "from": [0, 18]}}, "upper"]"#;
        assert_eq!(after(band, true), Form::AgeBand);
        assert_eq!(
            after(r#"[{"place-level": {"level": 2}}, {"place-level": {"level": 1}}]"#, true),
            Form::PlaceLevel(1)
        );
        assert_eq!(after(r#"["trim", "presence"]"#, true), Form::Presence);
    }

    #[test]
    fn nothing_is_moved_into_the_part_that_a_narrower_form_shows() {
        let smuggled = [
            r#"[{"format-date": {"pattern": "20%d-01-01"}}, {"from-calendar": "ethiopic"}, "year"]"#,
            r#"[{"replace": {"pattern": "^(.*)$", "with": "$1$1$1$1"}}, {"mask": {"keep_first": 200}}]"#,
            r#"[{"code-map": {"map": {"f": "x"}}}, {"otherwise": {"value": null}}, "presence"]"#,
            r#"[{"phone": {"region": "KE"}}, {"otherwise": {"value": null}}, "presence"]"#,
            r#"[{"split": {"separator": "-", "part": 2}}, {"otherwise": {"value": null}}, "presence"]"#,
        ];
        for chain in smuggled {
            assert_eq!(after(chain, true), Form::Raw, "{chain}");
        }
        let of_band = r#"[{"age-band": {"at": "2025-01-01", "from": [0, 60]}}, {"replace": {"pattern": "60.", "with": ""}}, "trim", "presence"]"#;
        assert_eq!(after(of_band, true), Form::AgeBand);
    }

    #[test]
    fn what_sql_or_concat_made_is_never_narrowed() {
        for chain in [r#"["year"]"#, r#"[{"mask": {}}]"#, r#"["pseudonym"]"#, r#"["presence"]"#] {
            assert_eq!(after(chain, false), Form::Raw, "{chain}");
        }
    }
}
