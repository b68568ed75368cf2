//! How does a partner prove that it opened a notice, and that it has deleted what it was asked to?

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{PackageError, json_place};
use crate::key::{SIGNATURE_SIZE, SigningKey, VerifyingKey};
use crate::manifest::{check_type, is_hex, to_json};

/// The type, with its version, that an answer begins with.
pub const ANSWER_TYPE: &str = "causeway-answer/1";
/// How messages call it.
const NAME: &str = "answer";
/// No answer is longer.
const ANSWER_MAX: usize = 64 * 1024;
/// No note is longer.
const NOTE_MAX: usize = 1000;

/// What became of a notice, or of a package whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerOutcome {
    /// It was opened, and will be acted on.
    Received,
    /// It was acted on; what was to be deleted is deleted.
    Done,
    /// The partner has no such record, or no more.
    NotHeld,
}

/// What is certified of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// How many records.
    pub records: u64,
    /// The last day on which a backup may still hold it; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_backups_until: Option<Date>,
    /// Who answers for it at the partner: an office, not a person's data.
    pub certified_by: String,
}

/// The partner's answer; signed as the exact bytes of its JSON file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// [`ANSWER_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The notice; or the package, of which everything was deleted because its time was over.
    pub about: String,
    /// For what it was; left out for production.
    #[serde(default, skip_serializing_if = "is_production")]
    pub environment: Environment,
    /// The token, from the notice or the inner manifest: only who opened it knows it.
    pub token: String,
    /// What became of it.
    pub outcome: AnswerOutcome,
    /// When.
    pub answered_at: Timestamp,
    /// Of a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// A word to the sender; it must not hold personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn is_production(environment: &Environment) -> bool {
    *environment == Environment::Production
}

impl Answer {
    /// Writes and signs the answer: the bytes of the JSON file and of its detached signature file.
    ///
    /// # Errors
    /// The answer would not be accepted.
    pub fn sign(&self, key: &SigningKey) -> Result<(Vec<u8>, [u8; SIGNATURE_SIZE]), PackageError> {
        self.check()?;
        let json = to_json(self, NAME)?;
        let signature = key.sign(&json);
        Ok((json, signature))
    }

    fn check(&self) -> Result<(), PackageError> {
        let is_line = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
        let problem = if !is_hex(&self.token, 64) {
            "the token is not 64 lower-case hex digits"
        } else if self.certificate.is_some() && self.outcome != AnswerOutcome::Done {
            "it certifies a deletion, and its outcome is not `done`"
        } else if self
            .certificate
            .as_ref()
            .is_some_and(|of| !is_line(&of.certified_by, 200) || of.certified_by.is_empty())
        {
            "its certificate does not say in one line who certifies"
        } else if self.note.as_ref().is_some_and(|note| !is_line(note, NOTE_MAX)) {
            "the note is longer than 1000 characters or holds control characters"
        } else {
            return Ok(());
        };
        Err(PackageError::Answer { problem: problem.to_owned() })
    }
}

/// Verifies the detached signature over the answer's exact bytes, then reads it strictly.
///
/// # Errors
/// The signature does not fit, another version, or a malformed document.
pub fn verify_answer(json: &[u8], signature: &[u8], partner: &VerifyingKey) -> Result<Answer, PackageError> {
    if json.len() > ANSWER_MAX {
        return Err(PackageError::Answer { problem: format!("it is longer than {ANSWER_MAX} bytes") });
    }
    if !partner.verifies(json, signature) {
        let key = partner.key_id();
        let problem = format!("its signature does not fit partner key `{key}`: it was altered, or another key signed");
        return Err(PackageError::Answer { problem });
    }
    check_type(json, NAME, &[ANSWER_TYPE])?;
    let answer: Answer =
        serde_json::from_slice(json).map_err(|error| PackageError::Answer { problem: json_place(&error) })?;
    answer.check()?;
    Ok(answer)
}
