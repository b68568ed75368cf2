//! What log do the tests tamper with?

use std::convert::Infallible;

use causeway_ledger::export::{WriteError, write_export};
use causeway_ledger::tree::MemoryTree;
use causeway_ledger::{
    Checkpoint, Hash, Leaf, Row, SignerKey, Verified, VerifierKey, VerifyError, verify_against, verify_log,
};

pub(crate) const ORIGIN: &str = "invented-operation.example/ledger";

/// A log as a store holds it.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) rows: Vec<Row>,
    pub(crate) tiles: Vec<Hash>,
    pub(crate) checkpoints: Vec<String>,
}

pub(crate) fn signer() -> SignerKey {
    SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub(crate) fn public() -> VerifierKey {
    signer().public().clone()
}

pub(crate) fn leaf(number: u64) -> Leaf {
    let names = ["Zzara Testperson", "ሙከራ ሰው", "শূন্য পরীক্ষা", "Тест Никто", "စမ်းသပ် လူ"];
    Leaf {
        time_us: 1_790_000_000_000_000 + i64::try_from(number).unwrap() * 1_000_001,
        actor: format!("officer {}", names[usize::try_from(number).unwrap() % names.len()]),
        event: "transfer.sealed".into(),
        subject: format!("transfer-{number:04}"),
        body: format!(r#"{{"count":{number},"note":"\"quoted\" and \\ and é"}}"#),
        salt: Hash::of_leaf(&number.to_be_bytes()).0,
    }
}

pub(crate) fn checkpoint(rows: &[Row], size: usize) -> String {
    let tree: MemoryTree = rows[..size].iter().map(|row| row.hash).collect();
    let root = tree.root(tree.size()).unwrap();
    Checkpoint { origin: ORIGIN.into(), size: tree.size(), root }.sign(&signer()).unwrap()
}

pub(crate) fn log_from(leaves: impl IntoIterator<Item = Leaf>, sizes: &[usize]) -> Log {
    let rows: Vec<Row> = leaves.into_iter().zip(0..).map(|(leaf, index)| Row::new(index, leaf)).collect();
    let tiles = rows.iter().map(|row| row.hash).collect();
    let checkpoints = sizes.iter().map(|size| checkpoint(&rows, *size)).collect();
    Log { rows, tiles, checkpoints }
}

/// 23 leaves, with checkpoints at 0, 5, 5, 12 and 23.
pub(crate) fn log() -> Log {
    log_from((0..23).map(leaf), &[0, 5, 5, 12, 23])
}

impl Log {
    pub(crate) fn verify(&self) -> Result<Verified, VerifyError<Infallible>> {
        let Self { rows, tiles, checkpoints } = self.clone();
        verify_log(rows.into_iter().map(Ok), tiles.into_iter().map(Ok), checkpoints.into_iter().map(Ok), &public())
    }

    pub(crate) fn verify_against(&self, saved: &str) -> Result<Verified, VerifyError<Infallible>> {
        let Self { rows, tiles, checkpoints } = self.clone();
        let (rows, tiles) = (rows.into_iter().map(Ok), tiles.into_iter().map(Ok));
        verify_against(rows, tiles, checkpoints.into_iter().map(Ok), &public(), saved)
    }

    pub(crate) fn renumber(&mut self) {
        for (row, index) in self.rows.iter_mut().zip(0..) {
            row.index = index;
        }
    }

    pub(crate) fn export(&self) -> String {
        let Self { rows, checkpoints, .. } = self.clone();
        let bytes = write_export::<_, WriteError>(
            Vec::new(),
            &public(),
            rows.into_iter().map(Ok),
            checkpoints.into_iter().map(Ok),
        );
        String::from_utf8(bytes.unwrap()).unwrap()
    }
}
