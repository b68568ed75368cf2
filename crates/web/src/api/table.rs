//! Every route of the API, with whom it takes and what it asks for: the router, the description and the tests are made from this table.

use causeway_engine::ask::{
    Call, KeysAsked, LookUpAsked, RecordsAsked, ReplayAsked, RowsAsked, SandboxAsked, SignedDocument, TransferAsked,
    said,
};
use causeway_model::permission::Action;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::taken::{Make, PAGE};

/// What every path begins with.
pub const BASE: &str = "/api/v1";

/// What a token must be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `account`.
    Account,
    /// `exchange:NAME` of the exchange in the path.
    Exchange,
    /// That of the thing in the path, which `work` looks up.
    OfThing,
    /// Anything: it is about the token itself, or shows only what the token is for.
    Any,
}

/// A route.
#[derive(Clone, Copy)]
pub struct Route {
    /// `GET`, `POST`, `PATCH`, `HEAD`, `DELETE`.
    pub method: &'static str,
    /// Behind [`BASE`].
    pub path: &'static str,
    /// What the token must be for.
    pub scope: Scope,
    /// What is asked of the table of permissions; none where it shows what the token itself tells.
    pub action: Option<Action>,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Parameters that may stand in the address.
    pub query: &'static [&'static str],
    /// The schema of its body, where it has one.
    pub takes: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The kind of a body that `work` reads itself: `serve` passes it on.
    pub passes_on: Option<&'static str>,
    /// The status of an answer as it should be.
    pub status: u16,
    /// The schema of that answer.
    pub gives: fn(&mut SchemaGenerator) -> Schema,
    pub(super) make: Make,
}

fn schema<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Schema {
    schemas.subschema_for::<T>()
}

/// Bytes, as they are.
fn bytes(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "binary" })
}

/// A route that shows something; the rest is said behind it.
const fn get<T: JsonSchema>(
    path: &'static str,
    scope: Scope,
    action: Action,
    summary: &'static str,
    make: Make,
) -> Route {
    let action = Some(action);
    Route {
        method: "GET",
        path,
        scope,
        action,
        summary,
        query: &[],
        takes: None,
        passes_on: None,
        status: 200,
        gives: schema::<T>,
        make,
    }
}

/// A route that shows a part of a list.
const fn list<T: JsonSchema>(
    path: &'static str,
    scope: Scope,
    action: Action,
    summary: &'static str,
    make: Make,
) -> Route {
    Route { query: PAGE, ..get::<said::List<T>>(path, scope, action, summary, make) }
}

/// A route that takes a body and does something.
const fn post<B: JsonSchema, T: JsonSchema>(
    path: &'static str,
    scope: Scope,
    action: Action,
    summary: &'static str,
    make: Make,
) -> Route {
    Route { method: "POST", takes: Some(schema::<B>), ..get::<T>(path, scope, action, summary, make) }
}

impl Route {
    /// Whether it gives bytes as they are.
    #[must_use]
    pub fn gives_bytes(&self) -> bool {
        self.action == Some(TakePackage)
    }

    /// Whether what it gives may be sealed to the program's key.
    #[must_use]
    pub fn may_be_sealed(&self) -> bool {
        matches!(self.action, Some(FetchRows | AskPerson)) || self.path.ends_with("/outcomes")
    }

    /// Whether what it gives may still be on its way, so that somebody comes again.
    #[must_use]
    pub fn may_be_on_its_way(&self) -> bool {
        self.method == "GET" && matches!(self.path, "/transfers/{transfer}" | "/intakes/{intake}")
    }

    /// Whether it is about a file that comes in pieces.
    #[must_use]
    pub fn is_of_uploads(&self) -> bool {
        self.path.contains("/uploads")
    }

    /// Whether a repetition is told by a header.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.action == Some(RequestTransfer) || self.path == "/exchanges/{exchange}/intakes"
    }

    const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn passing_on(self, kind: &'static str) -> Self {
        Self { passes_on: Some(kind), ..self }
    }

    const fn asking(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
}

use Action::{
    AcceptAnswer, AcceptReceipt, AskPerson, CancelIntake, FetchRows, RequestTransfer, RotateClientKey, RotateKey,
    RunSandbox, ShowAlerts, ShowArrangement, ShowIntakes, ShowPartner, ShowTransfers, SubmitRecords, TakePackage,
    WithdrawRequest,
};
use Scope::{Account, Any, Exchange, OfThing};

/// Every route there is.
#[rustfmt::skip]
pub const TABLE: &[Route] = &[
    Route {
        action: None,
        ..get::<said::Me>("/me", Any, ShowPartner, "Says who calls, for which partner, and what the token is for.", |_| Ok(Call::Me))
    },
    list::<said::ArrangementListed>("/arrangements", Any, ShowArrangement, "Lists what is agreed.",
        |taken| Ok(Call::Arrangements { page: taken.page()? })),
    get::<said::ArrangementShown>("/arrangements/{arrangement}", OfThing, ShowArrangement, "Shows an arrangement as it is signed.",
        |taken| Ok(Call::Arrangement { name: taken.named("arrangement")? })),
    list::<said::ExchangeShown>("/exchanges", Any, ShowArrangement, "Lists the exchanges that the token is for.",
        |taken| Ok(Call::Exchanges { page: taken.page()? })),
    get::<said::ExchangeShown>("/exchanges/{exchange}", Exchange, ShowArrangement, "Shows an exchange.",
        |taken| Ok(Call::Exchange { name: taken.named("exchange")? })),
    get::<said::SchemaShown>("/exchanges/{exchange}/schema", Exchange, ShowArrangement, "Says what its records are made of.",
        |taken| Ok(Call::Schema { name: taken.named("exchange")? })),
    get::<said::SampleShown>("/exchanges/{exchange}/sample", Exchange, ShowArrangement, "Shows a record of nobody.",
        |taken| Ok(Call::Sample { name: taken.named("exchange")? })),
    post::<SandboxAsked, said::SandboxRan>("/exchanges/{exchange}/sandbox-runs", Exchange, RunSandbox, "Makes a package of invented people.",
        |taken| Ok(Call::RunSandbox { name: taken.named("exchange")?, asked: taken.body()? })).answering(201),
    post::<TransferAsked, said::TransferShown>("/exchanges/{exchange}/transfers", Exchange, RequestTransfer, "Asks for a transfer; the header `Idempotency-Key` tells a repetition.",
        |taken| Ok(Call::RequestTransfer { exchange: taken.named("exchange")?, key: taken.key()?, asked: taken.body()? })).answering(202),
    post::<RowsAsked, said::RowsTold>("/exchanges/{exchange}/rows", Exchange, FetchRows, "Tells records by page: as JSON, or as a JWE (`application/jose`) that holds it.",
        |taken| Ok(Call::Rows { exchange: taken.named("exchange")?, asked: taken.body()? })),
    post::<LookUpAsked, said::LookedUp>("/exchanges/{exchange}/look-ups", Exchange, AskPerson, "Says whether one person is known, and of whom that is: as JSON, or as a JWE that holds it.",
        |taken| Ok(Call::LookUp { exchange: taken.named("exchange")?, asked: taken.body()? })),
    list::<said::TransferShown>("/transfers", Any, ShowTransfers, "Lists transfers that the token is for, the newest first.",
        |taken| Ok(Call::Transfers { exchange: taken.said("exchange"), page: taken.page()? })).asking(&["after", "limit", "exchange"]),
    get::<said::TransferShown>("/transfers/{transfer}", OfThing, ShowTransfers, "Says where a transfer stands: 202 while it is on its way.",
        |taken| Ok(Call::Transfer { id: taken.named("transfer")? })),
    Route { method: "DELETE", ..get::<said::TransferShown>("/transfers/{transfer}", OfThing, WithdrawRequest, "Takes a request back that waits for an officer.",
        |taken| Ok(Call::WithdrawTransfer { id: taken.named("transfer")? })) },
    post::<RecordsAsked, said::IntakeShown>("/exchanges/{exchange}/intakes", Exchange, SubmitRecords, "Takes in records, of an exchange that collects by `api`; the header `Idempotency-Key` tells a repetition.",
        |taken| Ok(Call::SubmitRecords { exchange: taken.named("exchange")?, key: taken.key()? })).answering(202).passing_on("application/json"),
    list::<said::IntakeShown>("/intakes", Any, ShowIntakes, "Lists what came in for exchanges that the token is for, the newest first.",
        |taken| Ok(Call::Intakes { exchange: taken.said("exchange"), page: taken.page()? })).asking(&["after", "limit", "exchange"]),
    get::<said::IntakeShown>("/intakes/{intake}", OfThing, ShowIntakes, "Says where something that came in stands: 202 while it is on its way.",
        |taken| Ok(Call::Intake { id: taken.named("intake")? })),
    Route { method: "DELETE", ..get::<said::IntakeShown>("/intakes/{intake}", OfThing, CancelIntake, "Takes something back before anything of it is applied.",
        |taken| Ok(Call::CancelIntake { id: taken.named("intake")? })) },
    get::<said::AcknowledgementShown>("/intakes/{intake}/acknowledgement", OfThing, ShowIntakes, "Gives the signed word on what was applied: counts and digests.",
        |taken| Ok(Call::Acknowledgement { id: taken.named("intake")? })),
    get::<said::OutcomesTold>("/intakes/{intake}/outcomes", OfThing, ShowIntakes, "Tells what became of each record: as JSON, or as a JWE (`application/jose`) that holds it.",
        |taken| Ok(Call::Outcomes { id: taken.named("intake")?, page: taken.page()? })).asking(PAGE),
    Route { takes: Some(bytes), ..post::<RecordsAsked, said::UploadShown>("/exchanges/{exchange}/uploads", Exchange, SubmitRecords, "Begins a file that comes in pieces, with its first: `Upload-Complete`, and `Upload-Length` where it is known.",
        |taken| Ok(Call::BeginUpload { exchange: taken.named("exchange")?, size: taken.length()?, is_last: taken.is_last()? })).answering(201).passing_on("application/octet-stream") },
    Route { method: "HEAD", ..get::<said::UploadShown>("/uploads/{upload}", OfThing, SubmitRecords, "Says how much of a file is here: `Upload-Offset`, `Upload-Complete`.",
        |taken| Ok(Call::Upload { id: taken.named("upload")? })).answering(204) },
    Route { method: "PATCH", takes: Some(bytes), ..get::<said::IntakeShown>("/uploads/{upload}", OfThing, SubmitRecords, "Takes the piece behind `Upload-Offset`; with `Upload-Complete: ?1` the file is taken in.",
        |taken| Ok(Call::AppendUpload { id: taken.named("upload")?, from: taken.offset()?, is_last: taken.is_last()? })).answering(202).passing_on("application/octet-stream") },
    Route { method: "DELETE", ..get::<said::UploadShown>("/uploads/{upload}", OfThing, SubmitRecords, "Gives a file up that comes in pieces: its bytes go.",
        |taken| Ok(Call::EndUpload { id: taken.named("upload")? })).answering(204) },
    get::<said::ManifestShown>("/packages/{package}/manifest", OfThing, ShowTransfers, "Shows the signed manifest of a package that has arrived or lies ready.",
        |taken| Ok(Call::Manifest { package: taken.named("package")? })),
    Route { gives: bytes, ..get::<said::Taken>("/packages/{package}/parts/{part}", OfThing, TakePackage, "Gives a part of a package that has arrived or lies ready: `Range` goes on where it was cut, `Repr-Digest` is that of the manifest.",
        |taken| Ok(Call::TakePart { package: taken.named("package")?, part: taken.named("part")? })) },
    post::<SignedDocument, said::Taken>("/packages/{package}/receipt", OfThing, AcceptReceipt, "Takes the receipt for a package.",
        |taken| Ok(Call::Receipt { package: taken.named("package")?, signed: taken.body()? })),
    list::<said::NoticeShown>("/notices", Any, AcceptAnswer, "Lists what the partner was told of people's decisions.",
        |taken| Ok(Call::Notices { page: taken.page()? })),
    get::<said::NoticeShown>("/notices/{notice}", OfThing, AcceptAnswer, "Shows a notice; whom it is about stands in the sealed package alone.",
        |taken| Ok(Call::Notice { id: taken.named("notice")? })),
    get::<said::NoticeTaken>("/notices/{notice}/package", OfThing, AcceptAnswer, "Gives a notice that lies ready, sealed to the partner: of exchanges that have no folder.",
        |taken| Ok(Call::TakeNotice { id: taken.named("notice")? })),
    post::<SignedDocument, said::Taken>("/notices/{notice}/answer", OfThing, AcceptAnswer, "Takes the answer to a notice.",
        |taken| Ok(Call::AnswerNotice { id: taken.named("notice")?, signed: taken.body()? })),
    post::<SignedDocument, said::Taken>("/certificates", OfThing, AcceptAnswer, "Takes a certificate of deletion.",
        |taken| Ok(Call::Certify { signed: taken.body()? })),
    list::<said::EventShown>("/events", Account, ShowAlerts, "Lists what the partner was told by mail and webhook, the newest first.",
        |taken| Ok(Call::Events { page: taken.page()? })),
    post::<ReplayAsked, said::Replayed>("/events/replay", Account, ShowAlerts, "Sends an event once more, by the ways on which it ended.",
        |taken| Ok(Call::ReplayEvent { id: taken.body::<ReplayAsked>()?.event })).answering(202),
    get::<said::Keys<said::KeyShown>>("/keys", Account, ShowPartner, "Shows the partner's keys.", |_| Ok(Call::Keys)),
    post::<KeysAsked, said::KeysTaken>("/keys", Account, RotateKey, "Takes in the partner's next keys.",
        |taken| Ok(Call::RotateKey { asked: taken.body()? })),
    get::<said::Keys<said::ClientKeyShown>>("/client-keys", Account, ShowPartner, "Shows the keys of the program that calls.", |_| Ok(Call::ClientKeys)),
    post::<SignedDocument, said::ClientKeysTaken>("/client-keys", Account, RotateClientKey, "Takes in the next registration of the program that calls.",
        |taken| Ok(Call::RotateClientKey { signed: taken.body()? })),
];
