//! How is a person's decision kept, together with everything that it calls back and everybody who must be told?

use std::collections::BTreeMap;

use causeway_model::rights::{Decision, Kind};
use causeway_model::{Code, Refused};

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, On, Transaction, query, stored, to_json};
use crate::open::schema::keep_out_who_heeds_nothing;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// How [`StoreError::ChangedMeanwhile`] calls the register of decisions.
pub const DECISIONS: &str = "decisions of people, seen for";

/// What is on its way, as it was when it was looked who is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Packages that were ever sealed.
    pub packages: u64,
    /// Deliveries that were ever begun.
    pub begun: u64,
}

/// A decision and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    /// The entity whose record the person is.
    pub entity: String,
    /// The person's keyed pseudonym, 32 hexadecimal digits.
    pub person: String,
    /// For a merge, that of the record under which the person goes on.
    pub into: Option<String>,
    /// What was decided.
    pub decision: Decision,
}

/// What a partner is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// Its id.
    pub id: String,
    /// Who is told.
    pub partner: String,
    /// The exchange by which the partner got the person.
    pub exchange: String,
    /// What it is about, in a word.
    pub what: String,
    /// Whether a certificate of deletion is asked for.
    pub wants_certificate: bool,
    /// The day by which the partner acts.
    pub act_by: jiff::civil::Date,
    /// SHA-256 of its token, lower-case hexadecimal.
    pub token_sha256: String,
    /// The notice, sealed to the operation itself.
    pub draft: Vec<u8>,
}

/// Whoever is meant, as it was when it was looked which packages hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// Every record of theirs.
    pub records: Vec<String>,
    /// The number of the newest decision about any of these, a merge into one included; 0 where there is none.
    pub newest: u64,
}

/// A decision that was recorded before, of which some packages could not be asked then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriesOn {
    /// Its number.
    pub number: u64,
    /// Packages of which it is known now who is in them.
    pub asked: Vec<String>,
}

/// A decision to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDecision {
    /// The decision.
    pub new: NewDecision,
    /// Packages that hold the person, or may, and have not arrived.
    pub recalled: Vec<String>,
    /// Packages that hold a person who is erased.
    pub erase: Vec<String>,
    /// Packages that may have arrived and could not be asked who is in them.
    pub unasked: Vec<String>,
    /// What partners are told who have the person, or may.
    pub notices: Vec<NewNotice>,
    /// What was on its way when that was found out.
    pub seen: Leaving,
    /// Who was looked for.
    pub meant: Meant,
    /// For one that was recorded before and is carried on.
    pub carries_on: Option<CarriesOn>,
}

/// Merges that are asked for before another decision: of an entity and a record, into which.
pub type Merges = BTreeMap<(String, String), String>;

impl Store {
    /// Records a decision. One that was recorded before is there already, unless something since said otherwise.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when a package was sealed, a delivery begun or something about the same person decided since it
    /// was looked; [`StoreError::Denied`] when a merge leads back to where it began, or the record was merged before.
    pub async fn record_decision(&self, change: Changed<RecordDecision>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RecordDecision {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let number = match (recorded(writing.rows(), &self.new).await?, &self.carries_on) {
            (Some(number), Some(on)) if on.number == number => self.carry_on(writing.rows(), on).await?,
            (Some(_), None) => return Applied::ALREADY,
            (None, None) => self.enter(writing).await?,
            (_, Some(_)) => return Err(changed(DECISIONS, &self.new.entity)),
        };
        for package in &self.recalled {
            // Whoever called it back first did so for good.
            let recall = query(
                "INSERT INTO package_recall (package, decision, recalled_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (package) DO NOTHING",
            );
            recall.bind(package).bind(number).bind(micros).execute(writing.rows()).await?;
        }
        for package in &self.erase {
            let due = query(
                "INSERT INTO package_erase_due (package, since) VALUES ($1, $2) ON CONFLICT (package) DO NOTHING",
            );
            due.bind(package).bind(micros).execute(writing.rows()).await?;
        }
        for notice in &self.notices {
            notice.enter(writing.rows(), Some(number), micros).await?;
        }
        Applied::NEW
    }
}

impl RecordDecision {
    /// Enters it as the next; its number.
    async fn enter(&self, writing: &mut Writing<'_>) -> Result<i64, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        let NewDecision { entity, person, into, decision } = &self.new;
        demand_possible(writing.rows(), &self.new, &Merges::new()).await?;
        if leaving(writing.rows()).await? != self.seen {
            return Err(changed("what is on its way, seen for", entity));
        }
        self.meant.demand(writing.rows(), entity).await?;
        let number = query("SELECT coalesce(max(number), 0) + 1 FROM person_decision");
        let number: i64 = number.fetch_one(writing.rows()).await?.only()?;
        query(
            "INSERT INTO person_decision (number, entity, person, kind, purpose, partner, into_person, decision_json, \
             recorded_at, recorded_by, packages, begun) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(number)
        .bind(entity)
        .bind(person)
        .bind(decision.kind.as_str())
        .bind(decision.scope.purpose.clone())
        .bind(decision.scope.partner.clone())
        .bind(into.clone())
        .bind(to_json(decision)?)
        .bind(micros)
        .bind(actor)
        .bind(stored(self.seen.packages, "the number of packages")?)
        .bind(stored(self.seen.begun, "the number of deliveries")?)
        .execute(writing.rows())
        .await?;
        for package in &self.unasked {
            let unasked = query(unasked_of(
                package,
                "INSERT INTO decision_unasked (decision, package) VALUES ($1, $2)",
                "INSERT INTO decision_unasked_answer (decision, answer) VALUES ($1, $2)",
            ));
            unasked.bind(number).bind(package).execute(writing.rows()).await?;
        }
        keep_out_who_heeds_nothing(writing.rows()).await?;
        Ok(number)
    }

    /// Takes up what could be asked since; its number.
    async fn carry_on(&self, rows: &mut Transaction, on: &CarriesOn) -> Result<i64, StoreError> {
        let number = stored(on.number, "the number of a decision")?;
        for package in &on.asked {
            let asked = query(unasked_of(
                package,
                "DELETE FROM decision_unasked WHERE decision = $1 AND package = $2",
                "DELETE FROM decision_unasked_answer WHERE decision = $1 AND answer = $2",
            ));
            // Somebody else took it up meanwhile.
            if asked.bind(number).bind(package).execute(rows).await? != 1 {
                return Err(changed("what could not be asked, seen for", &self.new.entity));
            }
        }
        Ok(number)
    }
}

impl Meant {
    /// Refuses what was looked up for other records than there are, or before something else was decided about them.
    async fn demand(&self, rows: &mut Transaction, entity: &str) -> Result<(), StoreError> {
        let mut newest = 0;
        for record in &self.records {
            let row = query(
                "SELECT coalesce(max(number), 0) FROM person_decision WHERE entity = $1 AND (person = $2 OR into_person = $2)",
            );
            newest = newest.max(row.bind(entity).bind(record).fetch_one(&mut *rows).await?.only::<i64>()?);
        }
        match newest == stored(self.newest, "the number of a decision")? {
            true => Ok(()),
            false => Err(changed("decisions about the same person, seen for", entity)),
        }
    }
}

/// A statement about a package, or the one about an answer.
fn unasked_of(id: &str, package: &'static str, answer: &'static str) -> &'static str {
    if id.starts_with("an-") { answer } else { package }
}

fn changed(what: &'static str, entity: &str) -> StoreError {
    StoreError::ChangedMeanwhile { what, name: entity.to_owned() }
}

impl NewNotice {
    /// Writes it down, to be sent.
    pub(super) async fn enter(
        &self,
        rows: &mut Transaction,
        decision: Option<i64>,
        micros: i64,
    ) -> Result<(), StoreError> {
        query(
            "INSERT INTO notice (id, decision, partner, exchange, what, wants, act_by, token_sha256, made_at, draft) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&self.id)
        .bind(decision)
        .bind(&self.partner)
        .bind(&self.exchange)
        .bind(&self.what)
        .bind(if self.wants_certificate { "deletion-certificate" } else { "answer" })
        .bind(self.act_by.to_string())
        .bind(&self.token_sha256)
        .bind(micros)
        .bind(self.draft.clone())
        .execute(rows)
        .await?;
        Ok(())
    }
}

/// The number under which the same was decided before, where nothing since that speaks of any of it says otherwise.
pub(crate) async fn recorded<'a>(on: impl Into<On<'a>>, new: &NewDecision) -> Result<Option<u64>, StoreError> {
    let NewDecision { entity, person, into, decision } = new;
    let rows = query(
        "SELECT number, into_person, decision_json, packages, begun, \
         (SELECT count(*) FROM decision_unasked WHERE decision = number) \
         + (SELECT count(*) FROM decision_unasked_answer WHERE decision = number) AS unasked, \
         (SELECT count(*) FROM package) + (SELECT count(*) FROM answer) \
         + (SELECT coalesce(max(number), 0) FROM look_up_round) AS packages_now, \
         (SELECT count(*) FROM delivery) AS begun_now FROM person_decision WHERE entity = $1 AND person = $2 \
         ORDER BY number DESC",
    );
    for row in rows.bind(entity).bind(person).fetch_all(on).await? {
        let cells = Cells::new(&row, "person_decision", "number");
        let there: Decision = cells.json("decision_json")?;
        if there.kind.family() != decision.kind.family() || !there.meets(decision) {
            continue;
        }
        let is_open = cells.get::<i64>("unasked")? > 0;
        let same_into = cells.get::<Option<String>>("into_person")? == *into;
        let is_same = match decision.kind {
            // It is for good, from whatever day on.
            Kind::Erasure => true,
            // Whatever was sealed or sent since has what was mended then, and is wrong in something else.
            Kind::Correction => {
                there == *decision
                    && cells.get::<i64>("packages")? == cells.get::<i64>("packages_now")?
                    && cells.get::<i64>("begun")? == cells.get::<i64>("begun_now")?
            }
            // Of one that could not be told to everybody, whoever repeats it on another day means the same.
            kind if is_open => there.kind == kind && there.scope == decision.scope && same_into,
            _ => there == *decision && same_into,
        };
        if is_same {
            return cells.count("number").map(Some);
        }
        if there.kind != decision.kind {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A record that was merged goes on under the other, and no merge leads back; after those `before` it too.
pub(crate) async fn demand_possible<'a>(
    on: impl Into<On<'a>>,
    new: &NewDecision,
    before: &Merges,
) -> Result<(), StoreError> {
    let mut on = on.into();
    let NewDecision { entity, person, into, decision } = new;
    let denied = |detail: &str| {
        let refused = Refused::one(Code::WrongState, decision.kind.as_str(), detail);
        Err(StoreError::Denied { what: "decision about a record of", name: entity.clone(), source: refused })
    };
    if merged_into(on.again(), entity, person, before).await?.is_some() {
        return denied("the record was merged into another: it goes on under that one");
    }
    let Some(mut at) = into.clone() else { return Ok(()) };
    // Every step leads to another record, and no record leads to two: this ends.
    loop {
        if at == *person {
            return denied("the other record was merged into this one");
        }
        match merged_into(on.again(), entity, &at, before).await? {
            Some(next) => at = next,
            None => return Ok(()),
        }
    }
}

async fn merged_into(on: On<'_>, entity: &str, person: &str, before: &Merges) -> Result<Option<String>, StoreError> {
    if let Some(into) = before.get(&(entity.to_owned(), person.to_owned())) {
        return Ok(Some(into.clone()));
    }
    let row = query("SELECT into_person FROM person_decision WHERE entity = $1 AND person = $2 AND kind = $3");
    let row = row.bind(entity).bind(person).bind(Kind::Merge.as_str());
    row.fetch_optional(on).await?.map(|row| row.only()).transpose()
}

/// What is on its way. Both numbers only grow.
pub(crate) async fn leaving<'a>(on: impl Into<On<'a>>) -> Result<Leaving, StoreError> {
    let row = query(
        "SELECT 'all' AS id, (SELECT count(*) FROM package) + (SELECT count(*) FROM answer) \
         + (SELECT coalesce(max(number), 0) FROM look_up_round) AS packages, \
         (SELECT count(*) FROM delivery) AS begun",
    );
    let row = row.fetch_one(on).await?;
    let cells = Cells::new(&row, "package", "id");
    Ok(Leaving { packages: cells.count("packages")?, begun: cells.count("begun")? })
}

/// Refuses what was judged by fewer decisions than there are.
pub(super) async fn demand_same_decisions(rows: &mut Transaction, seen: u64) -> Result<(), StoreError> {
    let there = query("SELECT coalesce(max(number), 0) FROM person_decision").fetch_one(rows).await?;
    match there.only::<i64>()? == stored(seen, "the number of decisions")? {
        true => Ok(()),
        false => Err(StoreError::ChangedMeanwhile { what: DECISIONS, name: "sealing".to_owned() }),
    }
}

/// Refuses a package that somebody in it called back.
pub(crate) async fn demand_not_recalled(rows: &mut Transaction, package: &str) -> Result<(), StoreError> {
    let recalled = query("SELECT count(*) FROM package_recall WHERE package = $1").bind(package);
    match recalled.fetch_one(rows).await?.only::<i64>()? {
        0 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { what: "package", name: package.to_owned() }),
    }
}
