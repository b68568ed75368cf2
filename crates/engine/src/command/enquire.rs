//! Could data be shared with whoever asks? An enquiry comes in, the office answers its checklist, and a text may be drafted.

use std::path::Path;

use causeway_model::arrangement::Arrangement;
use causeway_model::enquiry::{Answer, Checklist, Enquiry, Event, State, feasible};
use causeway_model::permission::{Action, Owner, Thing};
use causeway_model::request::{Asker, Manner, RefusedRequest};
use causeway_model::{Code, Refused};
use causeway_store::change::{MoveEnquiry, NewEnquiry};
use causeway_store::query::EnquiryRow;
use causeway_store::{Changed, Saved};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Moved;
use super::register_refused::enter;
use crate::documents::{Read, sha256_hex};
use crate::error::EngineError;
use crate::house::{House, audit};

/// Takes an enquiry in, from a partner's person or by the office for somebody who is no partner yet. What the machine knows
/// against it at once.
pub async fn enquire(
    house: &House,
    actor: &str,
    name: &str,
    partner: Option<&str>,
    path: &Path,
) -> Result<(Saved, Checklist), EngineError> {
    let partner = match partner {
        Some(partner) => Some(partner.to_owned()),
        None => house.actor(actor).await?.partner,
    };
    house.permit(actor, Action::Enquire, &thing(house, name, partner.as_deref())).await?;
    if let Some(partner) = &partner
        && house.store.partner(partner).await?.is_none()
    {
        let help = "leave it out for an organisation that is no partner yet";
        return Err(EngineError::Unknown { what: "partner", name: partner.clone(), help });
    }
    let read: Read<Enquiry> = Read::file(path)?;
    read.refuse_errors(&read.value.check())?;
    let obstacles = read.value.known_obstacles(&house.catalogue().await?);
    let elements: Vec<String> = read.value.elements.iter().map(|item| item.element.to_string()).collect();
    let event = audit(
        actor,
        "enquiry-received",
        name,
        json!({ "partner": partner, "sha256": sha256_hex(&read.text), "elements": elements }),
    );
    let new = NewEnquiry { name: name.to_owned(), partner, text: read.text };
    let saved = house.store.enquire(Changed::new(new, event), house.stamp()).await?;
    house.sequence().await?;
    Ok((saved, obstacles))
}

/// Answers the checklist of an enquiry, from a document; answers given before stand where it says nothing else. What the
/// machine knows cannot be answered away. Refused while a point is open; the answers are kept.
pub async fn assess_enquiry(house: &House, actor: &str, name: &str, path: &Path) -> Result<Moved<State>, EngineError> {
    let row = found(house, name).await?;
    let acting = house.permit(actor, Action::AssessFeasibility, &thing(house, name, row.partner.as_deref())).await?;
    let given: Read<Checklist> = Read::file(path)?;
    let enquiry = document(&row)?;
    let mut answers = row.checklist.clone();
    answers.extend(given.value);
    answers.extend(enquiry.known_obstacles(&house.catalogue().await?));
    if matches!(&row.state, State::Feasible { checklist, .. } if *checklist == answers) {
        return Ok(Moved::Already(row.state));
    }
    let judged = feasible(&answers);
    let open: Vec<&str> = match &judged {
        Ok(()) => Vec::new(),
        Err(refused) => refused.violations.iter().map(|violation| violation.subject.as_str()).collect(),
    };
    let body = json!({ "open": open, "from": row.state.name() });
    let event = judged.is_ok().then(|| Event::Assess { checklist: answers.clone(), by: acting.person });
    // Answers that do not suffice are kept all the same where the enquiry still waits for some.
    let waits = matches!(row.state, State::Received);
    if let Err(refused) = judged {
        if waits {
            moved(house, actor, &row, ("enquiry-answered", body), None, Some(answers)).await?;
        }
        return Err(house.deny(actor, "assess-feasibility", name, refused).await);
    }
    moved(house, actor, &row, ("enquiry-assessed", body), event, Some(answers)).await.map(Moved::Now)
}

/// Declines an enquiry: it stands in the register of refused requests from then on.
pub async fn decline_enquiry(
    house: &House,
    actor: &str,
    name: &str,
    (asker, manner): (Asker, Manner),
    reason: &str,
) -> Result<Moved<State>, EngineError> {
    let row = found(house, name).await?;
    let acting = house.permit(actor, Action::AssessFeasibility, &thing(house, name, row.partner.as_deref())).await?;
    let enquiry = document(&row)?;
    let declined = match &row.state {
        State::Declined { reason, .. } => Moved::Already((row.state.clone(), reason.clone())),
        _ => {
            let event = Event::Decline { by: acting.person, reason: reason.to_owned() };
            let body = json!({ "reason": reason, "from": row.state.name() });
            let state = moved(house, actor, &row, ("enquiry-declined", body), Some(event), None).await?;
            Moved::Now((state, reason.to_owned()))
        }
    };
    let (Moved::Now((_, reason)) | Moved::Already((_, reason))) = &declined;
    // Word for word the same when it is done again: it stands in the register once.
    let entry = RefusedRequest {
        asker,
        organisation: enquiry.organisation,
        manner,
        asked_on: row.asked_at.to_zoned(TimeZone::UTC).date(),
        asked_for: format!("{}: {}", enquiry.purpose, enquiry.people),
        elements: enquiry.elements.into_iter().map(|item| item.element).collect(),
        reason: reason.clone(),
        codes: [Code::FeasibilityOpen].into(),
    };
    enter(house, actor, entry).await?;
    Ok(match declined {
        Moved::Now((state, _)) => Moved::Now(state),
        Moved::Already((state, _)) => Moved::Already(state),
    })
}

/// Takes an enquiry back.
pub async fn withdraw_enquiry(house: &House, actor: &str, name: &str) -> Result<Moved<State>, EngineError> {
    let row = found(house, name).await?;
    house.permit(actor, Action::Enquire, &thing(house, name, row.partner.as_deref())).await?;
    if matches!(row.state, State::Withdrawn) {
        return Ok(Moved::Already(row.state));
    }
    let body = json!({ "from": row.state.name() });
    moved(house, actor, &row, ("enquiry-withdrawn", body), Some(Event::Withdraw), None).await.map(Moved::Now)
}

/// Whether a text may be drafted after an enquiry: it is feasible, and the text agrees nothing that nobody assessed.
pub(super) async fn may_follow(
    house: &House,
    actor: &str,
    name: &str,
    arrangement: &Arrangement,
) -> Result<EnquiryRow, EngineError> {
    let row = found(house, name).await?;
    let enquiry = document(&row)?;
    let mut violations = enquiry.not_assessed(arrangement);
    let again = matches!(&row.state, State::Drafted { arrangement: drafted } if *drafted == arrangement.arrangement);
    if !again && let Err(refused) = row.state.clone().apply(drafted(arrangement)) {
        violations.splice(0..0, refused.violations);
    }
    match Refused::unless_empty(violations) {
        Ok(()) => Ok(row),
        Err(refused) => Err(house.deny(actor, "draft-arrangement", name, refused).await),
    }
}

/// Notes that the text was drafted.
pub(super) async fn followed(
    house: &House,
    actor: &str,
    row: &EnquiryRow,
    arrangement: &Arrangement,
) -> Result<(), EngineError> {
    if matches!(row.state, State::Drafted { .. }) {
        return Ok(());
    }
    let body = json!({ "arrangement": arrangement.arrangement, "version": arrangement.version });
    moved(house, actor, row, ("enquiry-drafted", body), Some(drafted(arrangement)), None).await.map(|_| ())
}

fn drafted(arrangement: &Arrangement) -> Event {
    Event::Draft { arrangement: arrangement.arrangement.clone() }
}

/// What is known of an arrangement from its enquiry, as the beginning of its text. What only people can say is named and left
/// out, so that nothing stands there by default.
pub async fn draft_of_enquiry(
    house: &House,
    actor: &str,
    name: &str,
    arrangement: &str,
) -> Result<String, EngineError> {
    let row = found(house, name).await?;
    let partner = row.partner.clone().unwrap_or_else(|| "PARTNER".to_owned());
    house.permit(actor, Action::DraftArrangement, &house.of_both(arrangement, &partner)).await?;
    if let Err(refused) = row.state.clone().apply(Event::Draft { arrangement: arrangement.to_owned() }) {
        return Err(house.deny(actor, "draft-arrangement", name, refused).await);
    }
    let enquiry = document(&row)?;
    let elements: Vec<Value> = enquiry
        .elements
        .iter()
        .map(|item| json!({ "element": item.element, "form": item.form, "necessity": item.necessity }))
        .collect();
    let known = json!({
        "arrangement": arrangement,
        "version": 1,
        "title": format!("{}: {}", enquiry.organisation, enquiry.purpose),
        "operation": house.operation(),
        "partner": partner,
        "parties": [
            { "name": house.operation(), "registered_as": house.operation(), "role": "controller" },
            {
                "name": enquiry.organisation, "registered_as": partner, "role": "controller",
                "jurisdiction": enquiry.jurisdiction, "hosting_country": enquiry.hosting_country,
            },
        ],
        "countries_of_origin": enquiry.countries_of_origin,
        "elements": elements,
    });
    let open = [
        "kind",
        "parties: jurisdiction and hosting_country of this operation",
        "processors",
        "purpose: code and text",
        "lawful_basis",
        "direction and modality",
        "may_select_by",
        "population",
        "frequency, row_cap",
        "retention_days",
        "onward",
        "valid",
        "biometrics",
    ];
    let asked = format!("# Asked for: {} ({})\n", enquiry.people, enquiry.purpose).replace(['\r'], " ");
    let open: String = open.iter().map(|member| format!("#   {member}\n")).collect();
    Ok(format!(
        "{asked}# Still to be said (`causeway schema arrangement`):\n{open}{}",
        causeway_model::document::to_yaml(&known)
    ))
}

/// The enquiry of that name, with its document.
pub async fn enquiry(house: &House, name: &str) -> Result<(EnquiryRow, Enquiry, Checklist), EngineError> {
    let row = found(house, name).await?;
    let enquiry = document(&row)?;
    let obstacles = enquiry.known_obstacles(&house.catalogue().await?);
    let mut answers = row.checklist.clone();
    answers.extend(obstacles);
    Ok((row, enquiry, answers))
}

/// An answer as people read it.
pub fn said(answer: Option<&Answer>) -> String {
    answer.map_or_else(|| "open".to_owned(), |one| format!("{}: {}", if one.met { "met" } else { "not met" }, one.note))
}

fn thing(house: &House, name: &str, partner: Option<&str>) -> Thing {
    // Whoever is no partner yet has nothing here that is its own.
    house.own(name).owned_by(Owner::Partner(partner.unwrap_or_default().to_owned()))
}

async fn found(house: &House, name: &str) -> Result<EnquiryRow, EngineError> {
    house.store.enquiry(name).await?.ok_or_else(|| EngineError::Unknown {
        what: "enquiry",
        name: name.to_owned(),
        help: "see `causeway enquiry list`",
    })
}

fn document(row: &EnquiryRow) -> Result<Enquiry, EngineError> {
    Ok(Read::text(&row.name, row.text.clone())?.value)
}

async fn moved(
    house: &House,
    actor: &str,
    row: &EnquiryRow,
    (what, body): (&str, Value),
    event: Option<Event>,
    checklist: Option<Checklist>,
) -> Result<State, EngineError> {
    let change = MoveEnquiry { name: row.name.clone(), seen: row.state.clone(), event, checklist };
    let changed = Changed::new(change, audit(actor, what, &row.name, body));
    match house.store.move_enquiry(changed, house.stamp()).await {
        Ok(state) => {
            house.sequence().await?;
            Ok(state)
        }
        Err(error) => Err(house.lost(actor, what, &row.name, error).await),
    }
}
