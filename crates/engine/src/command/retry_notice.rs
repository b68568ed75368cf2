//! How does a person see to it that a notice is sent after all, or try whether one arrives?

use causeway_model::notice::{Notice, NoticeKind, To};
use causeway_model::permission::{Action, Thing};
use causeway_store::change::RetryNotice;
use causeway_store::query::NoticeRow;
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

impl House {
    /// A notice.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none of that id.
    pub async fn notice(&self, id: &str) -> Result<NoticeRow, EngineError> {
        let unknown =
            || EngineError::Unknown { what: "notice", name: id.to_owned(), help: "see `causeway notice list`" };
        self.store.notice(id).await?.ok_or_else(unknown)
    }

    /// A notice as a thing: of the operation, or of the partner to whom it goes.
    #[must_use]
    pub fn of_notice(&self, id: &str, to: &To) -> Thing {
        match to {
            To::Staff => self.own(id),
            To::Partner(name) => self.of_partner(id, name),
        }
    }
}

/// Lets what was given up of a notice be tried again.
pub async fn retry_notice(house: &House, actor: &str, id: &str) -> Result<Saved, EngineError> {
    let notice = house.notice(id).await?;
    house.permit(actor, Action::SendNotices, &house.of_notice(id, &notice.to)).await?;
    let event = audit(actor, "notice-retried", id, json!({ "kind": notice.kind, "to": notice.to.to_string() }));
    let change = RetryNotice { notice: id.to_owned() };
    let saved = house.store.retry_notice(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Posts a notice on one way of the settings, to see whether it arrives. It says nothing of anything.
pub async fn try_notice(house: &House, actor: &str, way: &str) -> Result<(), EngineError> {
    house.permit(actor, Action::SendNotices, &house.own(way)).await?;
    let settings = &house.home.config().notices;
    settings.check()?;
    if settings.way(way).is_none() {
        let (what, help) = ("way of [notices]", "the ways stand in `causeway.toml`");
        return Err(EngineError::Unknown { what, name: way.to_owned(), help });
    }
    house.record(actor, "notice-tried", way, json!({})).await?;
    let notice = Notice::new(NoticeKind::Trial, To::Staff, way).at(house.now().to_string());
    house.store.outbox().post(&notice, house.now()).await?;
    Ok(())
}
