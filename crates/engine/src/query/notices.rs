//! Which partners were told, which have not answered, and which are late?

use causeway_model::permission::Action;
use causeway_store::query::NoticeRow;

use crate::error::EngineError;
use crate::house::House;

/// A notice, as officers are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The notice.
    pub notice: NoticeRow,
    /// Whether its day is over and it is not settled.
    pub overdue: bool,
}

impl Listed {
    /// How far it came, in a word.
    #[must_use]
    pub fn stands(&self) -> &str {
        match self.notice.answers.last() {
            Some(answer) if self.notice.is_settled() => self
                .notice
                .answers
                .iter()
                .find(|one| one.outcome != "received")
                .map_or(&answer.outcome, |one| &one.outcome),
            Some(_) => "received",
            None if self.notice.sent_at.is_some() => "sent",
            None if self.notice.begun_at.is_some() => "on its way",
            None => "not sent",
        }
    }
}

/// Notices, oldest first; of one partner if it is named, and only those that are late if that is asked.
pub async fn notices(
    house: &House,
    actor: &str,
    partner: Option<&str>,
    only_overdue: bool,
) -> Result<Vec<Listed>, EngineError> {
    house.may_see(actor, Action::ShowNotices, &house.own("people")).await?;
    let today = house.today();
    let listed = house.store.notices(partner).await?.into_iter();
    let listed = listed.map(|notice| Listed { overdue: notice.is_overdue(today), notice });
    Ok(listed.filter(|one| one.overdue || !only_overdue).collect())
}
