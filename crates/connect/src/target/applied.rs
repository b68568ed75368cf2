//! What was applied before, and what follows from it for a message?

use std::cmp::Ordering;

use causeway_flow::accept::target::{Answer, Message, Outcome, Place, Refusal, TargetError, unfit_id};
use causeway_model::Code;

use super::link::Link;
use super::marker::{self, Kept, Plans};
use super::session::Open;

impl<L: Link> Open<L> {
    /// The answer to a message that is not to be applied; none for one that is. INVARIANT (applied once): `lock` makes what it
    /// rests on stay so until the transaction ends.
    pub(super) fn heed(&mut self, message: &Message, lock: &str) -> Result<Option<Answer>, TargetError> {
        if let Some((_, why)) = unfit_id(&message.external_id) {
            let (table, column) = (marker::TABLE.to_owned(), Some("external_id".to_owned()));
            let refusal = Refusal { code: Code::TargetRefused, table, column, detail: why.to_owned() };
            return Ok(Some(Answer { outcome: Outcome::Refused(refusal), key: Vec::new(), repeated: false }));
        }
        if let Some(kept) = self.of_place(&message.place, lock, Plans::Left)? {
            return self.repeated(message, kept).map(Some);
        }
        let Some(last) = self.last(&message.external_id)? else { return Ok(None) };
        let kept = match last.marker.is_undone() {
            false => last,
            // What was undone comes again by its own intake alone, which somebody has had read once more.
            true if last.marker.digest == message.digest && of(&last.marker.place) != of(&message.place) => {
                return Ok(Some(Answer { outcome: Outcome::Duplicate, key: last.marker.key, repeated: false }));
            }
            true => match self.newest(&message.external_id)? {
                Some(kept) => kept,
                None => return Ok(None),
            },
        };
        let order = match (&message.sequence, &kept.sequence) {
            (Some(incoming), Some(newest)) => marker::order(incoming, newest),
            _ => None,
        };
        // An intake that is read once more comes after those that came after it: which of them is newer, its arrival says.
        let is_older = match order {
            Some(Ordering::Less) => true,
            Some(Ordering::Greater) => false,
            Some(Ordering::Equal) | None => message.later.contains(of(&kept.marker.place)),
        };
        let outcome = match kept.marker.digest == message.digest {
            true => Outcome::Duplicate,
            false if is_older => Outcome::Superseded,
            false => return Ok(None),
        };
        Ok(Some(Answer { outcome, key: kept.marker.key, repeated: false }))
    }

    /// What became of the message itself.
    fn repeated(&self, message: &Message, kept: Kept) -> Result<Answer, TargetError> {
        if kept.marker.digest != message.digest {
            return Err(self.wrong(Code::RuleFailed, "another record was applied under this number: report it"));
        }
        let outcome = match kept.marker.outcome.as_str() {
            "inserted" => Outcome::Inserted,
            "updated" => Outcome::Updated,
            _ => return Err(self.wrong(Code::WrongState, "the group was applied, and undone")),
        };
        Ok(Answer { outcome, key: kept.marker.key, repeated: true })
    }
}

/// The intake of a group: what it is called by in the target, without how often it was undone.
fn of(place: &Place) -> &str {
    place.intake.split('/').next().unwrap_or_default()
}
