//! Which states does a partner go through, and when is one of its keys trusted?

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::keys::{change, register, trust, trusted};
use crate::named::named;
use crate::refused::reason_given;
use crate::{Code, Refused, Violation};

named! {
    /// What a key is for.
    KeyPurpose, "purpose of a key" {
        /// Packages are sealed to it.
        Recipient = "recipient",
        /// Receipts and signatures are made with it.
        Signing = "signing",
    }
}

/// A key, and what was done to trust it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCheck {
    /// Its fingerprint.
    pub key: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Who compared the fingerprint with what the partner told by another way.
    pub confirmed_by: Option<String>,
    /// Whether the partner answered a challenge with it.
    pub possession_proven: bool,
    /// Whether it was revoked. A revoked key is never trusted again.
    pub revoked: bool,
    /// Last day of the keys before it, of its purpose, once it is trusted; they go on unless a day is said.
    #[serde(default)]
    pub others_until: Option<Date>,
    /// Last day on which it may be used, in UTC; a key after it has its place.
    #[serde(default)]
    pub retires_on: Option<Date>,
}

impl KeyCheck {
    /// A key of which nothing is known yet.
    pub fn new(key: impl Into<String>, purpose: KeyPurpose) -> Self {
        Self {
            key: key.into(),
            purpose,
            confirmed_by: None,
            possession_proven: false,
            revoked: false,
            others_until: None,
            retires_on: None,
        }
    }

    /// Whether the key is trusted: fingerprint confirmed and possession proven, and not revoked.
    pub fn is_usable(&self) -> bool {
        self.confirmed_by.is_some() && self.possession_proven && !self.revoked
    }

    /// Why the key may not be used on `today`, a day in UTC; none if it may.
    pub fn distrust(&self, today: Date) -> Option<Violation> {
        let because = |code, detail: String| Some(Violation::new(code, &self.key, detail));
        match self.retires_on {
            _ if self.revoked => because(Code::KeyRevoked, "it was revoked".to_owned()),
            _ if !self.is_usable() => because(
                Code::KeyNotVerified,
                "its fingerprint is not confirmed, or its possession not proven".to_owned(),
            ),
            Some(last) if last < today => because(Code::KeyRetired, format!("it was used until {last}")),
            _ => None,
        }
    }
}

/// State of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Asked to join; its keys are not all trusted.
    Invited {
        /// Its keys so far, oldest first.
        keys: Vec<KeyCheck>,
    },
    /// It has a trusted key for each purpose.
    Verified {
        /// Its keys.
        keys: Vec<KeyCheck>,
    },
    /// Data may go to it, if it is ready.
    Active {
        /// Its keys.
        keys: Vec<KeyCheck>,
    },
    /// For now, nothing may.
    Suspended {
        /// Its keys.
        keys: Vec<KeyCheck>,
        /// Why.
        reason: String,
    },
    /// It is no partner any more.
    Closed {
        /// Why.
        reason: String,
    },
}

/// What happens to a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It hands in a key.
    RegisterKey {
        /// Its fingerprint.
        key: String,
        /// What it is for.
        purpose: KeyPurpose,
    },
    /// It hands in the key that takes the place of those before it, once it is trusted.
    RotateKey {
        /// Its fingerprint.
        key: String,
        /// What it is for.
        purpose: KeyPurpose,
        /// Last day of the keys before it.
        others_until: Date,
    },
    /// Somebody compared a key's fingerprint with what the partner told by another way, and they are equal.
    ConfirmFingerprint {
        /// The fingerprint.
        key: String,
        /// Who compared.
        by: String,
    },
    /// The partner answered a challenge with a key.
    ProvePossession {
        /// The fingerprint.
        key: String,
    },
    /// A key may never be used again.
    RevokeKey {
        /// The fingerprint.
        key: String,
    },
    /// Its keys are found to be trusted.
    Verify,
    /// Data may go to it.
    Activate,
    /// Nothing may go to it for now.
    Suspend {
        /// Why.
        reason: String,
    },
    /// The suspension ends.
    Resume,
    /// It is no partner any more.
    Close {
        /// Why.
        reason: String,
    },
}

impl State {
    /// The state after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Refused> {
        use State as S;
        let impossible = Refused::impossible("a partner", self.name(), event.name());
        Ok(match (self, event) {
            (S::Closed { .. }, _) => return Err(impossible),
            (state, Event::RegisterKey { key, purpose }) => {
                state.with_keys(|keys| register(keys, KeyCheck::new(key, purpose)))?
            }
            (state, Event::RotateKey { key, purpose, others_until }) => state.with_keys(|keys| {
                register(keys, KeyCheck { others_until: Some(others_until), ..KeyCheck::new(key, purpose) })
            })?,
            (state, Event::ConfirmFingerprint { key, by }) => {
                state.with_keys(|keys| trust(keys, &key, |check| check.confirmed_by = Some(by)))?
            }
            (state, Event::ProvePossession { key }) => {
                state.with_keys(|keys| trust(keys, &key, |check| check.possession_proven = true))?
            }
            (state, Event::RevokeKey { key }) => state
                .with_keys(|keys| change(keys, &key, |check| check.revoked = true).map(|_| ()))?
                .without_trust(&key),
            (S::Invited { keys }, Event::Verify) => {
                trusted(&keys)?;
                S::Verified { keys }
            }
            (S::Verified { keys }, Event::Activate) => {
                trusted(&keys)?;
                S::Active { keys }
            }
            (S::Active { keys }, Event::Suspend { reason }) => {
                reason_given("suspend", &reason)?;
                S::Suspended { keys, reason }
            }
            (S::Suspended { keys, .. }, Event::Resume) => {
                trusted(&keys)?;
                S::Active { keys }
            }
            (_, Event::Close { reason }) => {
                reason_given("close", &reason)?;
                S::Closed { reason }
            }
            _ => return Err(impossible),
        })
    }

    /// Its keys, oldest first.
    pub fn keys(&self) -> &[KeyCheck] {
        match self {
            State::Invited { keys }
            | State::Verified { keys }
            | State::Active { keys }
            | State::Suspended { keys, .. } => keys,
            State::Closed { .. } => &[],
        }
    }

    /// The newest key of that purpose that may be used on `today`, a day in UTC.
    pub fn usable_key(&self, purpose: KeyPurpose, today: Date) -> Option<&KeyCheck> {
        self.keys().iter().rev().find(|check| check.purpose == purpose && check.distrust(today).is_none())
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Invited { .. } => "invited",
            State::Verified { .. } => "verified",
            State::Active { .. } => "active",
            State::Suspended { .. } => "suspended",
            State::Closed { .. } => "closed",
        }
    }

    fn with_keys(mut self, change: impl FnOnce(&mut Vec<KeyCheck>) -> Result<(), Refused>) -> Result<Self, Refused> {
        match &mut self {
            State::Invited { keys }
            | State::Verified { keys }
            | State::Active { keys }
            | State::Suspended { keys, .. } => change(keys)?,
            State::Closed { .. } => {}
        }
        Ok(self)
    }

    /// What becomes of a partner whose key was revoked: without a trusted key of each purpose nothing may go to it.
    fn without_trust(self, key: &str) -> Self {
        match self {
            State::Verified { keys } if trusted(&keys).is_err() => State::Invited { keys },
            State::Active { keys } if trusted(&keys).is_err() => {
                State::Suspended { keys, reason: format!("key `{key}` was revoked, and no other is trusted") }
            }
            other => other,
        }
    }

    /// One of each state, for the reference and for tests.
    pub fn samples() -> Vec<State> {
        let keys = || {
            let usable = |key: &str, purpose| KeyCheck {
                confirmed_by: Some("officer".into()),
                possession_proven: true,
                ..KeyCheck::new(key, purpose)
            };
            vec![usable("r", KeyPurpose::Recipient), usable("s", KeyPurpose::Signing)]
        };
        let reason = || "as agreed".to_owned();
        vec![
            State::Invited { keys: keys() },
            State::Verified { keys: keys() },
            State::Active { keys: keys() },
            State::Suspended { keys: keys(), reason: reason() },
            State::Closed { reason: reason() },
        ]
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::RegisterKey { .. } => "register-key",
            Event::RotateKey { .. } => "rotate-key",
            Event::ConfirmFingerprint { .. } => "confirm-fingerprint",
            Event::ProvePossession { .. } => "prove-possession",
            Event::RevokeKey { .. } => "revoke-key",
            Event::Verify => "verify",
            Event::Activate => "activate",
            Event::Suspend { .. } => "suspend",
            Event::Resume => "resume",
            Event::Close { .. } => "close",
        }
    }

    /// One of each event, for the reference and for tests.
    pub fn samples() -> Vec<Event> {
        let key = || "r".to_owned();
        let reason = || "as agreed".to_owned();
        vec![
            Event::RegisterKey { key: "n".into(), purpose: KeyPurpose::Recipient },
            Event::RotateKey {
                key: "n".into(),
                purpose: KeyPurpose::Recipient,
                others_until: Date::constant(2026, 5, 4),
            },
            Event::ConfirmFingerprint { key: key(), by: "officer".into() },
            Event::ProvePossession { key: key() },
            Event::RevokeKey { key: key() },
            Event::Verify,
            Event::Activate,
            Event::Suspend { reason: reason() },
            Event::Resume,
            Event::Close { reason: reason() },
        ]
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
