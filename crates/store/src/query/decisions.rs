//! What did people decide, and which packages are sealed and have not arrived?

use causeway_model::rights::{Decision, Kind};
use jiff::Timestamp;

use crate::change::{Leaving, Merges, NewDecision, demand_possible, leaving, recorded};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// Decisions that are held in memory at a time.
const PAGE: u32 = 10_000;

/// A decision as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its number: they count up in the order in which they were recorded.
    pub number: u64,
    /// The person's keyed pseudonym.
    pub person: [u8; 16],
    /// For a merge, that of the record under which the person goes on.
    pub into: Option<[u8; 16]>,
    /// What.
    pub kind: Kind,
    /// What was decided, whole.
    pub decision: Decision,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
}

/// A decision that was recorded before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBefore {
    /// Its number.
    pub number: u64,
    /// Packages that may have arrived and could not be asked then.
    pub unasked: Vec<String>,
}

/// A sealed package that has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentPackage {
    /// Its id.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// The token of the run that sealed it.
    pub attempt_token: Option<String>,
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// The entity that its disclosure set was made of, and how many are in it; none for a package of an older program.
    pub people: Option<(String, u64)>,
}

impl Reader {
    /// The number of the newest decision; 0 where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions_count(&self) -> Result<u64, StoreError> {
        let row = query("SELECT 'all' AS id, coalesce(max(number), 0) AS newest FROM person_decision");
        Cells::new(&row.fetch_one(&self.pool).await?, "person_decision", "id").count("newest")
    }

    /// Tells `each` every decision about records of an entity that speaks of this purpose and recipient, from `after` up to
    /// `until`, in order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn decisions(
        &self,
        entity: &str,
        (purpose, partner): (&str, &str),
        (after, until): (u64, u64),
        mut each: impl FnMut(DecisionRow) + Send,
    ) -> Result<(), StoreError> {
        let mut after = after;
        loop {
            let rows = query(format!(
                "{DECISION} WHERE entity = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4"
            ));
            let rows = rows.bind(entity).bind(number(after)).bind(number(until)).bind(PAGE);
            let rows = rows.fetch_all(&self.pool).await?;
            for row in &rows {
                let found = decision(row)?;
                after = found.number;
                // A purpose may be a part of the one that was named.
                if found.decision.covers(purpose, partner) {
                    each(found);
                }
            }
            if rows.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    /// Everything that was decided about one person before a number, in order: about this record and every one that was merged into it.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn decisions_of(
        &self,
        entity: &str,
        person: &[u8; 16],
        before: u64,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        let (mut found, mut records) = (Vec::new(), vec![*person]);
        while let Some(record) = records.pop() {
            let of = |column: &str| query(format!("{DECISION} WHERE entity = $1 AND {column} = $2 AND number < $3"));
            let asked = |column: &str| of(column).bind(entity).bind(hex::encode(record)).bind(number(before));
            for row in asked("person").fetch_all(&self.pool).await? {
                found.push(decision(&row)?);
            }
            // A record goes on under one other, and no circle is ever recorded: each is found once.
            for row in asked("into_person").fetch_all(&self.pool).await? {
                records.push(decision(&row)?.person);
            }
        }
        found.sort_by_key(|row| row.number);
        Ok(found)
    }

    /// Whether the same was decided before, and which packages could not be asked then.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn recorded_before(&self, new: &NewDecision) -> Result<Option<RecordedBefore>, StoreError> {
        let Some(before) = recorded(&self.pool, new).await? else { return Ok(None) };
        let rows = query(
            "SELECT package FROM decision_unasked WHERE decision = $1 \
             UNION ALL SELECT answer FROM decision_unasked_answer WHERE decision = $1 ORDER BY 1",
        );
        let rows = rows.bind(number(before)).fetch_all(&self.pool).await?;
        let unasked = rows.iter().map(Row::only).collect::<Result<_, _>>()?;
        Ok(Some(RecordedBefore { number: before, unasked }))
    }

    /// Refuses what is impossible for a record as it is, or as it will be after merges that are asked for before.
    ///
    /// # Errors
    /// [`StoreError::Denied`] as when it is recorded.
    pub async fn demand_possible(&self, new: &NewDecision, before: &Merges) -> Result<(), StoreError> {
        demand_possible(&self.pool, new, before).await
    }

    /// What is on its way, to be compared when a decision is recorded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leaving(&self) -> Result<Leaving, StoreError> {
        leaving(&self.pool).await
    }

    /// Packages that are sealed and have not arrived, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn unsent_packages(&self) -> Result<Vec<UnsentPackage>, StoreError> {
        let rows = query(
            "SELECT package.id AS id, transfer.id AS transfer, transfer.attempt_token AS attempt_token, \
             transfer.arrangement AS arrangement, transfer.arrangement_version AS arrangement_version, \
             package_content.subject AS subject, package_content.people AS people \
             FROM package JOIN transfer ON transfer.id = package.transfer \
             LEFT JOIN package_content ON package_content.package = package.id \
             WHERE transfer.state IN ('sealed', 'delivering') ORDER BY package.sealed_at, package.id",
        );
        rows.fetch_all(&self.pool).await?.iter().map(unsent).collect()
    }

    /// Whether somebody in a package called it back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_recalled(&self, package: &str) -> Result<bool, StoreError> {
        let recalled = query("SELECT count(*) FROM package_recall WHERE package = $1").bind(package);
        Ok(recalled.fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }

    /// The package of a transfer that somebody in it called back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recalled_of(&self, transfer: &str) -> Result<Option<String>, StoreError> {
        let row = query(
            "SELECT package.id FROM package JOIN package_recall ON package_recall.package = package.id \
             WHERE package.transfer = $1",
        );
        row.bind(transfer).fetch_optional(&self.pool).await?.map(|row| row.only()).transpose()
    }
}

const DECISION: &str =
    "SELECT number, person, kind, into_person, decision_json, recorded_at, recorded_by FROM person_decision";

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn decision(row: &Row) -> Result<DecisionRow, StoreError> {
    let cells = Cells::new(row, "person_decision", "number");
    let pseudonym = |text: &str, column: &'static str| {
        let mut person = [0; 16];
        hex::decode_to_slice(text, &mut person).map(|()| person).map_err(|_| cells.damaged(column))
    };
    let into: Option<&str> = cells.get("into_person")?;
    let decision: Decision = cells.json("decision_json")?;
    Ok(DecisionRow {
        number: cells.count("number")?,
        person: pseudonym(cells.get("person")?, "person")?,
        into: into.map(|into| pseudonym(into, "into_person")).transpose()?,
        kind: decision.kind,
        decision,
        recorded_at: cells.time("recorded_at")?,
        recorded_by: cells.get("recorded_by")?,
    })
}

fn unsent(row: &Row) -> Result<UnsentPackage, StoreError> {
    let cells = Cells::new(row, "package", "id");
    let subject: Option<String> = cells.get("subject")?;
    let people = cells.optional_count("people")?;
    Ok(UnsentPackage {
        package: cells.get("id")?,
        transfer: cells.get("transfer")?,
        attempt_token: cells.get("attempt_token")?,
        arrangement: cells.get("arrangement")?,
        arrangement_version: cells.count("arrangement_version")?,
        people: subject.zip(people),
    })
}
