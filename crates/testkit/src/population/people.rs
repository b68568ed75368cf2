//! Who are the people: families with names, dates, camps and what registration wrote down about each of them?

use super::codes;
use super::day::{AS_OF, Day};
use super::draw::{Draw, Stream};
use super::family::{self, Member};
use super::names::{ORIGINS, Origin};
use super::spec::Planting;

/// A row of `household`.
pub(super) struct Household {
    pub(super) number: String,
    pub(super) camp: &'static str,
    pub(super) shelter: &'static str,
    pub(super) size: u32,
    pub(super) registered: Day,
}

/// A row of `individual`, with what the other tables need to know about the person.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) number: String,
    /// Position among the households.
    pub(super) household: usize,
    /// UTF-8, unless this is what was broken on purpose.
    pub(super) given: Vec<u8>,
    pub(super) middle: Option<&'static str>,
    pub(super) family: String,
    pub(super) sex: &'static str,
    /// What needs are drawn from: unlike `sex`, never broken on purpose.
    pub(super) female: bool,
    /// As registration wrote it; unknown for a few.
    pub(super) birth: Option<String>,
    pub(super) estimated: bool,
    pub(super) born: Day,
    pub(super) origin: &'static Origin,
    pub(super) nationality: &'static str,
    pub(super) marital: &'static str,
    pub(super) legal: &'static str,
    pub(super) arrived: Day,
    pub(super) registered: Day,
    pub(super) camp: &'static str,
    pub(super) phone: Option<String>,
    pub(super) relationship: &'static str,
    pub(super) language: &'static str,
    pub(super) religion: &'static str,
    pub(super) ethnicity: &'static str,
    pub(super) father: Option<String>,
    pub(super) mother: Option<String>,
    pub(super) education: &'static str,
    pub(super) occupation: Option<&'static str>,
    pub(super) consent: &'static str,
    pub(super) process: &'static str,
    pub(super) note: String,
    pub(super) planted: Option<Planting>,
}

/// Peoples that do not exist.
const ETHNICITIES: [&str; 8] =
    ["Telmari", "Ovanu", "Kesharo", "Bir-Azul", "Lower Namoori", "Sa'ani Test", "Inventari", "Quellu"];
/// `-` and `=` begin a formula in a spreadsheet, `"` and `;` break careless readers.
const OCCUPATIONS: [&str; 12] = [
    "farmer",
    "tailor",
    "teacher, primary",
    "herder",
    "-",
    "trader (\"mama soko\")",
    "nurse",
    "mason; carpenter",
    "= none",
    "student",
    "driver",
    "weaver",
];
const REMARKS: [&str; 8] = [
    "",
    "; seen at the gate, asked about shelter",
    "; needs an interpreter\nsecond line of the note",
    "; \"not urgent\"",
    "; moved block, see household",
    "; données à vérifier",
    "; تمت المقابلة",
    "; café + tea, 50% of ration",
];

/// Families until there are `people` of them, every one in a camp of the arrangement.
pub(super) fn populate(seed: u64, people: u32) -> (Vec<Household>, Vec<Person>) {
    let mut draw = Draw::new(seed, Stream::Families);
    let weights: Vec<(u32, u32)> = (0u32..).zip(&ORIGINS).map(|(at, origin)| (at, origin.weight)).collect();
    let mut households = Vec::new();
    let mut persons = Vec::with_capacity(people as usize);
    let mut left = people;
    while left > 0 {
        let size = family::size(&mut draw, left);
        left -= size;
        let members = family::compose(&mut draw, size);
        let at = draw.weighted(&weights) as usize;
        if let Some(origin) = ORIGINS.get(at) {
            settle(&mut draw, origin, &members, &mut households, &mut persons);
        }
    }
    (households, persons)
}

/// What the members of one family have in common.
struct Hearth {
    origin: &'static Origin,
    camp: &'static str,
    family: &'static str,
    head: &'static str,
    partner: Option<(&'static str, bool)>,
    head_female: bool,
    arrived: Day,
    registered: Day,
    religion: &'static str,
    ethnicity: &'static str,
    legal: &'static str,
    nationality: &'static str,
    phone: String,
}

fn settle(
    draw: &mut Draw,
    origin: &'static Origin,
    members: &[Member],
    households: &mut Vec<Household>,
    persons: &mut Vec<Person>,
) {
    let head_age = members.first().map_or(0, |head| head.age);
    let head_female = members.first().is_some_and(|head| head.female);
    let earliest = Day::of(2012, 1, 1).0.max(AS_OF.0 - head_age);
    let arrived = Day(draw.between(earliest, Day::of(2026, 5, 1).0));
    let registered = arrived.plus(draw.between(1, 120));
    let partner = members.iter().find(|member| matches!(member.relationship, "WIF" | "HUS"));
    let hearth = Hearth {
        origin,
        camp: draw.pick(&codes::CAMPS),
        family: draw.pick(origin.script.names().family),
        head: given(draw, origin, head_female),
        partner: partner.map(|member| (given(draw, origin, member.female), member.female)),
        head_female,
        arrived,
        registered,
        religion: draw.pick(&codes::RELIGION),
        ethnicity: draw.pick(&ETHNICITIES),
        legal: draw.weighted(&[("refugee", 70), ("asylum-seeker", 25), ("returnee", 2), ("other", 3)]),
        nationality: if origin.stateless && draw.chance(850) { "STL" } else { origin.country },
        phone: phone(draw),
    };
    let number = format!("803-{:02}-{:07}", registered.year() % 100, 1_000_000 + households.len());
    let size = u32::try_from(members.len()).unwrap_or(u32::MAX);
    for member in members {
        let number = format!("989-{:08}", 226 + persons.len());
        persons.push(person(draw, &hearth, member, households.len(), number));
    }
    households.push(Household { number, camp: hearth.camp, shelter: draw.pick(&codes::SHELTER), size, registered });
}

fn person(draw: &mut Draw, hearth: &Hearth, member: &Member, household: usize, number: String) -> Person {
    let origin = hearth.origin;
    let names = origin.script.names();
    let id = uuid::Builder::from_random_bytes(draw.bytes()).into_uuid().to_string();
    let mut born = AS_OF.plus(-member.age);
    let estimated = draw.chance(120);
    if estimated {
        born = born.new_year();
    }
    let arrived = hearth.arrived.max(born);
    let registered = hearth.registered.max(arrived.plus(draw.between(0, 19))).min(AS_OF);
    let age = born.age();
    let family = if member.kin { hearth.family } else { draw.pick(names.family) };
    let given_name = match (member.relationship, hearth.partner) {
        ("PA", _) => hearth.head,
        ("WIF" | "HUS", Some((name, _))) => name,
        _ => given(draw, origin, member.female),
    };
    let (father, mother) = parents(draw, hearth, member);
    let nationality = if draw.chance(8) { "UNK" } else { hearth.nationality };
    let remark = draw.pick(&REMARKS);
    Person {
        id,
        number,
        household,
        given: given_name.as_bytes().to_vec(),
        middle: draw.chance(350).then(|| draw.pick(names.male)),
        family: family.to_owned(),
        sex: match draw.below(1000) {
            0..3 => "U",
            3..6 => "X",
            _ if member.female => "F",
            _ => "M",
        },
        female: member.female,
        birth: (estimated || !draw.chance(10)).then(|| born.to_string()),
        estimated,
        born,
        origin,
        nationality,
        marital: member.marital,
        legal: if nationality == "STL" { "stateless" } else { hearth.legal },
        arrived,
        registered,
        camp: hearth.camp,
        phone: own_phone(draw, hearth, member, age),
        relationship: if member.relationship != "PA" && draw.chance(5) { "U" } else { member.relationship },
        language: match draw.below(100) {
            0..4 => "swh",
            4..6 => "eng",
            _ => draw.pick(origin.languages),
        },
        religion: hearth.religion,
        ethnicity: hearth.ethnicity,
        father,
        mother,
        education: education(draw, age),
        occupation: (age >= 16 && draw.chance(800)).then(|| draw.pick(&OCCUPATIONS)),
        consent: "given",
        process: draw.weighted(&[("active", 900), ("inactive", 50), ("closed", 20), ("on-hold", 30)]),
        note: format!("invented person{remark}"),
        planted: None,
    }
}

/// A child of the family has the head and the head's partner as parents; of others registration knows less.
fn parents(draw: &mut Draw, hearth: &Hearth, member: &Member) -> (Option<String>, Option<String>) {
    let full = |given: &str| format!("{given} {}", hearth.family);
    let names = hearth.origin.script.names();
    if matches!(member.relationship, "SON" | "DAU") {
        let head = Some(full(hearth.head));
        let partner = hearth.partner.map(|(name, _)| full(name));
        return if hearth.head_female { (partner, head) } else { (head, partner) };
    }
    let father = draw.chance(900).then(|| full(draw.pick(names.male)));
    let mother = draw.chance(850).then(|| full(draw.pick(names.female)));
    (father, mother)
}

fn given(draw: &mut Draw, origin: &Origin, female: bool) -> &'static str {
    let names = origin.script.names();
    draw.pick(if female { names.female } else { names.male })
}

fn own_phone(draw: &mut Draw, hearth: &Hearth, member: &Member, age: i32) -> Option<String> {
    match member.relationship {
        "PA" if age >= 15 => draw.chance(800).then(|| hearth.phone.clone()),
        _ if age < 16 => None,
        _ if draw.chance(150) => Some(hearth.phone.clone()),
        _ => draw.chance(400).then(|| phone(draw)),
    }
}

/// A number between 0700 000 000 and 0700 099 999, written as people write them. No subscriber is meant by it.
pub(super) fn phone(draw: &mut Draw) -> String {
    let number = draw.below(100_000);
    let (high, low) = (number / 1000, number % 1000);
    match draw.below(8) {
        0 => format!("+254 700 {high:03} {low:03}"),
        1 => format!("+254700{number:06}"),
        2 => format!("254700{number:06}"),
        3 => format!("0700-{high:03}-{low:03}"),
        4 => format!("(0700) {number:06}"),
        5 => format!("0700{number:06}"),
        6 => format!(" 0700 {high:03}{low:03} "),
        _ => format!("0700 {high:03} {low:03}"),
    }
}

fn education(draw: &mut Draw, age: i32) -> &'static str {
    match age {
        ..6 => "none",
        6..14 => draw.weighted(&[("none", 25), ("primary", 75)]),
        14..18 => draw.weighted(&[("none", 15), ("primary", 40), ("secondary", 45)]),
        _ => draw.weighted(&[
            ("none", 25),
            ("primary", 30),
            ("secondary", 22),
            ("vocational", 10),
            ("university", 8),
            ("unknown", 5),
        ]),
    }
}
