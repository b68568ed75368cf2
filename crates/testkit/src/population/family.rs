//! Who lives together, how are they related and how old are they?
//!
//! Ages are bounded so that a family is believable whatever is drawn: a parent is at least 15 years older than a
//! child and a mother at most 47, brothers and sisters are at least 400 days apart, an elder is at least 17 years older than the head.

use super::draw::Draw;

/// A person's place in a family, before names and dates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) relationship: &'static str,
    pub(super) female: bool,
    /// In days.
    pub(super) age: i32,
    pub(super) marital: &'static str,
    /// Bears the family's name.
    pub(super) kin: bool,
}

/// Days in `years` average years.
pub(super) const fn years(years: i32) -> i32 {
    years * 36_525 / 100
}

const SIZES: [(u32, u32); 9] = [(1, 18), (2, 13), (3, 16), (4, 17), (5, 14), (6, 10), (7, 6), (8, 4), (9, 2)];

/// How many live in the next household, of at most `left` people.
pub(super) fn size(draw: &mut Draw, left: u32) -> u32 {
    draw.weighted(&SIZES).min(left)
}

/// The members of a household of `size`, its head first.
pub(super) fn compose(draw: &mut Draw, size: u32) -> Vec<Member> {
    if size <= 1 {
        return vec![alone(draw)];
    }
    let spouse = draw.chance(750);
    let elders = match size {
        6.. if draw.chance(120) => 2,
        5.. if draw.chance(200) => 1,
        _ => 0,
    };
    let guests = u32::from(size >= 4 && draw.chance(100));
    let children = size - 1 - u32::from(spouse) - elders - guests;
    // The deepest family has 8 children and so a head of at least 43.
    let youngest = 19 + 3 * i32::try_from(children).unwrap_or(0);

    let female = draw.chance(500);
    let head_years = draw.between(youngest, (youngest + 22).min(64));
    let head_age = years(head_years) + draw.between(0, 364);
    let couple = draw.weighted(&[("MA", 85), ("CL", 10), ("PT", 5)]);
    let single = draw.weighted(&[("SN", 25), ("WD", 35), ("DV", 12), ("SR", 20), ("U", 8)]);
    let marital = if spouse { couple } else { single };
    let mut members = vec![Member { relationship: "PA", female, age: head_age, marital, kin: true }];

    let mut parent = head_age;
    let mut last_birth = head_age - years(if female { 46 } else { 58 });
    if spouse {
        let age = years(draw.between(youngest.max(head_years - 7), head_years + 7)) + draw.between(0, 364);
        parent = parent.min(age);
        last_birth = if female { head_age } else { age } - years(46);
        let relationship = if female { "HUS" } else { "WIF" };
        members.push(Member { relationship, female: !female, age, marital: couple, kin: true });
    }
    grow(draw, &mut members, children, parent, last_birth);
    let first = draw.chance(500);
    for elder in 0..elders {
        let female = first == (elder == 0);
        let age = head_age + years(draw.between(18, 30));
        let relationship = if female { "MOT" } else { "FAT" };
        let marital = if elders == 2 { "MA" } else { "WD" };
        members.push(Member { relationship, female, age, marital, kin: true });
    }
    if guests > 0 {
        members.push(guest(draw, head_years));
    }
    members
}

fn alone(draw: &mut Draw) -> Member {
    let (low, high) = match draw.below(1000) {
        0..80 => (15, 17),
        80..230 => (60, 92),
        _ => (18, 59),
    };
    let age_years = draw.between(low, high);
    let age = years(age_years) + draw.between(0, 364);
    let marital = match age_years {
        ..18 => "SN",
        18..30 => draw.weighted(&[("SN", 80), ("EG", 10), ("SR", 10)]),
        _ => draw.weighted(&[("SN", 30), ("WD", 30), ("DV", 15), ("SR", 20), ("U", 5)]),
    };
    Member { relationship: "PA", female: draw.chance(450), age, marital, kin: true }
}

/// Adds `children` from the youngest up, who is at least as old as `last_birth` is long ago; the eldest was born when the
/// younger parent was at least 16. Parents are close enough in age for both to hold at once.
fn grow(draw: &mut Draw, members: &mut Vec<Member>, children: u32, parent: i32, last_birth: i32) {
    let spread = 900 * i32::try_from(children.saturating_sub(1)).unwrap_or(0);
    let youngest = last_birth.max(20);
    let mut age = draw.between(youngest, (parent - years(16) - spread).min(youngest.max(years(12))));
    for _ in 0..children {
        let female = draw.chance(500);
        let relationship = if female { "DAU" } else { "SON" };
        let marital = if age > years(18) && draw.chance(60) { "EG" } else { "SN" };
        members.push(Member { relationship, female, age, marital, kin: true });
        age += draw.between(400, 900);
    }
}

/// Someone who lives with the family: a foster child, the head's brother or sister, or no relative at all.
fn guest(draw: &mut Draw, head_years: i32) -> Member {
    let female = draw.chance(500);
    let (relationship, age_years, kin) = match draw.below(3) {
        0 => (if female { "FCF" } else { "FCM" }, draw.between(1, 16), false),
        1 => (if female { "SIS" } else { "BRO" }, draw.between((head_years - 8).max(12), head_years + 8), true),
        _ => ("NRM", draw.between(18, 60), false),
    };
    Member { relationship, female, age: years(age_years) + draw.between(0, 300), marital: "SN", kin }
}
