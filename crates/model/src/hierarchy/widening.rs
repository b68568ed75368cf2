//! Where does a level agree more than one above it? Refused by the name of the level above.

use super::{level_name, may_select};
use crate::arrangement::{Arrangement, Effect, difference};
use crate::{Code, ElementRef, Violation};

/// Everything in which a level is wider than the level above it, or cannot be shown not to be. `levels`: the highest first.
///
/// Not asked are populations and frequencies: both hold at every level anyway, and a country names its camps and rhythm where a
/// framework cannot. A purpose below is the purpose above, or a part of it, written `ABOVE/PART`.
pub fn widenings(levels: &[&Arrangement]) -> Vec<Violation> {
    let pairs = levels.iter().zip(levels.iter().skip(1));
    pairs.flat_map(|(above, level)| between(above, level)).collect()
}

fn between(above: &Arrangement, level: &Arrangement) -> Vec<Violation> {
    let framework = level_name(above);
    let wider = |subject: &str, detail: String| Violation::new(Code::WiderThanFramework, subject, detail);
    let mut found = Vec::new();
    for change in difference(above, level).into_iter().filter(|change| change.may_widen()) {
        let widens = match change.member.as_str() {
            // A country arrangement has its own parties, rhythm, population and name for the operation.
            "under" | "operation" | "parties" | "population" | "frequency" => false,
            // Origins named above hold below without being repeated.
            "countries_of_origin" => false,
            "purpose" => !is_part(&level.purpose.code, &above.purpose.code),
            // Under consent above, consent is needed below; other bases differ without anything more leaving.
            "lawful_basis" => change.effect == Effect::Widened,
            "may_select_by" => change.subject.parse().is_ok_and(|element: ElementRef| !may_select(above, &element)),
            // No limit of one's own below is the limit above.
            "day_cap" => level.day_cap.is_some(),
            "volume_cap" => level.volume_cap.is_some(),
            // Of each the least holds, whatever is said below.
            member if member.starts_with("rights.") => false,
            _ => true,
        };
        if widens {
            let subject = if change.subject.is_empty() { change.member.clone() } else { change.subject.clone() };
            let of = |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
            let detail = format!(
                "{} agrees {} of {}, and {framework} agrees {}",
                level_name(level),
                of(&change.to),
                change.member,
                of(&change.from)
            );
            found.push(wider(&subject, detail));
        }
    }
    found
}

/// Whether a purpose is the one above or a part of it.
pub(crate) fn is_part(code: &str, above: &str) -> bool {
    code == above || code.strip_prefix(above).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
}
