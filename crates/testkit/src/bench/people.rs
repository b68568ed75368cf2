//! Who lives in the benchmark's households, and what belongs to them?

use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use super::codes::{self, drawn};
use super::draw::{Draw, Stream, identifier};
use super::names;

/// Households of one to ten, in percent.
const SIZES: [u32; 10] = [13, 14, 15, 15, 13, 11, 8, 6, 3, 2];

/// The stores are as they stood on this day.
const NEWEST: Date = Date::constant(2026, 6, 15);

/// A household.
pub(super) struct Household {
    pub(super) id: Uuid,
    /// Number by which people know it.
    pub(super) number: String,
    pub(super) size: u64,
    pub(super) arrived: Date,
    pub(super) registered: Date,
    pub(super) camp: usize,
    pub(super) origin: usize,
    pub(super) block: u32,
    pub(super) shelter: u32,
    pub(super) status: &'static str,
    pub(super) assistance: Vec<Assistance>,
}

/// Something that a household was entitled to.
pub(super) struct Assistance {
    pub(super) month: u32,
    pub(super) modality: &'static str,
    pub(super) cents: u32,
    pub(super) currency: &'static str,
    pub(super) status: &'static str,
}

/// A person.
pub(super) struct Person {
    pub(super) id: Uuid,
    pub(super) given: String,
    pub(super) other: Option<String>,
    pub(super) family: String,
    pub(super) local: Option<&'static str>,
    pub(super) sex: usize,
    pub(super) born: Option<Date>,
    pub(super) estimated: bool,
    pub(super) nationality: usize,
    pub(super) marital: usize,
    pub(super) legal: usize,
    pub(super) relationship: usize,
    pub(super) phone: Option<String>,
    pub(super) consents: bool,
    pub(super) documents: Vec<Document>,
    pub(super) needs: Vec<&'static str>,
    pub(super) enrolments: Vec<Enrolment>,
    /// For columns that no output is made of.
    pub(super) rest: u64,
}

/// A document, the later in the list the higher its number in the store.
pub(super) struct Document {
    pub(super) kind: &'static str,
    pub(super) number: String,
    pub(super) issued: Date,
    pub(super) country: usize,
}

/// One modality of a person's biometrics.
pub(super) struct Enrolment {
    pub(super) modality: &'static str,
    pub(super) position: &'static str,
    pub(super) quality: u32,
    /// Length of the template and where it begins in the pool of random bytes.
    pub(super) template: Option<(usize, usize)>,
    pub(super) second: u32,
}

pub(super) fn earlier(day: Date, days: i32) -> Date {
    day.saturating_sub(days.days())
}

/// The `index`-th household, of no more than `most` people.
pub(super) fn household(seed: u64, index: u64, most: u64) -> Household {
    let draw = &mut Draw::new(seed, Stream::Household, index);
    let size = (draw.weighted(SIZES.into_iter()) as u64 + 1).min(most);
    let arrived = earlier(NEWEST, draw.days(18 * 365));
    let registered = arrived.saturating_add(draw.days(400).days()).min(NEWEST);
    let number = format!("101-{:02}C{index:08}", registered.year() % 100);
    let assistance = (0..draw.weighted([15, 20, 30, 20, 15].into_iter())).map(|_| assistance(draw)).collect();
    Household {
        id: identifier(seed, Stream::HouseholdId, index),
        number,
        size,
        arrived,
        registered,
        camp: drawn(draw, codes::CAMPS),
        origin: drawn(draw, codes::COUNTRIES),
        block: draw.below(40),
        shelter: draw.below(900),
        status: ["A", "I", "C"].get(draw.weighted([92, 5, 3].into_iter())).copied().unwrap_or("A"),
        assistance,
    }
}

fn assistance(draw: &mut Draw) -> Assistance {
    let one = |list: [&'static str; 3], place: usize| list.get(place).copied().unwrap_or_default();
    Assistance {
        month: draw.below(12) + 1,
        modality: one(["CASH", "FOOD", "NFI"], draw.weighted([60, 35, 5].into_iter())),
        cents: 500 + draw.below(20_000),
        currency: one(["USD", "KES", "USD"], draw.weighted([95, 5].into_iter())),
        status: one(["DELIVERED", "PENDING", "VOID"], draw.weighted([88, 7, 5].into_iter())),
    }
}

/// The `index`-th person, member number `place` of its household; the first is its head.
pub(super) fn person(seed: u64, index: u64, household: &Household, place: u64) -> Person {
    let draw = &mut Draw::new(seed, Stream::Person, index);
    let years = match place == 0 || !draw.chance(62) {
        true => 18 + draw.days(if place == 0 { 50 } else { 72 }),
        false => draw.days(18),
    };
    let born = earlier(NEWEST, years * 365 + draw.days(365));
    Person {
        id: identifier(seed, Stream::PersonId, index),
        given: names::given(draw),
        other: names::other(draw),
        family: names::family(draw),
        local: names::local(draw),
        sex: drawn(draw, codes::SEX),
        born: (draw.below(1000) >= 5).then_some(born),
        estimated: draw.chance(30),
        nationality: household.origin,
        marital: if years < 15 { 0 } else { drawn(draw, codes::MARITAL) },
        legal: drawn(draw, codes::LEGAL),
        relationship: if place == 0 { 0 } else { drawn(draw, codes::RELATIONSHIP) },
        phone: phone(draw),
        consents: draw.chance(93),
        documents: documents(draw),
        needs: (0..=draw.weighted([70, 22, 8].into_iter())).map(|_| draw.pick(codes::NEEDS)).collect(),
        enrolments: enrolments(draw),
        rest: draw.bits(),
    }
}

/// A telephone number as clerks write it: four spellings that can be read, and now and then one that cannot.
fn phone(draw: &mut Draw) -> Option<String> {
    if draw.chance(40) {
        return None;
    }
    let digits = format!("{:08}", draw.below(100_000_000));
    let (head, tail) = digits.split_at(2);
    let (middle, end) = tail.split_at(3);
    Some(match draw.below(100) {
        0 => format!("7{head}-{middle}"),
        1 => "not known".to_owned(),
        2..27 => format!("+2547{digits}"),
        27..51 => format!("07{head} {middle} {end}"),
        51..75 => format!("254-7{head}-{tail}"),
        _ => format!("7{digits}"),
    })
}

fn documents(draw: &mut Draw) -> Vec<Document> {
    let mut all: Vec<Document> = Vec::new();
    for _ in 0..draw.weighted([15, 55, 22, 8].into_iter()) {
        let kind = draw.pick(codes::DOCUMENTS);
        // Two of a day happen: the higher number of the store is then the later one.
        let same = all.last().map(|last| last.issued).filter(|_| draw.chance(10));
        let issued = same.unwrap_or_else(|| earlier(NEWEST, draw.days(4000)));
        let number = format!("{kind}-{:09}", draw.below(1_000_000_000));
        all.push(Document { kind, number, issued, country: drawn(draw, codes::COUNTRIES) });
    }
    all
}

fn enrolments(draw: &mut Draw) -> Vec<Enrolment> {
    let kinds = [("face", "-", 88), ("fingerprint", "RT", 55), ("fingerprint", "LT", 55), ("iris", "LR", 40)];
    let mut all = Vec::new();
    for (modality, position, percent) in kinds {
        if draw.chance(percent) {
            let kept = modality == "face" && draw.chance(54);
            let template =
                kept.then(|| (1472 + draw.below(128) as usize, draw.below(super::tables::POOL as u32) as usize));
            all.push(Enrolment {
                modality,
                position,
                quality: 20 + draw.below(81),
                template,
                second: draw.below(150_000_000),
            });
        }
    }
    all
}
