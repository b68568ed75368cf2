//! What can go wrong with a package, where, and what should the reader do about it?

use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// How a reader names an environment.
fn said(environment: Environment) -> String {
    format!("say `--environment {environment}`")
}

/// Everything that sealing, opening or proving a package can refuse with; no message holds a personal value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The file system refused.
    #[error("cannot {doing} `{}`: {source}; check that the path exists, its permissions and the free space", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The path concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A private key file that others could read.
    #[error("private key file `{}` is readable by others (mode {mode:03o}); run `chmod 600` on it, and replace the key if others had access", path.display())]
    KeyFileOpenToOthers {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key that cannot be read as what it should be.
    #[error("{origin} holds no usable key: {problem}")]
    KeyUnusable {
        /// The file, or what was parsed.
        origin: String,
        /// What was found and what is expected.
        problem: String,
    },
    /// A package for nobody.
    #[error("a package needs at least one recipient key; add the partner's key to the exchange")]
    NoRecipient,
    /// A key of one environment and a recipient of the other.
    #[error(
        "the signing key is for {key} and a recipient's key for {recipient}; seal what is for tests with keys for tests"
    )]
    MixedEnvironments {
        /// What the signing key is for.
        key: Environment,
        /// What the recipient's key is for.
        recipient: Environment,
    },
    /// A package of another environment than the reader named.
    #[error("the package is for {found}, and you read for {wanted}: {} if that is what you want, or else do not load it", said(*.found))]
    OtherEnvironment {
        /// What the package is for.
        found: Environment,
        /// What the reader reads for.
        wanted: Environment,
    },
    /// A key file of another environment than the one named.
    #[error("`{}` is a key for {found}, and it would be used for {wanted}: take the right key, or {}", path.display(), said(*.found))]
    KeyOfOtherEnvironment {
        /// The key file.
        path: PathBuf,
        /// What it says that it is for.
        found: Environment,
        /// What it would be used for.
        wanted: Environment,
    },
    /// An envelope that was refused.
    #[error(transparent)]
    Envelope(#[from] crate::inbound::EnvelopeFault),
    /// A writer that already failed.
    #[error("this package was already given up after an earlier error; start a new one")]
    GivenUp,
    /// No signed manifest in the folder.
    #[error("`{}` has no `{missing}`: it is not a package, or not completely delivered; wait for the delivery to end or ask the sender for it again", dir.display())]
    Unfinished {
        /// The folder.
        dir: PathBuf,
        /// The file that is absent.
        missing: &'static str,
    },
    /// A document of a version that this program does not know.
    #[error(
        "`{file}` is of type `{found}`, this program knows `{known}`; update it, or ask the sender for the older format"
    )]
    UnknownVersion {
        /// The document.
        file: String,
        /// The type that it names.
        found: String,
        /// The type that is understood.
        known: &'static str,
    },
    /// The manifest names another signing key than the one given.
    #[error(
        "the manifest names signing key `{claims}`, the sender key given is `{given}`; check which sender this package should come from"
    )]
    OtherSender {
        /// Key id in the manifest.
        claims: String,
        /// Key id of the key given.
        given: String,
    },
    /// The signature does not fit the manifest.
    #[error(
        "the signature does not fit `manifest.json`: the manifest or the signature was altered, or another key signed; do not open it, ask the sender for it again"
    )]
    SignatureInvalid,
    /// A signed document that does not hold what it should.
    #[error("`{file}` is malformed: {problem}; ask the sender for a new package")]
    Malformed {
        /// The document.
        file: String,
        /// What is wrong, without its values.
        problem: String,
    },
    /// A part named in the manifest is not there.
    #[error("part `{part}` is missing; fetch it again from the sender")]
    PartMissing {
        /// The part.
        part: String,
    },
    /// A part that is shorter or longer than signed.
    #[error("part `{part}` has {found} bytes, the manifest says {expected}: it is {}; fetch it again from the sender", if found < expected { "truncated" } else { "too long" })]
    PartSize {
        /// The part.
        part: String,
        /// Bytes in the manifest.
        expected: u64,
        /// Bytes on disk.
        found: u64,
    },
    /// A part whose bytes are not the signed ones.
    #[error("part `{part}` was altered: its SHA-256 is not the one in the manifest; fetch it again from the sender")]
    PartAltered {
        /// The part.
        part: String,
    },
    /// None of the identities given opens the part.
    #[error(
        "no key given opens part `{part}`; it is sealed to {sealed_to}, you gave {given}; use the identity file that belongs to the key you told the sender"
    )]
    WrongKey {
        /// The part.
        part: String,
        /// Recipient key ids in the manifest.
        sealed_to: String,
        /// Key ids of the identities given.
        given: String,
    },
    /// A part that does not decrypt or decompress to its end.
    #[error("part `{part}` cannot be unpacked: {source}; fetch it again, and tell the sender if that does not help")]
    PartUnreadable {
        /// The part.
        part: String,
        /// What the decoder said.
        source: io::Error,
    },
    /// A disclosure set that does not decrypt to its end, or is not one.
    #[error(
        "disclosure set `{set}` is damaged: {source}; bring it back from a backup: without it nobody can be answered"
    )]
    SetUnreadable {
        /// The set.
        set: String,
        /// What the decoder said.
        source: io::Error,
    },
    /// A state set that cannot be compared with.
    #[error("state set `{set}` cannot be read: {source}; the next transfer of its exchange is full")]
    StateSetUnreadable {
        /// The set.
        set: String,
        /// What the decoder said.
        source: io::Error,
    },
    /// A delta where the data whole were expected.
    #[error(
        "the package is number {sequence} and holds only what differs from number {base}: apply it to what you hold with `apply`"
    )]
    IsDelta {
        /// Its number.
        sequence: u64,
        /// The number of its base.
        base: u64,
    },
    /// A package that leads to no state where one was expected.
    #[error("the package belongs to no states: its exchange sends everything each time; open it with `open`")]
    NotAState,
    /// A package whose records this program cannot tell apart.
    #[error("states of this format cannot be rebuilt here; ask the sender for JSON Lines or CSV for programs")]
    NotRebuilt,
    /// A number that was applied already, or an older one.
    #[error(
        "the package is number {sequence}, and number {newest} was applied already: it is an older list, do not use it"
    )]
    Replayed {
        /// Its number.
        sequence: u64,
        /// The newest that was applied.
        newest: u64,
    },
    /// A delta that does not follow from what is held.
    #[error(
        "the package is a delta on number {base}, which is not held here as it was sent ({held}): nothing was applied; sign a receipt for it with `--outcome rejected`: the next package is full"
    )]
    OtherBase {
        /// The number of its base.
        base: u64,
        /// The numbers that are held.
        held: String,
    },
    /// States of something else in the folder.
    #[error("`{}` holds states of {what} `{held}`, and the package is of `{found}`: nothing was applied; {help}", dir.display())]
    OtherStates {
        /// The folder.
        dir: PathBuf,
        /// In what they differ.
        what: &'static str,
        /// That of the newest state that is held.
        held: String,
        /// That of the package.
        found: String,
        /// What to do.
        help: &'static str,
    },
    /// Another process applies a package to the same states.
    #[error("another process applies a package to `{}`: wait until it has ended", dir.display())]
    StatesBusy {
        /// The folder.
        dir: PathBuf,
    },
    /// A rebuilt state that is not the sender's.
    #[error(
        "what was rebuilt has {found} records and is not the state of {declared} records that the sender has: nothing was applied; a file of the base was altered: bring it back from a copy, or sign a receipt with `--outcome rejected`: the next package is full"
    )]
    StateDiffers {
        /// Records declared.
        declared: u64,
        /// Records rebuilt.
        found: u64,
    },
    /// A file of a held state that cannot be read.
    #[error("`{}` is no sound part of a held state: {problem}; or else bring it back from a copy, or sign a receipt with `--outcome rejected` and apply the next package, which is full, to an empty folder", path.display())]
    StateUnreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong, without its values.
        problem: String,
    },
    /// A thread that asked some of the sets ended before it answered.
    #[error("not every disclosure set was asked; ask again")]
    Interrupted,
    /// A disclosure set that holds another number of people than its package: it is another transfer's.
    #[error(
        "disclosure set `{set}` holds {found} people and its package {wanted}; bring the right one back from a backup"
    )]
    SetOfOther {
        /// The set.
        set: String,
        /// How many are in it.
        found: u64,
        /// How many were counted when the package was sealed.
        wanted: u64,
    },
    /// The inner manifest is not the signed one.
    #[error(
        "the inner manifest in part `{part}` is not the one that was signed; do not use this package, tell the sender"
    )]
    InnerAltered {
        /// The part.
        part: String,
    },
    /// The inner manifest belongs to another package.
    #[error(
        "the inner manifest in part `{part}` belongs to package `{found}`, not to `{expected}`: parts of two packages were mixed; tell the sender"
    )]
    InnerOfOther {
        /// The part.
        part: String,
        /// The package that the inner manifest names.
        found: String,
        /// The package of the outer manifest.
        expected: String,
    },
    /// A part unpacks to other bytes than signed.
    #[error("part `{part}` unpacks to other data than was signed; do not use this package, tell the sender")]
    PlaintextAltered {
        /// The part.
        part: String,
    },
    /// A part that unpacks to more than it declares.
    #[error(
        "part `{part}` unpacks to more than the {declared} bytes that it declares; do not use this package, tell the sender"
    )]
    Expands {
        /// The part.
        part: String,
        /// Bytes declared by the inner manifest.
        declared: u64,
    },
    /// A package larger than the reader allows.
    #[error(
        "the package unpacks to {declared} bytes, more than the {allowed} allowed here; raise the limit if the size is expected"
    )]
    TooLarge {
        /// Bytes declared.
        declared: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// Counts that do not add up.
    #[error(
        "{place} holds {found} records, the inner manifest says {declared}; do not use this package, tell the sender"
    )]
    CountMismatch {
        /// A part, or the package.
        place: String,
        /// Records declared.
        declared: u64,
        /// Records found.
        found: u64,
    },
    /// A file is already where the result should go.
    #[error("`{}` already exists and is not overwritten; choose an empty folder or move the file away", path.display())]
    OutputExists {
        /// The path.
        path: PathBuf,
    },
    /// An answer to a notice, or a certificate, that cannot be accepted.
    #[error("the answer cannot be accepted: {problem}; ask the partner to sign it again")]
    Answer {
        /// What is wrong.
        problem: String,
    },
    /// A receipt that cannot be accepted.
    #[error(transparent)]
    Receipt(#[from] crate::receipt::ReceiptError),
}

impl PackageError {
    /// Whether the bytes received failed verification (exit code 3), rather than the caller's input or machine (exit code 2).
    #[must_use]
    pub fn is_verification(&self) -> bool {
        match self {
            Self::OtherEnvironment { .. }
            | Self::UnknownVersion { .. }
            | Self::OtherSender { .. }
            | Self::SignatureInvalid
            | Self::Malformed { .. }
            | Self::PartMissing { .. }
            | Self::PartSize { .. }
            | Self::PartAltered { .. }
            | Self::PartUnreadable { .. }
            | Self::SetUnreadable { .. }
            | Self::SetOfOther { .. }
            | Self::InnerAltered { .. }
            | Self::InnerOfOther { .. }
            | Self::PlaintextAltered { .. }
            | Self::Expands { .. }
            | Self::CountMismatch { .. }
            | Self::Replayed { .. }
            | Self::OtherBase { .. }
            | Self::StateDiffers { .. }
            | Self::StateSetUnreadable { .. }
            | Self::Unfinished { .. }
            | Self::Answer { .. }
            | Self::Envelope(_)
            | Self::Receipt(_) => true,
            Self::Io { .. }
            | Self::KeyFileOpenToOthers { .. }
            | Self::KeyUnusable { .. }
            | Self::NoRecipient
            | Self::MixedEnvironments { .. }
            | Self::KeyOfOtherEnvironment { .. }
            | Self::GivenUp
            | Self::IsDelta { .. }
            | Self::NotAState
            | Self::NotRebuilt
            | Self::OtherStates { .. }
            | Self::StatesBusy { .. }
            | Self::StateUnreadable { .. }
            | Self::Interrupted
            | Self::WrongKey { .. }
            | Self::TooLarge { .. }
            | Self::OutputExists { .. } => false,
        }
    }

    /// Turns an I/O error into ours, keeping what was done and where.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    /// A document that cannot be understood; `problem` must not quote its values.
    pub(crate) fn malformed(file: &str, problem: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_owned(), problem: problem.into() }
    }
}

/// Where in a JSON document reading stopped, without the value that stopped it.
pub(crate) fn json_place(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Eof => "ends too early",
        serde_json::error::Category::Data => "a member is missing, unknown or of the wrong type",
        serde_json::error::Category::Io => "unreadable",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}
