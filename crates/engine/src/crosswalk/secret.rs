//! With which secret are a partner's pseudonyms made? With the root, until a change was acknowledged; then with a secret of its own.

use causeway_flow::transform::Pseudonyms;
use causeway_store::query::RotationRow;
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::House;
use crate::keys::{kept, read_secret_seed, write_secret_seed};

impl House {
    /// The pseudonyms that packages carry now.
    pub(crate) async fn pseudonyms_now(&self, partner: &str, purpose: &str) -> Result<Pseudonyms, EngineError> {
        let newest = self.store.rotations(partner, purpose).await?.into_iter().rfind(is_in_use);
        match newest {
            None => Ok(self.pseudonyms(partner, purpose)),
            Some(rotation) => Ok(Pseudonyms::new(&*self.rotated(&rotation.secret)?, partner, purpose)),
        }
    }

    /// Every set of pseudonyms that packages ever carried, the oldest first: whoever must name a person to the partner names it in each.
    pub(crate) async fn pseudonyms_ever(&self, partner: &str, purpose: &str) -> Result<Vec<Pseudonyms>, EngineError> {
        let mut ever = vec![self.pseudonyms(partner, purpose)];
        for rotation in self.store.rotations(partner, purpose).await?.into_iter().filter(is_in_use) {
            ever.push(Pseudonyms::new(&*self.rotated(&rotation.secret)?, partner, purpose));
        }
        Ok(ever)
    }

    /// The secret of that name.
    pub(crate) fn rotated(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, EngineError> {
        read_secret_seed(&self.home.rotated_secrets().join(format!("{name}.root")), kept(self.environment()))
    }

    /// The secret that is in use now.
    pub(crate) async fn secret_now(&self, partner: &str, purpose: &str) -> Result<Zeroizing<[u8; 32]>, EngineError> {
        match self.store.rotations(partner, purpose).await?.into_iter().rfind(is_in_use) {
            None => Ok(self.keys.pseudonym_root.clone()),
            Some(rotation) => self.rotated(&rotation.secret),
        }
    }

    /// Makes a new secret, in a file of its own beside the keys; its name.
    pub(crate) fn new_secret(&self) -> Result<(String, Zeroizing<[u8; 32]>), EngineError> {
        let (name, secret) = (self.id("ps"), Zeroizing::new(self.random()));
        let folder = self.home.rotated_secrets();
        private_folder(&folder)?;
        write_secret_seed(&folder.join(format!("{name}.root")), &secret, kept(self.environment()))?;
        Ok((name, secret))
    }
}

fn is_in_use(rotation: &RotationRow) -> bool {
    rotation.acknowledged_at.is_some() && rotation.given_up_at.is_none()
}
