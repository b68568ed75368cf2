//! Who is in records that are released?

use std::ops::Range;

/// Keys of people as text, one after the other. Cannot be printed.
#[derive(Default)]
pub struct PersonKeys {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Which of them are of each record.
    records: Vec<(usize, usize)>,
}

impl PersonKeys {
    /// Adds a person.
    pub(super) fn add(&mut self, key: &[u8]) {
        self.text.extend_from_slice(key);
        self.ends.push(self.text.len());
    }

    /// Says of which of them the next record is.
    pub(super) fn record(&mut self, people: Range<usize>) {
        self.records.push((people.start, people.end));
    }

    /// Those of some of the records alone.
    pub(super) fn only(&self, records: impl Iterator<Item = usize>) -> Self {
        let mut only = Self::default();
        for record in records {
            let from = only.len();
            self.of_record(record).for_each(|key| only.add(key));
            only.record(from..only.len());
        }
        only
    }

    /// Those of one record.
    pub fn of_record(&self, record: usize) -> impl Iterator<Item = &[u8]> {
        let (from, to) = self.records.get(record).copied().unwrap_or_default();
        let begin = from.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let ends = self.ends.get(from..to).unwrap_or_default();
        std::iter::once(begin)
            .chain(ends.iter().copied())
            .zip(ends)
            .map(|(from, to)| self.text.get(from..*to).unwrap_or_default())
    }

    /// How many records they are of.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each key: only to be made a pseudonym of.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(from, to)| self.text.get(from..*to).unwrap_or_default())
    }
}
