//! How do records come in: written, carried, sealed and signed how, and how many at once?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// File format.
    pub kind: FormatKind,
}

/// A file format in which records come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormatKind {
    /// RFC 4180, UTF-8, with a header. Flat records only; an empty cell is absent.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// A way by which files come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Collect {
    /// Sent by the partner's program to the partner API.
    Api,
    /// Brought by a person.
    Upload,
    /// Laid into a folder that the worker looks into.
    Folder {
        /// Path of the folder, relative to the installation's configuration.
        path: String,
    },
}

/// How it is sealed when it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sealing {
    /// The partner seals it to the operation, in an envelope.
    #[default]
    Envelope,
    /// It is sealed as it is received: for what the API is sent over an authenticated connection.
    OnReceipt,
}

/// How the partner signs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// By the partner's registered signing key, in an envelope.
    #[default]
    PartnerKey,
    /// By the token with which the partner's program asks.
    Token,
}

/// How much may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most mebibytes of a file, as it comes.
    #[serde(default = "Limits::two_fifty_six")]
    pub file_mebibytes: u32,
    /// Most mebibytes of its records in plain text.
    #[serde(default = "Limits::thousand")]
    pub plain_mebibytes: u32,
    /// Most records of a file.
    #[serde(default = "Limits::million")]
    pub records: u32,
}

impl Limits {
    fn two_fifty_six() -> u32 {
        256
    }

    fn thousand() -> u32 {
        1024
    }

    fn million() -> u32 {
        1_000_000
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_mebibytes: Self::two_fifty_six(), plain_mebibytes: Self::thousand(), records: Self::million() }
    }
}
