//! How is the tree kept in tables? One row a full node, written once.

use std::collections::HashMap;

use causeway_ledger::Hash;
use causeway_ledger::tree::{Node, NodeId, nodes_for_root};

use crate::StoreError;
use crate::db::{Cells, On, Transaction, query, stored};

/// Nodes of one statement.
const TOGETHER: usize = 64;

/// How many leaves the tree has.
pub(crate) async fn size(connection: &mut Transaction) -> Result<u64, StoreError> {
    let last = query("SELECT max(idx) FROM ledger_node WHERE level = 0").fetch_one(connection).await?;
    match last.only::<Option<i64>>()?.map(u64::try_from) {
        None => Ok(0),
        Some(Ok(last)) => Ok(last + 1),
        Some(Err(_)) => Err(StoreError::LedgerDamaged { what: "its tree has a leaf with a negative index" }),
    }
}

/// The text of the newest checkpoint.
pub(crate) async fn newest_checkpoint(on: impl Into<On<'_>>) -> Result<Option<String>, StoreError> {
    let row = query("SELECT size, text FROM checkpoint ORDER BY size DESC LIMIT 1");
    let row = row.fetch_optional(on).await?;
    row.map(|row| Cells::new(&row, "checkpoint", "size").get("text")).transpose()
}

/// The nodes that the root of the first `size` leaves needs.
pub(crate) async fn nodes_for(connection: &mut Transaction, size: u64) -> Result<HashMap<NodeId, Hash>, StoreError> {
    nodes(connection, nodes_for_root(size)).await
}

/// These nodes, those of them that are there.
pub(crate) async fn nodes(
    connection: &mut Transaction,
    ids: impl IntoIterator<Item = NodeId>,
) -> Result<HashMap<NodeId, Hash>, StoreError> {
    let (ids, mut found) = (ids.into_iter().collect::<Vec<_>>(), HashMap::new());
    for some in ids.chunks(TOGETHER) {
        let one = |at: usize| format!("(level = ${} AND idx = ${})", at * 2 + 1, at * 2 + 2);
        let all: Vec<String> = (0..some.len()).map(one).collect();
        let mut rows = query(format!("SELECT level, idx, hash FROM ledger_node WHERE {}", all.join(" OR ")));
        for id in some {
            rows = rows.bind(i64::from(id.level)).bind(stored(id.index, "the index of a node")?);
        }
        for row in rows.fetch_all(&mut *connection).await? {
            let cells = Cells::new(&row, "ledger_node", "idx");
            let id = NodeId { level: cells.count("level")?, index: cells.count("idx")? };
            found.insert(id, Hash(cells.bytes32("hash")?));
        }
    }
    Ok(found)
}

/// Keeps new nodes.
pub(super) async fn keep(connection: &mut Transaction, nodes: &[Node]) -> Result<(), StoreError> {
    for some in nodes.chunks(TOGETHER) {
        let one = |at: usize| format!("(${}, ${}, ${})", at * 3 + 1, at * 3 + 2, at * 3 + 3);
        let all: Vec<String> = (0..some.len()).map(one).collect();
        let mut insert = query(format!("INSERT INTO ledger_node (level, idx, hash) VALUES {}", all.join(", ")));
        for node in some {
            insert = insert.bind(i64::from(node.id.level)).bind(stored(node.id.index, "the index of a node")?);
            insert = insert.bind(node.hash.0.as_slice());
        }
        insert.execute(connection).await?;
    }
    Ok(())
}

/// The number of pending leaves.
pub(crate) async fn pending(on: impl Into<On<'_>>) -> Result<u64, StoreError> {
    let count: i64 = query("SELECT count(*) FROM ledger_pending").fetch_one(on).await?.only()?;
    Ok(count.cast_unsigned())
}
