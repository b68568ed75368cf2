//! Whatever the order of saving, sequencing and starting again: is the log one that verifies?

use std::sync::Arc;

use causeway_store::change::DocumentKind;
use causeway_store::{Kind, Saved, Store};
use proptest::prelude::*;

use crate::house::{House, changed, stamp};
use crate::street::document;

#[derive(Clone, Debug)]
enum Step {
    Record,
    /// A version of a document; the same one again enters nothing.
    Import(u32),
    /// So many at once, and the sequencer among them.
    Together(u8),
    Sequence,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Record),
        2 => (1_u32..5).prop_map(Step::Import),
        2 => (2_u8..7).prop_map(Step::Together),
        3 => Just(Step::Sequence),
        1 => Just(Step::Restart),
    ]
}

async fn walk(kind: Kind, steps: Vec<Step>) {
    let house = House::new(kind);
    let mut store = Arc::new(house.open().await);
    let (mut leaves, mut saved) = (0, Vec::new());
    for step in steps {
        match step {
            Step::Record => {
                store.record_event(changed((), "log.verified", "ledger"), stamp(1)).await.unwrap();
                leaves += 1;
            }
            Step::Import(version) => {
                let import = document(DocumentKind::Exchange, "food-list", version);
                leaves += u64::from(store.import_document(import, stamp(2)).await.unwrap() == Saved::New);
            }
            Step::Together(count) => {
                together(&house, &store, count).await;
                leaves += u64::from(count);
            }
            Step::Sequence => saved.push(house.sequence(&store).await),
            Step::Restart => {
                Arc::into_inner(store).unwrap().close().await;
                store = Arc::new(house.open().await);
            }
        }
    }
    saved.push(house.sequence(&store).await);
    assert_eq!(store.pending_leaves().await.unwrap(), 0);
    for saved in saved {
        let verified = store.ledger().await.unwrap().verify(Some(&saved)).await.unwrap();
        assert_eq!(verified.size, leaves);
    }
}

async fn together(house: &House, store: &Arc<Store>, count: u8) {
    let mut at_once = tokio::task::JoinSet::new();
    for number in 0..count {
        let (store, signer) = (store.clone(), house.signer.clone());
        at_once.spawn(async move {
            store.record_event(changed((), "log.verified", "ledger"), stamp(i64::from(number))).await.unwrap();
            if number % 3 == 0 {
                store.sequence(&signer, crate::house::at(5)).await.unwrap();
            }
        });
    }
    at_once.join_all().await;
}

fn walk_all(kind: Kind, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(walk(kind, steps));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn any_interleaving_yields_a_log_that_verifies(steps in prop::collection::vec(step(), 1..20)) {
        walk_all(Kind::Sqlite, steps);
    }

    #[test]
    fn any_interleaving_yields_a_log_that_verifies_on_postgres(steps in prop::collection::vec(step(), 1..20)) {
        walk_all(Kind::Postgres, steps);
    }
}
