//! What happens to the list of a partner's keys when one comes in, is trusted, or is looked for?

use super::state::{KeyCheck, KeyPurpose};
use crate::{Code, Refused, Violation};

/// Adds a key that was never there.
pub(super) fn register(keys: &mut Vec<KeyCheck>, new: KeyCheck) -> Result<(), Refused> {
    match keys.iter().find(|check| check.key == new.key) {
        Some(check) if check.revoked => Err(Refused::one(Code::KeyRevoked, new.key, "it was revoked and stays so")),
        Some(_) => Err(Refused::one(Code::KeyNotVerified, new.key, "it is registered already: confirm and prove it")),
        None => {
            keys.push(new);
            Ok(())
        }
    }
}

/// Changes a key that is there and not revoked.
pub(super) fn change(
    keys: &mut [KeyCheck],
    key: &str,
    change: impl FnOnce(&mut KeyCheck),
) -> Result<KeyCheck, Refused> {
    match keys.iter_mut().find(|check| check.key == key) {
        None => Err(Refused::one(Code::KeyNotVerified, key, "the partner has registered no such key")),
        Some(check) if check.revoked => Err(Refused::one(Code::KeyRevoked, key, "it was revoked and stays so")),
        Some(check) => {
            change(check);
            Ok(check.clone())
        }
    }
}

/// Adds to what is known of a key. Once it is trusted, the keys before it go no further than it said; one that was to go
/// sooner does.
pub(super) fn trust(keys: &mut [KeyCheck], key: &str, known: impl FnOnce(&mut KeyCheck)) -> Result<(), Refused> {
    let new = change(keys, key, known)?;
    let Some(until) = new.others_until.filter(|_| new.is_usable()) else { return Ok(()) };
    let before = keys.iter_mut().take_while(|check| check.key != key).filter(|check| check.purpose == new.purpose);
    before.for_each(|check| check.retires_on = Some(check.retires_on.map_or(until, |sooner| sooner.min(until))));
    Ok(())
}

/// Refuses unless a key of each purpose is trusted.
pub(super) fn trusted(keys: &[KeyCheck]) -> Result<(), Refused> {
    let missing = KeyPurpose::ALL
        .iter()
        .filter(|purpose| !keys.iter().any(|check| check.purpose == **purpose && check.is_usable()));
    let violations = missing
        .map(|purpose| {
            let detail = "a key needs its fingerprint confirmed by another way and its possession proven, both";
            Violation::new(Code::KeyNotVerified, purpose.as_str(), detail)
        })
        .collect();
    Refused::unless_empty(violations)
}
