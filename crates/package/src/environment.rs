//! For real people or for tests: where does a key say so, and what follows for all that it signs?
//!
//! INVARIANT (environment): a package says the environment of the key that signed it, and a key that of its file. There is
//! no other way to say it.

use serde::{Deserialize, Serialize};

use crate::error::PackageError;
use crate::key::unusable;

/// What names of files and folders begin with whose people are invented.
pub const SYNTHETIC: &str = "SYNTHETIC-";

/// What the line of a key file begins with that says for what the key is.
const LINE: &str = "# environment:";

/// For what a key, an installation or a package is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For real people's data. A key file that says nothing, and a manifest of before there was a choice, are for that.
    #[default]
    Production,
    /// For invented people: integration, sandboxes.
    Test,
}

/// Whose data a package holds; it follows from the environment, and is written for people to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// Real people's.
    #[default]
    Real,
    /// Invented people's.
    Synthetic,
}

impl Environment {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }

    /// Whose data may be in a package of it.
    #[must_use]
    pub const fn data(self) -> Data {
        match self {
            Self::Production => Data::Real,
            Self::Test => Data::Synthetic,
        }
    }

    /// The line by which a key file says it.
    #[must_use]
    pub fn line(self) -> String {
        format!("{LINE} {}\n", self.as_str())
    }

    /// What a key file says; none where it says nothing.
    ///
    /// # Errors
    /// It says a word that is no environment, or both.
    pub fn said_in(text: &str) -> Result<Option<Self>, PackageError> {
        let mut said = None;
        for word in text.lines().filter_map(|line| line.trim().strip_prefix(LINE)).map(str::trim) {
            let one = match word {
                "production" => Self::Production,
                "test" => Self::Test,
                _ => return Err(unusable("key file", "its `# environment:` is neither `production` nor `test`")),
            };
            if said.is_some_and(|before| before != one) {
                return Err(unusable("key file", "it says two environments"));
            }
            said = Some(one);
        }
        Ok(said)
    }
}

impl Data {
    /// What names of files begin with that hold it; nothing, where it is real.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Real => "",
            Self::Synthetic => SYNTHETIC,
        }
    }
}

impl std::fmt::Display for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Refuses a document whose two marks do not belong together.
pub(crate) fn agree(file: &str, environment: Environment, data: Data) -> Result<(), PackageError> {
    if environment.data() == data {
        return Ok(());
    }
    Err(PackageError::malformed(
        file,
        "real data and a test environment do not go together, nor invented people and production",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_file_says_it_in_a_line_of_its_own_and_once() {
        let said = |text: &str| Environment::said_in(text);
        assert_eq!(said("age1invented\n").unwrap(), None);
        assert_eq!(said("# environment: test\nage1invented\n").unwrap(), Some(Environment::Test));
        assert_eq!(said(&Environment::Production.line()).unwrap(), Some(Environment::Production));
        assert_eq!(said("# environment: test\n# environment: test\n").unwrap(), Some(Environment::Test));
        assert!(said("# environment: staging\n").is_err());
        assert!(said("# environment: test\n# environment: production\n").is_err());
    }

    #[test]
    fn the_marks_belong_together() {
        for environment in [Environment::Production, Environment::Test] {
            for data in [Data::Real, Data::Synthetic] {
                assert_eq!(agree("x", environment, data).is_ok(), environment.data() == data);
            }
        }
    }
}
