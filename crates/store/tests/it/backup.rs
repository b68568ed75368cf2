//! Does everything come back, in a database of the same kind and of the other, and is an older copy said to be one?

use causeway_store::backup::{BackupRow, Restored, tables};
use causeway_store::change::{DocumentKind, NewApproval, ReceiptOutcome};
use causeway_store::lease::{End, Ended};
use causeway_store::{Kind, Reader, StoreError};
use serde_json::json;

use crate::governed::governed;
use crate::house::{House, at, changed, on_both, record, stamp};
use crate::street::{delivered, found, prepared, receipt, sealed};

async fn exported(reader: &Reader) -> Vec<BackupRow> {
    let mut export = reader.export().await.unwrap();
    let mut rows = Vec::new();
    loop {
        let page = export.next_page().await.unwrap();
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

async fn restored(house: &House, rows: &[BackupRow], accepted: Option<u64>) -> Result<Restored, StoreError> {
    let mut restoring = house.restoring().await?;
    for row in rows {
        restoring.row(row).await?;
    }
    restoring.finish(accepted, changed((), "backup-restored", "backup"), stamp(500)).await
}

/// Something in every table, more than a page of it in one.
async fn lived_in(kind: Kind) -> (House, Vec<BackupRow>) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    crate::life::live(&store).await;
    let sha256 = store.document(DocumentKind::Arrangement, "food", 2).await.unwrap().unwrap().listing.sha256;
    let (officer, signature) = ("officer-a".to_owned(), "aa".to_owned());
    let approval = NewApproval { arrangement: "food".into(), version: 2, sha256, officer, signature };
    store.approve(changed(approval, "approved", "food"), stamp(2)).await.unwrap();
    crate::configuration::in_use(&store, "first", 1).await;
    crate::keys::asked_and_taken_back(&store).await;
    let arrived = delivered(&store, "t1").await;
    store
        .accept_receipt(receipt(&arrived, "{\"ለ\": \"\u{1f642}\"}", ReceiptOutcome::Accepted), stamp(60))
        .await
        .unwrap();
    crate::states::disputed(&store).await;
    let ready = sealed(&store, "t2").await;
    crate::taken::lay_ready(&store, &ready).await.unwrap();
    prepared(&store, "t3").await;
    let lease = store.leases().take("t3", "worker-1", "token-1", at(20)).await.unwrap();
    let failed = End { ended: Ended::Failed, why: Some("it rained".into()), not_before: at(60) };
    assert!(store.leases().end(&lease, &failed).await.unwrap());
    crate::answers::told(&house, &store).await;
    governed(&store).await;
    crate::environment::tried(&store).await;
    crate::schedules::run_and_paused(&store).await;
    crate::decisions::decided(&store).await;
    crate::outbox::told(&store).await;
    crate::clients::called(&store).await;
    crate::taken::taken(&store, &arrived).await;
    crate::intake::came(&store).await;
    record(&store, 600).await;
    house.sequence(&store).await;
    record(&store, 3).await;
    let rows = exported(&store).await;
    store.close().await;
    (house, rows)
}

async fn comes_back_in_either_kind(kind: Kind) {
    let (from, rows) = lived_in(kind).await;
    let mut held: Vec<_> = rows.iter().map(|row| row.table.as_str()).collect();
    held.dedup();
    assert_eq!(held, tables(), "something of every table");
    for target in [Kind::Sqlite, Kind::Postgres] {
        let to = House::new(target);
        std::fs::copy(from.head(), to.head()).unwrap();
        let outcome = restored(&to, &rows, None).await.unwrap();
        assert_eq!((outcome.rows, outcome.lost), (rows.len() as u64, 0));
        let store = to.open().await;
        let mut again = exported(&store).await;
        // What tells of the restoring is the last of the leaves that wait.
        let last = again.iter().rposition(|row| row.table == "ledger_pending").unwrap();
        let told = again.remove(last);
        assert_eq!((&told.values["event"], &told.values["subject"]), (&json!("backup-restored"), &json!("backup")));
        assert!(told.values["body"].as_str().unwrap().contains("\"entries_lost\":0"));
        assert_eq!(again, rows, "{target:?}");
        let oldest = to.raw().texts("SELECT CAST(max(oldest_schema) AS TEXT) FROM schema_writer").await;
        assert_eq!(oldest, ["21"], "{target:?}: decisions came back with it");
        // And life goes on: what one asked before, another may grant.
        crate::environment::admitted(&store).await;
        delivered(&store, "t4").await;
        to.sequence(&store).await;
        let size = store.ledger().await.unwrap().verify(None).await.unwrap().size;
        assert_eq!(size, outcome.entries + 3 + 1 + 1 + 5);
    }
}

async fn an_older_backup_needs_its_loss_accepted(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 3).await;
    house.sequence(&store).await;
    let older = exported(&store).await;
    record(&store, 2).await;
    let promised = house.sequence(&store).await;
    store.close().await;
    house.raw().replace_by(None);
    assert!(matches!(house.try_open().await, Err(StoreError::RolledBack { saved_size: 5, found_size: 0 })));
    for accepted in [None, Some(0), Some(1), Some(3)] {
        let said = restored(&house, &older, accepted).await.unwrap_err();
        assert!(matches!(said, StoreError::OlderBackup { saved_size: 5, found_size: 3, lost: 2 }), "{said}");
        assert!(said.to_string().contains("accept that with `--accept-loss 2 --loss-accepted-by NAME`"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(house.head()).unwrap(), promised, "nothing was touched");
    let outcome = restored(&house, &older, Some(2)).await.unwrap();
    assert_eq!((outcome.entries, outcome.lost), (3, 2));
    assert_eq!(std::fs::read_to_string(house.beside("head.lost-5")).unwrap(), promised, "what was promised is kept");
    let store = house.open().await;
    house.sequence(&store).await;
    let told = store.leaves_of("backup").await.unwrap().remove(0).leaf;
    assert!(told.body.contains("\"entries_lost\":2"), "{}", told.body);
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 4);
}

async fn only_an_empty_database_is_filled_and_only_with_our_rows(kind: Kind) {
    let (house, rows) = lived_in(kind).await;
    let said = house.restoring().await.unwrap_err();
    assert!(matches!(said, StoreError::NotEmpty { table: "document" }), "{said}");
    let empty = House::new(kind);
    let row = |table: &str, column: &str, value| BackupRow {
        table: table.into(),
        values: [(column.to_owned(), value)].into_iter().collect(),
    };
    for bad in [
        row("schema_version", "version", json!(1)),
        row("partner; DROP TABLE partner", "name", json!("x")),
        row("partner", "name) SELECT 1; --", json!("x")),
        row("partner", "name", json!(1.5)),
        row("partner", "name", json!({ "hex": "zz" })),
    ] {
        let mut restoring = empty.restoring().await.unwrap();
        assert!(matches!(restoring.row(&bad).await, Err(StoreError::BadBackup { .. })), "{bad:?}");
    }
    // A ledger that was cut or edited on the way is not taken.
    let (edited, cut): (Vec<_>, Vec<_>) = (
        rows.iter()
            .cloned()
            .map(|mut row| {
                if row.table == "ledger_leaf" && row.values["idx"] == json!(7) {
                    row.values["actor"] = json!("officer-b");
                }
                row
            })
            .collect(),
        rows.iter().filter(|row| row.table != "checkpoint").cloned().collect(),
    );
    for bad in [edited, cut] {
        assert!(matches!(restored(&empty, &bad, None).await, Err(StoreError::Tampered(_))));
    }
    assert_eq!(restored(&empty, &rows, None).await.unwrap().lost, 0, "what failed left nothing");
}

on_both!(
    comes_back_in_either_kind,
    an_older_backup_needs_its_loss_accepted,
    only_an_empty_database_is_filled_and_only_with_our_rows,
);
