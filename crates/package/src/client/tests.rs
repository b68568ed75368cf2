//! Is nothing registered but what the partner signed, with keys of the kinds that are taken?

use serde_json::{Value, json};

use super::*;

fn partner() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn registration() -> Registration {
    Registration {
        kind: CLIENT_TYPE.into(),
        client: "invented-sync".into(),
        partner: "lantern-relief".into(),
        environment: Environment::Production,
        acts_as: ActsAs::PartnerOperator,
        scopes: vec!["account".into(), "exchange:food-people".into()],
        keys: vec![SigningPair::from_seed(&[2; 32]).public(), EncryptionPair::from_seed(&[3; 32]).public()],
        certificates: vec!["ab".repeat(32)],
        made_at: "2027-02-01T09:00:00Z".parse().unwrap(),
        others_until: None,
    }
}

fn verified(json: &[u8], signature: &[u8]) -> Result<Registration, PackageError> {
    verify_registration(json, signature, &partner().verifying_key())
}

#[test]
fn what_is_signed_is_read_and_nothing_else() {
    let (json, signature) = registration().sign(&partner()).unwrap();
    assert_eq!(verified(&json, &signature).unwrap(), registration());
    for place in 0..json.len() {
        let mut other = json.clone();
        other[place] ^= 1;
        assert!(verified(&other, &signature).is_err(), "byte {place}");
    }
    assert!(verify_registration(&json, &signature, &SigningKey::from_seed(&[9; 32]).verifying_key()).is_err());
}

/// Signs a document as it is, whatever it says.
fn signed(change: impl FnOnce(&mut Value)) -> Result<Registration, PackageError> {
    let mut value = serde_json::to_value(registration()).unwrap();
    change(&mut value);
    let json = serde_json::to_vec(&value).unwrap();
    verified(&json, &partner().sign(&json))
}

#[test]
fn what_a_partner_signs_is_still_looked_at() {
    type Change = fn(&mut Value);
    let cases: &[(&str, Change)] = &[
        ("another type", |it| it["type"] = json!("causeway-client/2")),
        ("a member that is not known", |it| it["jwks_uri"] = json!("https://example.org/jwks")),
        ("no name", |it| it["client"] = json!("")),
        ("a name with a slash", |it| it["client"] = json!("a/b")),
        ("a name in capitals", |it| it["client"] = json!("Sync")),
        ("no scope", |it| it["scopes"] = json!([])),
        ("a scope that is none", |it| it["scopes"] = json!(["everything"])),
        ("a scope with a blank", |it| it["scopes"] = json!(["exchange:a b"])),
        ("nothing that proves it", |it| {
            it["keys"].as_array_mut().unwrap().remove(0);
            it["certificates"] = json!([]);
        }),
        ("two keys of a use", |it| it["keys"][1] = it["keys"][0].clone()),
        ("a private key", |it| it["keys"][0]["d"] = json!("AA")),
        ("a key of a secret", |it| it["keys"][0] = json!({ "kty": "oct", "k": "AA", "use": "sig", "alg": "HS256" })),
        ("the wrong algorithm", |it| it["keys"][0]["alg"] = json!("ES256")),
        ("no algorithm", |it| it["keys"][0]["alg"] = json!("none")),
        ("a key for another use", |it| it["keys"][0]["use"] = json!("enc")),
        ("another name than its thumbprint", |it| it["keys"][0]["kid"] = json!("mine")),
        ("a short key", |it| it["keys"][0]["x"] = json!("AAAA")),
        ("a key of zeros", |it| it["keys"][1]["x"] = json!("A".repeat(43))),
        ("an RSA key of 1024 bits", |it| {
            it["keys"][0] = json!({ "kty": "RSA", "n": "q".repeat(171), "e": "AQAB", "use": "sig", "alg": "PS256" });
        }),
        ("a small exponent", |it| {
            it["keys"][0] = json!({ "kty": "RSA", "n": "q".repeat(342), "e": "Aw", "use": "sig", "alg": "PS256" });
        }),
        ("a certificate that is none", |it| it["certificates"] = json!(["AB".repeat(32)])),
    ];
    for (what, change) in cases {
        assert!(signed(change).is_err(), "{what}");
    }
    assert!(signed(|_| {}).is_ok());
}

#[test]
fn thumbprints_are_those_of_the_standard() {
    // RFC 8037, appendix A.3, and RFC 7638, section 3.1.
    let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "use": "sig", "alg": "EdDSA" });
    let ed: Jwk = serde_json::from_value(ed).unwrap();
    assert_eq!(ed.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst\
             n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91\
             CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let rsa: Jwk =
        serde_json::from_value(json!({ "kty": "RSA", "n": n, "e": "AQAB", "use": "sig", "alg": "PS256" })).unwrap();
    assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert!(rsa.bytes().is_ok());
}

#[test]
fn a_private_key_file_gives_the_same_key() {
    let pair = SigningPair::from_seed(&[7; 32]);
    let file = pair.to_file().unwrap();
    assert_eq!(SigningPair::parse(&file, "test").unwrap().public(), pair.public());
    let other = EncryptionPair::from_seed(&[7; 32]).to_file().unwrap();
    assert!(SigningPair::parse(&other, "test").is_err());
}
