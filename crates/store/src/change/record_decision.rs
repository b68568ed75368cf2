//! How is a person's decision kept, together with everything that it calls back and everybody who must be told?

use causeway_model::rights::{Decision, Kind};
use causeway_model::{Code, Refused};

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, stored, to_json};
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

/// A decision to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDecision {
    /// The decision.
    pub new: NewDecision,
    /// Packages that hold the person and have not arrived.
    pub recalled: Vec<String>,
    /// What partners are told who have the person, or may.
    pub notices: Vec<NewNotice>,
    /// What was on its way when that was found out.
    pub seen: Leaving,
}

impl Store {
    /// Records a decision. One that was recorded before is there already, unless something since said otherwise.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when a package was sealed or a delivery begun since it was looked;
    /// [`StoreError::Denied`] when a merge leads back to where it began, or the record was merged before.
    pub async fn record_decision(&self, change: Changed<RecordDecision>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RecordDecision {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        let NewDecision { entity, person, into, decision } = &self.new;
        if self.is_there(writing).await? {
            return Applied::ALREADY;
        }
        self.demand_possible(writing.rows()).await?;
        if leaving(writing.rows()).await? != self.seen {
            return Err(StoreError::ChangedMeanwhile { what: "what is on its way, seen for", name: entity.clone() });
        }
        let number = query("SELECT coalesce(max(number), 0) + 1 FROM person_decision");
        let number: i64 = number.fetch_one(writing.rows()).await?.only()?;
        query(
            "INSERT INTO person_decision (number, entity, person, kind, purpose, partner, into_person, decision_json, \
             recorded_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
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
        .execute(writing.rows())
        .await?;
        for package in &self.recalled {
            // Whoever called it back first did so for good.
            let recall = query(
                "INSERT INTO package_recall (package, decision, recalled_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (package) DO NOTHING",
            );
            recall.bind(package).bind(number).bind(micros).execute(writing.rows()).await?;
        }
        for notice in &self.notices {
            notice.enter(writing.rows(), Some(number), micros).await?;
        }
        Applied::NEW
    }
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

impl RecordDecision {
    /// Whether the same was decided before, and nothing since that speaks of any of it says otherwise.
    async fn is_there(&self, writing: &mut Writing<'_>) -> Result<bool, StoreError> {
        let NewDecision { entity, person, into, decision } = &self.new;
        let rows = query(
            "SELECT number, kind, purpose, partner, into_person, decision_json FROM person_decision \
             WHERE entity = $1 AND person = $2 ORDER BY number DESC",
        );
        let rows = rows.bind(entity).bind(person).fetch_all(writing.rows()).await?;
        for row in &rows {
            let cells = Cells::new(row, "person_decision", "number");
            let there: Decision = cells.json("decision_json")?;
            if there.kind.family() != decision.kind.family() || !there.scope.meets(&decision.scope) {
                continue;
            }
            if there == *decision && cells.get::<Option<String>>("into_person")? == *into {
                return Ok(true);
            }
            if there.kind != decision.kind {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// A record that was merged goes on under the other, and no merge leads back.
    async fn demand_possible(&self, rows: &mut Transaction) -> Result<(), StoreError> {
        let NewDecision { entity, person, into, decision } = &self.new;
        let denied = |detail: &str| {
            let refused = Refused::one(Code::WrongState, decision.kind.as_str(), detail);
            Err(StoreError::Denied { what: "decision about a record of", name: entity.clone(), source: refused })
        };
        if merged_into(rows, entity, person).await?.is_some() {
            return denied("the record was merged into another: it goes on under that one");
        }
        let Some(mut at) = into.clone() else { return Ok(()) };
        // Every step leads to another record, and no record leads to two: this ends.
        loop {
            if at == *person {
                return denied("the other record was merged into this one");
            }
            match merged_into(rows, entity, &at).await? {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }
}

async fn merged_into(rows: &mut Transaction, entity: &str, person: &str) -> Result<Option<String>, StoreError> {
    let row = query("SELECT into_person FROM person_decision WHERE entity = $1 AND person = $2 AND kind = $3");
    let row = row.bind(entity).bind(person).bind(Kind::Merge.as_str());
    row.fetch_optional(rows).await?.map(|row| row.only()).transpose()
}

/// What is on its way. Both numbers only grow.
pub(crate) async fn leaving<'a>(on: impl Into<crate::db::On<'a>>) -> Result<Leaving, StoreError> {
    let row = query(
        "SELECT 'all' AS id, (SELECT count(*) FROM package) AS packages, \
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
