//! What papers, needs and languages does a person have?

use super::day::{AS_OF, Day};
use super::draw::Draw;
use super::people::Person;

/// A row of `document`.
pub(super) struct Document {
    pub(super) kind: &'static str,
    pub(super) number: String,
    pub(super) issuer: &'static str,
    pub(super) issued: Day,
    pub(super) expires: Option<Day>,
}

/// A row of `specific_need`.
pub(super) struct Need {
    pub(super) category: &'static str,
    pub(super) subcategory: &'static str,
    pub(super) status: &'static str,
    pub(super) assessed: Day,
}

/// A row of `language`.
pub(super) struct Spoken {
    pub(super) language: &'static str,
    pub(super) level: &'static str,
    pub(super) mother_tongue: bool,
}

/// No, one or several papers; some have run out.
pub(super) fn documents(draw: &mut Draw, person: &Person) -> Vec<Document> {
    let adult = person.born.age() >= 18;
    let count = if adult {
        draw.weighted(&[(0, 12), (1, 48), (2, 28), (3, 12)])
    } else {
        draw.weighted(&[(0, 40), (1, 50), (2, 10)])
    };
    let mut documents: Vec<Document> = Vec::new();
    for _ in 0..count {
        let kind = if adult {
            draw.weighted(&[
                ("refugee-id", 40),
                ("unhcr-certificate", 20),
                ("national-id", 14),
                ("passport", 10),
                ("birth-certificate", 6),
                ("permit", 7),
                ("other", 3),
            ])
        } else {
            draw.weighted(&[("birth-certificate", 70), ("unhcr-certificate", 30)])
        };
        let issuer = match kind {
            "passport" | "national-id" | "birth-certificate" => person.origin.country,
            _ => "KEN",
        };
        let earliest = if issuer == "KEN" { person.arrived } else { person.born };
        let issued = Day(draw.between(earliest.0, AS_OF.0));
        let runs_out = !matches!(kind, "birth-certificate" | "other");
        documents.push(Document {
            kind,
            number: format!("TEST-{}{:07}", issuer, draw.below(10_000_000)),
            issuer,
            issued,
            expires: runs_out.then(|| issued.plus(365 * draw.between(2, 10))),
        });
    }
    documents
}

/// Needs that fit the person's age and place in the family.
pub(super) fn needs(draw: &mut Draw, person: &Person) -> Vec<Need> {
    let age = person.born.age();
    let woman = person.female;
    let minor_alone = age < 18 && matches!(person.relationship, "PA" | "FCF" | "FCM");
    let lone_parent = person.relationship == "PA" && matches!(person.marital, "WD" | "SR" | "DV");
    let candidates: [(&str, [&str; 2], bool, u32); 12] = [
        ("CR", ["CR-AF", "CR-CP"], age < 18, 60),
        ("SC", ["SC-UC", "SC-SC"], minor_alone, 900),
        ("WR", ["WR-WR", "WR-LC"], woman && age >= 18, 40),
        ("ER", ["ER-NF", "ER-OC"], age >= 60, 700),
        ("SP", ["SP-PT", "SP-GP"], lone_parent && age < 60, 350),
        ("DS", ["DS-BD", "DS-PM"], true, 45),
        ("SM", ["SM-MI", "SM-CI"], true, 50),
        ("FU", ["FU-TR", "FU-FR"], age >= 18, 15),
        ("LP", ["LP-RR", "LP-ND"], age >= 18, 30),
        ("TR", ["TR-PI", "TR-HO"], age >= 18, 15),
        ("SV", ["SV-VA", "SV-VF"], age >= 12, 12),
        ("PG", ["PG-HR", "PG-LC"], woman && (16..50).contains(&age), 90),
    ];
    let mut needs = Vec::new();
    for (category, subcategories, applies, per_mille) in candidates {
        if applies && draw.chance(per_mille) {
            needs.push(Need {
                category,
                subcategory: draw.pick(&subcategories),
                status: if draw.chance(750) { "active" } else { "closed" },
                assessed: Day(draw.between(person.registered.0, AS_OF.0)),
            });
        }
    }
    needs
}

/// What the person speaks, the mother tongue first and the preferred one among them; none twice; nothing below the age of two.
pub(super) fn languages(draw: &mut Draw, person: &Person) -> Vec<Spoken> {
    let age = person.born.age();
    let mut spoken: Vec<Spoken> = Vec::new();
    if age < 2 {
        return spoken;
    }
    let own = person.origin.languages.iter().copied().zip([1000, 350, 200]);
    for (language, per_mille) in own.chain([("swh", 300), ("eng", 250)]) {
        if draw.chance(per_mille) || language == person.language {
            let mother_tongue = spoken.is_empty();
            let level = if mother_tongue { "E" } else { draw.weighted(&[("E", 20), ("N", 50), ("NO", 25), ("U", 5)]) };
            spoken.push(Spoken { language, level, mother_tongue });
        }
    }
    spoken
}
