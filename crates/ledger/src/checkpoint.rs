//! What does the log promise, and to whom? "My first n leaves have this root": a C2SP tlog-checkpoint, signed.

use crate::hash::Hash;
use crate::key::{SignerKey, VerifierKey};
use crate::note::{self, Note, NoteError};

/// The root of a log at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, also the name of the key that signs it.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint to rely on.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is not a note, or not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its text is not origin, size, root.
    #[error("the note is not a checkpoint: {0}")]
    Form(&'static str),
    /// It speaks of another log.
    #[error("the checkpoint is of the log `{found}`, not of `{expected}`")]
    Origin {
        /// The log that the key belongs to.
        expected: String,
        /// The log named in the checkpoint.
        found: String,
    },
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// The signed note.
    ///
    /// # Errors
    /// When the key belongs to another log than this one.
    pub fn sign(&self, key: &SignerKey) -> Result<String, CheckpointError> {
        self.check_origin(key.public())?;
        Ok(note::sign(&self.text(), key)?)
    }

    /// Reads a signed checkpoint without believing it.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        Self::from_text(Note::parse(text)?.unverified_text())
    }

    /// Reads a signed checkpoint of the log that `key` signs, and believes it.
    ///
    /// # Errors
    /// When it is not one, is of another log, or the signature is missing or does not fit.
    pub fn verify(text: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(text)?;
        let checkpoint = Self::from_text(note.verify(key)?)?;
        checkpoint.check_origin(key)?;
        Ok(checkpoint)
    }

    fn check_origin(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if self.origin == key.name() {
            return Ok(());
        }
        Err(CheckpointError::Origin { expected: key.name().to_owned(), found: self.origin.clone() })
    }

    /// Lines after the third are extensions: the standard allows them, and nothing of ours depends on them.
    fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Form("its text does not end in a line feed"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|l| !l.is_empty()).ok_or(CheckpointError::Form("no origin in line 1"))?;
        let size = lines.next().and_then(parse_decimal).ok_or(CheckpointError::Form("no size in line 2"))?;
        let root = lines.next().and_then(|line| Hash::from_base64(line).ok());
        let root = root.ok_or(CheckpointError::Form("no root in line 3"))?;
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Form("an extension line is empty"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A decimal without sign and leading zeroes.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
