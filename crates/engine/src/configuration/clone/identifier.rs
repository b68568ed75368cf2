//! Which identifiers mean something in one operation alone?

use causeway_model::document::Document;

macro_rules! identifiers {
    ($($name:ident $word:literal $doc:literal;)*) => {
        /// A kind of identifier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Identifier { $(#[doc = $doc] $name),* }

        impl Identifier {
            /// Every kind, in the order of the mapping file.
            pub(crate) const ALL: &'static [Identifier] = &[$(Identifier::$name),*];

            /// Its section in the mapping file.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Identifier::$name => $word),* }
            }

            /// What it is, for the mapping file.
            pub(crate) const fn explain(self) -> &'static str {
                match self { $(Identifier::$name => $doc),* }
            }
        }
    };
}

identifiers! {
    Operation "operation" "The operation that shares.";
    Exchange "exchange" "The exchange's own name.";
    Arrangement "arrangement" "The arrangement, and the framework above it.";
    Catalogue "catalogue" "The catalogue's own name.";
    Partner "partner" "The partner's registered name.";
    Contact "contact" "Names of parties and processors, as they are signed.";
    Country "country" "Countries whose law binds, where data are kept, from which people come.";
    Region "region" "Whose telephone numbers they are.";
    PseudonymKey "pseudonym-key" "Purpose codes: with the partner and the installation's own root they make the keys of pseudonyms.";
    Source "source" "Stores that records are read from.";
    Connection "connection" "Where a store is, and under which name one signs in.";
    Table "table" "Tables and views, as SOURCE.TABLE.";
    Column "column" "Columns, as SOURCE.TABLE.COLUMN.";
    Entity "entity" "Kinds of records.";
    Step "step" "Relations as they are walked, as ENTITY.STEP; write the step alone.";
    Element "element" "Data elements, as ENTITY.ELEMENT; write the element alone.";
    CodeList "code-list" "Code lists.";
    Code "code" "Codes, as LIST.CODE; write the code alone.";
    Vocabulary "vocabulary" "Names of other vocabularies in the code lists.";
    PartnerCode "partner-code" "Codes of the partner, as VOCABULARY.CODE or OUTPUT.CODE; write the code alone.";
    Place "place" "Place codes in populations and conditions.";
    TimeZone "time-zone" "Time zones of schedules.";
    Literal "literal" "Other texts in conditions and constants, as WHERE=TEXT; write the text alone.";
    Expression "expression" "SQL expressions, by output; write the whole expression.";
    Folder "folder" "Where packages go.";
    Process "process" "Ids of shipping processes and arrangements that clients have in their settings.";
}

/// Where an identifier stands: file and JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) file: &'static str,
    pub(crate) pointer: String,
}

impl Site {
    /// File, line and column.
    pub(crate) fn shown(&self, documents: &[(&'static str, Document)]) -> String {
        let document = documents.iter().find(|(file, _)| *file == self.file);
        let at = document.map(|(_, document)| document.locate(&self.pointer));
        at.map_or_else(|| self.file.to_owned(), |at| format!("{}:{}:{}", self.file, at.line, at.column))
    }
}
