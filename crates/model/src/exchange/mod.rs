//! What does one configured flow ask for: whose records, which outputs, how shaped, how sent?

mod check;
mod deltas;
mod field;
mod online;
pub mod schedule;
mod transform;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ping::Ping;
use crate::population::Predicate;

pub use deltas::Deltas;
pub use field::{Field, FieldSource, Reduction};
pub use online::{Answering, Asked, LookUp, Online, Parameter, Shape, Told};
pub use schedule::Schedule;
pub use transform::{
    AgeBandRule, At, Calendar, CodeMapRule, CodesAre, FormatDateRule, Level, MaskRule, NumberRule, OtherwiseRule,
    PhonePlan, PhoneRule, RegexRule, SplitRule, SubstringRule, Transform,
};

/// The exchange document.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Identifier.
    pub exchange: String,
    /// Version, raised with every change.
    pub version: u32,
    /// Identifier of the arrangement that it stands under.
    pub arrangement: String,
    /// What it is for, for people.
    #[serde(default)]
    pub description: String,
    /// Entity of which each output record is one.
    pub root: String,
    /// Whom it covers, within the arrangement's population: it can only narrow. Paths start at the person.
    #[serde(default)]
    pub population: Option<Predicate>,
    /// What a withheld person means for the others of the household. Must stand where people are reached through a relation.
    #[serde(default)]
    pub on_withheld_member: Option<OnWithheldMember>,
    /// The outputs, in order.
    pub fields: Vec<Field>,
    /// How records are written.
    pub format: Format,
    /// How the package is made.
    #[serde(default)]
    pub package: Packaging,
    /// Where records go.
    pub deliver: Delivery,
    /// Largest share of records, in per cent, that may be quarantined before the transfer refuses.
    #[serde(default = "five")]
    pub quarantine_limit_percent: u8,
    /// Whether an officer, other than whoever asks, must approve each transfer.
    #[serde(default)]
    pub needs_approval: bool,
    /// Seconds that may lie between the moments at which the sources were held still; no limit unless said.
    #[serde(default)]
    pub snapshot_spread_s: Option<u32>,
    /// When it runs by itself; only when somebody asks unless said.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Sends what differs from what the partner confirmed; everything each time unless said.
    #[serde(default)]
    pub delta: Option<Deltas>,
    /// By what clients of PING's own API know it; they do not know it unless said.
    #[serde(default)]
    pub ping: Option<Ping>,
}

fn five() -> u8 {
    5
}

/// What a withheld person means for the others of the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnWithheldMember {
    /// The person is absent from lists and from every reduction.
    Omit,
    /// Nobody of the household is released.
    WithholdHousehold,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// File format.
    pub kind: FormatKind,
    /// Who reads it: `people` neutralises what a spreadsheet would run, `machine` never alters a value.
    pub audience: Audience,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormatKind {
    /// RFC 4180, UTF-8, header, LF. Flat records only.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

/// Who reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// People with a spreadsheet.
    People,
    /// A program.
    Machine,
}

/// How the package is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packaging {
    /// Compression before encryption.
    #[serde(default = "Packaging::zstd")]
    pub compression: Compression,
    /// Mebibytes of plain data after which a new part begins.
    #[serde(default = "Packaging::sixty_four")]
    pub part_mebibytes: u32,
}

impl Packaging {
    fn zstd() -> Compression {
        Compression::Zstd
    }

    fn sixty_four() -> u32 {
        64
    }
}

impl Default for Packaging {
    fn default() -> Self {
        Self { compression: Self::zstd(), part_mebibytes: Self::sixty_four() }
    }
}

/// Compression before encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Zstandard.
    Zstd,
    /// gzip.
    Gzip,
    /// None. Sizes are then not padded.
    None,
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Delivery {
    /// As packages, into a folder that the partner reads.
    Folder {
        /// Path of the folder, relative to the installation's configuration.
        path: String,
    },
    /// As packages that stay here until a program of the partner takes them over the partner API.
    Api,
    /// As bounded answers to whoever asks over the partner API.
    Online(Online),
}

impl Delivery {
    /// The folder that the partner reads, if there is one.
    pub fn folder(&self) -> Option<&str> {
        match self {
            Delivery::Folder { path } => Some(path),
            Delivery::Api | Delivery::Online(_) => None,
        }
    }

    /// How it is answered online, if it is.
    pub fn online(&self) -> Option<&Online> {
        match self {
            Delivery::Online(online) => Some(online),
            Delivery::Folder { .. } | Delivery::Api => None,
        }
    }

    /// Whether the partner's program takes its packages over the API.
    pub fn is_taken(&self) -> bool {
        *self == Delivery::Api
    }
}
