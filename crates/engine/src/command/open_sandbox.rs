//! How does an exchange get a twin on invented people, and with which keys does the partner take part in it?

use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::Environment;
use causeway_package::key::{Recipient, VerifyingKey};
use causeway_store::change::{NewSandbox, SandboxKeys as TestKeys};
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};
use crate::keys::SandboxKeys;

/// A twin that is there.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The partner to which its packages are sealed.
    pub partner: String,
    /// Fingerprint of the key that signs its packages.
    pub signer: String,
    /// Whether it was there before.
    pub saved: Saved,
}

/// Gives an exchange its twin. The exchange's arrangement need not be more than a draft.
pub async fn open_sandbox(
    house: &House,
    actor: &str,
    exchange: &str,
    name: &str,
    records: u32,
) -> Result<Opened, EngineError> {
    let document = house.exchange(exchange).await?;
    let partner = house.arrangement(&document.arrangement).await?.value.partner;
    house.permit(actor, Action::OpenSandbox, &house.of_both(name, &partner)).await?;
    let entropy = house.surroundings.entropy;
    let keys = SandboxKeys::load_or_make(&house.home, &mut |buffer| entropy(buffer))?;
    let signer = keys.package.verifying_key().fingerprint().to_string();
    let body = json!({
        "twin_of": exchange, "exchange_version": document.version, "arrangement": document.arrangement,
        "records": records, "signer": signer,
    });
    let change = NewSandbox { exchange: name.to_owned(), twin_of: exchange.to_owned(), records };
    let event = audit(actor, "sandbox-opened", name, body);
    let saved = match house.store.open_sandbox(Changed::new(change, event), house.stamp()).await {
        Err(StoreError::Taken { .. }) => {
            let detail =
                format!("the name is taken, or `{exchange}` has a twin of another name: see `causeway sandbox list`");
            let refused = Refused::one(Code::WrongState, name, detail);
            return Err(house.deny(actor, Action::OpenSandbox.as_str(), name, refused).await);
        }
        saved => saved?,
    };
    house.sequence().await?;
    Ok(Opened { partner, signer, saved })
}

/// Brings in the keys with which a partner takes part in sandboxes. They are for tests, and nobody's for real people's data.
pub async fn add_test_keys(
    house: &House,
    actor: &str,
    partner: &str,
    recipient: &Recipient,
    signing: &VerifyingKey,
) -> Result<Saved, EngineError> {
    const WHAT: Action = Action::AddTestKeys;
    house.permit(actor, WHAT, &house.of_partner(partner, partner)).await?;
    for (what, environment) in [("age recipient", recipient.environment()), ("signing key", signing.environment())] {
        if environment != Environment::Test {
            let refused = Refused::one(Code::KeyEnvironment, what, "it is no key for tests: its file does not say so");
            return Err(house.deny(actor, WHAT.as_str(), partner, refused).await);
        }
    }
    let fingerprint = format!("{} {}", recipient.fingerprint(), signing.fingerprint());
    let event = audit(actor, "test-keys-added", partner, json!({ "fingerprints": fingerprint }));
    let change = TestKeys {
        partner: partner.to_owned(),
        age_recipient: recipient.as_str().to_owned(),
        signing_key_pem: signing.to_pem()?,
        fingerprint,
    };
    let saved = match house.store.sandbox_keys(Changed::new(change, event), house.stamp()).await {
        Err(StoreError::Denied { source, .. }) => return Err(house.deny(actor, WHAT.as_str(), partner, source).await),
        saved => saved?,
    };
    house.sequence().await?;
    Ok(saved)
}
