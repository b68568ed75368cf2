//! How is one value invented: of the right type, within its code list, and visibly nobody's?

use causeway_model::ValueType;
use causeway_model::catalogue::{Catalogue, Element};
use jiff::ToSpan;
use jiff::civil::Date;

use super::hint::Hint;
use super::wish::Wish;

/// "Example" in the scripts that our people write.
const WORDS: [&str; 8] = ["Exempla", "Mfano", "مثال", "ምሳሌ", "ဥပမာ", "উদাহরণ", "Приклад", "Tusaale"];

/// One of how many values that may be missing is missing.
const MISSING: u64 = 8;

/// Draws that a seed decides (splitmix64): for invented people, never for a secret.
#[derive(Clone, Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    pub(super) fn pick<'v, T>(&mut self, values: &'v [T]) -> Option<&'v T> {
        values.get(self.below(values.len() as u64) as usize)
    }
}

/// What one value is invented from.
pub(super) struct Invention<'i> {
    pub(super) catalogue: &'i Catalogue,
    pub(super) element: &'i Element,
    pub(super) wish: &'i Wish,
    pub(super) hints: &'i [Hint],
    /// Whether records are told apart by it.
    pub(super) is_key: bool,
    /// Number of the record, from 0.
    pub(super) number: usize,
    pub(super) today: Date,
}

impl Invention<'_> {
    /// The value as text, as ISO 8601 for dates; none where it is missing.
    pub(super) fn value(&self, draws: &mut Draws) -> Option<String> {
        if self.wish.absent {
            return None;
        }
        let may_miss = self.element.optional && !self.is_key && !self.wish.present;
        if may_miss && draws.below(MISSING) == 0 {
            return None;
        }
        if let Some(among) = &self.wish.among {
            let admitted: Vec<&String> = among.iter().filter(|value| self.wish.admits(value)).collect();
            if let Some(value) = draws.pick(&admitted) {
                return Some((*value).clone());
            }
        }
        let value = self.of_type(draws)?;
        let value = if self.wish.admits(&value) { value } else { self.bound().unwrap_or(value) };
        let longest = self.element.max_length as usize;
        Some(value.chars().take(longest).collect())
    }

    /// An end of the range that the population names.
    fn bound(&self) -> Option<String> {
        self.wish.from.clone().or_else(|| self.wish.to.clone())
    }

    fn of_type(&self, draws: &mut Draws) -> Option<String> {
        let number = self.number + 1;
        Some(match &self.element.value_type {
            ValueType::Code(list) => return self.code(list, draws),
            ValueType::Text => self.text(draws),
            ValueType::Integer if self.is_key => number.to_string(),
            ValueType::Integer => draws.below(100).to_string(),
            ValueType::Decimal(precision, scale) => decimal(*precision, *scale, draws),
            ValueType::Boolean => (draws.below(2) == 0).to_string(),
            ValueType::Date => self.date(draws).to_string(),
            ValueType::PartialDate => {
                let whole = self.date(draws).to_string();
                let known = [4, 7, 10].get(draws.below(3) as usize).copied().unwrap_or(10);
                whole.chars().take(known).collect()
            }
            ValueType::Timestamp => format!("{}T12:{:02}:00Z", self.date(draws), draws.below(60)),
            ValueType::Uuid if self.is_key => format!("00000000-0000-4000-8000-{number:012x}"),
            ValueType::Uuid => format!("00000000-0000-4000-8000-{:012x}", draws.next() & 0xffff_ffff_ffff),
            ValueType::Place(levels) => {
                let length = usize::from(levels.last().copied().unwrap_or(2)).max(2) - 2;
                format!("ZZ{:0length$}", draws.below(10))
            }
            ValueType::Bytes => format!("invented {number}"),
        })
    }

    fn code(&self, list: &str, draws: &mut Draws) -> Option<String> {
        let all: Vec<&str> = self.catalogue.code_list(list)?.codes.iter().map(|entry| entry.code.as_str()).collect();
        let admitted: Vec<&str> = all.iter().copied().filter(|code| self.wish.admits(code)).collect();
        draws.pick(&admitted).or_else(|| all.first()).map(|code| (*code).to_owned())
    }

    fn text(&self, draws: &mut Draws) -> String {
        let number = self.number + 1;
        for hint in self.hints {
            match hint {
                Hint::Phone(region) => return phone(region, draws),
                Hint::Parts(separator) => return format!("{}{separator}{}", word(draws), word(draws)),
                Hint::DateText => return "2011-05-17".to_owned(),
                Hint::Codes(codes) => {
                    if let Some(code) = draws.pick(codes) {
                        return code.clone();
                    }
                }
                Hint::Before(_) => {}
            }
        }
        if self.is_key { format!("INVENTED-{number:05}") } else { format!("{} {number}", word(draws)) }
    }

    fn date(&self, draws: &mut Draws) -> Date {
        let limits = self.hints.iter().filter_map(|hint| if let Hint::Before(at) = hint { Some(*at) } else { None });
        let last = limits.fold(self.today, Date::min);
        last.saturating_sub(i64::try_from(draws.below(70 * 365)).unwrap_or(0).days())
    }
}

fn word(draws: &mut Draws) -> &'static str {
    draws.pick(&WORDS).copied().unwrap_or("Exempla")
}

fn decimal(precision: u8, scale: i8, draws: &mut Draws) -> String {
    let scale = usize::from(scale.unsigned_abs());
    let digits = usize::from(precision).saturating_sub(scale).min(3) as u32;
    let whole = draws.below(10_u64.pow(digits));
    if scale == 0 { whole.to_string() } else { format!("{whole}.{:0scale$}", draws.below(10)) }
}

/// The number that the region's numbering plan gives as its example, with another last digit where that is one too.
fn phone(region: &str, draws: &mut Draws) -> String {
    let metadata = phonenumber::metadata::DATABASE.by_id(region);
    let Some(metadata) = metadata else { return String::new() };
    let kinds = metadata.descriptors();
    let example = kinds.mobile().and_then(|kind| kind.example()).or_else(|| kinds.general().example());
    let Some(example) = example else { return String::new() };
    let kept: String = example.chars().take(example.chars().count().saturating_sub(1)).collect();
    let other = format!("+{}{kept}{}", metadata.country_code(), draws.below(10));
    let valid = phonenumber::parse(None, &other).is_ok_and(|number| number.is_valid());
    if valid { other } else { format!("+{}{example}", metadata.country_code()) }
}
