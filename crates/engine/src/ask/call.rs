//! What can a partner's program call for? A line a call; what each answers stands in `answer`.

use std::collections::BTreeMap;

use causeway_model::request::Place;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Behind which entry it begins, as the page before said.
    pub after: Option<String>,
    /// How many entries at the most.
    pub limit: u32,
}

/// What a transfer is asked for with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TransferAsked {
    /// The distribution or reporting cycle that it serves: `2026-05`, `round-3`.
    pub cycle: Option<String>,
    /// Where: only people there. It can only narrow.
    pub place: Option<Place>,
    /// The day as of which the people are wanted.
    #[schemars(with = "Option<String>")]
    pub cut_off: Option<Date>,
    /// A note for whoever approves it. Never a person's data.
    pub note: Option<String>,
    /// Says that fewer records than last time, or none, are right.
    pub expect_fewer: bool,
}

/// How a package of invented people is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxAsked {
    /// How many records; as many as the sandbox says unless said.
    pub records: Option<u32>,
    /// Another seed invents other people.
    pub seed: Option<u64>,
}

/// What the partner signed with its signing key: a receipt, an answer, a certificate, a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedDocument {
    /// The document, letter for letter as it was signed.
    pub document: String,
    /// The detached Ed25519 signature over its bytes, base64.
    pub signature: String,
}

/// Which event is to be sent once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayAsked {
    /// Its id.
    pub event: String,
}

/// The partner's next keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysAsked {
    /// To whom packages are sealed next: `age1…`.
    #[serde(default)]
    pub recipient: Option<String>,
    /// What receipts are signed with next: an Ed25519 public key, PEM.
    #[serde(default)]
    pub signing_key: Option<String>,
    /// The last day of the keys before them.
    #[schemars(with = "String")]
    pub old_until: Date,
}

/// Values that somebody is asked for by. They are personal: it cannot be printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Given(pub BTreeMap<String, Value>);

/// Values by parameter. They are personal: it cannot be printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GivenLists(pub BTreeMap<String, Vec<Value>>);

impl GivenLists {
    /// Whether nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({} hidden)", self.0.len())
    }
}

impl std::fmt::Debug for GivenLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GivenLists({} hidden)", self.0.len())
    }
}

/// Which records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RowsAsked {
    /// Values by parameter of the exchange; everybody of the exchange where nothing is given.
    pub parameters: GivenLists,
    /// Goes on behind a page, as that page said; without parameters.
    pub cursor: Option<String>,
}

/// Who is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUpAsked {
    /// Every element of one of the exchange's sets, with what it must be.
    pub by: Given,
}

/// Ids that a client of PING's own API names. Where it names one more than once, each is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PingMeant {
    /// The exchange's.
    pub process: String,
    /// The arrangement's.
    pub interop: Vec<String>,
    /// The partner's, in the address and in the body.
    pub partner: Vec<String>,
}

/// What a client of PING's own API asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PingCall {
    /// Records, page by page.
    Fetch {
        /// Values by parameter.
        parameters: GivenLists,
        /// What the page before said.
        cursor: Option<String>,
        /// The number of the page, where the client counts, from 1.
        page: Option<u64>,
    },
    /// Records are sent.
    Ingest {
        /// Whether the client waits for what becomes of them.
        wait: bool,
    },
    /// What became of a call.
    Status {
        /// The hexadecimal digits of its id.
        transaction: String,
    },
}

/// Records of an exchange that collects by `api`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordsAsked {
    /// The records, each with the members that the exchange's `record` names.
    #[schemars(length(min = 1))]
    pub records: Vec<BTreeMap<String, Value>>,
}

/// No body behind a call is longer.
pub const LONGEST_BODY: usize = 8 << 20;

macro_rules! calls {
    ($($(#[doc = $doc:literal])+ $name:ident $({ $($field:ident: $type:ty),+ })? = $wakes:literal;)*) => {
        /// A call, as far as `serve` has read it.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "call", rename_all = "kebab-case", deny_unknown_fields)]
        #[expect(missing_docs, reason = "the fields are what the path and the body of the call name")]
        pub enum Call { $($(#[doc = $doc])+ $name $({ $($field: $type),+ })?,)* }

        impl Call {
            /// Whether a worker may have something to do afterwards.
            pub(super) fn wakes(&self) -> bool {
                match self { $(Self::$name { .. } => $wakes,)* }
            }

            /// Whether a body comes behind it: records, or a piece of a file.
            pub(super) fn brings(&self) -> bool {
                matches!(self, Self::SubmitRecords { .. } | Self::BeginUpload { .. } | Self::AppendUpload { .. })
            }
        }
    };
}

calls! {
    /// Who calls, and for whom?
    Me = false;
    /// What is agreed with the partner.
    Arrangements { page: Page } = false;
    /// One arrangement.
    Arrangement { name: String } = false;
    /// Which exchanges are configured for the partner.
    Exchanges { page: Page } = false;
    /// One exchange.
    Exchange { name: String } = false;
    /// What its records are made of.
    Schema { name: String } = false;
    /// An invented record of it.
    Sample { name: String } = false;
    /// A package of invented people.
    RunSandbox { name: String, asked: SandboxAsked } = false;
    /// A transfer is asked for.
    RequestTransfer { exchange: String, key: String, asked: TransferAsked } = true;
    /// Records, page by page.
    Rows { exchange: String, asked: RowsAsked } = false;
    /// One person.
    LookUp { exchange: String, asked: LookUpAsked } = false;
    /// Where transfers stand.
    Transfers { exchange: Option<String>, page: Page } = false;
    /// Where one stands.
    Transfer { id: String } = false;
    /// A request is taken back.
    WithdrawTransfer { id: String } = true;
    /// Records come in.
    SubmitRecords { exchange: String, key: String } = true;
    /// What came in, and how far it has come.
    Intakes { exchange: Option<String>, page: Page } = false;
    /// One of these.
    Intake { id: String } = false;
    /// One is taken back.
    CancelIntake { id: String } = true;
    /// What became of its records.
    Outcomes { id: String, page: Page } = false;
    /// The signed word on what was applied of one.
    Acknowledgement { id: String } = false;
    /// A file begins to come in pieces.
    BeginUpload { exchange: String, size: Option<u64>, is_last: bool } = true;
    /// How much of it is here.
    Upload { id: String } = false;
    /// Its next piece.
    AppendUpload { id: String, from: u64, is_last: bool } = true;
    /// It is given up.
    EndUpload { id: String } = false;
    /// A package's manifest.
    Manifest { package: String } = false;
    /// A part of a package, to be read and sent by whoever asks.
    TakePart { package: String, part: String } = false;
    /// Bytes of that part are about to be sent.
    BeginPart { package: String, part: String, first_byte: u64, bytes: u64 } = false;
    /// A receipt for a package.
    Receipt { package: String, signed: SignedDocument } = true;
    /// What the partner was told of people's decisions.
    Notices { page: Page } = false;
    /// One of these.
    Notice { id: String } = false;
    /// One of these, sealed, as long as it is not answered.
    TakeNotice { id: String } = false;
    /// The answer to one.
    AnswerNotice { id: String, signed: SignedDocument } = false;
    /// A certificate of deletion.
    Certify { signed: SignedDocument } = false;
    /// What the partner was told by mail and webhook.
    Events { page: Page } = false;
    /// One of these once more.
    ReplayEvent { id: String } = true;
    /// The partner's keys.
    Keys = false;
    /// The partner's next keys.
    RotateKey { asked: KeysAsked } = false;
    /// The program's keys.
    ClientKeys = false;
    /// The program's next keys.
    RotateClientKey { signed: SignedDocument } = false;
}
