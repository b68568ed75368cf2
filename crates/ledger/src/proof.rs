//! How is one leaf proven to someone who may not see the others? By a C2SP tlog-proof, a short text file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, CheckpointError, parse_decimal};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::tree::check::{ProofFault, verify_inclusion};
use crate::tree::prove::inclusion_proof;
use crate::tree::{HashSource, TreeError};

/// The first line of every proof.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// No tree of 64-bit sizes has a longer path.
const LONGEST_PATH: usize = 64;

/// A proof that some leaf stands at `index` of the log that issued the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Opaque bytes that travel along, covered by nothing; ours may hold the encoded leaf.
    pub extra: Option<Vec<u8>>,
    /// The leaf's place.
    pub index: u64,
    /// The audit path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// Why a proof is not one, or proves nothing.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum LogProofError {
    /// The text is not a proof.
    #[error("not a log proof: {0}")]
    Form(&'static str),
    /// Its checkpoint cannot be relied on.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its path does not lead from the leaf to the checkpoint.
    #[error("the proof of leaf {index} does not hold: {fault}")]
    Fault {
        /// The leaf.
        index: u64,
        /// In what way.
        fault: ProofFault,
    },
    /// The log cannot make the proof.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Proves leaf `index` against a signed checkpoint of the log; returns the text of the proof file.
///
/// # Errors
/// When the checkpoint cannot be read, does not cover the leaf, or the source lacks a node.
pub fn prove(source: &impl HashSource, index: u64, checkpoint: &str) -> Result<String, LogProofError> {
    let size = Checkpoint::parse(checkpoint)?.size;
    let path = inclusion_proof(source, index, size)?;
    Ok(LogProof { extra: None, index, path, checkpoint: checkpoint.to_owned() }.to_text())
}

/// Verifies the text of a proof file for the leaf whose hash is `leaf`; returns the checkpoint that covers it.
///
/// # Errors
/// When the text is no proof, the checkpoint is not by `key`, or the path does not hold.
pub fn verify_proof(text: &str, leaf: &Hash, key: &VerifierKey) -> Result<Checkpoint, LogProofError> {
    let proof = LogProof::parse(text)?;
    let checkpoint = Checkpoint::verify(&proof.checkpoint, key)?;
    verify_inclusion(leaf, proof.index, checkpoint.size, &checkpoint.root, &proof.path)
        .map_err(|fault| LogProofError::Fault { index: proof.index, fault })?;
    Ok(checkpoint)
}

impl LogProof {
    /// The text of the proof file (`.tlog-proof`).
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", STANDARD.encode(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.path {
            text += &hash.to_base64();
            text.push('\n');
        }
        text.push('\n');
        text + &self.checkpoint
    }

    /// Reads a proof file without believing it.
    ///
    /// # Errors
    /// When the text is not a proof.
    pub fn parse(text: &str) -> Result<Self, LogProofError> {
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(LogProofError::Form("no blank line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(LogProofError::Form("the first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            None => None,
            Some(encoded) => {
                lines.next();
                Some(STANDARD.decode(encoded).map_err(|_| LogProofError::Form("`extra` is not base64"))?)
            }
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(parse_decimal);
        let index = index.ok_or(LogProofError::Form("no `index` line"))?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == LONGEST_PATH {
                return Err(LogProofError::Form("more than 64 hashes"));
            }
            path.push(Hash::from_base64(line).map_err(|_| LogProofError::Form("a line of the path is not a hash"))?);
        }
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }
}
