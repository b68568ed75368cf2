//! Is a program known by its keys alone, for as long as they count, and is a proof good once?

use causeway_store::change::{AddClient, AddSecretClient, ClientFacts, ClientKeyText, RevokeClient, RotateClientKeys};
use causeway_store::token::{Issued, NewToken};
use causeway_store::{Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::partner;

pub(crate) fn facts(name: &str, key: &str, made: i64) -> ClientFacts {
    ClientFacts {
        name: name.into(),
        partner: "agency".into(),
        acts_as: "partner-operator".into(),
        scopes: vec!["account".into(), "exchange:extra".into()],
        keys: vec![ClientKeyText { thumbprint: key.into(), usage: "sig".into(), jwk: "{}".into() }],
        certificates: vec![format!("{made:064}")],
        registration: format!("{name} {key} {made}"),
        signature: "aa".into(),
        made_at: at(made),
    }
}

pub(crate) async fn add(store: &Store, facts: ClientFacts, when: i64) -> Result<Saved, StoreError> {
    let subject = facts.name.clone();
    store.add_client(changed(AddClient { facts }, "client-added", &subject), stamp(when)).await
}

async fn rotate(store: &Store, facts: ClientFacts, until: i64, when: i64) -> Result<Saved, StoreError> {
    let subject = facts.name.clone();
    let change = RotateClientKeys { facts, others_until: at(until) };
    store.rotate_client_keys(changed(change, "client-keys-rotated", &subject), stamp(when)).await
}

async fn known(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    (house, store)
}

pub(crate) fn token(client: &str, by: &str, jti: &str, number: u8, when: i64) -> NewToken {
    NewToken {
        client: client.into(),
        proof: Some((format!("{jti:0>64}"), at(when + 5))),
        proven_by: by.into(),
        sha256: format!("{number:064}"),
        scopes: "account exchange:extra".into(),
        certificate: None,
        now: at(when),
        expires_at: at(when + 10),
    }
}

/// A row of each kind; the partner `agency` must be there.
pub(crate) async fn called(store: &Store) {
    add(store, facts("sync", "key-a", 2), 2).await.unwrap();
    assert_eq!(store.tokens().issue(&token("sync", "key-a", "1", 1, 3)).await.unwrap(), Issued::Now);
    add_secret(store, secret("older", "agency", "PNR-1")).await.unwrap();
}

async fn add_client(kind: Kind) {
    let (_house, store) = known(kind).await;
    assert_eq!(add(&store, facts("sync", "key-a", 2), 2).await.unwrap(), Saved::New);
    assert_eq!(add(&store, facts("sync", "key-a", 2), 3).await.unwrap(), Saved::Already);
    let client = store.client("sync").await.unwrap().unwrap();
    assert_eq!((client.partner.as_str(), client.scopes.len(), client.revoked_at), ("agency", 2, None));
    assert_eq!(store.client_keys("sync").await.unwrap().len(), 2, "a key and a certificate");
    assert!(matches!(add(&store, facts("sync", "key-b", 3), 3).await, Err(StoreError::Taken { .. })), "the name");
    assert!(matches!(add(&store, facts("other", "key-a", 3), 3).await, Err(StoreError::Taken { .. })), "the key");
    let same = ClientFacts { keys: Vec::new(), ..facts("other", "key-b", 2) };
    assert!(matches!(add(&store, same, 3).await, Err(StoreError::Taken { .. })), "the certificate");
    assert_eq!(store.client("other").await.unwrap(), None, "nothing of it is left");
    add(&store, facts("zebra", "key-z", 4), 4).await.unwrap();
    let page = store.clients_after(Some("sync"), 10).await.unwrap();
    assert_eq!(page.iter().map(|client| client.name.as_str()).collect::<Vec<_>>(), ["zebra"]);
}

async fn rotate_client_keys(kind: Kind) {
    let (_house, store) = known(kind).await;
    add(&store, facts("sync", "key-a", 2), 2).await.unwrap();
    assert!(matches!(rotate(&store, facts("sync", "key-b", 2), 9, 3).await, Err(StoreError::ChangedMeanwhile { .. })));
    assert_eq!(rotate(&store, facts("sync", "key-b", 3), 9, 3).await.unwrap(), Saved::New);
    assert_eq!(rotate(&store, facts("sync", "key-b", 3), 9, 4).await.unwrap(), Saved::Already);
    let by = |key: &'static str, when| {
        let tokens = store.tokens();
        async move {
            tokens.issue(&token("sync", key, &format!("{key}{when}"), u8::try_from(when).unwrap(), when)).await.unwrap()
        }
    };
    assert_eq!((by("key-a", 8).await, by("key-b", 8 + 20).await), (Issued::Now, Issued::Now));
    let counts = async |number: u8| store.token(&format!("{number:064}"), at(30)).await.unwrap().is_some();
    assert!(counts(28).await);
    assert_eq!(by("key-a", 29).await, Issued::NotAnyMore, "its time is over");
    // One whose time is over does not come back; one that goes on does.
    assert!(matches!(rotate(&store, facts("sync", "key-a", 10), 40, 30).await, Err(StoreError::Taken { .. })));
    let both = ClientFacts {
        keys: ["key-b", "key-c"]
            .map(|key| ClientKeyText { thumbprint: key.into(), usage: "sig".into(), jwk: "{}".into() })
            .into(),
        scopes: vec!["account".into()],
        ..facts("sync", "key-c", 11)
    };
    rotate(&store, both, 31, 31).await.unwrap();
    assert!(!counts(28).await, "it was given by what was registered before");
    assert_eq!((by("key-b", 50).await, by("key-c", 51).await), (Issued::Now, Issued::Now));
    assert_eq!(store.client("sync").await.unwrap().unwrap().scopes, ["account"]);
    let nobody = rotate(&store, facts("nobody", "key-n", 10), 20, 31).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
}

async fn revoke_client(kind: Kind) {
    let (_house, store) = known(kind).await;
    add(&store, facts("sync", "key-a", 2), 2).await.unwrap();
    assert_eq!(store.tokens().issue(&token("sync", "key-a", "1", 1, 3)).await.unwrap(), Issued::Now);
    assert!(store.token(&format!("{:064}", 1), at(4)).await.unwrap().is_some());
    let revoke = || changed(RevokeClient { name: "sync".into() }, "client-revoked", "sync");
    assert_eq!(store.revoke_client(revoke(), stamp(5)).await.unwrap(), Saved::New);
    assert_eq!(store.revoke_client(revoke(), stamp(6)).await.unwrap(), Saved::Already);
    assert_eq!(store.token(&format!("{:064}", 1), at(5)).await.unwrap(), None);
    assert_eq!(store.tokens().issue(&token("sync", "key-a", "2", 2, 6)).await.unwrap(), Issued::NotAnyMore);
    assert!(matches!(add(&store, facts("sync", "key-a", 2), 7).await, Err(StoreError::Taken { .. })), "it stays so");
    let nobody = changed(RevokeClient { name: "nobody".into() }, "client-revoked", "nobody");
    assert!(matches!(store.revoke_client(nobody, stamp(7)).await, Err(StoreError::NotFound { .. })));
}

async fn tokens(kind: Kind) {
    let (_house, store) = known(kind).await;
    add(&store, facts("sync", "key-a", 2), 2).await.unwrap();
    add(&store, facts("zebra", "key-z", 3), 3).await.unwrap();
    let issue = |new: NewToken| {
        let tokens = store.tokens();
        async move { tokens.issue(&new).await.unwrap() }
    };
    assert_eq!(issue(token("sync", "key-a", "1", 1, 10)).await, Issued::Now);
    assert_eq!(issue(token("sync", "key-a", "1", 2, 11)).await, Issued::UsedBefore);
    assert_eq!(issue(token("zebra", "key-z", "1", 3, 11)).await, Issued::Now, "each has its own");
    assert_eq!(issue(token("zebra", "key-a", "2", 4, 11)).await, Issued::NotAnyMore, "another's key");
    let found = store.token(&format!("{:064}", 1), at(19)).await.unwrap().unwrap();
    assert_eq!((found.client.as_str(), found.partner.as_str(), found.scopes.len()), ("sync", "agency", 2));
    assert_eq!(store.token(&format!("{:064}", 1), at(20)).await.unwrap(), None, "it has ended");
    assert_eq!(store.token(&format!("{:064}", 2), at(12)).await.unwrap(), None);
    let by_certificate =
        NewToken { proof: None, certificate: Some("c".into()), ..token("sync", &format!("{:064}", 2), "", 5, 30) };
    assert_eq!(issue(by_certificate).await, Issued::Now);
    assert_eq!(store.token(&format!("{:064}", 5), at(31)).await.unwrap().unwrap().certificate.as_deref(), Some("c"));
}

pub(crate) fn secret(name: &str, partner: &str, partner_id: &str) -> AddSecretClient {
    let facts = ClientFacts {
        partner: partner.into(),
        keys: Vec::new(),
        certificates: Vec::new(),
        signature: String::new(),
        ..facts(name, "", 2)
    };
    let digest = |word: &str| format!("{word:0>64}");
    AddSecretClient { facts, partner_id: partner_id.into(), password_sha256: digest("1"), key_sha256: digest("2") }
}

async fn add_secret(store: &Store, change: AddSecretClient) -> Result<(), StoreError> {
    let subject = change.facts.name.clone();
    store.add_secret_client(changed(change, "ping-client-added", &subject), stamp(2)).await
}

async fn secrets(kind: Kind) {
    let (_house, store) = known(kind).await;
    store.add_partner(crate::street::partner("other"), stamp(1)).await.unwrap();
    add_secret(&store, secret("desk", "agency", "PNR-1")).await.unwrap();
    let again = add_secret(&store, secret("desk", "agency", "PNR-1")).await;
    assert!(matches!(again, Err(StoreError::Taken { .. })), "its secrets stay");
    let anothers = add_secret(&store, secret("thief", "other", "PNR-1")).await;
    assert!(matches!(anothers, Err(StoreError::Taken { what: "partner id of another partner", .. })));
    add_secret(&store, secret("second", "agency", "PNR-1")).await.unwrap();
    let found = store.client_secret("desk").await.unwrap().unwrap();
    assert_eq!((found.partner_id.as_str(), found.key_sha256.len()), ("PNR-1", 64));
    assert!(store.is_granted("account").await.unwrap() && !store.is_granted("ping").await.unwrap());
    let by_password = NewToken { proof: None, ..token("desk", &format!("{:0>64}", "1"), "", 1, 3) };
    assert_eq!(store.tokens().issue(&by_password).await.unwrap(), Issued::Now);
    let by_key = NewToken { proof: None, ..token("desk", &format!("{:0>64}", "2"), "", 2, 3) };
    assert_eq!(store.tokens().issue(&by_key).await.unwrap(), Issued::NotAnyMore, "the key proves nothing alone");
    let turned = rotate(&store, facts("desk", "key-d", 9), 20, 9).await;
    assert!(matches!(turned, Err(StoreError::NotFound { .. })), "it cannot sign");
    let revoke = changed(RevokeClient { name: "desk".into() }, "client-revoked", "desk");
    store.revoke_client(revoke, stamp(5)).await.unwrap();
    assert_eq!(store.tokens().issue(&by_password).await.unwrap(), Issued::NotAnyMore);
}

on_both!(secrets, add_client, rotate_client_keys, revoke_client, tokens);
