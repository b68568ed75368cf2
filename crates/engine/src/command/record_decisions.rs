//! How are many decisions recorded? Each is looked at before the first is recorded, and each is recorded by itself.

use causeway_model::catalogue::Catalogue;
use causeway_model::rights::{Decision, Kind};
use causeway_store::StoreError;
use causeway_store::change::Merges;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::record_decision::{Asked, Recorded, action, check, enter, new};
use crate::error::EngineError;
use crate::house::House;
use crate::rights::Whose;

/// A line of a file: the decision with the person's key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: Zeroizing<String>,
    #[serde(default)]
    into: Option<Zeroizing<String>>,
    decision: Decision,
    reason: String,
}

/// Records every line of a file, in order, and tells what each came to, by its number. Each is checked before the first is recorded, and
/// everything that is wrong is told by its line. The same file again records nothing twice, but a correction
/// after which something was sealed or sent.
///
/// # Errors
/// [`EngineError::Findings`] with a line for everything that is wrong: nothing was recorded then. [`EngineError::Line`] where something
/// came between: the lines before that one are recorded.
pub async fn record_decisions(
    house: &House,
    actor: &str,
    entity: Option<&str>,
    text: &str,
    mut each: impl FnMut(usize, Kind, &Recorded),
) -> Result<(), EngineError> {
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    let catalogue = house.catalogue().await?;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = at + 1;
        match read(house, &catalogue, entity, line).map(|one| (number, one)) {
            Ok(one) => asked.push(one),
            Err(error) => wrong.push((number, error.to_string())),
        }
    }
    if asked.is_empty() && wrong.is_empty() {
        return Err(EngineError::Wrong("the file holds no decision: write one a line, as JSON".to_owned()));
    }
    for kind in Kind::ALL.iter().filter(|kind| asked.iter().any(|(_, one)| one.decision.kind == **kind)) {
        house.permit(actor, action(*kind), &house.own("people")).await?;
    }
    let mut merges = Merges::new();
    for (number, one) in &asked {
        let checked = match check(house, one).await {
            Ok(()) => possible(house, one, &mut merges).await,
            refused => refused,
        };
        match checked {
            Ok(()) => {}
            Err(
                EngineError::Denied { violations, .. }
                | EngineError::Store(StoreError::Denied { source: causeway_model::Refused { violations }, .. }),
            ) => {
                wrong.extend(violations.iter().map(|violation| (*number, violation.to_string())));
            }
            Err(error) => wrong.push((*number, error.to_string())),
        }
    }
    if !wrong.is_empty() {
        wrong.sort();
        let errors = wrong.len();
        let lines = wrong.into_iter().map(|(number, what)| format!("line {number}: {what}")).collect();
        return Err(EngineError::Findings { name: "the file of decisions".to_owned(), errors, lines });
    }
    for (before, (number, one)) in asked.iter().enumerate() {
        let came = enter(house, actor, one).await;
        let came = came.map_err(|error| EngineError::Line { line: *number, before, source: Box::new(error) })?;
        each(*number, one.decision.kind, &came);
    }
    Ok(())
}

/// Refuses what will be impossible when those before it are recorded.
async fn possible(house: &House, asked: &Asked, merges: &mut Merges) -> Result<(), EngineError> {
    let new = new(asked);
    let merge = new.into.clone().map(|into| ((new.entity.clone(), new.person.clone()), into));
    // The same again is none.
    let is_there = merge.as_ref().is_some_and(|(record, into)| merges.get(record) == Some(into))
        || house.store.recorded_before(&new).await?.is_some();
    if !is_there {
        house.store.demand_possible(&new, merges).await?;
        merges.extend(merge);
    }
    Ok(())
}

fn read(house: &House, catalogue: &Catalogue, entity: Option<&str>, line: &str) -> Result<Asked, EngineError> {
    let line: Line = serde_json::from_str(line).map_err(|error| {
        // What serde says of a value would show it.
        let what = if error.is_data() { "a member is missing, unknown or of the wrong type" } else { "it is not JSON" };
        EngineError::Wrong(format!("{what} at column {}", error.column()))
    })?;
    let whose = Whose::of(house, catalogue, entity, &line.key)?;
    let into = line.into.map(|into| Whose::of(house, catalogue, entity, &into)).transpose()?;
    Ok(Asked { whose, into, decision: line.decision, reason: line.reason })
}
