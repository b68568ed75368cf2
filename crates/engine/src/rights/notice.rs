//! Which packages hold the person, and what is each partner told that has one?

use std::collections::BTreeMap;

use causeway_model::Code;
use causeway_model::arrangement::{Arrangement, LawfulBasis};
use causeway_model::rights::{Decision, Kind, OnContested, RightsTerms};
use causeway_package::inner::Hidden;
use causeway_package::notice::{NOTICE_INNER_TYPE, Notice, NoticeRecord, Reference, Wants, seal_own};
use causeway_store::change::{NewNotice, PackageContent};
use causeway_store::query::SentPackage;
use jiff::ToSpan;
use zeroize::Zeroizing;

use super::about::Whose;
use super::holders::{Asking, Found, Holds, People};
use super::reference::references;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// A notice as it will be recorded, with what the officer is told of it.
pub(crate) struct Draft {
    pub(crate) new: NewNotice,
    /// How many packages it names.
    pub(crate) packages: usize,
    /// How many of them have no reference to one person.
    pub(crate) without_reference: usize,
    /// How many hold the person under a record that was merged, of which the key is not known here.
    pub(crate) under_another: usize,
}

/// A package that may have arrived and could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotAsked {
    pub(crate) package: String,
    pub(crate) transfer: String,
    pub(crate) why: String,
}

/// What a decision reaches.
#[derive(Default)]
pub(crate) struct Reached {
    pub(crate) drafts: Vec<Draft>,
    /// Packages that have not arrived and hold the person or could not be asked, with their transfers.
    pub(crate) recalled: Vec<(String, String)>,
    /// Packages that hold somebody who is erased.
    pub(crate) erase: Vec<String>,
    pub(crate) unasked: Vec<NotAsked>,
    /// Whether no package ever held the person, of whom nothing was decided before; and of a merge the other one.
    pub(crate) nowhere: (bool, bool),
}

/// What a partner is told at once: of which decision, by what is agreed, and of which packages.
struct Group {
    decision: Decision,
    terms: RightsTerms,
    records: Vec<NoticeRecord>,
    under_another: usize,
}

/// Of each partner, exchange and kind of decision.
type Groups = BTreeMap<(String, String, &'static str), Group>;

/// Asks every set of a sealed package that the decision speaks of; of those named, where some are.
pub(crate) async fn reached(
    asking: &mut Asking<'_>,
    decision: &Decision,
    people: &People<'_>,
    only: Option<&[String]>,
) -> Result<Reached, EngineError> {
    let (mut reached, mut groups, mut agreed) = (Reached::default(), Groups::new(), BTreeMap::new());
    if !decision.kind.is_told() {
        return Ok(reached);
    }
    for Found { there, answer } in asking.look(decision, people, only).await? {
        let name = &there.terms.arrangement;
        if !agreed.contains_key(name) {
            agreed.insert(name.clone(), asking.house.agreed(name).await?);
        }
        let Some(terms) = agreed.get(name) else { continue };
        // Contested data may leave, where that is agreed.
        let stays = decision.kind != Kind::Contested || terms.rights.contested == OnContested::Withhold;
        if there.is_unsent && decision.kind.recalls() && stays {
            reached.recalled.push((there.package.clone(), there.transfer.clone()));
        }
        let told = match answer {
            Ok(holds) => told(decision, people, holds, terms),
            Err(why) if there.sent.is_some() => {
                reached.unasked.push(NotAsked { package: there.package, transfer: there.transfer, why });
                continue;
            }
            Err(_) => continue,
        };
        if told.iter().any(|one| one.decision.kind == Kind::Erasure) {
            // Of what was told over the network nothing is kept here.
            if !there.sent.as_ref().is_some_and(|(sent, _)| sent.is_answer()) {
                reached.erase.push(there.package);
            }
        }
        let Some((sent, Some(content))) = &there.sent else { continue };
        let mut records = Vec::new();
        let mut unknown = None;
        for one in &told {
            match named(asking, sent, content, &there.terms, one).await {
                Ok(references) => records.push(record(sent, references)),
                Err(error @ EngineError::Store(_)) => return Err(error),
                // A lost secret, a text that is gone: what a person decided counts all the same.
                Err(error) => unknown = Some(error.to_string()),
            }
        }
        if let Some(why) = unknown {
            let (package, transfer) = (sent.package.clone(), sent.transfer.clone());
            reached.unasked.push(NotAsked { package, transfer, why });
            continue;
        }
        for (one, record) in told.iter().zip(records) {
            let key = (there.terms.partner.clone(), sent.exchange.clone(), one.decision.kind.as_str());
            let group = groups.entry(key).or_insert_with(|| Group {
                decision: one.decision.clone(),
                terms: terms.rights,
                records: Vec::new(),
                under_another: 0,
            });
            // What is agreed now counts, of the arrangement of the newest package.
            group.terms = terms.rights;
            group.under_another += usize::from(!one.is_named);
            group.records.push(record);
        }
    }
    let (whose, into) = asking.nowhere();
    reached.nowhere = (
        whose && people.whose.is_new() && only.is_none(),
        into && people.into.as_ref().is_some_and(|into| into.is_new()) && only.is_none(),
    );
    for ((partner, exchange, _), group) in groups {
        reached.drafts.push(draft(asking.house, partner, exchange, group)?);
    }
    Ok(reached)
}

/// What a partner that has a package is told of one record in it.
struct ToTell<'p> {
    decision: &'p Decision,
    whose: &'p Whose,
    into: Option<&'p Whose>,
    /// Whether the package holds the person under the record that was named.
    is_named: bool,
}

/// The decision, where the package holds whose it is; and in a merge what one record decided and the other takes over.
fn told<'p>(
    decision: &'p Decision,
    people: &'p People<'_>,
    (whose, into): (Holds, Holds),
    terms: &Arrangement,
) -> Vec<ToTell<'p>> {
    let mut told = Vec::new();
    let own = people.whose.whose;
    if whose.any {
        let into = people.into.as_ref().map(|into| into.whose);
        told.push(ToTell { decision, whose: own, into, is_named: whose.named });
    }
    let Some(other) = &people.into else { return told };
    let needs_consent = terms.lawful_basis == LawfulBasis::Consent;
    let (before, of_other) = (people.whose.standing(terms), other.standing(terms));
    let mut together = before;
    together.inherit(of_other);
    let code = together.left_out(terms.rights, needs_consent);
    let Some(kind) = code.and_then(decided) else { return told };
    for (holds, person, before, from) in [(whose, &people.whose, before, other), (into, other, of_other, &people.whose)]
    {
        if holds.any
            && before.left_out(terms.rights, needs_consent) != code
            && let Some(row) = from.newest(kind, terms)
        {
            told.push(ToTell { decision: &row.decision, whose: person.whose, into: None, is_named: holds.named });
        }
    }
    told
}

/// By which decision somebody is left out with a code.
fn decided(code: Code) -> Option<Kind> {
    match code {
        Code::PersonErased => Some(Kind::Erasure),
        Code::PersonObjects => Some(Kind::Objection),
        Code::ConsentWithdrawn => Some(Kind::ConsentWithdrawn),
        Code::DataContested => Some(Kind::Contested),
        _ => None,
    }
}

/// By what the partner knows the record in a package.
async fn named(
    asking: &mut Asking<'_>,
    sent: &SentPackage,
    content: &PackageContent,
    terms: &Arrangement,
    one: &ToTell<'_>,
) -> Result<Vec<Reference>, EngineError> {
    let mut found: Vec<Reference> = Vec::new();
    if !one.is_named {
        return Ok(found);
    }
    let exchange = asking.archive.exchange(&sent.exchange, content.exchange_version).await?;
    let catalogue = asking.archive.catalogue(&content.catalogue, content.catalogue_version).await?;
    // As it got it: with whichever pseudonyms were in use then.
    for pseudonyms in asking.house.pseudonyms_ever(&terms.partner, &terms.purpose.code).await? {
        for one in references(terms, &exchange, &catalogue, &pseudonyms, one.whose, one.into) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    Ok(found)
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

fn draft(house: &House, partner: String, exchange: String, group: Group) -> Result<Draft, EngineError> {
    let Group { decision, terms, records, under_another } = group;
    let today = house.today();
    let days = |days: u16| today.saturating_add(i32::from(days).days());
    let served_on = matches!(decision.kind, Kind::Correction | Kind::Contested | Kind::Merge);
    let wants = if decision.kind == Kind::Erasure { Wants::DeletionCertificate } else { Wants::Answer };
    let id = hex::encode(house.random().get(..16).unwrap_or_default());
    let token = hex::encode(house.random());
    let packages = records.len();
    let without = records.iter().filter(|one| one.references.is_empty()).count().saturating_sub(under_another);
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
    Ok(Draft { new, packages, without_reference: without, under_another })
}
