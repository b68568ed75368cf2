//! What is recorded of one decision, and what must be said for it to count?

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::hierarchy::is_part;
use crate::named::named;
use crate::{Code, Refused, Violation};

named! {
    /// What was decided.
    Kind, "kind of decision" {
        /// The person consents to one purpose and one recipient.
        ConsentGiven = "consent-given",
        /// The person takes consent back.
        ConsentWithdrawn = "consent-withdrawn",
        /// The person objects.
        Objection = "objection",
        /// The person objects no more.
        ObjectionLifted = "objection-lifted",
        /// Something about the person was wrong and is mended at its source.
        Correction = "correction",
        /// The person says that something is wrong, and nobody has decided yet.
        Contested = "contested",
        /// What was contested is decided.
        ContestResolved = "contest-resolved",
        /// The record is another one's person: it goes on under the other.
        Merge = "merge",
        /// The person is to be erased.
        Erasure = "erasure",
    }
}

named! {
    /// Why, as a word that says nothing about the person.
    Reason, "reason code" {
        /// The person asked.
        PersonAsked = "person-asked",
        /// Whoever answers for the person asked.
        GuardianAsked = "guardian-asked",
        /// It was found to be wrong.
        FoundWrong = "found-wrong",
        /// Two records were found to be one person.
        DuplicateFound = "duplicate-found",
        /// The purpose is fulfilled or the person has left.
        NoLongerNeeded = "no-longer-needed",
        /// A law or a court says so.
        LegalOrder = "legal-order",
    }
}

named! {
    /// What a child said to it.
    Assent, "assent" {
        /// The child agrees.
        Given = "given",
        /// The child is too young to be asked.
        TooYoung = "too-young",
        /// The child does not agree.
        Refused = "refused",
    }
}

/// For which purpose and recipient it holds; all of them where one is not named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The purpose's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The recipient, by its registered name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

/// How consent was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Version of the text that was read out.
    pub text_version: String,
    /// Its language: two or three letters.
    pub language: String,
    /// Who asked: a name of the house, never the person's.
    pub asked_by: String,
    /// For a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<Child>,
}

/// What is needed besides for a child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// What the child said.
    pub assent: Assent,
    /// Where the note on its best interests lies: a number of a file, not the note.
    pub best_interests: String,
}

/// One decision, without the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What.
    pub kind: Kind,
    /// For what and whom.
    #[serde(default)]
    pub scope: Scope,
    /// From when it is true. It is heeded from the moment that it is recorded.
    pub effective: Date,
    /// Why.
    pub reason: Reason,
    /// How consent was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

impl Decision {
    /// Whether it speaks of this purpose and recipient. What takes away holds for every part of its purpose too; what gives, for
    /// exactly what was said.
    pub fn covers(&self, purpose: &str, partner: &str) -> bool {
        let Scope { purpose: of, partner: to } = &self.scope;
        of.as_deref().is_none_or(|of| self.speaks_of(purpose, of)) && to.as_deref().is_none_or(|to| to == partner)
    }

    /// Whether there is a purpose and a recipient of which both speak.
    pub fn meets(&self, other: &Decision) -> bool {
        let purposes = match (&self.scope.purpose, &other.scope.purpose) {
            (Some(own), Some(theirs)) => self.speaks_of(theirs, own) || other.speaks_of(own, theirs),
            _ => true,
        };
        let (own, theirs) = (&self.scope.partner, &other.scope.partner);
        purposes && (own.is_none() || theirs.is_none() || own == theirs)
    }

    fn speaks_of(&self, purpose: &str, of: &str) -> bool {
        purpose == of || (self.kind.recalls() && is_part(purpose, of))
    }
}

impl Kind {
    /// The first word of the decisions of which the newest counts.
    pub const fn family(self) -> &'static str {
        match self {
            Kind::ConsentGiven | Kind::ConsentWithdrawn => "consent",
            Kind::Objection | Kind::ObjectionLifted => "objection",
            Kind::Contested | Kind::ContestResolved => "contest",
            Kind::Correction => "correction",
            Kind::Merge => "merge",
            Kind::Erasure => "erasure",
        }
    }

    /// Whether those who have the person must be told.
    pub const fn is_told(self) -> bool {
        !matches!(self, Kind::ConsentGiven | Kind::ObjectionLifted)
    }

    /// Whether what is sealed and has not arrived is for nobody any more.
    pub const fn recalls(self) -> bool {
        self.is_told() && !matches!(self, Kind::ContestResolved)
    }

    /// Whether purpose and recipient may be named: the others are about the record itself.
    pub const fn has_scope(self) -> bool {
        matches!(self, Kind::ConsentGiven | Kind::ConsentWithdrawn | Kind::Objection | Kind::ObjectionLifted)
    }
}

impl Decision {
    /// Everything that it lacks, on that day.
    ///
    /// # Errors
    /// A violation for each.
    pub fn check(&self, today: Date) -> Result<(), Refused> {
        let (kind, mut wrong) = (self.kind, Vec::new());
        let mut lacks = |detail: &str| wrong.push(Violation::new(Code::DecisionIncomplete, kind.as_str(), detail));
        let Scope { purpose, partner } = &self.scope;
        if self.effective > today {
            lacks("its effective day is still to come: record it on that day");
        }
        if !kind.has_scope() && (purpose.is_some() || partner.is_some()) {
            lacks("it is about the record itself: name neither purpose nor recipient");
        }
        if kind == Kind::ConsentGiven {
            if purpose.is_none() || partner.is_none() {
                lacks("consent is to one purpose and one recipient: name both");
            }
            if self.consent.is_none() {
                lacks("say which text was read, in which language, and who asked");
            }
        }
        if kind.family() != "consent" && self.consent.is_some() {
            lacks("text, language and who asked are said of consent alone");
        }
        if let Some(consent) = &self.consent {
            let letters = consent.language.bytes().all(|byte| byte.is_ascii_lowercase());
            if !letters || !matches!(consent.language.len(), 2 | 3) {
                lacks("a language is two or three small letters, like `sw`");
            }
            if !is_short(&consent.text_version) || !is_short(&consent.asked_by) {
                lacks("the text's version and who asked are one line of up to 80 characters");
            }
            if let Some(child) = &consent.child {
                if !is_short(&child.best_interests) {
                    lacks("say where the note on the child's best interests lies, in one line of up to 80 characters");
                }
                if kind == Kind::ConsentGiven && child.assent == Assent::Refused {
                    lacks("the child does not agree: nobody consents in its place");
                }
            }
        }
        Refused::unless_empty(wrong)
    }
}

/// One line of up to eighty characters that says something.
fn is_short(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 80 && !text.chars().any(char::is_control)
}
