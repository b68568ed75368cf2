//! What were programs of partners told at once, and of whom?

use std::collections::HashSet;

use jiff::Timestamp;

use super::disclosures::SentPackage;
use super::packages::Release;
use crate::change::{LEAVES, PackageContent, SealedFacts, only_questions};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

const ANSWER: &str = "SELECT id, exchange, exchange_version, arrangement, arrangement_version, sealed_to, records, purge_by, \
     subject, people, catalogue, catalogue_version, elements_json, told_at FROM answer";

/// Ids that are asked for in one statement.
const TOGETHER: usize = 100;

impl Reader {
    /// Who was told an answer, and under which exchange.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn told_to(&self, id: &str) -> Result<Option<(Option<String>, String)>, StoreError> {
        let row = query("SELECT id, client, exchange FROM answer WHERE id = $1").bind(id);
        let row = row.fetch_optional(&self.pool).await?;
        row.map(|row| {
            let cells = Cells::new(&row, "answer", "id");
            Ok((cells.get("client")?, cells.get("exchange")?))
        })
        .transpose()
    }

    /// Which of these are answers that are recorded, whenever that was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recorded_answers(&self, ids: &[&str]) -> Result<HashSet<String>, StoreError> {
        let mut found = HashSet::new();
        for some in ids.chunks(TOGETHER) {
            let places: Vec<String> = (1..=some.len()).map(|at| format!("${at}")).collect();
            let mut rows = query(format!("SELECT id FROM answer WHERE id IN ({})", places.join(", ")));
            for id in some {
                rows = rows.bind(*id);
            }
            for row in rows.fetch_all(&self.pool).await? {
                found.insert(row.only()?);
            }
        }
        Ok(found)
    }

    /// How many leaves the ledger has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leaves(&self) -> Result<u64, StoreError> {
        let leaves: i64 = query(LEAVES).fetch_one(&self.pool).await?.only()?;
        Ok(leaves.cast_unsigned())
    }

    /// How many leaves the ledger has, and whether all of them behind the first `since` are of questions: then everything else is as it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn only_questions(&self, since: u64) -> Result<(u64, bool), StoreError> {
        only_questions(&self.pool, since).await
    }

    /// Answers that told something, as what was sent: whoever asks what left asks them too. Each is its own transfer.
    pub(super) async fn told(&self) -> Result<Vec<SentPackage>, StoreError> {
        let rows = query(format!("{ANSWER} WHERE kind <> 'asked-about' ORDER BY told_at, id"));
        rows.fetch_all(&self.pool).await?.iter().map(told).collect()
    }

    /// Answers that told nothing: about whom partners asked. Oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn asked_about(&self) -> Result<Vec<SentPackage>, StoreError> {
        let rows = query(format!("{ANSWER} WHERE kind = 'asked-about' ORDER BY told_at, id"));
        rows.fetch_all(&self.pool).await?.iter().map(told).collect()
    }

    /// Records told under an arrangement, whatever its version, at `since` or later, oldest first; questions that lie in no answer yet are
    /// counted day by day.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn told_since(&self, arrangement: &str, since: Timestamp) -> Result<Vec<Release>, StoreError> {
        let rows = query(
            "SELECT id, exchange, records, told_at FROM answer \
             WHERE arrangement = $1 AND told_at >= $2 AND kind <> 'asked-about' ORDER BY told_at, id",
        );
        let rows = rows.bind(arrangement).bind(since.as_microsecond()).fetch_all(&self.pool).await?;
        let release = |row: &Row| -> Result<Release, StoreError> {
            let cells = Cells::new(row, "answer", "id");
            Ok(Release {
                transfer: cells.get("id")?,
                exchange: cells.get("exchange")?,
                sealed_at: cells.time("told_at")?,
                records: cells.count("records")?,
            })
        };
        let mut told = rows.iter().map(release).collect::<Result<Vec<_>, _>>()?;
        let open = query(
            "SELECT exchange, CAST(sum(told) AS BIGINT) AS records, min(at) AS told_at, 'rounds' AS id FROM look_up_round \
             WHERE closed_at IS NULL AND arrangement = $1 AND at >= $2 AND told > 0 GROUP BY exchange, at / 86400000000",
        );
        for row in open.bind(arrangement).bind(since.as_microsecond()).fetch_all(&self.pool).await? {
            told.push(release(&row)?);
        }
        told.sort_by_key(|one| one.sealed_at);
        Ok(told)
    }
}

fn told(row: &Row) -> Result<SentPackage, StoreError> {
    let cells = Cells::new(row, "answer", "id");
    let (id, at): (String, Timestamp) = (cells.get("id")?, cells.time("told_at")?);
    let content = PackageContent {
        subject: cells.get("subject")?,
        people: cells.count("people")?,
        exchange_version: cells.count("exchange_version")?,
        catalogue: cells.get("catalogue")?,
        catalogue_version: cells.count("catalogue_version")?,
        elements: cells.json("elements_json")?,
    };
    Ok(SentPackage {
        package: id.clone(),
        transfer: id,
        attempt_token: None,
        exchange: cells.get("exchange")?,
        exchange_version: content.exchange_version,
        arrangement: cells.get("arrangement")?,
        arrangement_version: cells.count("arrangement_version")?,
        sealed_at: at,
        facts: SealedFacts {
            released: cells.count("records")?,
            digest: String::new(),
            manifest_sha256: String::new(),
            purge_by: cells.get::<&str>("purge_by")?.parse().map_err(|_| cells.damaged("purge_by"))?,
        },
        // What the connection alone protected was sealed to no key that could be exposed.
        sealed_to: Some(cells.get::<Option<String>>("sealed_to")?.unwrap_or_default()),
        content: Some(content),
        begun_at: at,
        arrived_at: Some(at),
        receipt: None,
    })
}
