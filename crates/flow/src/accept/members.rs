//! What did a record come with, by the names of its fields, and by which digest is it known again?

use std::collections::BTreeMap;

use causeway_model::Code;
use hmac::Mac;

use super::batch::keyed;
use super::checks::{Checks, Fields};
use super::target::EXTERNAL_ID_BYTES;
use crate::source::Cell;
use crate::{Fault, Personal};

/// A cell that outlives the line that it stood on.
#[derive(Clone)]
pub(super) enum Held {
    Null,
    Boolean(bool),
    Number(String),
    Text(Vec<u8>),
    Nested(Vec<u8>),
}

/// Values of one record, by the places of its fields; none where nothing came.
type Cells = Vec<Option<Held>>;

/// The members of one record, as they are handed over.
pub(super) struct Members {
    pub(super) cells: Cells,
    pub(super) lists: Vec<Option<Held>>,
    pub(super) faults: Vec<Fault>,
    entity: String,
}

impl Members {
    pub(super) fn of(fields: &Fields, lists: usize) -> Self {
        Self {
            cells: vec![None; fields.names.len()],
            lists: vec![None; lists],
            faults: Vec::new(),
            entity: fields.scan.entity.clone(),
        }
    }

    pub(super) fn take(&mut self, fields: &Fields, list: Option<usize>, name: &[u8], cell: Cell<'_>) {
        let place = match list {
            Some(at) => self.lists.get_mut(at),
            None => fields.places.get(name).and_then(|place| self.cells.get_mut(*place)),
        };
        let named = || Some(String::from_utf8_lossy(name).chars().take(120).collect());
        // One of a kind is enough to tell what is wrong: a record may have any number of members.
        let mut once = |code| {
            if !self.faults.iter().any(|fault| fault.code == code) {
                self.faults.push(fault(&self.entity, code, named()));
            }
        };
        match place {
            None => once(Code::FieldUnknown),
            Some(Some(_)) => once(Code::FieldTwice),
            Some(place) => *place = Some(Held::of(cell)),
        }
    }

    /// Keyed digest of what came: of every field that came, by its name. It stays the same whatever fields a later version of the
    /// exchange has besides, and in whichever order.
    pub(super) fn digest(&self, checks: &Checks, key: &[u8; 32]) -> [u8; 32] {
        let mut mac = keyed(key, b"record");
        let lists = checks.nested.iter().map(|list| &list.name).zip(&self.lists);
        let all = checks.record.names.iter().zip(&self.cells).chain(lists);
        let came: BTreeMap<&String, &Held> = all.filter_map(|(name, cell)| Some((name, cell.as_ref()?))).collect();
        for (name, cell) in came {
            let (kind, bytes): (u8, &[u8]) = match cell {
                Held::Null => (1, &[]),
                Held::Boolean(value) => (2, if *value { &[1] } else { &[0] }),
                Held::Number(text) => (3, text.as_bytes()),
                Held::Text(text) => (4, text),
                Held::Nested(text) => (5, text),
            };
            for part in [name.as_bytes(), &[kind], bytes] {
                mac.update(&(part.len() as u64).to_be_bytes());
                mac.update(part);
            }
        }
        mac.finalize().into_bytes().into()
    }
}

impl Held {
    fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Boolean(value) => Self::Boolean(value),
            Cell::Number(text) => Self::Number(text.to_owned()),
            Cell::Text(text) => Self::Text(text.to_vec()),
            Cell::Nested(text) => Self::Nested(text.to_vec()),
            // Readers of texts give nothing else.
            _ => Self::Null,
        }
    }

    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Boolean(value) => Cell::Boolean(*value),
            Self::Number(text) => Cell::Number(text),
            Self::Text(text) => Cell::Text(text),
            Self::Nested(text) => Cell::Nested(text),
        }
    }

    /// The bytes by which the partner calls the record. It is held as long as its batch: what is too long for an id is none.
    pub(super) fn id(&self) -> Option<Vec<u8>> {
        let id = match self {
            Self::Text(text) => text.as_slice(),
            Self::Number(text) => text.as_bytes(),
            _ => return None,
        };
        (!id.is_empty() && id.len() <= EXTERNAL_ID_BYTES).then(|| id.to_vec())
    }
}

pub(super) fn fault(subject: &str, code: Code, value: Option<String>) -> Fault {
    Fault { subject: subject.to_owned(), code, value: Personal::new(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_an_id_is_not_held_as_one() {
        for held in [|length| Held::Number("9".repeat(length)), |length| Held::Text(vec![b'9'; length])] {
            assert_eq!(held(EXTERNAL_ID_BYTES).id().map(|id| id.len()), Some(EXTERNAL_ID_BYTES));
            assert!([0, EXTERNAL_ID_BYTES + 1, 1 << 20].into_iter().all(|length| held(length).id().is_none()));
        }
    }
}
