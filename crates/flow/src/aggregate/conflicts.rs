//! How often do the origins of an element disagree?

use std::collections::BTreeMap;

/// Disagreements between origins, by element, in each reading of its entity.
#[derive(Default)]
pub(crate) struct Conflicts {
    readings: Vec<BTreeMap<String, u64>>,
}

impl Conflicts {
    /// Disagreements by element. Records that are read several times disagree in each reading, and count once.
    pub(crate) fn by_element(&self) -> BTreeMap<String, u64> {
        let mut most = BTreeMap::new();
        for (element, count) in self.readings.iter().flatten() {
            let known: &mut u64 = most.entry(element.clone()).or_default();
            *known = (*known).max(*count);
        }
        most
    }

    /// Begins a reading; gives its number.
    pub(crate) fn begin(&mut self) -> usize {
        self.readings.push(BTreeMap::new());
        self.readings.len() - 1
    }

    /// Counts a disagreement.
    pub(crate) fn add(&mut self, reading: usize, element: &str) {
        if let Some(counts) = self.readings.get_mut(reading) {
            *counts.entry(element.to_owned()).or_default() += 1;
        }
    }
}
