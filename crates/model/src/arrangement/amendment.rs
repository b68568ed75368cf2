//! May this text take the place of that version, and what does it change?

use serde::{Deserialize, Serialize};

use super::{Arrangement, Change, Ending, State, difference};
use crate::{Code, Refused, Violation};

/// A next version, with everything that it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// Identifier of the arrangement.
    pub arrangement: String,
    /// The version that it amends.
    pub from: u32,
    /// The next version.
    pub to: u32,
    /// What changes.
    pub changes: Vec<Change>,
}

/// Checks that `new` amends `old`, the version that `state` is of. The old version stays as it is until the new one,
/// signed and activated like any, supersedes it; nothing is done to transfers under way.
pub fn amend(state: &State, old: &Arrangement, new: &Arrangement) -> Result<Amendment, Refused> {
    match state {
        State::InForce { .. } | State::Suspended { .. } => {}
        State::Ended { ending: Ending::Superseded(by), .. } => {
            let detail = format!("version {by} took the place of version {}", old.version);
            return Err(Refused::one(Code::VersionSuperseded, &old.arrangement, detail));
        }
        other => return Err(Refused::impossible("an arrangement", other.name(), "amend")),
    }
    let mut violations = Vec::new();
    let mut mismatch = |what: &str, old: &str, new: &str| {
        let detail = format!("{what} is `{new}`, and must be `{old}`");
        violations.push(Violation::new(Code::AmendmentMismatch, what, detail));
    };
    let same = [
        ("arrangement", &old.arrangement, &new.arrangement),
        ("operation", &old.operation, &new.operation),
        ("partner", &old.partner, &new.partner),
    ];
    for (what, old, new) in same.into_iter().filter(|(_, old, new)| old != new) {
        mismatch(what, old, new);
    }
    if state.terms().version != old.version {
        mismatch("amended version", &state.terms().version.to_string(), &old.version.to_string());
    }
    if old.version.checked_add(1) != Some(new.version) {
        mismatch("version", &old.version.saturating_add(1).to_string(), &new.version.to_string());
    }
    let changes = difference(old, new);
    if changes.is_empty() {
        let detail = format!("it says what version {} says", old.version);
        violations.push(Violation::new(Code::AmendmentEmpty, &new.arrangement, detail));
    }
    Refused::unless_empty(violations)?;
    Ok(Amendment { arrangement: new.arrangement.clone(), from: old.version, to: new.version, changes })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::arrangement::sample;

    fn state(name: &str) -> State {
        State::samples().into_iter().find(|state| state.name() == name).unwrap()
    }

    fn next() -> Arrangement {
        Arrangement { version: 2, row_cap: 200, ..sample() }
    }

    #[test]
    fn an_amendment_names_what_it_changes() {
        let amendment = amend(&state("in-force"), &sample(), &next()).unwrap();
        assert_eq!((amendment.from, amendment.to), (1, 2));
        assert_eq!(
            amendment.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["row_cap widened: `100` → `200`"]
        );
        assert!(amend(&state("suspended"), &sample(), &next()).is_ok());
    }

    #[test]
    fn a_superseded_or_ended_version_is_not_amended() {
        let refused = |name| amend(&state(name), &sample(), &next()).unwrap_err().codes();
        assert_eq!(refused("superseded"), [Code::VersionSuperseded]);
        for name in ["draft", "proposed", "agreed", "expired", "terminated"] {
            assert_eq!(refused(name), [Code::WrongState], "{name}");
        }
    }

    #[test]
    fn it_is_the_next_version_of_the_same_and_changes_something() {
        let refused = |new: Arrangement| amend(&state("in-force"), &sample(), &new).unwrap_err().codes();
        assert_eq!(refused(Arrangement { version: 3, ..next() }), [Code::AmendmentMismatch]);
        assert_eq!(refused(Arrangement { partner: "other".into(), ..next() }), [Code::AmendmentMismatch]);
        assert_eq!(refused(Arrangement { version: 2, ..sample() }), [Code::AmendmentEmpty]);
    }
}
