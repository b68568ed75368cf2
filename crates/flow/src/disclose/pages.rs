//! Where does an answer wait whose first page was taken and whose others were not?

use std::path::Path;

use zeroize::Zeroizing;

use super::Disclosed;
use crate::error::FlowError;
use crate::unnamed::{Extent, UnnamedFile};

/// The pages of an answer: JSON arrays of rows.
///
/// INVARIANT (an answer is never stored): they lie in a file without a name, under a key that is only in this process.
pub struct Pages {
    file: UnnamedFile,
    pages: Vec<(Extent, usize)>,
}

/// Rows as a JSON array, and how many they are.
pub type Page = (Zeroizing<Vec<u8>>, usize);

impl Pages {
    /// Lays an answer by in `folder`, so many records a page, under a key of 32 random bytes that is used for it alone. Rows of one
    /// record stay together.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn lay(told: &Disclosed, records: u32, folder: &Path, key: &Zeroizing<[u8; 32]>) -> Result<Self, FlowError> {
        let mut file = UnnamedFile::create(folder, key, 0)?;
        let (mut pages, mut page, mut rows) = (Vec::new(), Zeroizing::new(Vec::new()), 0);
        for record in 0..told.records() {
            for row in told.of_record(record) {
                let before = if page.is_empty() { b'[' } else { b',' };
                page.push(before);
                page.extend_from_slice(told.row(row));
                rows += 1;
            }
            let is_last = record + 1 == told.records();
            if is_last || (record + 1) % records.max(1) as usize == 0 {
                page.push(b']');
                pages.push((file.append(&mut page)?, rows));
                page.clear();
                rows = 0;
            }
        }
        Ok(Self { file, pages })
    }

    /// How many pages there are; none where nobody was found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether nobody was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// A page, counted from 0, and how many rows it has; none behind the last.
    ///
    /// # Errors
    /// The file was altered.
    pub fn page(&self, number: usize) -> Result<Option<Page>, FlowError> {
        let Some((extent, rows)) = self.pages.get(number) else { return Ok(None) };
        Ok(Some((Zeroizing::new(self.file.read(*extent)?), *rows)))
    }
}
