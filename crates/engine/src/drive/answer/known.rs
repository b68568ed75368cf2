//! Who asked a moment ago, and might? What is told demands again, in its own transaction, that the token counts, that its client has this
//! key, and that nobody stopped it: so the same caller need not be looked up for every question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use causeway_package::answer::AnswerKey;

use crate::documents::sha256_hex;
use crate::token::Caller;

/// For how long a caller is known: whoever was let in meanwhile, or given another key, waits no longer for it.
const FRESH: Duration = Duration::from_secs(1);

/// So many are known at a time.
const MOST: usize = 1_024;

/// A token over a connection, at an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// SHA-256 of the token.
    pub token: String,
    certificate: Option<String>,
    exchange: String,
}

/// Somebody who may ask about people one by one.
pub struct Known {
    /// Who.
    pub who: Caller,
    /// The thumbprint of the key that its answers are sealed to, and the key.
    pub key: Option<(String, AnswerKey)>,
}

/// Everybody who asked a moment ago.
#[derive(Default)]
pub struct Lately(Mutex<HashMap<Place, (Instant, Arc<Known>)>>);

impl Place {
    /// Where this token is shown.
    #[must_use]
    pub fn of((token, certificate): (&str, Option<&str>), exchange: &str) -> Self {
        Self { token: sha256_hex(token), certificate: certificate.map(str::to_owned), exchange: exchange.to_owned() }
    }
}

impl Lately {
    /// Who asks there, where that was looked up a moment ago.
    pub fn get(&self, place: &Place) -> Option<Arc<Known>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(place).filter(|(since, _)| since.elapsed() < FRESH).map(|(_, known)| Arc::clone(known))
    }

    /// Remembers who asks there, as it was at that moment.
    pub fn put(&self, place: Place, since: Instant, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, (since, _)| since.elapsed() < FRESH);
        }
        if all.len() < MOST {
            all.insert(place, (since, Arc::clone(&known)));
        }
        known
    }

    /// Forgets it: something was refused.
    pub fn forget(&self, place: &Place) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(place);
    }
}
