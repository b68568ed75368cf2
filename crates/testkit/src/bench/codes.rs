//! Which codes do the benchmark's stores hold, how often, and what does the partner call them?

use super::draw::Draw;

/// A code, what the partner calls it, and how often it occurs.
pub(super) type Code = (&'static str, &'static str, u32);

/// A place of a list, as often as its code occurs.
pub(super) fn drawn(draw: &mut Draw, list: &[Code]) -> usize {
    draw.weighted(list.iter().map(|(_, _, weight)| *weight))
}

/// Code at a place of a list.
pub(super) fn code(list: &[Code], place: usize) -> &'static str {
    list.get(place).map_or("", |(code, _, _)| code)
}

/// What the partner calls the code at a place of a list.
pub(super) fn theirs(list: &[Code], place: usize) -> &'static str {
    list.get(place).map_or("", |(_, theirs, _)| theirs)
}

pub(super) const SEX: &[Code] = &[("F", "2", 5050), ("M", "1", 4900), ("U", "0", 40), ("X", "9", 10)];

pub(super) const COUNTRIES: &[Code] = &[
    ("SOM", "SO", 3000),
    ("SSD", "SS", 2200),
    ("COD", "CD", 1400),
    ("ETH", "ET", 900),
    ("BDI", "BI", 600),
    ("SDN", "SD", 500),
    ("RWA", "RW", 300),
    ("UGA", "UG", 250),
    ("ERI", "ER", 200),
    ("YEM", "YE", 150),
    ("SYR", "SY", 150),
    ("AFG", "AF", 100),
    ("IRQ", "IQ", 80),
    ("MMR", "MM", 60),
    ("CAF", "CF", 40),
    ("CMR", "CM", 30),
    ("NGA", "NG", 20),
    ("VEN", "VE", 10),
    ("STL", "XX", 5),
    ("UNK", "XX", 5),
];

pub(super) const MARITAL: &[Code] = &[
    ("SN", "single", 1),
    ("MA", "married", 1),
    ("WD", "widowed", 1),
    ("DV", "divorced", 1),
    ("SP", "separated", 1),
    ("EG", "engaged", 1),
    ("CL", "common-law", 1),
    ("UN", "unknown", 1),
];

pub(super) const LEGAL: &[Code] = &[
    ("REF", "refugee", 65),
    ("ASR", "asylum-seeker", 25),
    ("ASS", "asylum-seeker", 4),
    ("STL", "stateless", 1),
    ("IDP", "idp", 2),
    ("RET", "returnee", 2),
    ("OTH", "other", 1),
];

/// The first is the head of the household, and nobody else is.
pub(super) const RELATIONSHIP: &[Code] = &[
    ("FP", "head", 0),
    ("SPO", "spouse", 1),
    ("SON", "child", 1),
    ("DAU", "child", 1),
    ("FAT", "parent", 1),
    ("MOT", "parent", 1),
    ("BRO", "sibling", 1),
    ("SIS", "sibling", 1),
    ("GCH", "grandchild", 1),
    ("OTH", "other", 1),
];

/// Camps, each with the part of the households that lives there.
pub(super) const CAMPS: &[Code] = &[
    ("KE100100", "NRB-01", 140),
    ("KE101137", "NRB-02", 120),
    ("KE102174", "NRB-03", 100),
    ("KE103211", "NRB-04", 90),
    ("KE104248", "NRB-05", 80),
    ("KE105285", "NRB-06", 70),
    ("KE106322", "NRB-07", 50),
    ("KE107359", "NRB-08", 45),
    ("KE108396", "NRB-09", 40),
    ("KE109433", "NRB-10", 35),
    ("KE110470", "NRB-11", 35),
    ("KE111507", "NRB-12", 30),
    ("KE112544", "NRB-13", 30),
    ("KE113581", "NRB-14", 25),
    ("KE114618", "NRB-15", 25),
    ("KE115655", "NRB-16", 20),
    ("KE116692", "NRB-17", 20),
    ("KE117729", "NRB-18", 20),
    ("KE118766", "NRB-19", 15),
    ("KE119803", "NRB-20", 10),
];

/// The camps of the narrow variant, where a tenth of the households live.
pub(super) const NARROW: [&str; 3] = ["KE106322", "KE111507", "KE115655"];

pub(super) const DOCUMENTS: &[&str] = &["NID", "PAS", "BIR", "ALN", "PRG", "REF"];
pub(super) const NEEDS: &[&str] = &["CR", "UM", "UF", "SC", "WR", "SP", "OA", "DS", "SM", "FU", "LP", "TR", "SV", "GV"];
pub(super) const RELIGIONS: &[&str] = &["MUS", "CHR", "OTH", "NON", "UNK"];
pub(super) const LANGUAGES: &[&str] = &["som", "din", "nus", "swa", "amh", "orm", "fra", "ara", "kin", "eng"];
