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
    NotInForce = "not-in-force", "have both officers approve it, or wait for its validity";
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
    /// The sources were held still too far apart in time.
    SnapshotSpread = "snapshot-spread", "run again when the sources answer faster, or raise `snapshot_spread_s` of the exchange";
    /// The run was cancelled.
    Cancelled = "cancelled", "run it again when ready";
    /// The disk is full or a file cannot be written.
    CannotWrite = "cannot-write", "free space or mend the permissions, then run again";

    /// The person has not consented, and consent is the basis.
    NoConsent = "no-consent", "nothing to do: the person decides";
    /// A confidentiality mark keeps the person from this partner.
    ConfidentialityMark = "confidentiality-mark", "nothing to do: the mark decides";
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
