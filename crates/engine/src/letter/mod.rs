//! How is a person told, in plain words and in the person's language, who received what?
//!
//! The words stand in one file a language beside this one, in the syntax of Fluent: its plurals are those of Unicode's CLDR. A
//! name or purpose comes as documents write it, in whatever language; in a text that runs the other way it is isolated, so
//! that neither shows the other in a wrong order.

mod language;
mod notice;
mod told;

use causeway_model::Form;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::EngineError;
use crate::query::{Disclosure, Disclosures, Status};

pub use language::Language;
pub use notice::{Notices, exposure_text, notices};
pub use told::{Told, told};

/// The answer to a person's question as a letter: plain text, a sentence a line. `contact` is whom to turn to, where the installation
/// says so.
///
/// # Errors
/// The words of the language are damaged: never, since a test reads them all.
pub fn letter(found: &Disclosures, language: Language, contact: Option<&str>) -> Result<String, EngineError> {
    let words = Words::of(language)?;
    let today = day(found.asked_at);
    let mut lines = vec![words.say("title", [])?, String::new()];
    lines.push(words.say("intro", [("date", words.date(today)?)])?);
    let count = found.disclosures.len();
    lines.push(match count {
        0 => words.say("none", [("asked", number(found.packages_asked))])?,
        _ => words.say("some", [("count", number(count))])?,
    });
    for (at, one) in found.disclosures.iter().enumerate() {
        lines.push(String::new());
        words.disclosure(at + 1, one, today, &mut lines)?;
    }
    lines.push(String::new());
    if !found.other_entities.is_empty() {
        lines.push(words.say("others", [])?);
    }
    lines.push(words.say("rights", [])?);
    let contact = match contact {
        Some(contact) => words.foreign(contact),
        None => words.say("our-office", [])?.into(),
    };
    lines.push(words.say("contact", [("contact", contact)])?);
    Ok(lines.iter().map(|line| words.line(line)).collect())
}

/// The words of a language.
struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    fn of(language: Language) -> Result<Self, EngineError> {
        Self::read(language, language.words())
    }

    /// Those of alerts.
    fn told(language: Language) -> Result<Self, EngineError> {
        Self::read(language, language.told())
    }

    fn read(language: Language, words: &'static str) -> Result<Self, EngineError> {
        let damaged = || EngineError::Wrong(format!("the words of language `{language}` are damaged"));
        let resource = FluentResource::try_new(words.to_owned()).map_err(|_| damaged())?;
        let mut bundle = FluentBundle::new(vec![language.as_str().parse().map_err(|_| damaged())?]);
        // Isolated is what comes from outside and may run the other way; numbers and dates of ours need none.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| damaged())?;
        Ok(Self { language, bundle })
    }

    /// A message with its arguments. One that is not there, or misses an argument, is an error.
    fn say(
        &self,
        message: &str,
        arguments: impl IntoIterator<Item = (&'static str, FluentValue<'static>)>,
    ) -> Result<String, EngineError> {
        let damaged = || EngineError::Wrong(format!("language `{}` has no words for `{message}`", self.language));
        let arguments: FluentArgs<'_> = arguments.into_iter().collect();
        let pattern = self.bundle.get_message(message).and_then(|found| found.value()).ok_or_else(damaged)?;
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if errors.is_empty() { Ok(said) } else { Err(damaged()) }
    }

    fn disclosure(&self, at: usize, one: &Disclosure, today: Date, lines: &mut Vec<String>) -> Result<(), EngineError> {
        let partner = || ("partner", self.foreign(&one.partner.title));
        lines.push(self.say("heading", [("number", number(at)), partner()])?);
        let sent = ("date", self.date(day(one.arrived_at.unwrap_or(one.began_at)))?);
        let began = ("date", self.date(day(one.began_at))?);
        let answered = ("answered", self.date(day(one.answered_at.unwrap_or(one.began_at)))?);
        lines.push(match one.status {
            Status::MayHaveArrived => self.say("may-have-arrived", [began, partner()])?,
            Status::Arrived => self.say("arrived", [sent, partner()])?,
            Status::AskedAbout => self.say("asked-about", [sent, partner()])?,
            Status::Confirmed => self.say("confirmed", [sent, partner(), answered])?,
            Status::Rejected => self.say("rejected", [sent, partner(), answered])?,
        });
        if one.status == Status::AskedAbout {
            return Ok(());
        }
        lines.push(self.say("purpose", [("purpose", self.foreign(&one.purpose.text))])?);
        let version = ("version", number(one.arrangement.version as usize));
        lines.push(self.say("agreement", [("title", self.foreign(&one.arrangement.title)), version])?);
        lines.push(self.say("elements", [])?);
        for shared in &one.elements {
            let element = ("element", self.foreign(&shared.label));
            let said = match shared.form {
                Form::Raw => self.say("form-raw", [element])?,
                Form::Pseudonym => self.say("form-pseudonym", [element])?,
                Form::Presence => self.say("form-presence", [element])?,
                Form::Year => self.say("form-year", [element])?,
                Form::Age => self.say("form-age", [element])?,
                Form::AgeBand => self.say("form-age-band", [element])?,
                Form::PlaceLevel(level) => self.say("form-place-level", [element, ("level", number(level.into()))])?,
                Form::Masked => self.say("form-masked", [element])?,
                Form::AggregateOnly => self.say("form-aggregate-only", [element])?,
            };
            lines.push(format!("– {said}"));
        }
        if !one.recorded {
            lines.push(self.say("worked-out", [])?);
        }
        let erase = if one.erase_by < today { "erased-by" } else { "erase-by" };
        lines.push(self.say(erase, [("date", self.date(one.erase_by)?)])?);
        Ok(())
    }

    fn date(&self, date: Date) -> Result<FluentValue<'static>, EngineError> {
        let part = |number: i16| FluentValue::from(number);
        let year = FluentValue::from(date.year().to_string());
        let said =
            self.say("date", [("day", part(date.day().into())), ("month", part(date.month().into())), ("year", year)])?;
        Ok(said.into())
    }

    /// What comes from a document: without what could command a terminal or turn the text around, and isolated where its direction
    /// may be another.
    fn foreign(&self, text: &str) -> FluentValue<'static> {
        let plain: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
        let plain = plain.trim().trim_end_matches('.').to_owned();
        if self.language.runs_to_the_left() || plain.chars().any(runs_to_the_left) {
            return format!("\u{2068}{plain}\u{2069}").into();
        }
        plain.into()
    }

    /// A line of the letter. A mark at its beginning says in which direction it runs, also if it begins with a number.
    fn line(&self, line: &str) -> String {
        match self.language.runs_to_the_left() && !line.is_empty() {
            true => format!("\u{200f}{line}\n"),
            false => format!("{line}\n"),
        }
    }
}

/// A day, as clocks in UTC have it.
fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn number(count: usize) -> FluentValue<'static> {
    FluentValue::from(count)
}

/// Characters that set directions: only we do.
fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Letters of scripts that run to the left: Hebrew, Arabic, Syriac, Thaana, NKo and their neighbours.
fn runs_to_the_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests;
