//! Who works on a transfer or an intake now, and when is it tried again?
//!
//! INVARIANT (work is found): what is to be done is read from the transfers and intakes themselves; a row here only says who has
//! one in hand. Nothing here is governance, so nothing enters the ledger. Whatever counts is fenced: [`demand`] in the
//! transaction that changes the transfer or the intake.

mod find;

use jiff::{SignedDuration, Timestamp};

use crate::db::{Cells, On, Row, Transaction, named, query};
use crate::step::{Step, Steps};
use crate::{Reader, Safeguard, Safeguards, Store, StoreError};

/// How long a lease lasts unless it is renewed.
pub const LASTS: SignedDuration = SignedDuration::from_secs(60);

/// The longest that a try is put off. What is put off further was written by a clock that has been set back since.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(40);

named! {
    /// How a try ended that did not end in another's hands.
    Ended {
        /// Nothing is left to do without the partner.
        Done = "done",
        /// Something that people decide holds it back.
        Held = "held",
        /// It did not succeed.
        Failed = "failed",
    }
}

/// What somebody can have in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A transfer.
    Transfer,
    /// A file that came in.
    Intake,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Transfer, Self::Intake];

    /// What it is called; its leases stand in the column of that name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Intake => "intake",
        }
    }

    /// The table of its leases.
    const fn table(self) -> &'static str {
        match self {
            Self::Transfer => "lease",
            Self::Intake => "intake_lease",
        }
    }

    /// Never `*`: a column that a newer program adds must not change what a running one has prepared.
    fn select(self, rest: &str) -> String {
        let (table, name) = (self.table(), self.name());
        format!(
            "SELECT {name} AS id, token, worker, held_until, taken, failures, not_before, ended, why FROM {table} {rest}"
        )
    }
}

/// A transfer or an intake in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: String,
    /// Unguessable, and used once: only who holds it may change what it is of.
    pub token: String,
    /// How often it was taken, this time included.
    pub taken: u32,
    /// How often it failed in a row before.
    pub failures: u32,
}

/// What is stored of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// Of which transfer or intake it is.
    pub id: String,
    /// Who has it: its token, the worker, and until when.
    pub held: Option<(String, String, Timestamp)>,
    /// How often it was taken.
    pub taken: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Nobody need try it before.
    pub not_before: Timestamp,
    /// How the last try ended.
    pub ended: Option<Ended>,
    /// Why.
    pub why: Option<String>,
}

impl LeaseRow {
    /// Who has it at this moment.
    #[must_use]
    pub fn holder(&self, now: Timestamp) -> Option<&str> {
        let (_, worker, until) = self.held.as_ref()?;
        is_ahead(*until, now, LASTS).then_some(worker.as_str())
    }
}

/// How a try ended, and when the next may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How.
    pub ended: Ended,
    /// Why, for people: never anything of a person.
    pub why: Option<String>,
    /// When it is tried again.
    pub not_before: Timestamp,
}

/// What takes, renews and ends leases of one kind, also from a task of its own.
#[derive(Clone, Debug)]
pub struct Leases {
    kind: Kind,
    steps: Steps,
    safeguards: Safeguards,
}

impl Store {
    /// What takes, renews and ends leases of transfers.
    #[must_use]
    pub fn leases(&self) -> Leases {
        self.leases_of(Kind::Transfer)
    }

    /// What takes, renews and ends leases of that kind.
    #[must_use]
    pub fn leases_of(&self, kind: Kind) -> Leases {
        Leases { kind, steps: Steps::of(self), safeguards: self.safeguards }
    }
}

impl Reader {
    /// Who has a transfer, and how it fared.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn lease(&self, transfer: &str) -> Result<Option<LeaseRow>, StoreError> {
        self.lease_of(Kind::Transfer, transfer).await
    }

    /// Who has a transfer or an intake, and how it fared.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn lease_of(&self, kind: Kind, id: &str) -> Result<Option<LeaseRow>, StoreError> {
        of(&self.pool, kind, id).await
    }

    /// Transfers whose last try failed and that are tried again, the next first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn leases_failing(&self) -> Result<Vec<LeaseRow>, StoreError> {
        let rows = query(Kind::Transfer.select(
            "WHERE failures > 0 AND EXISTS (SELECT 1 FROM transfer WHERE transfer.id = lease.transfer \
             AND transfer.state IN ('requested', 'preparing', 'sealed', 'delivering')) ORDER BY not_before, transfer",
        ));
        rows.fetch_all(&self.pool).await?.iter().map(|row| read(row, Kind::Transfer)).collect()
    }

    /// Leases of transfers that somebody has.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn leases_held(&self) -> Result<Vec<LeaseRow>, StoreError> {
        held(&self.pool, Kind::Transfer).await
    }
}

impl Leases {
    /// Takes what has waited longest, if anything waits: unfinished, in nobody's hands, not waiting for people. Of one exchange,
    /// one transfer at a time is prepared, since their packages are numbered in order, and one intake at a time is applied, in
    /// the order of arrival.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, worker: &str, token: &str, now: Timestamp) -> Result<Option<Lease>, StoreError> {
        self.steps.take(&find::Find { kind: self.kind, worker, token, now, run_out: self.run_out() }).await
    }

    /// Takes this one.
    ///
    /// # Errors
    /// [`StoreError::Leased`] while another has it.
    pub async fn take(&self, id: &str, worker: &str, token: &str, now: Timestamp) -> Result<Lease, StoreError> {
        self.steps.take(&Take { kind: self.kind, id, worker, token, now }).await
    }

    /// Keeps a lease for another while; no if it is another's by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew(&self, lease: &Lease, now: Timestamp) -> Result<bool, StoreError> {
        self.steps.take(&Renew { lease, now }).await
    }

    /// Gives a lease back; no, and nothing happens, if it is another's by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, lease: &Lease, end: &End) -> Result<bool, StoreError> {
        self.steps.take(&Finish { lease, end }).await
    }

    /// Takes every lease away, of either kind, that has run out or whose worker is known to be gone; the tokens that are left. What a worker
    /// does under a lease that was taken away is refused from here on, so that its leavings may be cleared.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn void(&self, gone: &[String], now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.steps.take(&Void { gone, now, run_out: self.run_out() }).await
    }

    fn run_out(&self) -> bool {
        self.safeguards.stand(Safeguard::LeasesRunOut)
    }
}

/// INVARIANT (fencing): refuses what is done under a lease that is another's by now, or nobody's.
pub(crate) async fn demand(rows: &mut Transaction, kind: Kind, id: &str, token: &str) -> Result<(), StoreError> {
    let (table, name) = (kind.table(), kind.name());
    let row = query(format!("SELECT count(*) FROM {table} WHERE {name} = $1 AND token = $2")).bind(id).bind(token);
    match row.fetch_one(rows).await?.only::<i64>()? {
        1 => Ok(()),
        _ => Err(StoreError::StaleLease { what: name, id: id.to_owned() }),
    }
}

struct Take<'a> {
    kind: Kind,
    id: &'a str,
    worker: &'a str,
    token: &'a str,
    now: Timestamp,
}

impl Step for Take<'_> {
    type Outcome = Lease;

    async fn apply(&self, rows: &mut Transaction) -> Result<Lease, StoreError> {
        let (table, name) = (self.kind.table(), self.kind.name());
        let before = of(&mut *rows, self.kind, self.id).await?;
        if let Some(worker) = before.as_ref().and_then(|row| row.holder(self.now)) {
            let (id, worker) = (self.id.to_owned(), worker.to_owned());
            return Err(StoreError::Leased { what: name, id, worker });
        }
        let (taken, failures) = before.map_or((0, 0), |row| (row.taken, row.failures));
        let taken = taken.saturating_add(1);
        query(format!(
            "INSERT INTO {table} ({name}, token, worker, held_until, taken, failures, not_before) \
             VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT ({name}) DO UPDATE SET token = excluded.token, \
             worker = excluded.worker, held_until = excluded.held_until, taken = excluded.taken"
        ))
        .bind(self.id)
        .bind(self.token)
        .bind(self.worker)
        .bind(after(self.now, LASTS))
        .bind(taken)
        .bind(failures)
        .execute(rows)
        .await?;
        Ok(Lease { kind: self.kind, id: self.id.to_owned(), token: self.token.to_owned(), taken, failures })
    }
}

struct Renew<'a> {
    lease: &'a Lease,
    now: Timestamp,
}

impl Step for Renew<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let (table, name) = (self.lease.kind.table(), self.lease.kind.name());
        let kept = query(format!("UPDATE {table} SET held_until = $1 WHERE {name} = $2 AND token = $3"))
            .bind(after(self.now, LASTS))
            .bind(&self.lease.id)
            .bind(&self.lease.token);
        Ok(kept.execute(rows).await? == 1)
    }
}

struct Finish<'a> {
    lease: &'a Lease,
    end: &'a End,
}

impl Step for Finish<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let failures = match self.end.ended {
            Ended::Done | Ended::Held => 0,
            Ended::Failed => self.lease.failures.saturating_add(1),
        };
        let (table, name) = (self.lease.kind.table(), self.lease.kind.name());
        let given = query(format!(
            "UPDATE {table} SET token = NULL, worker = NULL, held_until = NULL, failures = $1, not_before = $2, ended = $3, \
             why = $4 WHERE {name} = $5 AND token = $6"
        ))
        .bind(failures)
        .bind(self.end.not_before.as_microsecond())
        .bind(self.end.ended.name())
        .bind(&self.end.why)
        .bind(&self.lease.id)
        .bind(&self.lease.token);
        Ok(given.execute(rows).await? == 1)
    }
}

struct Void<'a> {
    gone: &'a [String],
    now: Timestamp,
    run_out: bool,
}

impl Step for Void<'_> {
    type Outcome = Vec<String>;

    async fn apply(&self, rows: &mut Transaction) -> Result<Vec<String>, StoreError> {
        let mut left = Vec::new();
        for kind in Kind::ALL {
            let (table, name) = (kind.table(), kind.name());
            for row in held(&mut *rows, kind).await? {
                let Some((token, worker, _)) = &row.held else { continue };
                if (row.holder(self.now).is_some() || !self.run_out) && !self.gone.contains(worker) {
                    left.push(token.clone());
                    continue;
                }
                let away =
                    format!("UPDATE {table} SET token = NULL, worker = NULL, held_until = NULL WHERE {name} = $1");
                query(away).bind(&row.id).execute(rows).await?;
            }
        }
        Ok(left)
    }
}

async fn of(on: impl Into<On<'_>>, kind: Kind, id: &str) -> Result<Option<LeaseRow>, StoreError> {
    let row = query(kind.select(&format!("WHERE {} = $1", kind.name())));
    row.bind(id).fetch_optional(on).await?.as_ref().map(|row| read(row, kind)).transpose()
}

async fn held(on: impl Into<On<'_>>, kind: Kind) -> Result<Vec<LeaseRow>, StoreError> {
    let rows = query(kind.select(&format!("WHERE token IS NOT NULL ORDER BY {}", kind.name())));
    rows.fetch_all(on).await?.iter().map(|row| read(row, kind)).collect()
}

fn read(row: &Row, kind: Kind) -> Result<LeaseRow, StoreError> {
    let cells = Cells::new(row, kind.table(), "id");
    let held = match (cells.get("token")?, cells.get("worker")?, cells.optional_time("held_until")?) {
        (Some(token), Some(worker), Some(until)) => Some((token, worker, until)),
        _ => None,
    };
    let ended = cells.get::<Option<&str>>("ended")?;
    let ended = ended.map(|name| Ended::from_name(name).ok_or_else(|| cells.damaged("ended")));
    Ok(LeaseRow {
        id: cells.get("id")?,
        held,
        taken: cells.count("taken")?,
        failures: cells.count("failures")?,
        not_before: cells.time("not_before")?,
        ended: ended.transpose()?,
        why: cells.get("why")?,
    })
}

/// Whether `then` is ahead of `now`, and no further than anything of ours puts it.
pub(crate) fn is_ahead(then: Timestamp, now: Timestamp, most: SignedDuration) -> bool {
    then > now && then.duration_since(now) <= most
}

pub(crate) fn after(now: Timestamp, span: SignedDuration) -> i64 {
    now.saturating_add(span).unwrap_or(Timestamp::MAX).as_microsecond()
}
