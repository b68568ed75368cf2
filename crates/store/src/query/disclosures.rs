//! Which packages reached a partner or may have, and what left in each?

use jiff::Timestamp;

use crate::change::{PackageContent, ReceiptOutcome, SealedFacts};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A package of which a delivery was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPackage {
    /// Its id.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// The token of the run that sealed it.
    pub attempt_token: Option<String>,
    /// The exchange.
    pub exchange: String,
    /// Its version when the transfer was asked for.
    pub exchange_version: u32,
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// Counts, and the day by which the partner erases it.
    pub facts: SealedFacts,
    /// The key that it is sealed to; none for a package of an older program.
    pub sealed_to: Option<String>,
    /// What left in it; none for a package of an older program.
    pub content: Option<PackageContent>,
    /// When the first delivery was about to begin: from then on some of it may be with the partner.
    pub begun_at: Timestamp,
    /// When it was seen to be where the partner takes it.
    pub arrived_at: Option<Timestamp>,
    /// What the partner said of it, and when that was accepted.
    pub receipt: Option<(ReceiptOutcome, Timestamp)>,
}

impl Reader {
    /// Packages and answers that reached a partner or may have, oldest first: every one of which a delivery was begun, also one whose
    /// deliveries were cut off, failed, or whose transfer lapsed afterwards. Nobody can prove that nothing of it arrived.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn sent_packages(&self) -> Result<Vec<SentPackage>, StoreError> {
        let rows = query(
            "SELECT package.id AS id, transfer.id AS transfer, transfer.attempt_token AS attempt_token, \
             transfer.exchange AS exchange, transfer.exchange_version AS exchange_version, \
             transfer.arrangement AS arrangement, transfer.arrangement_version AS arrangement_version, \
             package.sealed_at AS sealed_at, transfer.sealed_json AS sealed_json, package_key.fingerprint AS sealed_to, \
             package_content.subject AS subject, package_content.people AS people, \
             package_content.exchange_version AS made_by, package_content.catalogue AS catalogue, \
             package_content.catalogue_version AS catalogue_version, package_content.elements_json AS elements_json, \
             sent.begun_at AS begun_at, sent.arrived_at AS arrived_at, \
             receipt.outcome AS outcome, receipt.accepted_at AS accepted_at \
             FROM package JOIN transfer ON transfer.id = package.transfer \
             JOIN (SELECT transfer, min(intent_at) AS begun_at, \
             min(CASE WHEN outcome = 'arrived' THEN outcome_at END) AS arrived_at FROM delivery GROUP BY transfer) AS sent \
             ON sent.transfer = transfer.id \
             LEFT JOIN package_key ON package_key.package = package.id \
             LEFT JOIN package_content ON package_content.package = package.id \
             LEFT JOIN receipt ON receipt.package = package.id \
             ORDER BY package.sealed_at, package.id",
        );
        let mut found = rows.fetch_all(&self.pool).await?.iter().map(sent).collect::<Result<Vec<_>, _>>()?;
        found.extend(self.told().await?);
        found.sort_by_key(|one| one.sealed_at);
        Ok(found)
    }
}

impl SentPackage {
    /// Whether it is an answer over the network, and no package: there is nothing of it to call back or to erase here.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.package == self.transfer
    }
}

fn sent(row: &Row) -> Result<SentPackage, StoreError> {
    let cells = Cells::new(row, "package", "id");
    let outcome = cells.get::<Option<&str>>("outcome")?;
    let outcome = outcome.map(|name| ReceiptOutcome::from_name(name).ok_or_else(|| cells.damaged("outcome")));
    Ok(SentPackage {
        package: cells.get("id")?,
        transfer: cells.get("transfer")?,
        attempt_token: cells.get("attempt_token")?,
        exchange: cells.get("exchange")?,
        exchange_version: cells.count("exchange_version")?,
        arrangement: cells.get("arrangement")?,
        arrangement_version: cells.count("arrangement_version")?,
        sealed_at: cells.time("sealed_at")?,
        facts: cells.json("sealed_json")?,
        sealed_to: cells.get("sealed_to")?,
        content: content(&cells)?,
        begun_at: cells.time("begun_at")?,
        arrived_at: cells.optional_time("arrived_at")?,
        receipt: outcome.transpose()?.zip(cells.optional_time("accepted_at")?),
    })
}

fn content(cells: &Cells<'_>) -> Result<Option<PackageContent>, StoreError> {
    let Some(subject) = cells.get::<Option<String>>("subject")? else { return Ok(None) };
    Ok(Some(PackageContent {
        subject,
        people: cells.count("people")?,
        exchange_version: cells.count("made_by")?,
        catalogue: cells.get("catalogue")?,
        catalogue_version: cells.count("catalogue_version")?,
        elements: cells.json("elements_json")?,
    }))
}
