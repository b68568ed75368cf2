//! Which action does each command ask for?

use causeway_model::permission::Action;
use causeway_testkit::street::Street;

use super::place::filled;

/// Whose the thing is that a line acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The operation's own.
    Operation,
    /// A partner's own.
    Partner,
    /// Of a partner that is not there yet.
    NewPartner,
    /// The operation's and a partner's.
    Both,
}

/// A command line that asks for an action.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The command, as its help calls it.
    pub command: &'static str,
    /// The action that it asks for.
    pub action: Action,
    /// On whose thing.
    pub whose: Whose,
    /// Who drafted what it approves.
    pub drafter: Option<&'static str>,
    /// Whether who acts signs, with `--officer` and `--key`.
    pub signed: bool,
    /// The line.
    pub words: &'static str,
    /// Lines before it, by whoever may.
    pub before: &'static [&'static str],
}

impl Line {
    /// Brings the installation to where the line can be tried.
    pub fn before(&self, street: &Street) {
        for words in self.before {
            let words = filled(words, street);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            street.good(&words).unwrap();
        }
    }
}

const fn line(command: &'static str, action: Action, whose: Whose, words: &'static str) -> Line {
    Line { command, action, whose, drafter: None, signed: false, words, before: &[] }
}

impl Line {
    const fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    const fn drafted_by(self, name: &'static str) -> Self {
        Self { drafter: Some(name), ..self }
    }

    const fn after(self, before: &'static [&'static str]) -> Self {
        Self { before, ..self }
    }
}

use Whose::{Both, NewPartner, Operation, Partner};

/// Every command that changes something, or shows what not everybody may see.
#[rustfmt::skip]
pub const LINES: &[Line] = &[
    line("officer add", Action::AddOfficer, Operation, "officer add newcomer --role auditor --key @officers/newcomer.pub.pem --fingerprint %newcomer.print"),
    line("officer add", Action::AddOfficer, Partner, "officer add newcomer --role partner-auditor --partner lantern-relief --key @officers/newcomer.pub.pem --fingerprint %newcomer.print"),
    line("officer revoke", Action::RevokeOfficer, Operation, "officer revoke leaver --reason left-the-service"),
    line("officer revoke", Action::RevokeOfficer, Partner, "officer revoke lantern-leaver --reason left-the-service"),
    line("partner add", Action::AddPartner, NewPartner, "partner add new-relief --title New --jurisdiction KEN --hosting-country KEN --recipient @partner/recipient.txt --signing-key @partner/signing.pub.pem"),
    line("partner challenge", Action::AddPartner, Partner, "partner challenge lantern-relief --out @challenge.age"),
    line("partner prove-key", Action::ProveKey, Partner, "partner prove-key lantern-relief --answer @next.yaml --signature @next.yaml"),
    line("partner verify", Action::VerifyPartner, Partner, "partner verify lantern-relief"),
    line("partner activate", Action::ActivatePartner, Partner, "partner activate lantern-relief"),
    line("partner suspend", Action::SuspendPartner, Partner, "partner suspend lantern-relief --reason a-breach-was-reported"),
    line("partner resume", Action::ResumePartner, Partner, "partner resume lantern-relief").after(&["--as representative partner suspend lantern-relief --reason a-breach-was-reported"]),
    line("partner close", Action::ClosePartner, Partner, "partner close lantern-relief --reason it-is-over-now"),
    line("partner attest", Action::Attest, Partner, "partner attest lantern-relief --evidence report-8 --until 2030-11-30"),
    line("partner accept-attestation", Action::AcceptAttestation, Partner, "partner accept-attestation lantern-relief").after(&["--as lantern-relief-admin partner attest lantern-relief --evidence report-8 --until 2030-11-30"]),
    line("partner client add", Action::AddClient, Partner, "partner client add @client.json"),
    line("partner client add-ping", Action::AddPingClient, Partner, "partner client add-ping lantern-desk --partner lantern-relief --partner-id PNR-1363 --exchange food-people"),
    line("partner client rotate-key", Action::RotateClientKey, Partner, "partner client rotate-key @client.json").after(&["--as registrar partner client add @client.json"]),
    line("partner client lift", Action::LiftHold, Partner, "partner client lift lantern-sync --exchange food-people --reason it-was-a-mistake").after(&["--as registrar partner client add @client.json"]),
    line("partner client revoke", Action::RevokeClient, Partner, "partner client revoke lantern-sync --reason it-was-taken").after(&["--as registrar partner client add @client.json"]),
    line("partner rotate-key", Action::RotateKey, Partner, "partner rotate-key lantern-relief --recipient @partner/recipient.txt --old-until 2030-01-31"),
    line("partner confirm-key", Action::VerifyPartner, Partner, "partner confirm-key lantern-relief --fingerprint SHA256:unknown"),
    line("partner revoke-key", Action::RevokeKey, Partner, "partner revoke-key lantern-relief --fingerprint SHA256:unknown --reason it-was-taken"),
    line("partner declare", Action::DeclareRecipient, Partner, "partner declare lantern-relief --recipient printers --kind processor --jurisdiction KEN --hosting-country KEN --purpose printing-cards"),
    line("partner undeclare", Action::DeclareRecipient, Partner, "partner undeclare lantern-relief --recipient printers"),
    line("partner restrict", Action::RestrictPartner, Partner, "partner restrict lantern-relief --reason it-is-only-trying"),
    line("partner admit-real-data", Action::AdmitRealData, Partner, "partner admit-real-data lantern-relief --reason it-is-ready-now").after(&["--as protection partner restrict lantern-relief --reason it-is-only-trying"]),
    line("sandbox key", Action::AddTestKeys, Partner, "sandbox key lantern-relief --recipient @partner/recipient.txt --signing-key @partner/signing.pub.pem"),
    line("sandbox make", Action::OpenSandbox, Both, "sandbox make food-people"),
    line("sandbox run", Action::RunSandbox, Both, "sandbox run food-people").after(&["sandbox make food-people"]),
    line("catalogue import", Action::ImportConfiguration, Operation, "catalogue import @catalogue-next.yaml"),
    line("target prepare", Action::InspectTargets, Operation, "target prepare registry"),
    line("target check", Action::InspectTargets, Operation, "target check registry"),
    line("exchange import", Action::ImportConfiguration, Operation, "exchange import @exchange-new.yaml"),
    line("exchange pause", Action::PauseSchedule, Both, "exchange pause food-yearly --reason the-partner-moves"),
    line("exchange unpause", Action::UnpauseSchedule, Both, "exchange unpause food-yearly").after(&["--as registrar exchange pause food-yearly --reason the-partner-moves"]),
    line("exchange clone", Action::CloneExchange, Both, "exchange clone food-people --to @cloned --operation uganda-example"),
    line("exchange preview", Action::PreviewReal, Both, "exchange preview food-people --real 1 --reason looking-at-it"),
    line("arrangement draft", Action::DraftArrangement, Both, "arrangement draft @other.yaml"),
    line("arrangement amend", Action::AmendArrangement, Both, "arrangement amend @next.yaml"),
    line("arrangement propose", Action::ProposeArrangement, Both, "arrangement propose food-2026").after(&["arrangement amend @next.yaml"]),
    line("arrangement sign", Action::SignArrangement, Both, "arrangement sign food-2026").signed().after(&["arrangement amend @next.yaml", "arrangement propose food-2026"]),
    line("arrangement activate", Action::ActivateArrangement, Both, "arrangement activate food-2026").after(&["arrangement amend @next.yaml", "arrangement propose food-2026"]),
    line("arrangement suspend", Action::SuspendArrangement, Both, "arrangement suspend food-2026 --reason a-breach-was-reported"),
    line("arrangement resume", Action::ResumeArrangement, Both, "arrangement resume food-2026").after(&["--as protection arrangement suspend food-2026 --reason a-breach-was-reported"]),
    line("arrangement terminate", Action::TerminateArrangement, Both, "arrangement terminate food-2026 --reason it-is-over-now"),
    line("assessment import", Action::Assess, Both, "assessment import @dpia-new.yaml"),
    line("assessment approve", Action::ApproveAssessment, Both, "assessment approve dpia-waits"),
    line("configuration export", Action::ExportConfiguration, Operation, "configuration export --out @exported"),
    line("configuration diff", Action::ExportConfiguration, Operation, "configuration diff @winter"),
    line("configuration import", Action::ImportConfiguration, Operation, "configuration import @winter --stage spring").signed(),
    line("configuration activate", Action::ActivateConfiguration, Operation, "configuration activate winter").signed().drafted_by("engineer"),
    line("configuration withdraw", Action::WithdrawConfiguration, Operation, "configuration withdraw winter --reason not-needed-now"),
    line("configuration roll-back", Action::RollBackConfiguration, Operation, "configuration roll-back autumn --stage back").signed(),
    line("transfer run", Action::RequestTransfer, Both, "transfer run food-people"),
    line("transfer request", Action::RequestTransfer, Both, "transfer request food-people"),
    line("transfer approve", Action::ApproveTransfer, Both, "transfer approve %waits.id").signed(),
    line("transfer release-exceptionally", Action::ReleaseExceptionally, Both, "transfer release-exceptionally %waits.id --reason because-lives-depend").signed(),
    line("transfer refuse", Action::RefuseTransfer, Both, "transfer refuse %waits.id --reason not-needed-now"),
    line("transfer cancel", Action::CancelTransfer, Both, "transfer cancel %waits.id --reason not-needed-now"),
    line("transfer settle", Action::SettleDispute, Both, "transfer settle %sent.id --reason it-was-looked-into"),
    line("transfer show", Action::ShowTransfers, Both, "transfer show %waits.id"),
    line("transfer withdraw", Action::WithdrawRequest, Both, "transfer withdraw %waits.id"),
    line("transfer resume", Action::CarryOnTransfers, Both, "transfer resume").after(&["transfer request food-people"]),
    line("request more", Action::RequestTransfer, Both, "request more food-people --elements individual.phone:raw --necessity calling"),
    line("request register", Action::RegisterRefusedRequest, Operation, "request register --asker donor --organisation Donor --manner informal --asked-on 2026-05-01 --asked-for names --reason not-needed-now"),
    line("request list", Action::ShowRefusedRequests, Operation, "request list"),
    line("request statistics", Action::ShowRefusedRequests, Operation, "request statistics"),
    line("register export", Action::ExportRegister, Operation, "register export --out @register"),
    line("stop", Action::Stop, Operation, "stop all --reason a-test-of-the-switch"),
    line("stop", Action::Stop, Operation, "stop operation --reason a-test-of-the-switch"),
    line("stop", Action::Stop, Both, "stop partner lantern-relief --reason a-test-of-the-switch"),
    line("resume", Action::Resume, Operation, "resume all").signed().after(&["stop all --reason a-test-of-the-switch"]),
    line("resume", Action::Resume, Both, "resume partner lantern-relief").signed().after(&["stop partner lantern-relief --reason a-test-of-the-switch"]),
    line("resume", Action::Stop, Operation, "resume all --object").after(&["stop all --reason a-test-of-the-switch"]),
    line("receipt add", Action::AcceptReceipt, Both, "receipt add @receipt.json"),
    line("quarantine open", Action::OpenQuarantine, Both, "quarantine open %sent.id --reason looking-at-it"),
    line("person disclosures", Action::TraceDisclosures, Operation, "person disclosures --entity individual --key-file @nobody.key --reason looking-at-it"),
    line("person consent", Action::RecordDecision, Operation, "person consent --withdrawn --key-file @nobody.key --reason looking-at-it"),
    line("person object", Action::RecordDecision, Operation, "person object --key-file @nobody.key --reason looking-at-it"),
    line("person correct", Action::RecordDecision, Operation, "person correct --key-file @nobody.key --reason looking-at-it"),
    line("person contest", Action::RecordDecision, Operation, "person contest --key-file @nobody.key --reason looking-at-it"),
    line("person merge", Action::MergePerson, Operation, "person merge --key-file @merged.key --into-key-file @other.key --reason looking-at-it"),
    line("person erase", Action::ErasePerson, Operation, "person erase --key-file @nobody.key --reason looking-at-it"),
    line("person record", Action::RecordDecision, Operation, "person record @many.jsonl"),
    line("person notices", Action::ShowNotices, Operation, "person notices"),
    line("retention list", Action::ShowRetention, Operation, "retention list"),
    line("retention erase", Action::ErasePackage, Both, "retention erase %sent.package --reason looking-at-it"),
    line("key rotate-pseudonyms", Action::RotatePseudonyms, Both, "key rotate-pseudonyms --partner lantern-relief --purpose food-assistance --reason looking-at-it"),
    line("key exposure", Action::ExposeKey, Operation, "key exposure SHA256:unknown"),
    line("alert test", Action::SendAlerts, Operation, "alert test duty-desk"),
    line("alert retry", Action::SendAlerts, Operation, "alert retry %told.id"),
    line("alert show", Action::ShowAlerts, Operation, "alert show %told.id"),
    line("backup", Action::Backup, Operation, "backup @copy.backup"),
];

const ENQUIRIES: &str = "asks Enquire, AssessFeasibility, DraftArrangement of an enquiry, which is tried by the transcripts of `arrangements`";

const INTAKES: &str = "asks SubmitRecords, CancelIntake, ReviewIntake, OpenReview, UndoIntake, RetryIntake and ShowIntakes of an exchange that accepts, which is tried in `accept`";

/// Every other command, and why it asks nothing.
pub const ASKS_NOTHING: &[(&str, &str)] = &[
    ("init", "makes an installation: nobody is registered in it yet"),
    ("restore", "asks Restore and AcceptLoss of the people in the backup: tried in `drill.rs`"),
    ("doctor", "reads"),
    ("status", "reads"),
    ("work", "the service's own process: all that it carries out was asked for and approved by people"),
    ("alert list", "reads; shows what ShowAlerts shows"),
    ("serve", "a process that tells counts and whether everything works; it holds no key"),
    ("schema", "needs no installation"),
    ("sandbox receipt", "asks AcceptReceipt of a run's receipt, which is tried by the transcripts of `environment`"),
    ("sandbox show", "reads"),
    ("sandbox list", "reads"),
    ("enquiry receive", ENQUIRIES),
    ("enquiry assess", ENQUIRIES),
    ("enquiry draft", ENQUIRIES),
    ("enquiry decline", ENQUIRIES),
    ("enquiry withdraw", ENQUIRIES),
    ("enquiry show", "reads"),
    ("enquiry list", "reads"),
    ("intake submit", INTAKES),
    ("intake list", INTAKES),
    ("intake show", INTAKES),
    ("intake cancel", INTAKES),
    ("intake open", INTAKES),
    ("intake review", INTAKES),
    ("intake undo", INTAKES),
    ("intake retry", INTAKES),
    ("officer new", "makes a key pair; needs no installation"),
    ("officer list", "reads"),
    ("partner show", "reads"),
    ("partner list", "reads"),
    ("database grants", "reads nothing: prints what a database's owner runs"),
    ("partner client show", "reads"),
    ("partner client list", "reads"),
    ("catalogue check", "reads"),
    ("exchange check", "reads"),
    ("exchange explain", "reads"),
    ("exchange schedule", "reads"),
    ("exchange clone-apply", "makes documents of documents; needs no installation"),
    ("arrangement check", "reads"),
    ("arrangement show", "reads"),
    ("arrangement list", "reads; what the clock has ended is entered as the clock's"),
    ("arrangement diff", "reads"),
    ("arrangement warnings", "reads; what the clock has ended is entered as the clock's"),
    ("assessment list", "reads"),
    ("configuration history", "reads"),
    ("register verify", "needs no installation"),
    ("package verify", "the partner's; needs no installation"),
    ("package apply", "the partner's; needs no installation"),
    ("package open", "the partner's; needs no installation"),
    ("receipt sign", "the partner's; needs no installation"),
    ("person answer", "asks AcceptAnswer of a notice, which is tried by the transcripts of `rights`"),
    (
        "key accept-pseudonyms",
        "asks AcceptReceipt of a change of pseudonyms, which is tried by the transcripts of `retention`",
    ),
    ("retention add", "asks AcceptAnswer of a package, which is tried by the transcripts of `retention`"),
    ("retention certify", "the partner's; needs no installation"),
    ("notice open", "the partner's; needs no installation"),
    ("notice answer", "the partner's; needs no installation"),
    ("ledger verify", "reads: anybody may prove it"),
    ("ledger export", "reads"),
    ("ledger prove", "reads"),
];

/// Actions of the table that change something and stand in no line: two that are asked of the people in a backup, two of
/// enquiries, one that `request more --propose` asks besides its own, five of exchanges that accept, and those that have no command yet.
pub const IN_NO_LINE: &[&str] = &[
    "restore",
    "accept-loss",
    "enquire",
    "assess-feasibility",
    "propose-amendment",
    "accept-answer",
    "submit-records",
    "cancel-intake",
    "review-intake",
    "undo-intake",
    "retry-intake",
];
