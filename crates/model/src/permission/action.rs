//! What can be done, and which role may do it to whose things? The one table; every row has nine decided cells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Decision, Relation, Role};
use crate::named::UnknownWord;

macro_rules! cell {
    (P) => {
        Decision::Permit
    };
    (U) => {
        Decision::PermitUnlessDrafter
    };
    (-) => {
        Decision::Deny
    };
}

macro_rules! actions {
    ($($name:ident $text:literal $nature:ident [$($own:tt)*] [$($anothers:tt)*] [$($other:tt)*] $doc:literal;)*) => {
        /// Something that changes the house's state, or shows what not everybody may see.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $(#[doc = $doc] $name),* }

        impl Action {
            /// Every action there is, in the order of the reference.
            pub const ALL: &'static [Action] = &[$(Action::$name),*];

            /// Its name: kebab case, stable.
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$name => $text),* }
            }

            /// What it does, in one sentence.
            pub const fn explain(self) -> &'static str {
                match self { $(Action::$name => $doc),* }
            }

            /// Whether it changes something or only shows it.
            pub const fn nature(self) -> Nature {
                match self { $(Action::$name => Nature::$nature),* }
            }

            /// The row of the table: a decision for each role, in the order of [`Role::ALL`]. The type leaves none open.
            const fn row(self, relation: Relation) -> [Decision; 9] {
                match (self, relation) {
                    $((Action::$name, Relation::Own) => [$(cell!($own)),*],
                    (Action::$name, Relation::Anothers) => [$(cell!($anothers)),*],
                    (Action::$name, Relation::OtherOperation) => [$(cell!($other)),*],)*
                }
            }
        }
    };
}

/// Whether an action changes something or only shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It changes the house's state.
    Change,
    /// It shows what not everybody may see.
    Read,
}

// Columns: representative, registration officer, focal point, data protection officer, engineer | partner's
// administrator, operator, auditor | auditor. P permit, U permit unless drafter, - deny.
actions! {
    // people and keys of one's own organisation
    AddOfficer             "add-officer"              Change [P - - - - P - - -] [- - - - - - - - -] [- - - - - - - - -] "Registers a person with role and key.";
    RevokeOfficer          "revoke-officer"           Change [P - - P - P - - -] [P - - P - - - - -] [- - - - - - - - -] "Ends what a person and that person's key may do.";
    RotateKey              "rotate-key"               Change [- - - - P P - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings in the next key and retires the one before.";
    RevokeKey              "revoke-key"               Change [- - - - - P - - -] [P P P P - - - - -] [- - - P - - - - -] "Ends at once what a partner's key may do.";
    AddClient              "add-client"               Change [- - - - - P - - -] [P P P - - - - - -] [- - - - - - - - -] "Lets a partner's program ask over the network, as the partner signed it.";
    AddPingClient          "add-ping-client"          Change [- - - - - - - - -] [- P - - - - - - -] [- - - - - - - - -] "Makes secrets for a partner's program that was written for PING's own API.";
    RotateClientKey        "rotate-client-key"        Change [- - - - - P P - -] [P P P - - - - - -] [- - - - - - - - -] "Brings in the next keys of a partner's program, as the partner signed them.";
    RevokeClient           "revoke-client"            Change [- - - - - P - - -] [P P P P - - - - -] [- - - P - - - - -] "Ends at once what a partner's program may ask.";
    LiftHold               "lift-hold"                Change [- - - - - - - - -] [- - P P - - - - -] [- - - P - - - - -] "Lets a partner's program ask about single people again that seemed to be guessing.";
    // partners: their own, another's for the operation's staff
    AddPartner             "add-partner"              Change [- - - - - - - - -] [P P P - - - - - -] [- - - - - - - - -] "Invites a partner.";
    ProveKey               "prove-key"                Change [- - - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Signs a challenge, to prove possession of a key.";
    VerifyPartner          "verify-partner"           Change [- - - - - - - - -] [U U U - - - - - -] [- - - - - - - - -] "Confirms a key's fingerprint, told by another way.";
    ActivatePartner        "activate-partner"         Change [- - - - - - - - -] [U - - - - - - - -] [- - - - - - - - -] "Lets data go to a verified partner.";
    SuspendPartner         "suspend-partner"          Change [- - - - - - - - -] [P P P P - - - - -] [- - - P - - - - -] "Lets nothing go to the partner for now.";
    ResumePartner          "resume-partner"           Change [- - - - - - - - -] [P - - - - - - - -] [- - - - - - - - -] "Ends the partner's suspension.";
    RestrictPartner        "restrict-partner"         Change [- - - - - P - - -] [P P P P - - - - -] [- - - P - - - - -] "Lets nothing but invented people go to the partner.";
    AdmitRealData          "admit-real-data"          Change [- - - - - - - - -] [U - U U - - - - -] [- - - - - - - - -] "Says, as one of two, that real people's data may go to a partner for invented ones.";
    ClosePartner           "close-partner"            Change [- - - - - - - - -] [P - - - - - - - -] [- - - - - - - - -] "Ends the partnership for good.";
    Attest                 "attest"                   Change [- - - - - P - - -] [- - - - - - - - -] [- - - - - - - - -] "States with evidence that the partner is ready in one respect.";
    AcceptAttestation      "accept-attestation"       Change [- - - - - - - - -] [- - U U - - - - -] [- - - U - - - - -] "Accepts the evidence of an attestation.";
    DeclareRecipient       "declare-recipient"        Change [- - - - - P - - -] [- - - - - - - - -] [- - - - - - - - -] "Declares who else handles the data for the partner, and where.";
    // from an enquiry to terms in force: things of both parties
    Enquire                "enquire"                  Change [- - - - - P P - -] [- P P - - - - - -] [- - - - - - - - -] "Asks whether data could be shared: purpose, elements, people.";
    AssessFeasibility      "assess-feasibility"       Change [- P P - - - - - -] [- P P - - - - - -] [- - - - - - - - -] "Answers an enquiry by a checklist.";
    DraftArrangement       "draft-arrangement"        Change [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings in the text of an arrangement.";
    ProposeArrangement     "propose-arrangement"      Change [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Lays a draft before the parties.";
    SignArrangement        "sign-arrangement"         Change [U - - U - U - - -] [- - - - - - - - -] [- - - - - - - - -] "Signs the text for one party.";
    ActivateArrangement    "activate-arrangement"     Change [U - - U - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings agreed terms into force.";
    SuspendArrangement     "suspend-arrangement"      Change [P - P P - P - - -] [- - - - - - - - -] [- - - P - - - - -] "Takes terms out of force for now.";
    ResumeArrangement      "resume-arrangement"       Change [P - - - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings suspended terms back into force.";
    TerminateArrangement   "terminate-arrangement"    Change [P - - - - P - - -] [- - - - - - - - -] [- - - - - - - - -] "Ends terms for good.";
    AmendArrangement       "amend-arrangement"        Change [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Drafts the next version of an arrangement.";
    Assess                 "assess"                   Change [- - P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Writes a data protection impact assessment.";
    ApproveAssessment      "approve-assessment"       Change [- - - U - - - - -] [- - - - - - - - -] [- - - U - - - - -] "Approves an impact assessment.";
    // configuration of the operation
    ImportConfiguration    "import-configuration"     Change [- - - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings in a version of a catalogue, an exchange or other configuration.";
    ActivateConfiguration  "activate-configuration"   Change [- U - - U - - - -] [- - - - - - - - -] [- - - - - - - - -] "Makes an imported version the one in use.";
    PauseSchedule          "pause-schedule"           Change [- P P P P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Lets an exchange not run by itself for now.";
    UnpauseSchedule        "unpause-schedule"         Change [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Lets a paused exchange run by itself again.";
    WithdrawConfiguration  "withdraw-configuration"   Change [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Takes a staged set back before it is in use.";
    RollBackConfiguration  "roll-back-configuration"  Change [- U - - U - - - -] [- - - - - - - - -] [- - - - - - - - -] "Makes an earlier version the one in use again.";
    CloneExchange          "clone-exchange"           Change [- - - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Drafts an exchange after one of another operation.";
    AddTestKeys            "add-test-keys"            Change [- - - - - P - - -] [- P P - P - - - -] [- - - - - - - - -] "Brings in the keys with which a partner takes part in sandboxes.";
    OpenSandbox            "open-sandbox"             Change [- - - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Makes an exchange's twin on invented people.";
    RunSandbox             "run-sandbox"              Change [- P P - P P P - -] [- - - - - - - - -] [- - - - - - - - -] "Makes a package of invented people.";
    ExportConfiguration    "export-configuration"     Read   [P P P P P - - - P] [- - - - - - - - -] [- - - P P - - - P] "Writes governance objects as documents.";
    // transfers and requests: things of both parties
    RequestTransfer        "request-transfer"         Change [- P - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Asks for a transfer.";
    ApproveTransfer        "approve-transfer"         Change [U U U - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Approves a requested transfer.";
    RefuseTransfer         "refuse-transfer"          Change [P P P P - - - - -] [- - - - - - - - -] [- - - P - - - - -] "Refuses a requested transfer.";
    WithdrawRequest        "withdraw-request"         Change [- P - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Takes a request back.";
    CancelTransfer         "cancel-transfer"          Change [P P P P - - - - -] [- - - - - - - - -] [- - - P - - - - -] "Stops one transfer before anything leaves.";
    CarryOnTransfers       "carry-on-transfers"       Change [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Carries on transfers that were cut off.";
    ProposeAmendment       "propose-amendment"        Change [- P P - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Makes a proposal of what was asked for beyond the terms.";
    RegisterRefusedRequest "register-refused-request" Change [P P P P - - - - -] [P P P P - - - - -] [- - - - - - - - -] "Enters a refused request, formal or informal, into the register.";
    ReleaseExceptionally   "release-exceptionally"    Change [U - - U - - - - -] [- - - - - - - - -] [- - - U - - - - -] "Consents, as one of two, to what the rules deny.";
    AcceptReceipt          "accept-receipt"           Change [- P - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Adds the partner's receipt.";
    TakePackage            "take-package"             Read   [- - - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Fetches the parts of a package over the network.";
    FetchRows              "fetch-rows"               Read   [- - - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Is told records at once, over the network.";
    AskPerson              "ask-person"               Read   [- - - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Asks about one person, over the network.";
    SettleDispute          "settle-dispute"           Change [P P P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Settles that a partner confirmed another state than was sent.";
    ErasePackage           "erase-package"            Change [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Erases a package before its time.";
    // what comes in: things of both parties
    SubmitRecords          "submit-records"           Change [- P - - - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Brings in a file of records for an exchange that accepts.";
    CancelIntake           "cancel-intake"            Change [P P P P - P P - -] [- - - - - - - - -] [- - - P - - - - -] "Takes a file back, or what of it is not applied yet.";
    ReviewIntake           "review-intake"            Change [- U U U - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Decides on a record that waits: which row it is, with a reason.";
    UndoIntake             "undo-intake"              Change [- U U U - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Has what was applied put back, with a reason.";
    RetryIntake            "retry-intake"             Change [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Has what was quarantined or refused read once more, by the documents now in use.";
    // people's decisions
    RecordDecision         "record-decision"          Change [- P P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Records that a person consents, withdraws, objects, contests or is corrected, with a reason.";
    MergePerson            "merge-person"             Change [- P P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Records that two records are one person, with a reason.";
    ErasePerson            "erase-person"             Change [- - P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Records that a person is to be erased, with a reason.";
    RotatePseudonyms       "rotate-pseudonyms"        Change [- - - P P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Changes the pseudonyms that a partner gets for a purpose.";
    AcceptAnswer           "accept-answer"            Change [- P P P - P P - -] [- - - - - - - - -] [- - - - - - - - -] "Adds the partner's answer to a notice, or its certificate of deletion.";
    SendAlerts             "send-alerts"              Change [- P P - P - - - -] [- P P - P - - - -] [- - - - - - - - -] "Tries an alert again, or tries whether alerts arrive.";
    // the switch
    Stop                   "stop"                     Change [P P P P P P - - -] [P P P P P - - - -] [- - - P - - - - -] "Stops a partner, an operation or everything.";
    Resume                 "resume"                   Change [P - P P - - - - -] [P - P P - - - - -] [- - - P - - - - -] "Consents, as one of two, to resume what was stopped.";
    // the installation
    Backup                 "backup"                   Change [- - - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Copies the database and packages, never keys.";
    Restore                "restore"                  Change [- - - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Brings back a copy.";
    AcceptLoss             "accept-loss"              Change [U - - U - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Accepts that an older copy has lost entries of the ledger.";
    // sensitive reads
    InspectSources         "inspect-sources"          Read   [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Compares the catalogue with the sources.";
    InspectTargets         "inspect-targets"          Read   [- P - - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Prints what a target needs, and tries whether it can be written.";
    CountPeople            "count-people"             Read   [- P P - P - - - -] [- - - - - - - - -] [- - - - - - - - -] "Counts in the sources whom an exchange covers.";
    PreviewReal            "preview-real"             Read   [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Shows a few real records, masked, with a reason.";
    OpenQuarantine         "open-quarantine"          Read   [- P P - - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Opens the report of who was left out, with a reason.";
    OpenReview             "open-review"              Read   [- P P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Opens what of a file waits for a person, with a reason.";
    TraceDisclosures       "trace-disclosures"        Read   [- P P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Answers who received what about one person, with a reason.";
    ShowRetention          "show-retention"           Read   [P P P P - - - - P] [- - - - - - - - -] [- - - P - - - - P] "Shows which packages are kept here, and which partners have not certified that they erased theirs.";
    ShowNotices            "show-notices"             Read   [P P P P - - - - P] [- - - - - - - - -] [- - - P - - - - P] "Shows which partners were told of people's decisions, and which have not answered.";
    ExposeKey              "expose-key"               Read   [P - P P - - - - -] [- - - - - - - - -] [- - - - - - - - -] "Says whose data a compromised key exposes.";
    ShowPartner            "show-partner"             Read   [- - - - - P P P -] [P P P P P - - - P] [- - - P - - - - P] "Shows a partner's keys, attestations and recipients.";
    ShowArrangement        "show-arrangement"         Read   [P P P P P P P P P] [- - - - - - - - -] [- - - P - - - - P] "Shows an arrangement, its signatures and versions.";
    ShowAssessment         "show-assessment"          Read   [P P P P - - - - P] [- - - - - - - - -] [- - - P - - - - P] "Shows an impact assessment.";
    ShowTransfers          "show-transfers"           Read   [P P P P P P P P P] [- - - - - - - - -] [- - - P - - - - P] "Shows where transfers stand.";
    ShowIntakes            "show-intakes"             Read   [P P P P P P P P P] [- - - - - - - - -] [- - - P - - - - P] "Shows what came in and how far it has come; never a record.";
    ShowAlerts             "show-alerts"              Read   [P P P P P P P P P] [P P P P P - - - P] [- - - - - - - - -] "Shows who is told of what, and how far that has come.";
    ShowRefusedRequests    "show-refused-requests"    Read   [P P P P - - - - P] [P P P P - - - - P] [- - - P - - - - P] "Shows the register of refused requests.";
    ExportRegister         "export-register"          Read   [P - P P - - - - P] [- - - - - - - - -] [- - - P - - - - P] "Writes the public register.";
    ExportLedger           "export-ledger"            Read   [P - P P P - - - P] [- - - - - - - - -] [- - - P - - - - P] "Writes the ledger for an outside verifier.";
}

impl Action {
    /// What the table says.
    pub fn decision(self, role: Role, relation: Relation) -> Decision {
        let row = self.row(relation);
        // The row has a cell for each role; the fallback is never reached and denies.
        Role::ALL.iter().zip(row).find(|(one, _)| **one == role).map_or(Decision::Deny, |(_, decision)| decision)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Action {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = || Action::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
        let found = Action::ALL.iter().copied().find(|one| one.as_str() == word);
        found.ok_or_else(|| UnknownWord { what: "action", word: word.to_owned(), known: known() })
    }
}

impl Serialize for Action {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
