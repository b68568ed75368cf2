//! In which languages is a person answered, and which way do they run?

use std::fmt;
use std::str::FromStr;

macro_rules! languages {
    ($($name:ident $code:literal $file:literal $told:literal $doc:literal;)*) => {
        /// A language in which a person is answered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Language { $(#[doc = $doc] $name),* }

        impl Language {
            /// Every language there is.
            pub const ALL: &'static [Language] = &[$(Language::$name),*];

            /// Its code (ISO 639-1).
            pub const fn as_str(self) -> &'static str {
                match self { $(Language::$name => $code),* }
            }

            /// Its words, in the syntax of Fluent.
            pub(super) const fn words(self) -> &'static str {
                match self { $(Language::$name => include_str!($file)),* }
            }

            /// The words of alerts.
            pub(super) const fn told(self) -> &'static str {
                match self { $(Language::$name => include_str!($told)),* }
            }
        }
    };
}

// Another language: two files, one line here; the tests say what it lacks.
languages! {
    English "en" "en.ftl" "told/en.ftl" "English.";
    French "fr" "fr.ftl" "told/fr.ftl" "French.";
    Spanish "es" "es.ftl" "told/es.ftl" "Spanish.";
    Arabic "ar" "ar.ftl" "told/ar.ftl" "Arabic.";
    Swahili "sw" "sw.ftl" "told/sw.ftl" "Swahili.";
}

impl Language {
    /// Whether it is written from the right to the left.
    pub const fn runs_to_the_left(self) -> bool {
        matches!(self, Language::Arabic)
    }
}

/// A word that names no language in which we answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no language that people are answered in: use {known}")]
pub struct UnknownLanguage {
    word: String,
    known: String,
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(word: &str) -> Result<Self, UnknownLanguage> {
        let known = || Self::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|one| one.as_str() == word);
        found.ok_or_else(|| UnknownLanguage { word: word.to_owned(), known: known() })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
