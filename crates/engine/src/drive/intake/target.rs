//! How is the target of an exchange opened, and what stood there before kept?

use causeway_flow::accept::target::{Keeper, Session, TargetError};
use causeway_flow::accept::{Mapped, UndoKey};
use causeway_model::{Code, Violation};
use causeway_package::inbound::unsealed;

use super::Step;
use crate::environment::target_allowed;
use crate::error::EngineError;
use crate::house::House;

/// An open session of the exchange's target. What people must mend holds the intake; what may pass is tried again.
pub(super) fn session(step: &Step<'_>, mapped: &Mapped) -> Result<Box<dyn Session>, EngineError> {
    let Step { house, connectors, pinned, row, .. } = step;
    let name = &pinned.inbound.apply.target;
    let target = pinned.catalogue.targets.iter().find(|target| target.name == *name);
    let held = |violation| super::super::gate::held(&row.id, violation);
    let target =
        target.ok_or_else(|| held(Violation::new(Code::UnknownName, name, "the catalogue names no such target")))?;
    target_allowed(house.environment(), target).map_err(held)?;
    let opened = tokio::task::block_in_place(|| connectors.target(target, &house.home.sources()).open(mapped.layout()));
    opened.map_err(|error| failed(step, &error))
}

pub(super) fn failed(step: &Step<'_>, error: &TargetError) -> EngineError {
    match error.may_pass() {
        true => EngineError::Wrong(error.to_string()),
        false => super::super::gate::held(&step.row.id, Violation::new(error.code, &error.target, &error.detail)),
    }
}

/// The key of the intake's undo plan: made by the first run that applies, kept since.
pub(super) async fn undo_key(step: &Step<'_>) -> Result<UndoKey, EngineError> {
    let house = step.house;
    let Some(kept) = house.store.intake_undo_key(&step.row.id).await? else { return Ok(UndoKey::new(house.random())) };
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    let mut plain = unsealed(std::io::Cursor::new(kept), &house.keys.operation)?;
    std::io::Read::read_exact(&mut plain, bytes.as_mut_slice())
        .map_err(|_| EngineError::Wrong(format!("the undo key of intake {} is damaged", step.row.id)))?;
    Ok(UndoKey::new(*bytes))
}

/// What a record decides: done once it is written and before that holds. Answers the field by which nothing can be decided.
type Decide<'s> = &'s dyn Fn() -> Result<Option<usize>, EngineError>;

/// Seals what stood there before under the intake's key, and passes on where dying matters.
pub(super) struct Sealing<'s> {
    undo: &'s UndoKey,
    house: &'s House,
    deciding: Option<Decide<'s>>,
    /// Why that could not be done.
    pub(super) trouble: Option<EngineError>,
    /// The field by which nothing can be decided.
    pub(super) unfit: Option<usize>,
}

impl<'s> Sealing<'s> {
    pub(super) fn new(undo: &'s UndoKey, house: &'s House) -> Self {
        Self { undo, house, deciding: None, trouble: None, unfit: None }
    }

    /// With what the record decides.
    pub(super) fn deciding(self, deciding: Decide<'s>) -> Self {
        Self { deciding: Some(deciding), ..self }
    }
}

impl Keeper for Sealing<'_> {
    fn seal(&mut self, before: &[u8]) -> Result<Vec<u8>, String> {
        // A record never stands in the target without what it decides. Who dies in between leaves the decision, which the next run finds.
        match self.deciding.map(|decide| decide()) {
            None | Some(Ok(None)) => {}
            Some(Ok(unfit)) => {
                self.unfit = unfit;
                return Err("nothing can be decided of whom it names".to_owned());
            }
            Some(Err(error)) => {
                let why = error.to_string();
                self.trouble = Some(error);
                return Err(why);
            }
        }
        self.undo.seal(self.house.random(), before).ok_or_else(|| "it cannot be sealed".to_owned())
    }

    fn mark(&mut self, mark: &'static str) {
        (self.house.surroundings.probe)(mark);
    }
}
