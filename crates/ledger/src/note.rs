//! How is a text signed so that people can read it and machines can check it? As a C2SP signed note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{SignerKey, VerifierKey, check_name};

/// More signatures than this are refused: a note is read before it is trusted.
const MOST_SIGNATURES: usize = 64;
/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A parsed note: its text, and signatures that nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// Why a note is not a note, or not to be believed.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum NoteError {
    /// It is not text, a blank line and signature lines.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// It has signatures, none by the key asked for.
    #[error("the note is not signed by `{name}`")]
    Unsigned {
        /// The key's name.
        name: String,
    },
    /// It has a signature by the key asked for that does not fit the text.
    #[error("the signature by `{name}` does not fit the note: its text or the signature was altered")]
    BadSignature {
        /// The key's name.
        name: String,
    },
}

/// Signs `text`, which must end in a line feed; returns the whole note.
///
/// # Errors
/// When the text could not be read back as a note.
pub fn sign(text: &str, key: &SignerKey) -> Result<String, NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Form("its text does not end in a line feed"));
    }
    check_characters(text)?;
    let mut bytes = key.public().id().to_vec();
    bytes.extend_from_slice(&key.sign(text.as_bytes()));
    Ok(format!("{text}\n{DASH}{} {}\n", key.public().name(), STANDARD.encode(bytes)))
}

impl Note {
    /// Takes a note apart without believing it.
    ///
    /// # Errors
    /// When it is not a signed note.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        check_characters(note)?;
        let blank = note.rfind("\n\n").ok_or(NoteError::Form("no blank line before the signatures"))?;
        let (text, tail) = note.split_at_checked(blank + 1).ok_or(NoteError::Form("no text"))?;
        let tail = tail.strip_prefix('\n').unwrap_or(tail);
        let lines = tail.strip_suffix('\n').ok_or(NoteError::Form("the last line does not end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MOST_SIGNATURES {
                return Err(NoteError::Form("more than 64 signatures"));
            }
            signatures.push(NoteSignature::parse(line)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text as signed, with its last line feed. Not to be believed before [`Note::verify`].
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The text, once `key` is known to have signed it. Signatures by other keys are ignored.
    ///
    /// # Errors
    /// When `key` did not sign, or one of its signatures does not fit.
    pub fn verify(&self, key: &VerifierKey) -> Result<&str, NoteError> {
        let mut signed = false;
        for signature in self.signatures.iter().filter(|s| s.name == key.name() && s.id == key.id()) {
            if !key.accepts(self.text.as_bytes(), &signature.bytes) {
                return Err(NoteError::BadSignature { name: key.name().to_owned() });
            }
            signed = true;
        }
        if signed { Ok(&self.text) } else { Err(NoteError::Unsigned { name: key.name().to_owned() }) }
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let bad = NoteError::Form("a signature line is not `\u{2014} name base64`");
        let Some((name, encoded)) = line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')) else {
            return Err(bad);
        };
        if check_name(name).is_err() {
            return Err(bad);
        }
        let Ok(bytes) = STANDARD.decode(encoded) else { return Err(bad) };
        let Some((id, signature)) = bytes.split_first_chunk::<4>() else { return Err(bad) };
        Ok(Self { name: name.to_owned(), id: *id, bytes: signature.to_vec() })
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::Form("it holds a control character"));
    }
    Ok(())
}
