//! Where does an answer wait whose first page was taken and whose others were not?

use std::path::Path;

use causeway_model::{Code, Violation};
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
    /// Lays an answer by in `folder`, so many records and so many bytes a page at most, under a key of 32 random bytes that is used for it
    /// alone. Rows of one record stay together.
    ///
    /// # Errors
    /// A record alone is longer than a page; the disk refuses.
    pub fn lay(
        told: &Disclosed,
        records: u32,
        bytes: usize,
        folder: &Path,
        key: &Zeroizing<[u8; 32]>,
    ) -> Result<Self, FlowError> {
        let mut file = UnnamedFile::create(folder, key, 0)?;
        let (mut pages, mut page, mut rows, mut laid) = (Vec::new(), Zeroizing::new(Vec::new()), 0, 0);
        for record in 0..told.records() {
            // With what stands between rows, and at both ends.
            let length = told.of_record(record).map(|row| told.row(row).len() + 1).sum::<usize>() + 1;
            if length > bytes {
                let detail = format!("a record has more than {bytes} bytes");
                return Err(FlowError::refuse(Violation::new(Code::ValueOversize, "answer", detail)));
            }
            if laid == records.max(1) || page.len() + length > bytes {
                end(&mut file, &mut pages, &mut page, &mut rows)?;
                laid = 0;
            }
            laid += 1;
            for row in told.of_record(record) {
                let before = if page.is_empty() { b'[' } else { b',' };
                page.push(before);
                page.extend_from_slice(told.row(row));
                rows += 1;
            }
        }
        if told.records() > 0 {
            end(&mut file, &mut pages, &mut page, &mut rows)?;
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

/// Ends a page.
fn end(
    file: &mut UnnamedFile,
    pages: &mut Vec<(Extent, usize)>,
    page: &mut Vec<u8>,
    rows: &mut usize,
) -> Result<(), FlowError> {
    page.push(b']');
    pages.push((file.append(page)?, std::mem::take(rows)));
    page.clear();
    Ok(())
}
