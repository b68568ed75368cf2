//! How is a closed list of words written once, and read, printed and described everywhere alike?

/// A word that is in no such list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}: use {known}")]
pub struct UnknownWord {
    /// What was looked for.
    pub what: &'static str,
    /// What was written.
    pub word: String,
    /// The words there are.
    pub known: String,
}

/// An enumeration whose variants have stable kebab-case names: `ALL`, `as_str`, `explain`, text, serde and schema.
macro_rules! named {
    ($(#[doc = $about:literal])* $name:ident, $what:literal { $($(#[doc = $doc:literal])* $variant:ident = $text:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $doc])* $variant),* }

        impl $name {
            /// Every one there is, in the order of the reference.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Its name: kebab case, stable.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// What it is, in one sentence.
            pub const fn explain(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc),*)),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::named::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let known = || $name::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
                let found = $name::ALL.iter().copied().find(|one| one.as_str() == word);
                found.ok_or_else(|| $crate::named::UnknownWord { what: $what, word: word.to_owned(), known: known() })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let names: Vec<&str> = $name::ALL.iter().map(|one| one.as_str()).collect();
                schemars::json_schema!({ "type": "string", "enum": names, "description": concat!($($about),*).trim() })
            }
        }
    };
}

pub(crate) use named;
