//! How does `serve` ask? Each ask over a connection of its own, so that what was cut is known to be cut.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::sync::Semaphore;

use super::{Answer, Ask, frame, socket};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a signature may take: a handshake waits for it.
const HANDSHAKE: Duration = Duration::from_millis(500);

/// No answer is longer.
const LONGEST: usize = 16 << 20;

/// As many long answers are held at a time.
const LONG_ONES: usize = 16;

/// The way from `serve` to `work`.
#[derive(Debug)]
pub struct Line {
    folder: PathBuf,
    long: Semaphore,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody listens.
    #[error("nobody is at work on this machine: start `causeway work`")]
    NobodyAtWork,
    /// Too much was asked at once.
    #[error("`causeway work` has too much in hand")]
    Busy,
    /// The answer did not come whole: it may have been done or not.
    #[error("the answer of `causeway work` did not come whole: {0}")]
    Cut(String),
}

impl Line {
    /// The way to whoever works in the installation of this folder `run`.
    #[must_use]
    pub fn to(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), long: Semaphore::new(LONG_ONES) }
    }

    /// Asks; the answer and the body behind it.
    ///
    /// # Errors
    /// Nobody is at work, or the answer did not come.
    pub async fn ask(&self, ask: &Ask, body: &[u8]) -> Result<(Answer, Vec<u8>), Unanswered> {
        let asked = tokio::time::timeout(PATIENCE, self.try_to_ask(ask, body)).await;
        match asked.unwrap_or_else(|_| Err(Unanswered::Cut("it did not come in time".to_owned())))? {
            (Answer::Busy, _) => Err(Unanswered::Busy),
            answered => Ok(answered),
        }
    }

    /// Whether `work` can write.
    ///
    /// # Errors
    /// Nobody is at work, or the answer did not come; inside, why it cannot.
    pub async fn trial(&self) -> Result<Result<(), String>, Unanswered> {
        match self.ask(&Ask::Trial, &[]).await? {
            (Answer::Failed { why }, _) => Ok(Err(why)),
            _ => Ok(Ok(())),
        }
    }

    /// By which schemes the key of this certificate signs.
    ///
    /// # Errors
    /// Nobody is at work, or the answer did not come; inside, why it is not known.
    pub async fn tls_schemes(&self, certificate: &[u8]) -> Result<Result<Vec<u16>, String>, Unanswered> {
        match self.ask(&Ask::TlsKey { certificate: hex::encode(certificate) }, &[]).await? {
            (Answer::Schemes { schemes }, _) => Ok(Ok(schemes)),
            (Answer::Failed { why }, _) => Ok(Err(why)),
            _ => Err(Unanswered::Cut("it was another".to_owned())),
        }
    }

    /// A signature over what a TLS 1.3 server signs: it has half a second.
    ///
    /// # Errors
    /// Nobody is at work, or there is none in time.
    pub async fn tls_sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, Unanswered> {
        let ask = Ask::TlsSign { scheme, message: hex::encode(message) };
        let late = |_| Unanswered::Cut("it did not come in time".to_owned());
        match tokio::time::timeout(HANDSHAKE, self.ask(&ask, &[])).await.map_err(late)?? {
            (Answer::Signature { signature }, _) => {
                hex::decode(signature).map_err(|_| Unanswered::Cut("it was no signature".to_owned()))
            }
            (Answer::Failed { why }, _) => Err(Unanswered::Cut(why)),
            _ => Err(Unanswered::Cut("it was another".to_owned())),
        }
    }

    async fn try_to_ask(&self, ask: &Ask, body: &[u8]) -> Result<(Answer, Vec<u8>), Unanswered> {
        let cut = |error: frame::Cut| Unanswered::Cut(error.to_string());
        let mut stream = match socket::connect(&self.folder).await {
            Ok(stream) => BufReader::new(stream),
            Err(error) if is_nobody(&error) => return Err(Unanswered::NobodyAtWork),
            Err(error) => return Err(Unanswered::Cut(error.to_string())),
        };
        // Whoever has too much in hand answers before it reads: then writing may fail, and the answer is there all the same.
        let written = frame::write(&mut stream, ask, body).await;
        let answer = match (frame::head(&mut stream).await, written) {
            (Ok(answer), _) => answer,
            (Err(_), Err(error)) | (Err(error), Ok(())) => return Err(cut(error)),
        };
        let (body, _place) = frame::body(&mut stream, LONGEST, &self.long).await.map_err(cut)?;
        Ok((answer, body))
    }
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}
