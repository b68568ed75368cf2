//! What can go wrong with our memory, and what should be done? Names and numbers only, never a row's content.

use std::io;
use std::path::PathBuf;

use causeway_ledger::export::WriteError;
use causeway_ledger::proof::LogProofError;
use causeway_ledger::tree::TreeError;
use causeway_ledger::{CheckpointError, Fault};
use causeway_model::transfer::Impossible;

use crate::db::DatabaseError;

/// Why the store did not do what it was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of ours could not be read or written.
    #[error("could not {doing} `{path}`: {source}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process works in the same database.
    #[error("another process is at work here and holds the lock `{lock}`: wait until it ends, or stop it")]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The database can be read by other users of the machine.
    #[error("`{path}` is open to others than its owner: run `chmod 600` on it")]
    TooOpen {
        /// The database file.
        path: PathBuf,
    },
    /// A newer version of this program has changed the tables.
    #[error("the database has schema version {found}, this program knows {known}: install the newer program again")]
    NewerSchema {
        /// The database's version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The tables are older than the program, and a reader may not change them.
    #[error(
        "the database has schema version {found}, this program needs {known}: run a command that works in it once, which brings it up to date"
    )]
    OlderSchema {
        /// The database's version.
        found: i64,
        /// What this program needs.
        known: i64,
    },
    /// The tables could not be brought up to date.
    #[error("the database's tables could not be brought up to date (migration {version}): {source}")]
    Migration {
        /// The migration.
        version: i64,
        /// Why not.
        source: Box<StoreError>,
    },
    /// A migration that was applied is not the one that this program knows.
    #[error(
        "migration {version} of the database is not the one that this program knows: install the program that made it"
    )]
    OtherSchema {
        /// The migration.
        version: i64,
    },
    /// The database's URL is not one that can be used. It is not repeated: it may hold a password.
    #[error("the database's URL cannot be used: {what}; write `postgres://USER@HOST:PORT/DATABASE`")]
    BadUrl {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The connection to the server cannot be protected.
    #[error("the connection to the database cannot be protected: {what}")]
    Tls {
        /// Why not.
        what: String,
    },
    /// The server cannot be reached, or does not let us in.
    #[error(
        "the database `{place}` cannot be reached: {why}; see that it runs, and what `[database]` in the configuration says of it"
    )]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// Why not.
        why: String,
        /// Whether it may be different in a moment.
        again: bool,
    },
    /// The server or its database does not do for us.
    #[error("the database server does not do: {what}; {help}")]
    Unfit {
        /// What is wrong with it.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// The database is an older copy, or another one, than the one last worked with.
    #[error(
        "the database was rolled back or replaced: the saved head saw {saved_size} ledger entries, and the database, which has {found_size}, does not begin with them; restore the newest copy, or a backup with `causeway restore`"
    )]
    RolledBack {
        /// The size of the saved head.
        saved_size: u64,
        /// The size found.
        found_size: u64,
    },
    /// The backup ends before the last thing that we promised.
    #[error(
        "the backup ends at ledger entry {found_size}, and the saved head saw {saved_size}: {lost} entries are lost with it; find a newer backup, or have a representative or data protection officer accept that with `--accept-loss {lost} --loss-accepted-by NAME`, and the ledger will tell it"
    )]
    OlderBackup {
        /// The size of the saved head.
        saved_size: u64,
        /// The size of the backup's ledger.
        found_size: u64,
        /// How many entries lie between.
        lost: u64,
    },
    /// There is something where a backup is to be restored.
    #[error("the database is not empty (table `{table}` has rows): restore into an empty one")]
    NotEmpty {
        /// The first table with rows.
        table: &'static str,
    },
    /// A backup is not one of ours.
    #[error("the backup cannot be used: {what}")]
    BadBackup {
        /// Why not.
        what: String,
    },
    /// The guard against older copies is gone.
    #[error(
        "the ledger has {found_size} entries, and the saved head `{path}` that guards it against older copies is gone: put there the newest checkpoint that you hold outside this database"
    )]
    HeadMissing {
        /// Where it should be.
        path: PathBuf,
        /// The size of the ledger found.
        found_size: u64,
    },
    /// The saved head is not a checkpoint by the ledger's key.
    #[error("the saved head `{path}` cannot be relied on: {source}")]
    BadHead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CheckpointError,
    },
    /// The ledger is not as it was left; nothing is signed over it.
    #[error("the ledger is damaged: {what}; run `causeway ledger verify` to see where")]
    LedgerDamaged {
        /// In which way.
        what: &'static str,
    },
    /// Someone tampered with the ledger.
    #[error("the ledger was tampered with: {0}")]
    Tampered(#[from] Fault),
    /// The checkpoint to compare the ledger with cannot be relied on.
    #[error("the saved checkpoint cannot be used: {0}")]
    BadSavedCheckpoint(#[source] CheckpointError),
    /// The key given is not the one that the ledger was opened with.
    #[error("the ledger is signed by `{expected}`, not by `{found}`: give the ledger key of this installation")]
    WrongLedgerKey {
        /// The public key that it was opened with.
        expected: String,
        /// The public half of the key given.
        found: String,
    },
    /// A checkpoint could not be signed or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tree lacks a node, or a leaf that was asked for.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The ledger could not be exported.
    #[error(transparent)]
    Export(#[from] WriteError),
    /// A proof could not be made.
    #[error(transparent)]
    Proof(#[from] LogProofError),
    /// There is no such thing.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Which kind of thing.
        what: &'static str,
        /// Its name or id.
        name: String,
    },
    /// The name or id belongs to something else already.
    #[error("there is already another {what} `{name}`: nothing was replaced; choose another name or the next version")]
    Taken {
        /// Which kind of thing.
        what: &'static str,
        /// Its name or id.
        name: String,
    },
    /// The transfer changed since it was read.
    #[error("transfer `{transfer}` changed since it was read: look at it again before deciding")]
    Conflict {
        /// The transfer.
        transfer: String,
    },
    /// Something changed since it was read.
    #[error("{what} `{name}` changed since it was read, by somebody else: look at it again before deciding")]
    ChangedMeanwhile {
        /// Which kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A rule denies it.
    #[error("{what} `{name}`: {source}")]
    Denied {
        /// Which kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
        /// Why.
        source: causeway_model::Refused,
    },
    /// The attempt has been taken over by another.
    #[error("transfer `{transfer}` is being worked on by another attempt: this one may not finish it")]
    StaleAttempt {
        /// The transfer.
        transfer: String,
    },
    /// Another worker has it in hand.
    #[error("{what} `{id}` is in the hands of worker `{worker}`: wait until it is done")]
    Leased {
        /// A transfer or an intake.
        what: &'static str,
        /// Which one.
        id: String,
        /// Who has it.
        worker: String,
    },
    /// The lease under which it was done is another's by now.
    #[error("{what} `{id}` is in the hands of another worker: this one may not go on")]
    StaleLease {
        /// A transfer or an intake.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The transfer's state does not allow it.
    #[error("transfer `{transfer}`: {source}")]
    Impossible {
        /// The transfer.
        transfer: String,
        /// Why not.
        source: Impossible,
    },
    /// The intake's state does not allow it.
    #[error("intake `{intake}`: {source}")]
    WrongIntake {
        /// The intake.
        intake: String,
        /// Why not.
        source: causeway_model::intake::Impossible,
    },
    /// A file of the partner with that number, or a higher one, was opened before.
    #[error(
        "number {found} of exchange `{exchange}` is not above {newest}, the newest that was opened: it is not opened again"
    )]
    NotAbove {
        /// The exchange.
        exchange: String,
        /// The newest number that was opened.
        newest: i64,
        /// The number of this file.
        found: u64,
    },
    /// A delivery attempt was begun and nobody knows how it ended.
    #[error("delivery attempt {attempt} of transfer `{transfer}` has no outcome yet: find out how it ended first")]
    OpenDelivery {
        /// The transfer.
        transfer: String,
        /// The attempt.
        attempt: u32,
    },
    /// The delivery attempt was never begun, or has its outcome already.
    #[error("delivery attempt {attempt} of transfer `{transfer}` is not under way")]
    NoOpenDelivery {
        /// The transfer.
        transfer: String,
        /// The attempt.
        attempt: u32,
    },
    /// The sequence number sealed into the package is not the exchange's next.
    #[error("the next sequence number of exchange `{exchange}` is {next}, not {sealed}: seal again")]
    OutOfSequence {
        /// The exchange.
        exchange: String,
        /// Its next number.
        next: u64,
        /// The number in the package.
        sealed: u64,
    },
    /// A second, different receipt for a package.
    #[error("package `{package}` has its receipt already, and this one differs from it: ask the partner which is true")]
    ReceiptReplayed {
        /// The package.
        package: String,
    },
    /// The receipt lacks the token that only the package's reader knows, or names another package than the transfer's.
    #[error("the receipt does not prove that package `{package}` was opened: ask the partner to sign one for it")]
    ReceiptUnproven {
        /// The package.
        package: String,
    },
    /// The officer's key no longer counts.
    #[error("the key of officer `{officer}` is revoked")]
    OfficerRevoked {
        /// The officer.
        officer: String,
    },
    /// The approval is for another text than the one stored under this version.
    #[error("the approval is not for the text stored as `{arrangement}` version {version}: have that text signed")]
    OtherText {
        /// The arrangement.
        arrangement: String,
        /// Its version.
        version: u32,
    },
    /// Whoever laid a set by cannot be the one who activates it.
    #[error("set `{set}` was staged by `{officer}`, or with the same key: another officer activates it")]
    SameOfficer {
        /// The set.
        set: String,
        /// Who staged it.
        officer: String,
    },
    /// Somebody else was there first.
    #[error("set `{set}` was activated by `{officer}` already: nothing was changed")]
    ActivatedAlready {
        /// The set.
        set: String,
        /// Who activated it.
        officer: String,
    },
    /// A set was taken back.
    #[error("set `{set}` was taken back by `{officer}`: stage it again under another name")]
    Withdrawn {
        /// The set.
        set: String,
        /// Who took it back.
        officer: String,
    },
    /// A version does not follow the one that is there.
    #[error("{what} `{name}`: version {next} is the next, not {found}: import it again with that version")]
    NotNext {
        /// Which kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
        /// The version found.
        found: u32,
        /// The version that would be next.
        next: u32,
    },
    /// The configuration is not the one that was looked at.
    #[error("the configuration changed since it was looked at: look at it again before deciding")]
    ConfigurationChanged,
    /// A number is larger than the database can hold.
    #[error("{what} is too large to be true: the largest number that can be stored is 9223372036854775807")]
    TooLarge {
        /// Which number.
        what: &'static str,
    },
    /// A stored row is not what this program writes.
    #[error(
        "row `{row}` of table `{table}` is damaged in column `{column}`: restore the newest copy of the database, and find out who wrote to it"
    )]
    Damaged {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// The column.
        column: &'static str,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
}
