//! How is a decision recorded? With its reason, in one transaction with everything that it calls back and everybody who is told.

use causeway_model::permission::Action;
use causeway_model::rights::{Decision, Kind};
use causeway_store::change::{CarriesOn, NewDecision, RecordDecision};
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use super::lapse_recalled;
use crate::drive::answer::{close, pause, unpause};
use crate::drive::erase_copies;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::rights::{Asking, Draft, People, Reached, Whose, reached};

/// How often it is looked anew who has the person, while packages are sealed and delivered meanwhile.
const LOOKS: u32 = 20;

/// A decision, and who says why.
pub struct Asked {
    /// Whose.
    pub whose: Whose,
    /// For a merge, the record under which the person goes on.
    pub into: Option<Whose>,
    /// What was decided.
    pub decision: Decision,
    /// Why the officer records it.
    pub reason: String,
}

/// What a decision came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether the same was recorded before: nothing was done then.
    pub again: bool,
    /// Packages that could not be asked when the same was recorded before, and were now.
    pub carried_on: usize,
    /// Partners that are told.
    pub told: Vec<Told>,
    /// Transfers whose packages are called back.
    pub recalled: Vec<String>,
    /// How many of our own copies of packages that hold an erased person are gone.
    pub erased: usize,
    /// Why some are not, though they should: whoever works tries again.
    pub not_erased: Vec<String>,
    /// Transfers of which it is not known whether their packages hold the person, and why: their partners are not told.
    pub unasked: Vec<(String, String)>,
    /// Whether no package ever held the person.
    pub nowhere: bool,
    /// Whether no package ever held the record under which the person goes on.
    pub into_nowhere: bool,
}

/// A partner that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The notice.
    pub notice: String,
    /// The partner.
    pub partner: String,
    /// The exchange by which it got the person.
    pub exchange: String,
    /// What it is told: another decision than was recorded, where a merge passes it on.
    pub what: String,
    /// How many packages hold the person.
    pub packages: usize,
    /// Of how many of them nothing that was sent points to one person.
    pub without_reference: usize,
    /// How many of them hold the person under a record that was merged.
    pub under_another: usize,
    /// The day by which it acts.
    pub act_by: jiff::civil::Date,
}

/// Records a decision.
///
/// # Errors
/// [`EngineError::Denied`] when the actor may not, something is missing or it is impossible. A set that cannot be asked is none: what a
/// person decided counts all the same.
pub async fn record_decision(house: &House, actor: &str, asked: &Asked) -> Result<Recorded, EngineError> {
    let action = action(asked.decision.kind);
    house.permit(actor, action, &house.own("people")).await?;
    check(house, asked).await?;
    enter(house, actor, asked).await
}

/// What must be permitted for it.
pub(super) fn action(kind: Kind) -> Action {
    match kind {
        Kind::Erasure => Action::ErasePerson,
        Kind::Merge => Action::MergePerson,
        _ => Action::RecordDecision,
    }
}

/// Refuses what is incomplete, and what names a purpose or recipient that nobody knows: it would hold for nothing.
pub(super) async fn check(house: &House, asked: &Asked) -> Result<(), EngineError> {
    let Asked { whose, into, decision, reason } = asked;
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is recorded: --reason TEXT".to_owned()));
    }
    let named = |text: &str| std::iter::once(whose).chain(into).any(|person| person.is_named_in(text));
    if named(reason) {
        return Err(EngineError::Wrong("the reason stands in the ledger: leave the person's key out of it".to_owned()));
    }
    if let Some(consent) = &decision.consent {
        let child = consent.child.as_ref().map(|child| &child.best_interests);
        if [&consent.text_version, &consent.asked_by].into_iter().chain(child).any(|text| named(text)) {
            return Err(EngineError::Wrong(
                "what is said of consent is kept: leave the person's key out of it".to_owned(),
            ));
        }
    }
    let wrong = |refused: causeway_model::Refused| EngineError::Denied {
        what: action(decision.kind).as_str().to_owned(),
        subject: "people".to_owned(),
        violations: refused.violations,
    };
    decision.check(house.today()).map_err(wrong)?;
    match (decision.kind, into) {
        (Kind::Merge, None) => return Err(EngineError::Wrong("say into which record it is merged".to_owned())),
        (Kind::Merge, Some(into)) if into.pseudonym == whose.pseudonym => {
            return Err(EngineError::Wrong("a record is not merged into itself: name two".to_owned()));
        }
        (Kind::Merge, Some(_)) | (_, None) => {}
        (_, Some(_)) => return Err(EngineError::Wrong("only a merge names a second record".to_owned())),
    }
    let unknown = |what: &'static str, name: &str, help: &'static str| {
        Err(EngineError::Unknown { what, name: name.to_owned(), help })
    };
    if let Some(partner) = &decision.scope.partner
        && house.store.partner_life(partner).await?.is_none()
    {
        return unknown("partner", partner, "see `causeway partner list`");
    }
    if let Some(purpose) = &decision.scope.purpose
        && !purposes(house).await?.iter().any(|known| known == purpose)
    {
        return unknown("purpose", purpose, "take the `purpose.code` of an arrangement");
    }
    Ok(())
}

/// The purposes of every version of every arrangement.
async fn purposes(house: &House) -> Result<Vec<String>, EngineError> {
    let mut found = Vec::new();
    for listed in house.store.documents(causeway_store::change::DocumentKind::Arrangement).await? {
        found.push(house.arrangement_version(&listed.name, listed.version).await?.value.purpose.code);
    }
    Ok(found)
}

/// As the store knows it.
pub(super) fn new(asked: &Asked) -> NewDecision {
    NewDecision {
        entity: asked.whose.entity.clone(),
        person: asked.whose.stored(),
        into: asked.into.as_ref().map(Whose::stored),
        decision: asked.decision.clone(),
    }
}

/// Records it, while nobody is told anything about single people.
pub(crate) async fn enter(house: &House, actor: &str, asked: &Asked) -> Result<Recorded, EngineError> {
    let mut paused = false;
    let recorded = enter_while(house, actor, asked, &mut paused).await;
    if paused {
        unpause(house).await?;
    }
    recorded
}

async fn enter_while(house: &House, actor: &str, asked: &Asked, paused: &mut bool) -> Result<Recorded, EngineError> {
    let Asked { whose, into, decision, .. } = asked;
    let (new, mut asking, mut looks) = (new(asked), Asking::new(house), 0);
    loop {
        let before = house.store.recorded_before(&new).await?;
        let again = Recorded { again: true, ..Recorded::default() };
        let only = before.as_ref().map(|before| before.unasked.as_slice());
        if only.is_some_and(<[_]>::is_empty) {
            return Ok(again);
        }
        // Who was asked about since is asked for among all others; where many are, they wait.
        if looks > 0 && !*paused {
            pause(house).await?;
            *paused = true;
        }
        // First what is on its way, then who is in it: whatever is sealed or begun in between is found out by the transaction.
        let seen = loop {
            close(house).await?;
            let seen = house.store.leaving().await?;
            // Who was asked about since they were closed is counted already, and lies in no set yet.
            if house.store.open_questions().await?.0 == 0 {
                break seen;
            }
            // Again where a pause ended before everything was closed: otherwise they could come for ever.
            pause(house).await?;
            *paused = true;
        };
        // Whatever is decided from now on is found out by the transaction.
        let since = match &before {
            Some(before) => before.number,
            None => house.store.decisions_count().await? + 1,
        };
        let people = People::load(house, whose, into.as_ref(), since).await?;
        let reached = reached(&mut asking, decision, &people, only).await?;
        let carries_on = before.map(|before| CarriesOn {
            number: before.number,
            asked: before
                .unasked
                .into_iter()
                .filter(|one| !reached.unasked.iter().any(|no| no.package == *one))
                .collect(),
        });
        let unasked = reached.unasked.iter().map(|one| (one.transfer.clone(), one.why.clone())).collect();
        if carries_on.as_ref().is_some_and(|on| on.asked.is_empty()) {
            return Ok(Recorded { unasked, ..again });
        }
        let carried_on = carries_on.as_ref().map_or(0, |on| on.asked.len());
        let event = match &carries_on {
            None => format!("decision-{}", decision.kind),
            Some(_) => "decision-carried-on".to_owned(),
        };
        let event = audit(actor, &event, "people", body(asked, &reached, carries_on.as_ref()));
        let change = RecordDecision {
            new: new.clone(),
            recalled: reached.recalled.iter().map(|(package, _)| package.clone()).collect(),
            erase: reached.erase.clone(),
            unasked: reached.unasked.iter().map(|one| one.package.clone()).collect(),
            notices: reached.drafts.iter().map(|draft| draft.new.clone()).collect(),
            seen,
            meant: people.meant(),
            carries_on,
        };
        // CRASH: nothing is recorded: the same command records it.
        (house.surroundings.probe)("decision-not-recorded");
        match house.store.record_decision(Changed::new(change, event), house.stamp()).await {
            Ok(saved) => {
                // CRASH: recorded; whoever works sends the notices, finds the packages called back, and erases what is due.
                (house.surroundings.probe)("decision-recorded");
                house.sequence().await?;
                if saved == Saved::Already {
                    return Ok(again);
                }
                let recalled = recall(house, actor, &reached).await?;
                let (erased, not_erased) = erase(house, actor, &reached.erase).await?;
                let told = reached.drafts.iter().map(told).collect();
                let (nowhere, into_nowhere) = reached.nowhere;
                let again = false;
                return Ok(Recorded {
                    again,
                    carried_on,
                    told,
                    recalled,
                    erased,
                    not_erased,
                    unasked,
                    nowhere,
                    into_nowhere,
                });
            }
            Err(StoreError::ChangedMeanwhile { .. }) if looks < LOOKS => looks += 1,
            Err(error) => return Err(house.lost(actor, action(decision.kind).as_str(), "people", error).await),
        }
    }
}

/// What stands in the ledger.
fn body(asked: &Asked, reached: &Reached, carries_on: Option<&CarriesOn>) -> serde_json::Value {
    let Asked { whose, into, decision, reason } = asked;
    json!({
        "reason": reason, "code": decision.reason, "entity": whose.entity, "person_sha256": whose.in_ledger(),
        "into_sha256": into.as_ref().map(Whose::in_ledger), "purpose": decision.scope.purpose, "partner": decision.scope.partner,
        "effective": decision.effective, "text_version": decision.consent.as_ref().map(|consent| &consent.text_version),
        "notices": reached.drafts.iter().map(|draft| &draft.new.id).collect::<Vec<_>>(),
        "recalled": reached.recalled.iter().map(|(_, transfer)| transfer).collect::<Vec<_>>(),
        "unasked": reached.unasked.iter().map(|one| &one.transfer).collect::<Vec<_>>(),
        "carries_on": carries_on.map(|on| on.number),
    })
}

/// Lets the transfers of packages lapse that were called back, unless nobody knows yet whether they arrived; which were called back.
async fn recall(house: &House, actor: &str, reached: &Reached) -> Result<Vec<String>, EngineError> {
    let mut recalled: Vec<String> = reached.recalled.iter().map(|(_, transfer)| transfer.clone()).collect();
    recalled.sort();
    for row in house.store.unfinished_transfers().await? {
        if recalled.contains(&row.id) {
            lapse_recalled(house, actor, &row).await?;
        }
    }
    Ok(recalled)
}

/// Erases our copies; how many, and why some could not be removed.
async fn erase(house: &House, actor: &str, packages: &[String]) -> Result<(usize, Vec<String>), EngineError> {
    let (mut erased, mut failed) = (0, Vec::new());
    for package in packages {
        match erase_copies(house, actor, std::slice::from_ref(package)).await {
            Ok(one) => erased += one,
            Err(error @ EngineError::File { .. }) => failed.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok((erased, failed))
}

fn told(draft: &Draft) -> Told {
    Told {
        notice: draft.new.id.clone(),
        partner: draft.new.partner.clone(),
        exchange: draft.new.exchange.clone(),
        what: draft.new.what.clone(),
        packages: draft.packages,
        without_reference: draft.without_reference,
        under_another: draft.under_another,
        act_by: draft.new.act_by,
    }
}
