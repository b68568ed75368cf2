//! Which statements ask for a scan: one, or one for every thousand keys?

use causeway_flow::source::Scan;

use super::definition::Definition;
use super::filter;
use super::keys::Keys;
use super::known::Known;
use super::statement;

/// The statements of a scan, one after the other.
pub(super) struct Asked<'k> {
    /// `SELECT … FROM …`
    body: String,
    filter: Option<String>,
    keys: Option<(Keys, &'k Known<'k>)>,
    /// Whether the only statement of a scan without keys was given.
    given: bool,
}

impl<'k> Asked<'k> {
    /// What asks for `scan` of a table whose columns are `known`. A hint that cannot be followed exactly is not followed.
    pub(super) fn new(database: &str, scan: &Scan, definitions: &[Definition], known: &'k [Known<'k>]) -> Self {
        let body = statement::body(database, scan, definitions);
        let filter = scan.hint.filter.as_ref().and_then(|predicate| filter::condition(predicate, known));
        let keys = scan.hint.keys.as_ref().and_then(|list| {
            let known = known.iter().find(|known| known.column.name == list.column)?;
            Some((Keys::new(known, list)?, known))
        });
        Self { body, filter, keys, given: false }
    }

    /// The next statement; none after the last.
    pub(super) fn next(&mut self) -> Option<String> {
        let keys = match &mut self.keys {
            Some((keys, known)) => Some(keys.condition(known)?),
            None if self.given => return None,
            None => None,
        };
        self.given = true;
        Some(self.with(keys))
    }

    /// The statement without its keys.
    pub(super) fn without_keys(&self) -> String {
        self.with(None)
    }

    /// The statement for people, without a key in it.
    pub(super) fn shown(&self) -> String {
        self.with(self.keys.as_ref().map(|(keys, known)| format!("{} IN (… {} keys …)", known.name(), keys.len())))
    }

    /// How many keys are asked for.
    pub(super) fn keys(&self) -> Option<usize> {
        self.keys.as_ref().map(|(keys, _)| keys.len())
    }

    /// Whether the server leaves rows out by a condition.
    pub(super) fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    fn with(&self, keys: Option<String>) -> String {
        let conditions: Vec<&str> = [self.filter.as_deref(), keys.as_deref()].into_iter().flatten().collect();
        match conditions.as_slice() {
            [] => self.body.clone(),
            conditions => format!("{} WHERE {}", self.body, conditions.join(" AND ")),
        }
    }
}
