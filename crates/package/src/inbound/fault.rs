//! Why was an envelope not opened?

use crate::manifest::shown;

/// Why an envelope was refused; no message holds a value of a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeFault {
    /// It is no envelope, or its manifest does not hold what it should.
    #[error("it is no envelope of `causeway-inbound/1`: {problem}; make it with `causeway-open submit`")]
    Malformed {
        /// What is wrong, without its values.
        problem: String,
    },
    /// It, or what it unpacks to, is larger than the exchange takes.
    #[error("it has {found} bytes of {what}, and the exchange takes {allowed}: send several files")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are or are declared.
        found: u64,
        /// How many may be.
        allowed: u64,
    },
    /// None of the partner's keys signed the manifest.
    #[error(
        "the signature is none of the partner's current signing keys: sign with the registered key, or register the new one"
    )]
    Signature,
    /// It is for another exchange, of another partner, or for another environment.
    #[error("it says {what} `{found}`, and `{expected}` was expected", found = shown(found), expected = shown(expected))]
    OfOther {
        /// What differs.
        what: &'static str,
        /// What it says.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Its number is not above the newest that was opened.
    #[error("its number {found} is not above {newest}, the newest that was opened: number a new file higher")]
    NotAbove {
        /// Its number.
        found: u64,
        /// The newest that was opened.
        newest: u64,
    },
    /// A part is longer or shorter than signed, or has other bytes.
    #[error("part {part} is not the one that was signed: {problem}; send the file again")]
    Altered {
        /// Which part, from 1.
        part: usize,
        /// What differs.
        problem: &'static str,
    },
    /// A part is sealed in a way that is not tried.
    #[error(
        "part {part} is sealed otherwise than to an X25519 key: {problem}; seal it with `age -r` to the operation's recipient"
    )]
    SealedOtherwise {
        /// Which part, from 1.
        part: usize,
        /// What is wrong with its header.
        problem: String,
    },
    /// A part is sealed to another key.
    #[error("part {part} is not sealed to the operation's key: seal it to the recipient that the operation told you")]
    WrongKey {
        /// Which part, from 1.
        part: usize,
    },
    /// A part does not decrypt or decompress to its end, or to something else than was signed.
    #[error("part {part} cannot be unpacked as signed: {problem}; send the file again")]
    Unreadable {
        /// Which part, from 1.
        part: usize,
        /// What happened.
        problem: String,
    },
}

impl EnvelopeFault {
    pub(super) fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed { problem: problem.into() }
    }

    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "envelope-malformed",
            Self::TooLarge { .. } => "envelope-oversize",
            Self::Signature => "envelope-signature",
            Self::OfOther { .. } => "envelope-of-other",
            Self::NotAbove { .. } => "number-not-above",
            Self::Altered { .. } | Self::Unreadable { .. } => "envelope-altered",
            Self::SealedOtherwise { .. } | Self::WrongKey { .. } => "sealed-otherwise",
        }
    }
}
