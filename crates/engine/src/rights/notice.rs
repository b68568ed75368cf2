//! Which packages hold the person, and what is each partner told that has one?

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_model::arrangement::Arrangement;
use causeway_model::rights::{Decision, Kind, RightsTerms};
use causeway_package::disclosure::SealedSet;
use causeway_package::inner::Hidden;
use causeway_package::notice::{NOTICE_INNER_TYPE, Notice, NoticeRecord, Reference, Wants, seal_own};
use causeway_store::change::NewNotice;
use causeway_store::query::{SentPackage, UnsentPackage};
use jiff::ToSpan;
use zeroize::Zeroizing;

use super::about::Whose;
use super::reference::references;
use crate::documents::sha256_hex;
use crate::drive::disclosure_of;
use crate::error::EngineError;
use crate::house::House;
use crate::query::{Archive, sealed_set, whole};

/// A package that holds the person, as the partner knows it, and under which terms it was made.
type Named = (NoticeRecord, Arc<Arrangement>);

/// A notice as it will be recorded, with what the officer is told of it.
pub(crate) struct Draft {
    pub(crate) new: NewNotice,
    /// How many packages it names.
    pub(crate) packages: usize,
    /// How many of them have no reference to one person.
    pub(crate) without_reference: usize,
}

/// What a decision reaches.
pub(crate) struct Reached {
    pub(crate) drafts: Vec<Draft>,
    /// Packages that have not arrived and hold the person, with their transfers.
    pub(crate) recalled: Vec<(String, String)>,
    /// Packages that may have arrived and hold the person.
    pub(crate) sent: Vec<String>,
}

/// Asks every set of a sealed package that the decision speaks of.
pub(crate) async fn reached(
    house: &House,
    whose: &Whose,
    into: Option<&Whose>,
    decision: &Decision,
) -> Result<Reached, EngineError> {
    let mut archive = Archive::new(house);
    let mut recalled = Vec::new();
    if decision.kind.recalls() {
        for one in house.store.unsent_packages().await? {
            let terms = house.arrangement_version(&one.arrangement, one.arrangement_version).await?.value;
            let is_meant = decision.scope.covers(&terms.purpose.code, &terms.partner);
            let other = one.people.as_ref().is_some_and(|(subject, _)| *subject != whose.entity);
            if !is_meant || other || !changes(decision.kind, terms.rights) {
                continue;
            }
            if holds(house, &one, whose)? || into.map(|into| holds(house, &one, into)).transpose()? == Some(true) {
                recalled.push((one.package, one.transfer));
            }
        }
    }
    if !decision.kind.is_told() {
        return Ok(Reached { drafts: Vec::new(), recalled, sent: Vec::new() });
    }
    let mut about = Vec::new();
    for sent in house.store.sent_packages().await? {
        let terms = archive.arrangement(&sent).await?;
        let content = archive.content(&sent).await?;
        if content.subject == whose.entity && decision.scope.covers(&terms.purpose.code, &terms.partner) {
            about.push((sent, content, terms));
        }
    }
    let sets: Vec<SealedSet> = about.iter().map(|(sent, ..)| sealed_set(house, sent)).collect();
    let asked = || whole(house.sets.holding(&sets, &whose.pseudonym, &house.keys.operation));
    let held = tokio::task::block_in_place(asked)?;
    let mut by_exchange: BTreeMap<(String, String), Vec<Named>> = BTreeMap::new();
    for ((sent, content, terms), _) in about.into_iter().zip(held).filter(|(_, held)| *held) {
        let exchange = archive.exchange(&sent.exchange, content.exchange_version).await?;
        let catalogue = archive.catalogue(&content.catalogue, content.catalogue_version).await?;
        let mut found = Vec::new();
        // As it got it: with whichever pseudonyms were in use then.
        for pseudonyms in house.pseudonyms_ever(&terms.partner, &terms.purpose.code).await? {
            let named = references(&terms, &exchange, &catalogue, &pseudonyms, whose, into);
            found.extend(named.into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
        }
        let key = (terms.partner.clone(), sent.exchange.clone());
        by_exchange.entry(key).or_default().push((record(&sent, found), terms));
    }
    let sent = by_exchange.values().flatten().map(|(record, _)| record.package.clone()).collect();
    let mut drafts = Vec::new();
    for ((partner, exchange), records) in by_exchange {
        drafts.push(draft(house, decision, partner, exchange, records).await?);
    }
    Ok(Reached { drafts, recalled, sent })
}

/// Whether a package may not leave any more: contested data may, where that is agreed.
fn changes(kind: Kind, terms: RightsTerms) -> bool {
    kind != Kind::Contested || terms.contested == causeway_model::rights::OnContested::Withhold
}

fn holds(house: &House, one: &UnsentPackage, whose: &Whose) -> Result<bool, EngineError> {
    let path = disclosure_of(house, &one.transfer, one.attempt_token.as_deref());
    let set = SealedSet { path, people: one.people.as_ref().map(|(_, people)| *people) };
    tokio::task::block_in_place(|| {
        whole(house.sets.open(&set, &house.keys.operation).and_then(|mut set| set.contains(&whose.pseudonym)))
    })
}

fn record(sent: &SentPackage, references: Vec<Reference>) -> NoticeRecord {
    NoticeRecord {
        package: sent.package.clone(),
        transfer: sent.transfer.clone(),
        exchange: sent.exchange.clone(),
        arrangement: sent.arrangement.clone(),
        arrangement_version: sent.arrangement_version,
        references,
    }
}

async fn draft(
    house: &House,
    decision: &Decision,
    partner: String,
    exchange: String,
    records: Vec<Named>,
) -> Result<Draft, EngineError> {
    // What is agreed now counts, of the arrangement of the newest package.
    let newest = records.last().map(|(_, terms)| Arc::clone(terms));
    let terms = match &newest {
        Some(terms) => house.terms(&terms.arrangement).await?.value.rights,
        None => RightsTerms::default(),
    };
    let today = house.today();
    let days = |days: u16| today.saturating_add(i32::from(days).days());
    let served_on = matches!(decision.kind, Kind::Correction | Kind::Contested | Kind::Merge);
    let wants = if decision.kind == Kind::Erasure { Wants::DeletionCertificate } else { Wants::Answer };
    let id = hex::encode(house.random().get(..16).unwrap_or_default());
    let token = hex::encode(house.random());
    let records: Vec<NoticeRecord> = records.into_iter().map(|(record, _)| record).collect();
    let (packages, without) = (records.len(), records.iter().filter(|one| one.references.is_empty()).count());
    let notice = Notice {
        kind: NOTICE_INNER_TYPE.to_owned(),
        notice: id.clone(),
        token: Hidden::new(token.clone()),
        operation: house.operation().to_owned(),
        partner: partner.clone(),
        decided: decision.kind.to_string(),
        purpose: decision.scope.purpose.clone(),
        reason: terms.reasons.then(|| decision.reason.to_string()),
        effective: decision.effective,
        act_by: days(terms.notice_days),
        grace_until: (served_on && terms.grace_days > 0).then(|| days(terms.grace_days)),
        wants,
        records,
    };
    let plain = serde_json::to_vec(&notice).map(Zeroizing::new);
    let plain = plain.map_err(|_| EngineError::Wrong("a notice cannot be written as JSON".to_owned()))?;
    let new = NewNotice {
        act_by: notice.act_by,
        what: notice.decided.clone(),
        wants_certificate: wants == Wants::DeletionCertificate,
        token_sha256: sha256_hex(&token),
        draft: seal_own(house.keys.recipient(), &plain)?,
        id,
        partner,
        exchange,
    };
    Ok(Draft { new, packages, without_reference: without })
}
