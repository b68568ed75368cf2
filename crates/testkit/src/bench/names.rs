//! What are the benchmark's invented people called?
//!
//! Names are put together from syllables, so that a million people share some thousands of names as real ones do. The
//! lists hold on purpose what breaks careless software: commas, quotes, apostrophes, marks of direction, composed and
//! decomposed letters, many scripts.

use super::draw::Draw;

const FIRST: &[&str] = &[
    "Ada", "Bel", "Cor", "Dun", "Eri", "Fal", "Gis", "Hol", "Imo", "Jar", "Kel", "Lun", "Mir", "Nad", "Oru", "Pel",
    "Quil", "Rav", "Sel", "Tov",
];
const SECOND: &[&str] = &[
    "ba", "cho", "dira", "esh", "fin", "gani", "hara", "ilo", "jun", "kesi", "lani", "mar", "nuri", "oba", "peri",
    "rim", "sana", "tiki", "ula", "wen",
];
const HOUSE: &[&str] = &[
    "Alba", "Brin", "Castor", "Dema", "Elan", "Farro", "Gomba", "Hesper", "Ivar", "Jolu", "Kanda", "Lemar", "Mosi",
    "Noro", "Otta", "Pasha", "Rubo", "Sato", "Tembe", "Vasi",
];
const ENDING: &[&str] = &[
    "beke", "dan", "essa", "field", "gora", "him", "inde", "jok", "kiri", "lowe", "mwa", "nder", "olo", "pur", "reth",
    "shani", "tari", "uvo", "wick", "zani",
];
const GIVEN: &[&str] = &["N'Dala", "Ésaïe", "Ame\u{301}lie", "Jo-Ann", "Abu al-Noor", "O", "Łucja", "Zoë"];
const FAMILY: &[&str] = &["Sample, Jr.", "O'Test", "Invented \"Nick\" Name", "de la Ñ", "Ex-Ample", "al-Miṯāl", "Mbê"];
const OTHER: &[&str] = &["The \"Elder\"", "\"Lal\" Noor"];
const LOCAL: &[&str] = &["مثال", "نموذج\u{200f}", "ምሳሌ", "ሰላም", "উদাহরণ", "ဥပမာ", "نمونه", "пример", "দৃষ্টান্ত", "ሙከራ"];

/// A given name.
pub(super) fn given(draw: &mut Draw) -> String {
    special(draw, GIVEN, 1).unwrap_or_else(|| [draw.pick(FIRST), draw.pick(SECOND)].concat())
}

/// Other names; a quarter of the people have none.
pub(super) fn other(draw: &mut Draw) -> Option<String> {
    (!draw.chance(25)).then(|| special(draw, OTHER, 1).unwrap_or_else(|| given(draw)))
}

/// A family name; some in a local script.
pub(super) fn family(draw: &mut Draw) -> String {
    if draw.chance(2) {
        return draw.pick(LOCAL).to_owned();
    }
    special(draw, FAMILY, 2).unwrap_or_else(|| [draw.pick(HOUSE), draw.pick(ENDING)].concat())
}

/// The name in a local script, where one was written down.
pub(super) fn local(draw: &mut Draw) -> Option<&'static str> {
    (!draw.chance(40)).then(|| draw.pick(LOCAL))
}

/// One of the odd names, `percent` times in a hundred.
fn special(draw: &mut Draw, list: &[&str], percent: u32) -> Option<String> {
    draw.chance(percent).then(|| draw.pick(list).to_owned())
}
