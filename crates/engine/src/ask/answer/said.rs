//! In which words are partners' programs answered? These types are the schemas of the API's description too.

use causeway_model::intake::Counts;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A part of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct List<T> {
    /// Its entries.
    pub items: Vec<T>,
    /// What the next part is asked for with (`after`); absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who calls, and for whom.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Me {
    /// The program that calls.
    pub client: String,
    /// The partner for which it calls.
    pub partner: String,
    /// As whom it acts: `partner-operator` or `partner-administrator`.
    pub acts_as: String,
    /// What its token is for.
    pub scopes: Vec<String>,
    /// When its token ends.
    pub token_ends_at: String,
    /// The operation that answers.
    pub operation: String,
    /// `production`, or `test`, where nobody is real.
    pub environment: String,
}

/// An arrangement in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ArrangementListed {
    /// Its name.
    pub arrangement: String,
    /// The version to go by: the newest that ever was in force, or else the newest.
    pub version: u32,
    /// The state of that version.
    pub state: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// An arrangement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ArrangementShown {
    /// What the list says.
    #[serde(flatten)]
    pub listed: ArrangementListed,
    /// The text that is signed, letter for letter.
    pub text: String,
}

/// An exchange.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExchangeShown {
    /// Its name.
    pub exchange: String,
    /// Its version.
    pub version: u32,
    /// The arrangement under which it stands.
    pub arrangement: String,
    /// What it is for.
    pub description: String,
    /// `provide`: records leave by it; `accept`: they come in.
    pub direction: String,
    /// How records are written: `csv`, `json-lines`, `parquet`.
    pub format: String,
    /// Whether an officer must approve each transfer.
    pub needs_approval: bool,
    /// Whether it sends what differs from what was confirmed.
    pub sends_deltas: bool,
}

/// What the records of an exchange are made of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SchemaShown {
    /// The exchange.
    pub exchange: String,
    /// Its version.
    pub version: u32,
    /// Its outputs, in order; none of an exchange that accepts.
    pub outputs: Vec<Output>,
    /// What a record has that comes in, in order; absent of an exchange that provides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldShown>>,
}

/// A field of a record that comes in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldShown {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The type of its values; absent of nested records.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub value_type: Option<String>,
    /// The agreed data element that it brings in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// Whether a record without it is quarantined.
    pub required: bool,
    /// Its longest value, in characters.
    pub max_length: u32,
    /// What stands for what: the codes that are taken; absent where it is no code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// What nested records have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldShown>,
}

/// An output of an exchange.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The agreed data elements that it is made of.
    pub made_of: Vec<MadeOf>,
}

/// A data element in the form in which it is shared.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MadeOf {
    /// The element.
    pub element: String,
    /// The form.
    pub form: String,
}

/// A record of nobody.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SampleShown {
    /// The exchange.
    pub exchange: String,
    /// Always true: nobody in it exists.
    pub invented: bool,
    /// Output and value, as text; absent where nobody who was invented is inside the population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
}

/// A package of invented people.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SandboxRan {
    /// The sandbox.
    pub sandbox: String,
    /// The run's number.
    pub sequence: u64,
    /// The name of its folder, where packages of sandboxes are taken.
    pub package: String,
    /// How many records are in it.
    pub records: u64,
}

/// Where a transfer stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TransferShown {
    /// Its id.
    pub transfer: String,
    /// The exchange.
    pub exchange: String,
    /// Its state.
    pub state: String,
    /// Whether an officer must approve it first.
    pub awaits_approval: bool,
    /// Whether its package lies ready here, until this partner's program has taken it whole.
    pub awaits_partner: bool,
    /// When it was asked for.
    pub requested_at: String,
    /// When it last moved.
    pub updated_at: String,
    /// Its number in the exchange, once it is delivered or ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Its package, once it is delivered or ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// Where something that came in stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IntakeShown {
    /// Its id.
    pub intake: String,
    /// The exchange.
    pub exchange: String,
    /// Its state.
    pub state: String,
    /// By which way it came: `api`, `upload`, `folder`.
    pub way: String,
    /// The partner's number of it, where it came in an envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// When it came.
    pub received_at: String,
    /// When it last moved.
    pub updated_at: String,
    /// How many of its records fared how, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Why nothing of it is applied, where it was rejected.
    pub reasons: Vec<ReasonShown>,
}

/// A reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReasonShown {
    /// A stable word for it.
    pub code: String,
    /// What it is about.
    pub detail: String,
    /// What to do.
    pub help: String,
}

/// The signed word on what was applied of something that came in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcknowledgementShown {
    /// The intake.
    pub intake: String,
    /// Counts and digests, letter for letter as it was signed.
    pub document: String,
    /// The operation's detached Ed25519 signature over its bytes, base64.
    pub signature: String,
}

/// What became of records that came in, a page of them.
#[derive(Serialize, JsonSchema)]
pub struct OutcomesTold {
    /// The intake.
    pub intake: String,
    /// Its state: while it is `awaiting-review`, records that wait may yet come out otherwise.
    pub state: String,
    /// Records, in the order in which they came. Of what was rejected, only those that are wrong.
    pub items: Vec<OutcomeTold>,
    /// What the next part is asked for with (`after`); absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What became of a record.
#[derive(Serialize, JsonSchema)]
pub struct OutcomeTold {
    /// Its number in what came, from 1.
    pub record: u64,
    /// The partner's id of it, where one could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `inserted`, `updated`, `duplicate`, `superseded`, `quarantined`, `waiting`, `left-out`, `conflict`.
    pub outcome: String,
    /// What the exchange tells of the row that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// What was wrong, by field.
    pub errors: Vec<FieldWrong>,
}

/// What was wrong with a field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldWrong {
    /// The field, or the rule.
    pub field: String,
    /// A stable word for it.
    pub code: String,
    /// The same in words.
    pub message: String,
}

/// A file that comes in pieces.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UploadShown {
    /// Its id.
    pub upload: String,
    /// How many bytes are here.
    pub received: u64,
}

/// A package's manifest, as the sender signed it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ManifestShown {
    /// The package.
    pub package: String,
    /// `manifest.json`, letter for letter.
    pub document: String,
    /// Its detached signature, base64.
    pub signature: String,
}

/// What became of something that the partner signed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Taken {
    /// What it was about.
    pub about: String,
    /// What it says, in a word.
    pub outcome: String,
    /// In what it disagrees with what was sent; then the transfer is disputed.
    pub disagreements: Vec<String>,
    /// Whether the same was there already.
    pub again: bool,
}

/// What the partner was told of somebody's decision: whom it is about stands in the sealed notice alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NoticeShown {
    /// Its id.
    pub notice: String,
    /// The exchange by which the partner got the person.
    pub exchange: String,
    /// Whether a certificate of deletion is asked for.
    pub wants_certificate: bool,
    /// The day by which the partner acts.
    pub act_by: String,
    /// When it was where the partner takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<String>,
    /// How far it came: `ready` (take it by `notices/ID/package`), `sent`, `received`, `done`, `not-held`.
    pub state: String,
}

/// A notice as it is sealed to the partner: three files of one folder.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NoticeTaken {
    /// Its id, the name of the folder.
    pub notice: String,
    /// `manifest.json`, letter for letter as it was signed; it names the part.
    pub document: String,
    /// `manifest.sig`: the operation's signature over it, base64.
    pub signature: String,
    /// The part, base64.
    pub part: String,
}

/// What the partner was told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventShown {
    /// Its id, by which a repetition is told.
    pub event: String,
    /// Of what.
    pub kind: String,
    /// About which thing.
    pub subject: String,
    /// What else is to be found under which id.
    pub ids: std::collections::BTreeMap<String, String>,
    /// When it was posted.
    pub posted_at: String,
}

/// An event is sent once more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Replayed {
    /// The event.
    pub event: String,
    /// Whether it waits to be sent anyway, so that nothing changed.
    pub again: bool,
}

/// A key of the partner.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyShown {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is for: `recipient` or `signing`.
    pub purpose: String,
    /// Whether its possession was proven.
    pub proven: bool,
    /// Whether its fingerprint was confirmed by another way.
    pub confirmed: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Its last day, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Keys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Keys<T> {
    /// The keys.
    pub keys: Vec<T>,
}

/// A key or certificate of the program.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClientKeyShown {
    /// Its thumbprint (RFC 7638); of a certificate SHA-256.
    pub thumbprint: String,
    /// `sig`, `enc` or `certificate`.
    pub usage: String,
    /// Whether it counts now.
    pub counts: bool,
    /// Until when, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// The program's next keys were taken in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClientKeysTaken {
    /// The program.
    pub client: String,
    /// Thumbprints of its keys from now on.
    pub keys: Vec<String>,
    /// Whether the same were there already.
    pub again: bool,
}

/// The partner's next keys were taken in; they count once they are proven and confirmed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeysTaken {
    /// Their fingerprints.
    pub fingerprints: Vec<String>,
}

/// Records that are told, a page of them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RowsTold {
    /// The answer, as the ledger of the operation names it.
    pub answer: String,
    /// How many records the answer has, all pages together.
    pub records: u64,
    /// How many rows this page has.
    pub rows: u64,
    /// What the next page is asked for with (`cursor`); null behind the last.
    pub next: Option<String>,
    /// The rows: objects, as the exchange's schema says.
    pub data: Vec<serde_json::Map<String, Value>>,
}

/// Whether one person is known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LookedUp {
    /// Whether exactly one person is known who is asked for so and may be told about.
    pub found: bool,
    /// What is told of that person, where the exchange tells more than that there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
}
