//! For which reasons may something be refused, withheld or quarantined, and what does each code mean?
//!
//! Codes are stable: they stand in the ledger, in documents and in partners' tickets. Each has a page in
//! `docs/reference/codes.md` (generated from [`Code::explain`]) and a test.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $help:literal;)*) => {
        /// A stable reason code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])* $name),* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as it is written: kebab case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            /// What it means, in one sentence.
            pub const fn explain(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),*)),* }
            }

            /// What to do about it.
            pub const fn help(self) -> &'static str {
                match self { $(Code::$name => $help),* }
            }
        }
    };
}

codes! {
    /// The arrangement does not name this element.
    ElementNotAgreed = "element-not-agreed", "leave the element out, or amend the arrangement";
    /// The element is agreed, in a narrower form than the one asked for.
    FormWiderThanAgreed = "form-wider-than-agreed", "transform the element into the agreed form, or amend the arrangement";
    /// Records are selected, joined, grouped or ordered by an element that may not select.
    SelectionNotAgreed = "selection-not-agreed", "drop the condition, or have the element named in `may_select_by`";
    /// An expression uses something that is not in the closed list of functions and nodes, or a column that it did not declare.
    ExpressionNotAllowed = "expression-not-allowed", "use only declared inputs and the documented functions";
    /// What would run reads or computes more than the plan declares.
    PlanNotProvable = "plan-not-provable", "report it: the plan and its lowering disagree";
    /// A code map may only be applied to an element that has a code list.
    CodeMapNotACode = "code-map-not-a-code", "declare the element as `code(LIST)`, or use another transform";
    /// An age band is narrower than five years.
    BandTooNarrow = "band-too-narrow", "use bands of at least five years";
    /// A transform cannot take the type that it is given.
    TransformType = "transform-type", "choose a transform that takes this type";
    /// A name leads to nothing in the catalogue.
    UnknownName = "unknown-name", "check the spelling against the catalogue";
    /// Records of people are reached through a relation, and the exchange does not say what a withheld member means.
    WithheldMemberUndecided = "withheld-member-undecided", "write `on_withheld_member: omit` or `withhold-household`";
    /// Another person is reached by a step to one, where no rule could leave that person out.
    PersonThroughOne = "person-through-one", "reach people by a step to many";
    /// Records of this entity cannot be released, because they lead to no person whom the population could cover.
    RootNotPeople = "root-not-people", "choose the people, or an entity that people belong to";
    /// The arrangement is not in force at this moment.
    NotInForce = "not-in-force", "have every party sign it and activate it, or wait for its validity";
    /// The arrangement does not cover this direction or modality.
    NotCovered = "not-covered", "amend the arrangement";
    /// A recipient, processor or hosting country is a country of origin of the people.
    CountryOfOrigin = "country-of-origin", "this cannot be released by this arrangement";
    /// The arrangement requires consent, and the catalogue does not say where consent is recorded.
    ConsentNotRecorded = "consent-not-recorded", "declare `consent` on the subject entity";
    /// More records would leave than the arrangement's row cap.
    RowCap = "row-cap", "narrow the population, or amend the cap";
    /// Nobody would be released, or far fewer than last time.
    UnexpectedlySmall = "unexpectedly-small", "find out why; if it is right, say `--expect-fewer`";
    /// A larger share of records than declared could not be transformed.
    TooManyQuarantined = "too-many-quarantined", "open the report with `causeway quarantine open` and mend the source";
    /// A record outside the agreed population reached the last check.
    PopulationBreach = "population-breach", "report it: the plan let through what it should have left out";
    /// A rule could not be evaluated.
    RuleFailed = "rule-failed", "mend the rule or the source";
    /// A transfer was asked for more often than the arrangement allows.
    TooFrequent = "too-frequent", "wait for the next period, or amend the arrangement";
    /// A source cannot be reached or opened.
    SourceUnreachable = "source-unreachable", "check the path, the server and the credentials with `causeway doctor`";
    /// A declared table or column is not in the source.
    ColumnMissing = "column-missing", "mend the catalogue or the source; `causeway catalogue check` shows both";
    /// A column has another type than declared.
    ColumnRetyped = "column-retyped", "mend the catalogue or the source";
    /// A column is compared by other rules than before.
    ColumnRecollated = "column-recollated", "make the column binary again, or declare the collation";
    /// A source stopped before its end.
    SourceEndedEarly = "source-ended-early", "run the transfer again when the source is whole";
    /// A key that the catalogue calls unique occurs twice.
    DuplicateKey = "duplicate-key", "mend the source, or declare another key";
    /// A source was asked outside its window or past its limits.
    SourceLimit = "source-limit", "wait for the window, or change the source's limits";
    /// Two records of an exchange that sends deltas have the same key, or one has none.
    DeltaKey = "delta-key", "name outputs in `delta: { key }` that tell every record from every other, or mend the source";
    /// The partner confirmed another state than was sent, and nobody has settled that.
    StateDisputed = "state-disputed", "find out with the partner what it holds, then `causeway transfer settle`; the next transfer is full";
    /// The sources were held still too far apart in time.
    SnapshotSpread = "snapshot-spread", "run again when the sources answer faster, or raise `snapshot_spread_s` of the exchange";
    /// The run was cancelled.
    Cancelled = "cancelled", "run it again when ready";
    /// Another worker has taken the transfer over, or may have.
    LeaseLost = "lease-lost", "nothing to do: whoever has it carries it on";
    /// The program was asked to end while it worked.
    Ending = "ending", "nothing to do: the next worker carries the transfer on";
    /// It failed in a row for as long as it is tried.
    GaveUp = "gave-up", "see what stood in the way, mend it, then request the transfer again";
    /// A target of what comes in cannot be reached, or broke off.
    TargetUnreachable = "target-unreachable", "check the server and the credentials with `causeway target check`; what was begun is asked for again";
    /// A target made us wait longer than we may: somebody else holds the row or the table.
    TargetBusy = "target-busy", "nothing to do: it is tried again; look who holds a lock there for so long";
    /// A target lacks our table, or a table or column that is to be written.
    TargetNotPrepared = "target-not-prepared", "have the statements run that `causeway target prepare` prints";
    /// The user in a target may do more than it should, or less than it must.
    TargetRights = "target-rights", "make a user of its own with the rights that `causeway target prepare` prints, and no others";
    /// A target does not take a record: one of its own rules is against it.
    TargetRefused = "target-refused", "look at the rules of that table: unique keys, references, checks, columns that need a value";
    /// What would stand in a target is not exactly what came.
    TargetInexact = "target-inexact", "widen the column there, or do not write what its triggers rewrite";
    /// The disk is full or a file cannot be written.
    CannotWrite = "cannot-write", "free space or mend the permissions, then run again";

    /// No role of the actor permits this action on this thing.
    NotPermitted = "not-permitted", "ask somebody whose role permits it; see the reference of permissions";
    /// Nobody approves, under any name or key, what they drafted.
    OwnDraft = "own-draft", "have another officer, with another key, do it";
    /// What is asked for cannot happen in the state that this is in.
    WrongState = "wrong-state", "look at its state; the reference shows which events it takes";
    /// Somebody else changed it between looking and deciding.
    ChangedMeanwhile = "changed-meanwhile", "look at what it is now, and decide again";
    /// A reason is required and none was given.
    ReasonMissing = "reason-missing", "say in a few words why";
    /// A point of the feasibility checklist is not answered, or answered with no.
    FeasibilityOpen = "feasibility-open", "answer every point; what cannot be met declines the enquiry";
    /// The partner is not active, so that nothing may go to it.
    PartnerNotActive = "partner-not-active", "verify and activate the partner, or end its suspension";
    /// A key's fingerprint was not confirmed by another way, or its possession not proven.
    KeyNotVerified = "key-not-verified", "use the key that is registered under that name; one that is new is confirmed by its fingerprint out of band, and a partner's signs a challenge";
    /// A key that was revoked is used or counted.
    KeyRevoked = "key-revoked", "use a key that is current";
    /// A key is used after its last day, when the next one had taken its place.
    KeyRetired = "key-retired", "use the key that took its place";
    /// A decision of a person is recorded without something that makes it count.
    DecisionIncomplete = "decision-incomplete", "say what is missing and record it again";
    /// Somebody who is in the package withdrew, objected or was corrected, contested, merged or erased since it was sealed.
    PackageRecalled = "package-recalled", "request the transfer again: the next package heeds what was decided";
    /// The partner's program did not take the package whole as long as it is kept.
    PackageNotTaken = "package-not-taken", "ask the partner why its program takes nothing, and request the transfer again";
    /// The partner has not attested, with accepted evidence, that it is ready in this respect.
    AttestationMissing = "attestation-missing", "have the partner attest it with evidence, and accept the evidence";
    /// What the partner attested is no longer valid.
    AttestationLapsed = "attestation-lapsed", "have the partner renew it with evidence";
    /// The signature is over other bytes than this version's text.
    SignatureOtherText = "signature-other-text", "sign the text that was proposed";
    /// This party, officer or key has signed already.
    AlreadySigned = "already-signed", "nothing to do, or have another party's officer sign with another key";
    /// Whoever signs does so for an organisation that is no party.
    NotAParty = "not-a-party", "sign for a party that the text names";
    /// Not every party has signed with a key that is valid now and not the drafter's.
    SignaturesMissing = "signatures-missing", "have each party's officer sign";
    /// A newer version has taken the place of this one.
    VersionSuperseded = "version-superseded", "amend the newest version";
    /// The new version changes nothing.
    AmendmentEmpty = "amendment-empty", "change what is to be amended, or keep the version";
    /// The new version is not the next version of the same arrangement between the same parties.
    AmendmentMismatch = "amendment-mismatch", "keep identifier, operation and partner, and raise the version by one";
    /// A level below agrees more than a level above it.
    WiderThanFramework = "wider-than-framework", "narrow it, or amend the level above first";
    /// A level names a framework above it that is not there or not the one given.
    FrameworkMissing = "framework-missing", "import the framework that `under` names";
    /// Transfers are large, repeated, structural or of sensitive data, and nobody has assessed their impact.
    AssessmentMissing = "assessment-missing", "make a data protection impact assessment and have it approved";
    /// The impact assessment is written, and the data protection officer has not approved it.
    AssessmentNotApproved = "assessment-not-approved", "have the data protection officer approve it";
    /// The impact assessment is no longer valid.
    AssessmentExpired = "assessment-expired", "renew the assessment";
    /// Transfers have grown beyond what the impact assessment looked at.
    AssessmentOutgrown = "assessment-outgrown", "assess what transfers have become";
    /// More people are asked for than the agreed population.
    PopulationWiderThanAgreed = "population-wider-than-agreed", "ask for people inside the population, or amend the arrangement";
    /// The data are wanted for another purpose than the agreed one.
    PurposeNotAgreed = "purpose-not-agreed", "ask under an arrangement for that purpose";
    /// The cut-off day lies outside the days of validity.
    CutOffOutside = "cut-off-outside", "name a day on which the arrangement holds";
    /// This cycle was asked for already.
    CycleRepeated = "cycle-repeated", "withdraw the earlier request, or name another cycle";
    /// More records would leave in a day than agreed.
    DayCap = "day-cap", "wait for the next day, narrow the request, or amend the cap";
    /// More records would leave over the arrangement's life than agreed.
    VolumeCap = "volume-cap", "narrow the request, or amend the cap";
    /// A person has switched off the partner, the operation or everything.
    Stopped = "stopped", "wait until two authorised people resume it";
    /// Two different people with two different keys are needed.
    TwoPeopleNeeded = "two-people-needed", "have another authorised person do it too, with another key";
    /// The partner takes invented people only.
    SyntheticOnlyPartner = "synthetic-only-partner", "use the sandbox; real data need a partner that is registered for them";
    /// Real data would pass a test installation, exchange or key.
    TestEnvironment = "test-environment", "use a production installation, or invented people: a source that holds these says `data: synthetic`";
    /// Invented people would pass a production exchange, where they could be taken for real ones.
    SyntheticInProduction = "synthetic-in-production", "use the exchange's sandbox twin, or a source of real people's data";
    /// A key of one environment would be used in the other.
    KeyEnvironment = "key-environment", "use a key made for this environment; a key file for tests says `# environment: test`";
    /// The partner may not pass data on to this recipient.
    OnwardNotAgreed = "onward-not-agreed", "ask for written permission, or have the recipient named as a processor";
    /// The arrangement names a processor that the partner has not declared.
    RecipientNotDeclared = "recipient-not-declared", "have the partner declare it with `causeway partner declare`, or take it out of the arrangement";
    /// An exceptional release lacks the signed consent of the representative and of the data protection officer to this very text.
    ConsentsMissing = "consents-missing", "have both sign the same text: transfer, reason and what is lifted";
    /// An officer refused the request.
    RefusedByOfficer = "refused-by-officer", "ask the officer; the reason stands beside it";
    /// No exceptional release lifts this rule.
    NotExceptable = "not-exceptable", "nothing to do: this rule has no exception";

    /// The person has not consented, and consent is the basis.
    NoConsent = "no-consent", "nothing to do: the person decides";
    /// A confidentiality mark keeps the person from this partner.
    ConfidentialityMark = "confidentiality-mark", "nothing to do: the mark decides";
    /// The person objects to this purpose or recipient, or to all.
    PersonObjects = "person-objects", "nothing to do: the person decides";
    /// The person took consent back.
    ConsentWithdrawn = "consent-withdrawn", "nothing to do: the person decides";
    /// The person says that something is wrong, and nobody has decided yet.
    DataContested = "data-contested", "decide what was contested, and record it with `causeway person contest --resolved`";
    /// The record was found to be another one's person.
    RecordMerged = "record-merged", "nothing to do: the person goes on under the other record";
    /// The person was erased.
    PersonErased = "person-erased", "nothing to do: take the person out of the source too";
    /// Another member of the household is withheld, and the exchange withholds the whole household.
    HouseholdWithheld = "household-withheld", "nothing to do: the exchange says so";

    /// A value is not valid UTF-8.
    InvalidUtf8 = "invalid-utf8", "mend the value in the source";
    /// A value does not have the declared type.
    WrongType = "wrong-type", "mend the value in the source";
    /// A code is not in its code list.
    CodeUnknown = "code-unknown", "add the code to the list, or mend the value";
    /// A date does not exist.
    DateImpossible = "date-impossible", "mend the value in the source";
    /// A value is longer than declared.
    ValueOversize = "value-oversize", "mend the value, or declare a larger `max_length`";
    /// A code map has no entry for a code.
    CodeUnmapped = "code-unmapped", "add the code to the map";
    /// A text is no telephone number of the stated region.
    PhoneUnreadable = "phone-unreadable", "mend the value, or add `otherwise` to the transform";
    /// A transform has no result for this value.
    TransformRefused = "transform-refused", "mend the value, or add `otherwise` to the transform";
    /// A key points to a record that is not there.
    RelationDangling = "relation-dangling", "mend the source, or declare the relation `optional`";
    /// A value that must be there is missing.
    ValueMissing = "value-missing", "mend the source, or declare the element `optional`";

    /// What came in is no envelope, or not one of this version.
    EnvelopeMalformed = "envelope-malformed", "make it with `causeway-open submit`, or as the guide for partners says";
    /// What came in is larger than its exchange takes, or unpacks to more.
    EnvelopeOversize = "envelope-oversize", "send several files, or raise `limits` of the exchange";
    /// What came in is not signed by a current key of the partner.
    EnvelopeSignature = "envelope-signature", "sign it with the key that is registered, or register the new one";
    /// What came in is of another partner, for another exchange or for another environment.
    EnvelopeOfOther = "envelope-of-other", "send it where it belongs";
    /// What came in has a number that is not above the newest that was opened.
    NumberNotAbove = "number-not-above", "number a new file higher; one that was opened is never opened again";
    /// What came in is not, or does not unpack to, what was signed.
    EnvelopeAltered = "envelope-altered", "send it again";
    /// What came in is sealed otherwise than to the operation's key.
    SealedOtherwise = "sealed-otherwise", "seal it with `age -r` to the recipient that the operation told you";
    /// A file of records cannot be read to its end as what it should be.
    RecordsMalformed = "records-malformed", "mend the file where the reason says, and send it again";
    /// A file has more records than its exchange takes.
    TooManyRecords = "too-many-records", "send several files, or raise `limits` of the exchange";
    /// A record that came in cannot be read as one.
    RecordUnreadable = "record-unreadable", "write one JSON object a line, or as many cells as the header has";
    /// A record that came in has a field that the exchange does not name.
    FieldUnknown = "field-unknown", "leave it out, or add it to the exchange and have it agreed";
    /// A record that came in has a field twice.
    FieldTwice = "field-twice", "write each field once";
    /// A record that came in breaks a rule of the exchange.
    RuleBroken = "rule-broken", "mend the record; the exchange says what must hold";
    /// A record that came in may be several rows of the target.
    Ambiguous = "ambiguous", "say which one it is, or leave it out";
    /// A record that came in is no row of the target, and the exchange makes none of it.
    Unmatched = "unmatched", "say which one it is, have a new one made, or leave it out";
    /// Two records of one file have the same id and are not equal.
    ExternalIdTwice = "external-id-twice", "send the one that is meant, with a file of its own";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Code::ALL.iter().find(|code| code.as_str() == text);
        found.copied().ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no reason code")))
    }
}

/// One reason why a transfer is not released. Names elements and outputs, never values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    /// Which rule.
    pub code: Code,
    /// What it is about: an element, an output field, a source, a count.
    pub subject: String,
    /// One sentence with the particulars.
    pub detail: String,
}

impl Violation {
    /// A violation of `code` about `subject`.
    pub fn new(code: Code, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, subject: subject.into(), detail: detail.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.code, self.subject, self.detail)
    }
}
