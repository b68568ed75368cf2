//! How do rounds of questions become answers that can be asked about? Who is in them lies in two sets by then.

use super::tell::TellAnswer;
use super::tell_round::REMEMBERED_US;
use super::writing::{Applied, Change, Writing};
use crate::db::{query, stored};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// Rounds of one exchange, whose people lie in the sets of answers now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseRounds {
    /// Their numbers.
    pub rounds: Vec<u64>,
    /// The answers: of who was told about, and of who was asked about. The time of each is that of its first round.
    pub answers: Vec<(TellAnswer, jiff::Timestamp)>,
}

impl Store {
    /// Closes rounds. What was sealed in them goes.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when somebody else closed one of them.
    pub async fn close_rounds(&self, change: Changed<CloseRounds>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for CloseRounds {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        for (answer, told_at) in &self.answers {
            answer.enter(writing, told_at.as_microsecond()).await?;
        }
        query("DELETE FROM look_up_near WHERE at <= $1").bind(micros - REMEMBERED_US).execute(writing.rows()).await?;
        for number in &self.rounds {
            let close =
                query("UPDATE look_up_round SET people = NULL, closed_at = $1 WHERE number = $2 AND closed_at IS NULL");
            let close = close.bind(micros).bind(stored(*number, "the number of a round")?);
            if close.execute(writing.rows()).await? != 1 {
                let name = number.to_string();
                return Err(StoreError::ChangedMeanwhile { what: "round of questions", name });
            }
        }
        Applied::NEW
    }
}
