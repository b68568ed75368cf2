//! How is a decision recorded? With its reason, in one transaction with everything that it calls back and everybody who is told.

use causeway_model::permission::Action;
use causeway_model::rights::{Decision, Kind};
use causeway_store::change::{NewDecision, RecordDecision};
use causeway_store::query::TransferRow;
use causeway_store::{Changed, Saved, StoreError};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::lapse_recalled;
use crate::drive::erase_copies;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::rights::{Draft, Whose, reached};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Whether the same was recorded before: nothing was done then.
    pub again: bool,
    /// Partners that are told.
    pub told: Vec<Told>,
    /// Transfers whose packages are called back.
    pub recalled: Vec<String>,
    /// How many of our own copies of packages that hold an erased person are gone.
    pub erased: usize,
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
    /// How many packages hold the person.
    pub packages: usize,
    /// Of how many of them nothing that was sent points to one person.
    pub without_reference: usize,
    /// The day by which it acts.
    pub act_by: jiff::civil::Date,
}

/// Records a decision.
///
/// # Errors
/// [`EngineError::Denied`] when the actor may not, something is missing or it is impossible; [`EngineError::NotProven`] when a
/// set cannot be asked: then nothing is recorded, since not everybody would be told.
pub async fn record_decision(house: &House, actor: &str, asked: &Asked) -> Result<Recorded, EngineError> {
    let action = action(asked.decision.kind);
    house.permit(actor, action, &house.own("people")).await?;
    check(house, asked).await?;
    enter(house, actor, asked).await
}

/// What must be permitted for it.
fn action(kind: Kind) -> Action {
    match kind {
        Kind::Erasure => Action::ErasePerson,
        Kind::Merge => Action::MergePerson,
        _ => Action::RecordDecision,
    }
}

/// Refuses what is incomplete, and what names a purpose or recipient that nobody knows: it would hold for nothing.
async fn check(house: &House, asked: &Asked) -> Result<(), EngineError> {
    let Asked { whose, into, decision, reason } = asked;
    if reason.trim().chars().count() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is recorded: --reason TEXT".to_owned()));
    }
    if std::iter::once(whose).chain(into).any(|person| reason.contains(person.key.as_str())) {
        return Err(EngineError::Wrong("the reason stands in the ledger: leave the person's key out of it".to_owned()));
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

async fn enter(house: &House, actor: &str, asked: &Asked) -> Result<Recorded, EngineError> {
    let Asked { whose, into, decision, reason } = asked;
    let mut looks = 0;
    loop {
        // First what is on its way, then who is in it: whatever is sealed or begun in between is found out by the transaction.
        let seen = house.store.leaving().await?;
        let reached = reached(house, whose, into.as_ref(), decision).await?;
        let transfers: Vec<&String> = reached.recalled.iter().map(|(_, transfer)| transfer).collect();
        let body = json!({
            "reason": reason, "code": decision.reason, "entity": whose.entity, "person_sha256": whose.in_ledger(),
            "into_sha256": into.as_ref().map(Whose::in_ledger), "purpose": decision.scope.purpose, "partner": decision.scope.partner,
            "effective": decision.effective, "text_version": decision.consent.as_ref().map(|consent| &consent.text_version),
            "notices": reached.drafts.iter().map(|draft| &draft.new.id).collect::<Vec<_>>(), "recalled": transfers,
        });
        let event = audit(actor, &format!("decision-{}", decision.kind), "people", body);
        let change = RecordDecision {
            new: NewDecision {
                entity: whose.entity.clone(),
                person: whose.stored(),
                into: into.as_ref().map(Whose::stored),
                decision: decision.clone(),
            },
            recalled: reached.recalled.iter().map(|(package, _)| package.clone()).collect(),
            notices: reached.drafts.iter().map(|draft| draft.new.clone()).collect(),
            seen,
        };
        // CRASH: nothing is recorded: the same command records it.
        (house.surroundings.probe)("decision-not-recorded");
        match house.store.record_decision(Changed::new(change, event), house.stamp()).await {
            Ok(saved) => {
                // CRASH: recorded; whoever works sends the notices, and finds the packages called back.
                (house.surroundings.probe)("decision-recorded");
                house.sequence().await?;
                let is_erasure = decision.kind == Kind::Erasure;
                let erased = if is_erasure { erase_copies(house, actor, &reached.sent).await? } else { 0 };
                if saved == Saved::Already {
                    return Ok(Recorded { again: true, told: Vec::new(), recalled: Vec::new(), erased });
                }
                let mut recalled: Vec<String> = transfers.into_iter().cloned().collect();
                recalled.sort();
                for row in house.store.unfinished_transfers().await? {
                    if recalled.contains(&row.id) {
                        recall(house, actor, &row).await?;
                    }
                }
                let told = reached.drafts.iter().map(told).collect();
                return Ok(Recorded { again: false, told, recalled, erased });
            }
            Err(StoreError::ChangedMeanwhile { .. }) if looks < LOOKS => looks += 1,
            Err(error) => return Err(house.lost(actor, action(decision.kind).as_str(), "people", error).await),
        }
    }
}

/// Lets the transfer of a package lapse that was called back, unless nobody knows yet whether it arrived.
async fn recall(house: &House, actor: &str, row: &TransferRow) -> Result<(), EngineError> {
    lapse_recalled(house, actor, row).await
}

fn told(draft: &Draft) -> Told {
    Told {
        notice: draft.new.id.clone(),
        partner: draft.new.partner.clone(),
        exchange: draft.new.exchange.clone(),
        packages: draft.packages,
        without_reference: draft.without_reference,
        act_by: draft.new.act_by,
    }
}

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

/// Records every line of a file, in order; how many were new. Each is checked before the first is recorded, and everything that
/// is wrong is told by its line. The same file again records nothing twice.
///
/// # Errors
/// [`EngineError::Findings`] with a line for everything that is wrong: nothing was recorded then.
pub async fn record_decisions(
    house: &House,
    actor: &str,
    entity: Option<&str>,
    text: &str,
) -> Result<Vec<(Asked, Recorded)>, EngineError> {
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
    for (number, one) in &asked {
        match check(house, one).await {
            Ok(()) => {}
            Err(EngineError::Denied { violations, .. }) => {
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
    let mut recorded = Vec::new();
    for (_, one) in asked {
        let came = enter(house, actor, &one).await?;
        recorded.push((one, came));
    }
    Ok(recorded)
}

fn read(
    house: &House,
    catalogue: &causeway_model::catalogue::Catalogue,
    entity: Option<&str>,
    line: &str,
) -> Result<Asked, EngineError> {
    let line: Line = serde_json::from_str(line).map_err(|error| {
        // What serde says of a value would show it.
        let what = if error.is_data() { "a member is missing, unknown or of the wrong type" } else { "it is not JSON" };
        EngineError::Wrong(format!("{what} at column {}", error.column()))
    })?;
    let whose = Whose::of(house, catalogue, entity, &line.key)?;
    let into = line.into.map(|into| Whose::of(house, catalogue, entity, &into)).transpose()?;
    Ok(Asked { whose, into, decision: line.decision, reason: line.reason })
}
