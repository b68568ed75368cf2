//! Who is left out by their own word, whatever the sources say?

use arrow::record_batch::RecordBatch;
use causeway_model::Code;

use super::judge::Verdict;
use super::report::text_keys;
use crate::error::FlowError;

/// Tells of a person's key, as packages write it, why the person is left out.
type Ask = Box<dyn Fn(&[u8]) -> Option<Code>>;

/// People's decisions, for the purpose and the recipient of one plan. Empty, it leaves nobody out.
#[derive(Default)]
pub struct Register {
    ask: Option<Ask>,
}

impl Register {
    /// A register that answers by `ask`.
    pub fn new(ask: impl Fn(&[u8]) -> Option<Code> + 'static) -> Self {
        Self { ask: Some(Box::new(ask)) }
    }

    /// Leaves out whom nothing else leaves out.
    ///
    /// INVARIANT (a person's word holds): asked wherever people are judged, so that whoever is left out by it is absent from
    /// every list and every reduction too.
    pub(crate) fn heed(
        &self,
        verdicts: &mut [Verdict],
        records: &RecordBatch,
        key: &[String],
    ) -> Result<(), FlowError> {
        let Some(ask) = &self.ask else { return Ok(()) };
        let mut verdicts = verdicts.iter_mut();
        text_keys(records, key, |key| {
            // Who comes from a country that would receive the data stops everything, unless they stay in anyway; a person's own word is
            // the reason before the household's.
            if let Some(verdict) = verdicts.next()
                && matches!(verdict, Verdict::Release | Verdict::Origin(_) | Verdict::Withheld(Code::HouseholdWithheld))
                && let Some(code) = ask(key)
            {
                *verdict = Verdict::Withheld(code);
            }
        })
    }
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.ask.is_some() { "Register(hidden)" } else { "Register(empty)" })
    }
}
