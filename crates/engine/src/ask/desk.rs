//! How does `work` answer? One worker of a machine sits at the desk; each ask has a task of its own, and nothing that comes over the
//! socket can harm more than its own answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_store::{Lock, StoreError};
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch::Receiver;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::answer::Attempt;
use super::{Answer, Ask, answer, frame, sign, socket};
use crate::drive::answer::Teller;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House};
use crate::token::{Brake, Outcome, Password, Presented, Refusal, Unknown, issue, issue_by_password, ping_caller};

/// As many asks are in hand at a time.
const ASKS: usize = 256;

/// As many long bodies are held at a time.
const LONG_ONES: usize = 16;

/// How long a peer may take to say what it asks, to send its body, and to take the answer.
const HEAD: Duration = Duration::from_secs(5);
const BODY: Duration = Duration::from_secs(120);
const TAKEN: Duration = Duration::from_secs(30);

/// How often a worker looks whether the desk is free.
const FREE: Duration = Duration::from_secs(2);

/// Under which name failures to prove oneself are entered, and how long they are gathered.
const DOOR: &str = "door";
const TOLD: Duration = Duration::from_secs(60);

/// How long asks in hand may go on once the worker is asked to end.
const GRACE: Duration = Duration::from_secs(15);

/// Where asks are answered.
pub struct Desk {
    house: Arc<House>,
    teller: Arc<Teller>,
    woken: Arc<Notify>,
    asks: Arc<Semaphore>,
    long: Semaphore,
    brake: Brake,
}

impl Desk {
    /// A desk in a house; what is asked there wakes whoever waits for `woken`.
    #[must_use]
    pub fn new(house: Arc<House>, connectors: &'static dyn Connectors, woken: Arc<Notify>) -> Arc<Self> {
        let (asks, long) = (Arc::new(Semaphore::new(ASKS)), Semaphore::new(LONG_ONES));
        let teller = Arc::new(Teller::new(Arc::clone(&house), connectors));
        Arc::new(Self { house, teller, woken, asks, long, brake: Brake::default() })
    }

    /// Answers until it is asked to end. Where another worker of this machine sits at the desk, it waits until that one is gone.
    ///
    /// # Errors
    /// The folder of the socket cannot be made.
    pub async fn sit(self: Arc<Self>, ending: Receiver<bool>) -> Result<(), EngineError> {
        let folder = self.house.home.run();
        private_folder(&folder)?;
        let Some(_seat) = seat(&folder, ending.clone()).await? else { return Ok(()) };
        let listener = socket::listen(&folder).map_err(EngineError::file("listen at", &folder))?;
        self.answer_all(&listener, &folder, ending).await;
        Ok(())
    }

    async fn answer_all(self: Arc<Self>, listener: &UnixListener, folder: &Path, mut ending: Receiver<bool>) {
        let mut asks = JoinSet::new();
        loop {
            let stream = tokio::select! {
                came = listener.accept() => came,
                Some(_) = asks.join_next() => continue,
                Ok(_) = ending.wait_for(|ending| *ending) => break,
            };
            match stream.and_then(|(stream, _)| socket::same_user(stream)) {
                Ok(stream) => drop(asks.spawn(Arc::clone(&self).answer_one(stream))),
                // Another user, or no descriptor left for now.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        // Nobody finds the way here any more; the seat is still held, so that nobody's newer socket is taken away.
        let _ = socket::forget(folder);
        self.enter_failures().await;
        let _in_hand = tokio::time::timeout(GRACE, async { while asks.join_next().await.is_some() {} }).await;
    }

    async fn answer_one(self: Arc<Self>, stream: UnixStream) {
        let mut stream = BufReader::new(stream);
        let Ok(_place) = Arc::clone(&self.asks).try_acquire_owned() else {
            let _ = tokio::time::timeout(HEAD, frame::write(&mut stream, &Answer::Busy, &[])).await;
            return;
        };
        let Ok(Ok(ask)) = tokio::time::timeout(HEAD, frame::head::<Ask>(&mut stream)).await else { return };
        let body = frame::body(&mut stream, ask.longest_body(), &self.long);
        // A long body has its place until it is answered.
        let Ok(Ok((body, place))) = tokio::time::timeout(BODY, body).await else { return };
        // What has begun goes on to its end, whether or not anybody waits for the answer.
        let ((answer, said), attempt) = self.answer(ask, &body).await;
        drop((body, place));
        let _ = tokio::time::timeout(TAKEN, frame::write(&mut stream, &answer, &said)).await;
        // Only now: what is another partner's takes no longer than what is not there.
        if let Some(attempt) = attempt {
            attempt.enter(&self.house).await;
        }
    }

    async fn answer(self: &Arc<Self>, ask: Ask, body: &[u8]) -> ((Answer, Vec<u8>), Option<Attempt>) {
        let answered = match ask {
            Ask::TlsKey { certificate } => {
                let found = sign::schemes(&self.house, hex::decode(certificate).unwrap_or_default());
                (found.map_or_else(failed, |schemes| Answer::Schemes { schemes }), Vec::new())
            }
            Ask::TlsSign { scheme, message } => {
                let signed = sign::sign(&self.house, scheme, &hex::decode(message).unwrap_or_default());
                let answer = signed.map_or_else(failed, |bytes| Answer::Signature { signature: hex::encode(bytes) });
                (answer, Vec::new())
            }
            Ask::Token { presented } => (self.token(presented).await, Vec::new()),
            Ask::PingToken { presented } => (self.password(presented).await, Vec::new()),
            Ask::Ping { token, key, address, meant, call } => match ping_caller(&self.house, &token, &key).await {
                Ok(Ok(who)) => {
                    let asked = (meant, call, body);
                    answer::ping::call(&self.house, &self.teller, &who, asked, || self.woken.notify_one()).await
                }
                Ok(Err(Unknown::NoToken)) => {
                    self.failed(&address, None, Refusal::InvalidClient);
                    (Answer::NobodyKnown, Vec::new())
                }
                Ok(Err(Unknown::Held(why))) => (Answer::Refused { violations: vec![why] }, Vec::new()),
                Err(error) => (failed(error), Vec::new()),
            },
            Ask::Given { taking, bytes } => (answer::given(&self.house, &taking, bytes).await, Vec::new()),
            Ask::Call { token, certificate, call } => {
                let wakes = call.wakes();
                let asked = (call, body);
                let (answered, attempt) =
                    answer::call(&self.house, &self.teller, (&token, certificate.as_deref()), asked).await;
                if wakes && matches!(answered.0, Answer::Said { .. }) {
                    self.woken.notify_one();
                }
                return (answered, attempt);
            }
            Ask::Trial => match self.house.store.can_write(self.house.now()).await {
                Ok(()) => (Answer::Done, Vec::new()),
                Err(error) => (Answer::Failed { why: error.to_string() }, Vec::new()),
            },
        };
        (answered, None)
    }

    async fn token(self: &Arc<Self>, presented: Presented) -> Answer {
        let Some(api) = self.house.home.config().api.as_ref() else {
            return Answer::NoToken { refusal: Refusal::InvalidRequest };
        };
        if let Some(left) = self.brake.waits(&presented.address, Instant::now()) {
            return Answer::Wait { seconds: left.as_secs().saturating_add(1) };
        }
        self.issued(&presented.address, issue(&self.house, &api.audience(), &presented).await)
    }

    async fn password(self: &Arc<Self>, presented: Password) -> Answer {
        if let Some(left) = self.brake.waits(&presented.address, Instant::now()) {
            return Answer::Wait { seconds: left.as_secs().saturating_add(1) };
        }
        self.issued(&presented.address, issue_by_password(&self.house, &presented).await)
    }

    fn issued(self: &Arc<Self>, address: &str, outcome: Result<Outcome, EngineError>) -> Answer {
        match outcome {
            Ok(Outcome { came: Ok(granted), .. }) => Answer::Token { granted },
            Ok(Outcome { came: Err(refusal), client }) => {
                self.failed(address, client.as_deref(), refusal);
                Answer::NoToken { refusal }
            }
            Err(error) => failed(error),
        }
    }

    /// Remembers that somebody at this address failed to prove who it is, for the ledger too.
    fn failed(self: &Arc<Self>, address: &str, client: Option<&str>, refusal: Refusal) {
        if self.brake.failed(address, client, refusal, Instant::now()) {
            drop(tokio::spawn(Arc::clone(self).tell_of_failures()));
        }
    }

    /// Enters failures of a minute in the ledger, as one entry.
    async fn tell_of_failures(self: Arc<Self>) {
        tokio::time::sleep(TOLD).await;
        self.enter_failures().await;
    }

    async fn enter_failures(&self) {
        if let Some(failures) = self.brake.untold() {
            // Where the database does not answer there is no ledger either.
            let _ = self.house.record(DOOR, "tokens-refused", self.house.operation(), failures).await;
        }
    }
}

fn failed(error: EngineError) -> Answer {
    Answer::Failed { why: error.to_string() }
}

/// The seat at the desk, as soon as it is free; none where the worker is asked to end before.
async fn seat(folder: &Path, mut ending: Receiver<bool>) -> Result<Option<Lock>, EngineError> {
    let seat: PathBuf = folder.join("work");
    loop {
        match Lock::take(&seat) {
            Ok(lock) => return Ok(Some(lock)),
            Err(StoreError::Locked { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(FREE) => {}
            Ok(_) = ending.wait_for(|ending| *ending) => return Ok(None),
        }
    }
}
