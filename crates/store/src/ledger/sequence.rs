//! In which order did things happen, for everybody and for ever? The one sequencer says so and signs it.

use causeway_ledger::tree::Edge;
use causeway_ledger::{Checkpoint, Leaf, Row, SignerKey};
use jiff::Timestamp;

use super::tree::{keep, newest_checkpoint, nodes_for, size};
use crate::change::enter;
use crate::changed::canonical;
use crate::db::{Cells, Patience, Transaction, query, stored};
use crate::open::{check_saved, write_head};
use crate::{AuditEvent, Stamp, Store, StoreError};

/// What this process signed last, and committed: on the same checkpoint its tree goes on without being read.
#[derive(Debug)]
pub(crate) struct Grown {
    text: String,
    edge: Edge,
}

/// How many pending leaves are held in memory at once.
const BATCH: i64 = 256;

impl Store {
    /// Puts all committed leaves in order, grows the tree, signs a checkpoint over it; returns the checkpoint's text.
    ///
    /// Call it before anything leaves the house: what a partner or a person outside learns must be in a signed
    /// checkpoint first. Without pending leaves the newest checkpoint is returned again.
    ///
    /// # Errors
    /// [`StoreError::WrongLedgerKey`] for another key than the ledger's; [`StoreError::LedgerDamaged`] when the tree
    /// is not the one last signed, over which nothing is signed. When only the saved head cannot be written, the
    /// leaves are in the ledger, and the next call writes the head.
    pub async fn sequence(&self, key: &SignerKey, now: Timestamp) -> Result<String, StoreError> {
        if *key.public() != self.key {
            let (expected, found) = (self.key.to_string(), key.public().to_string());
            return Err(StoreError::WrongLedgerKey { expected, found });
        }
        // Held until the head is written, so that this process writes its heads in order.
        let _turn = self.turn.lock().await;
        let mut patience = Patience::new();
        let text = loop {
            match self.grow(key, now).await {
                // Whether a commit whose answer was lost has happened does not matter: what is still pending
                // is taken now.
                Err(error) if patience.allows_another(&error).await => {}
                outcome => break outcome?,
            }
        };
        write_head(&self.head, text.clone(), self.key.clone(), self.probe).await?;
        Ok(text)
    }

    async fn grow(&self, key: &SignerKey, now: Timestamp) -> Result<String, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let Grown { text, .. } = self.grow_in(&mut transaction, key, now).await?;
        // CRASH: before the commit the leaves are still pending, and the next call takes them.
        (self.probe)("store-sequence-not-committed");
        transaction.commit().await?;
        // CRASH: the database is newer than the saved head; opening it writes the head again.
        (self.probe)("store-sequence-committed");
        Ok(text)
    }
}

impl Store {
    /// Puts in order what is pending, within a transaction that commits it; the checkpoint's text. The saved head is for whoever
    /// commits to write.
    pub(crate) async fn grow_in(
        &self,
        transaction: &mut Transaction,
        key: &SignerKey,
        now: Timestamp,
    ) -> Result<Grown, StoreError> {
        let newest = newest_checkpoint(&mut *transaction).await?;
        let mut edge = edge_as_signed(transaction, newest.as_deref(), key).await?;
        let before = edge.size();
        // The database may have been exchanged for an older copy under us: two logs would then go out under one key.
        check_saved(transaction, &self.head, &self.key, newest.as_deref()).await?;
        append_pending(transaction, &mut edge).await?;
        match newest {
            Some(text) if edge.size() == before => Ok(Grown { text, edge }),
            _ => signed(transaction, edge, key, now).await,
        }
    }

    /// Enters a change in its place at once, within the transaction that commits it. Where nothing was entered since `last`, the tree goes on
    /// from there; else it is read, and looked at, as [`Store::sequence`] does.
    pub(crate) async fn enter_in_place(
        &self,
        transaction: &mut Transaction,
        (event, stamp): (&AuditEvent, &Stamp),
        key: &SignerKey,
        last: Option<&Grown>,
    ) -> Result<Grown, StoreError> {
        let stands = query(
            "SELECT (SELECT text FROM checkpoint ORDER BY size DESC LIMIT 1) AS newest, \
             (SELECT count(*) FROM ledger_pending) AS pending",
        );
        let stands = stands.fetch_one(&mut *transaction).await?;
        let cells = Cells::new(&stands, "checkpoint", "newest");
        let (newest, pending): (Option<&str>, i64) = (cells.get("newest")?, cells.get("pending")?);
        let Some(last) = last.filter(|last| pending == 0 && newest == Some(last.text.as_str())) else {
            enter(transaction, event, stamp).await?;
            return self.grow_in(transaction, key, stamp.at()).await;
        };
        let mut edge = last.edge.clone();
        let leaf = Leaf {
            time_us: stamp.micros(),
            actor: event.actor.clone(),
            event: event.event.clone(),
            subject: event.subject.clone(),
            body: canonical(&event.body),
            salt: *stamp.salt(),
        };
        append(transaction, &mut edge, leaf).await?;
        signed(transaction, edge, key, stamp.at()).await
    }
}

/// Signs the tree as it stands.
async fn signed(
    transaction: &mut Transaction,
    edge: Edge,
    key: &SignerKey,
    now: Timestamp,
) -> Result<Grown, StoreError> {
    let origin = key.public().name().to_owned();
    let text = Checkpoint { origin, size: edge.size(), root: edge.root() }.sign(key)?;
    query("INSERT INTO checkpoint (size, text, made_at) VALUES ($1, $2, $3)")
        .bind(stored(edge.size(), "the size of the ledger")?)
        .bind(&text)
        .bind(now.as_microsecond())
        .execute(transaction)
        .await?;
    Ok(Grown { text, edge })
}

/// The tree's edge, which must be what the newest checkpoint signed: nothing is ever signed on top of an edit.
async fn edge_as_signed(
    connection: &mut Transaction,
    newest: Option<&str>,
    key: &SignerKey,
) -> Result<Edge, StoreError> {
    let damaged = |what| StoreError::LedgerDamaged { what };
    let size = size(connection).await?;
    let edge = Edge::load(&nodes_for(connection, size).await?, size)?;
    let signed = match newest {
        Some(text) => Checkpoint::verify(text, key.public())
            .map_err(|_| damaged("its newest checkpoint is not signed by the ledger's key"))?,
        None if size == 0 => return Ok(edge),
        None => return Err(damaged("it has leaves and no checkpoint")),
    };
    if signed.size != size || signed.root != edge.root() {
        return Err(damaged("its tree is not the one that the newest checkpoint signed"));
    }
    Ok(edge)
}

async fn append_pending(connection: &mut Transaction, edge: &mut Edge) -> Result<(), StoreError> {
    loop {
        let batch =
            query("SELECT id, time_us, actor, event, subject, body, salt FROM ledger_pending ORDER BY id LIMIT $1")
                .bind(BATCH)
                .fetch_all(&mut *connection)
                .await?;
        if batch.is_empty() {
            return Ok(());
        }
        for row in &batch {
            let cells = Cells::new(row, "ledger_pending", "id");
            append(connection, edge, leaf(&cells)?).await?;
            query("DELETE FROM ledger_pending WHERE id = $1")
                .bind(cells.get::<i64>("id")?)
                .execute(&mut *connection)
                .await?;
        }
    }
}

async fn append(connection: &mut Transaction, edge: &mut Edge, leaf: Leaf) -> Result<(), StoreError> {
    let row = Row::new(edge.size(), leaf);
    insert(connection, &row).await?;
    keep(connection, &edge.append(row.hash)).await
}

/// The leaf in the cells of a pending or a sequenced row.
pub(super) fn leaf(cells: &Cells<'_>) -> Result<Leaf, StoreError> {
    Ok(Leaf {
        time_us: cells.get("time_us")?,
        actor: cells.get("actor")?,
        event: cells.get("event")?,
        subject: cells.get("subject")?,
        body: cells.get("body")?,
        salt: cells.bytes32("salt")?,
    })
}

async fn insert(connection: &mut Transaction, row: &Row) -> Result<(), StoreError> {
    query(
        "INSERT INTO ledger_leaf (idx, time_us, actor, event, subject, body, salt, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(stored(row.index, "the index of a leaf")?)
    .bind(row.leaf.time_us)
    .bind(&row.leaf.actor)
    .bind(&row.leaf.event)
    .bind(&row.leaf.subject)
    .bind(&row.leaf.body)
    .bind(row.leaf.salt.as_slice())
    .bind(row.hash.0.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}
