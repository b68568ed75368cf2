//! How are the texts of a column gathered, so that their UTF-8 is checked once a batch rather than once a cell?

use std::fmt;
use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{ArrayRef, StringArray, StringBuilder};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::decode::BATCH_ROWS;

/// Texts of a column, one behind the other. What they say cannot be printed.
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each begins, and where the last ends.
    ends: Vec<i32>,
    there: NullBufferBuilder,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({} rows)", self.ends.len() - 1)
    }
}

/// A column, and the rows whose texts are no UTF-8: they have no value in it.
pub(super) struct Gathered {
    pub(super) column: ArrayRef,
    pub(super) invalid: Vec<(usize, Vec<u8>)>,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self::with_room(0, 0)
    }

    fn with_room(rows: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { bytes: Vec::with_capacity(bytes), ends, there: NullBufferBuilder::new(BATCH_ROWS) }
    }

    /// The next row's text, which need not be UTF-8. A batch has less than two gibibytes of them.
    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as i32);
        self.there.append_non_null();
    }

    /// The next row has none.
    #[inline]
    pub(super) fn push_none(&mut self) {
        self.ends.push(self.bytes.len() as i32);
        self.there.append_null();
    }

    /// What was gathered; the next batch makes room for about as much.
    pub(super) fn finish(&mut self) -> Gathered {
        let next = Self::with_room(self.ends.len() - 1, self.bytes.len() + self.bytes.len() / 16);
        let Self { bytes, ends, there } = std::mem::replace(self, next);
        let (offsets, bytes) = (OffsetBuffer::new(ScalarBuffer::from(ends)), Buffer::from_vec(bytes));
        let there = there.build();
        match StringArray::try_new(offsets.clone(), bytes.clone(), there.clone()) {
            Ok(column) => Gathered { column: Arc::new(column), invalid: Vec::new() },
            Err(_) => one_by_one(&offsets, &bytes, there.as_ref()),
        }
    }
}

/// Somewhere it is no UTF-8, be it only at the seam of two texts.
#[cold]
fn one_by_one(offsets: &OffsetBuffer<i32>, bytes: &[u8], there: Option<&NullBuffer>) -> Gathered {
    let mut column = StringBuilder::with_capacity(offsets.len(), bytes.len());
    let mut invalid = Vec::new();
    for (row, ends) in offsets.windows(2).enumerate() {
        let text = match ends {
            [from, to] => bytes.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        };
        match std::str::from_utf8(text) {
            _ if there.is_some_and(|there| there.is_null(row)) => column.append_null(),
            Ok(text) => column.append_value(text),
            Err(_) => {
                column.append_null();
                invalid.push((row, text.to_vec()));
            }
        }
    }
    Gathered { column: Arc::new(column.finish()), invalid }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use arrow::array::{Array, AsArray};

    use super::*;

    type Found = (Vec<Option<String>>, Vec<(usize, Vec<u8>)>);

    fn gathered(texts: &mut Texts, rows: &[Option<&[u8]>]) -> Found {
        for row in rows {
            match row {
                Some(text) => texts.push(text),
                None => texts.push_none(),
            }
        }
        let Gathered { column, invalid } = texts.finish();
        let column = column.as_string::<i32>();
        let value = |row: usize| column.is_valid(row).then(|| column.value(row).to_owned());
        ((0..column.len()).map(value).collect(), invalid)
    }

    #[test]
    fn what_is_no_utf8_by_itself_is_found_even_where_two_texts_together_are() {
        let mut texts = Texts::new();
        let (a, missing) = (Some("ሰላም".to_owned()), None);
        let found = gathered(&mut texts, &[Some("ሰላም".as_bytes()), None, Some(b"")]);
        assert_eq!(found, (vec![a.clone(), missing.clone(), Some(String::new())], Vec::new()));

        let (first, second) = "é".as_bytes().split_at(1);
        let found = gathered(&mut texts, &[Some(first), Some(second), Some("ሰላም".as_bytes()), None]);
        let invalid = vec![(0, first.to_vec()), (1, second.to_vec())];
        assert_eq!(found, (vec![missing.clone(), missing.clone(), a, missing], invalid));

        assert_eq!(gathered(&mut texts, &[]), (Vec::new(), Vec::new()));
        texts.push(b"Zuri");
        assert_eq!(format!("{texts:?}"), "Texts(1 rows)");
    }
}
