//! What lies before a post office: by which settings does it work, and which tries are under way?

use std::sync::Arc;

use causeway_model::alert::AlertKind;
use causeway_store::Saved;
use causeway_store::query::AlertRow;
use tokio::sync::watch::Receiver;
use tokio::task::{JoinError, JoinSet};

use super::office::{IDLE, Office, Tell, Told};
use super::{Settings, route, send};
use crate::error::EngineError;

/// How many are sent at once, one at most on each way: one that hangs holds up no other.
const AT_ONCE: usize = 16;

/// How many are addressed in one go.
const PAGE: u32 = 100;

/// What a try came to; nothing where it was another's by then.
type Tried = Result<Option<Told>, EngineError>;

/// A post office at work.
pub(super) struct Desk<'o> {
    office: &'o Office,
    tell: Tell,
    /// The newest that made sense.
    pub(super) settings: Arc<Settings>,
    tries: JoinSet<Tried>,
}

impl<'o> Desk<'o> {
    pub(super) fn of(office: &'o Office, tell: Tell) -> Self {
        Self { office, tell, settings: Arc::clone(&office.settings), tries: JoinSet::new() }
    }

    /// Takes the settings as they are now; keeps those before where they make no sense.
    pub(super) fn reread(&mut self) {
        match self.office.house.home.reread_alerts() {
            Ok(settings) => self.settings = Arc::new(settings),
            Err(error) => (self.tell)(Told::Troubled { error }),
        }
    }

    /// Chooses ways; whether there was any to choose for.
    pub(super) async fn address(&mut self) -> Result<bool, EngineError> {
        let house = &self.office.house;
        let found = house.store.unaddressed_alerts(PAGE).await?;
        if found.iter().any(|alert| alert.kind == AlertKind::Trial) {
            // Whoever tries a way has just written it.
            self.reread();
        }
        for AlertRow { id, kind, to, subject, .. } in &found {
            let ways = route::ways(&self.settings, *kind, to, subject);
            let saved = house.store.outbox().address(id, &ways, house.now()).await?;
            if ways.is_empty() && saved == Saved::New {
                (self.tell)(Told::Nobody { alert: id.clone() });
            }
        }
        Ok(!found.is_empty())
    }

    /// Takes in hand what is due, each under its lease; whether there was any.
    pub(super) async fn begin(&mut self) -> Result<bool, EngineError> {
        while let Some(tried) = self.tries.try_join_next() {
            self.heard(tried);
        }
        let mut any = false;
        while self.tries.len() < AT_ONCE {
            let house = &self.office.house;
            let token = house.id("send");
            let Some(dispatch) = house.store.outbox().find(&token, house.now()).await? else { break };
            let (office, settings) = (self.office.clone(), Arc::clone(&self.settings));
            self.tries.spawn(async move {
                let house = &office.house;
                let Some(alert) = house.store.alert(&dispatch.alert).await? else { return Ok(None) };
                let end = send::send(house, &settings, &*office.postman, &alert, &dispatch).await;
                // CRASH: the receiver has it and we do not know: it is sent again, with the same id.
                (house.surroundings.probe)("alert-sent");
                let kept = house.store.outbox().end(&dispatch, &end).await?;
                Ok(kept.then_some(Told::Tried { alert: dispatch.alert, route: dispatch.route, end }))
            });
            any = true;
        }
        Ok(any)
    }

    /// Works until nothing is due and nothing under way.
    pub(super) async fn until_idle(&mut self) -> Result<(), EngineError> {
        loop {
            let (addressed, begun) = (self.address().await, self.begin().await);
            let worked = addressed? | begun?;
            match self.tries.join_next().await {
                Some(tried) => self.heard(tried),
                None if worked => {}
                None => return Ok(()),
            }
        }
    }

    /// Waits until a try ends, or a while; what has come meanwhile is then looked for.
    pub(super) async fn rest(&mut self, ending: &mut Receiver<bool>) {
        tokio::select! {
            Some(tried) = self.tries.join_next() => self.heard(tried),
            () = super::office::rest(ending, IDLE) => {}
        }
    }

    /// Waits for what is under way.
    pub(super) async fn close(mut self) {
        while let Some(tried) = self.tries.join_next().await {
            self.heard(tried);
        }
    }

    fn heard(&self, tried: Result<Tried, JoinError>) {
        match tried {
            Ok(Ok(told)) => told.into_iter().for_each(self.tell),
            // Its lease runs out by itself.
            Ok(Err(error)) => (self.tell)(Told::Troubled { error }),
            Err(_) => {
                let error = EngineError::Wrong("a try ended without a word: its lease runs out".to_owned());
                (self.tell)(Told::Troubled { error });
            }
        }
    }
}
