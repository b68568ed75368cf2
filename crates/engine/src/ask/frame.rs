//! How do heads and bodies lie on the socket? A length and JSON; then frames of at most 64 KiB, of which an empty one is the last.
//!
//! Whoever writes may be hostile or die at any byte: every length is looked at before room is made for it, and what ends early is no
//! message.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Semaphore, SemaphorePermit};

/// No frame is longer.
pub(super) const FRAME: usize = 64 * 1024;

/// No head is longer: it may hold what a partner signed.
pub(super) const HEAD: usize = 256 * 1024;

/// A body that is longer needs a place among the long ones.
pub(super) const LONG: usize = 256 * 1024;

/// Why a message could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    /// It ended early, or the socket failed.
    #[error("it ended in the middle: {0}")]
    Ended(#[from] std::io::Error),
    /// A length is beyond what may come.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    /// The head is none.
    #[error("its head is not understood")]
    NotUnderstood,
}

/// Writes a head and its body.
pub(super) async fn write<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), head: &T, body: &[u8]) -> Result<(), Cut> {
    let head = serde_json::to_vec(head).map_err(|_| Cut::NotUnderstood)?;
    let mut bytes = Vec::with_capacity(head.len() + body.len().min(FRAME) + 12);
    put(&mut bytes, &head, HEAD)?;
    for frame in body.chunks(FRAME) {
        put(&mut bytes, frame, FRAME)?;
        to.write_all(&bytes).await?;
        bytes.clear();
    }
    put(&mut bytes, &[], FRAME)?;
    to.write_all(&bytes).await?;
    to.flush().await?;
    Ok(())
}

fn put(bytes: &mut Vec<u8>, frame: &[u8], most: usize) -> Result<(), Cut> {
    let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= most).ok_or(Cut::TooLong(most))?;
    bytes.extend(length.to_be_bytes());
    bytes.extend(frame);
    Ok(())
}

/// Reads a head.
pub(super) async fn head<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> Result<T, Cut> {
    let mut bytes = Vec::new();
    frame(from, &mut bytes, HEAD).await?;
    serde_json::from_slice(&bytes).map_err(|_| Cut::NotUnderstood)
}

/// Reads a body of at most `most` bytes. One that is long waits for a place among the `long` ones, and has it for as long as the caller
/// holds it.
pub(super) async fn body<'l>(
    from: &mut (impl AsyncRead + Unpin),
    most: usize,
    long: &'l Semaphore,
) -> Result<(Vec<u8>, Option<SemaphorePermit<'l>>), Cut> {
    let (mut bytes, mut place) = (Vec::new(), None);
    loop {
        if frame(from, &mut bytes, FRAME).await? == 0 {
            return Ok((bytes, place));
        }
        if bytes.len() > most {
            return Err(Cut::TooLong(most));
        }
        if bytes.len() > LONG && place.is_none() {
            // The places are never closed.
            place = long.acquire().await.ok();
        }
    }
}

/// Reads one frame behind what is there; how long it is.
async fn frame(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>, most: usize) -> Result<usize, Cut> {
    let length = from.read_u32().await? as usize;
    if length > most {
        return Err(Cut::TooLong(most));
    }
    let there = bytes.len();
    bytes.resize(there + length, 0);
    let Some(room) = bytes.get_mut(there..) else { return Err(Cut::TooLong(most)) };
    from.read_exact(room).await?;
    Ok(length)
}
