//! Is a notice read by its partner alone, refused when anything of it is altered, and answered by who opened it?

use super::*;
use crate::entropy::Entropy;
use crate::key::{Identities, Identity, SigningKey};

fn notice() -> Notice {
    let reference = |field: &str, value: &str| Reference { field: field.into(), value: value.into(), into: None };
    Notice {
        kind: NOTICE_INNER_TYPE.into(),
        notice: "0123456789abcdef0123456789abcdef".into(),
        token: Hidden::new("ab".repeat(32)),
        operation: "one".into(),
        partner: "lantern".into(),
        decided: "erasure".into(),
        purpose: None,
        reason: None,
        effective: jiff::civil::date(2026, 5, 4),
        act_by: jiff::civil::date(2026, 5, 18),
        grace_until: None,
        wants: Wants::DeletionCertificate,
        records: vec![NoticeRecord {
            package: "p".into(),
            transfer: "t".into(),
            exchange: "food".into(),
            arrangement: "a".into(),
            arrangement_version: 1,
            references: vec![reference("person_ref", "ድሮ-17")],
        }],
    }
}

#[test]
fn a_notice_is_read_by_its_partner_alone_and_looks_like_any_other() {
    let room = tempfile::tempdir().unwrap();
    let (key, identity, other) = (SigningKey::from_seed(&[7; 32]), Identity::generate(), Identity::generate());
    let entropy = Entropy::new([3; 32]);
    let (at, mut long) = (Timestamp::UNIX_EPOCH, notice());
    let sealed = seal_notice(&notice(), &identity.recipient(), &key, at, &entropy).unwrap();
    long.decided = "consent-withdrawn".into();
    long.reason = Some("person-asked".into());
    let longer = seal_notice(&long, &identity.recipient(), &key, at, &entropy).unwrap();
    for part in [&sealed.part, &longer.part] {
        // age itself adds a few random bytes to its header.
        assert!((4096..4096 + 700).contains(&part.len()), "what was decided is not told by the size: {}", part.len());
    }
    assert!(!String::from_utf8(sealed.manifest.clone()).unwrap().contains("erasure"));

    let dir = sealed.write(room.path()).unwrap();
    assert_eq!(sealed.write(room.path()).unwrap(), dir, "again, whatever was left");
    let reader = Identities::new(vec![identity]);
    assert_eq!(open_notice(&dir, &reader, &key.verifying_key()).unwrap(), notice());
    open_notice(&dir, &Identities::new(vec![other]), &key.verifying_key()).unwrap_err();
    open_notice(&dir, &reader, &SigningKey::from_seed(&[8; 32]).verifying_key()).unwrap_err();
    for file in std::fs::read_dir(&dir).unwrap() {
        let file = file.unwrap().path();
        let whole = std::fs::read(&file).unwrap();
        let mut altered = whole.clone();
        *altered.last_mut().unwrap() ^= 1;
        std::fs::write(&file, altered).unwrap();
        open_notice(&dir, &reader, &key.verifying_key()).unwrap_err();
        std::fs::write(&file, whole).unwrap();
    }
    assert!(!format!("{:?}", notice()).contains("17"), "a reference cannot be printed");
}

#[test]
fn an_answer_is_signed_whole_and_certifies_only_what_is_done() {
    let key = SigningKey::from_seed(&[7; 32]);
    let certificate = Certificate {
        deleted_at: Timestamp::UNIX_EPOCH,
        records: 1,
        in_backups_until: None,
        certified_by: "registry".into(),
    };
    let answer = Answer {
        kind: ANSWER_TYPE.into(),
        about: notice().notice,
        environment: Environment::Production,
        token: "ab".repeat(32),
        outcome: AnswerOutcome::Done,
        answered_at: Timestamp::UNIX_EPOCH,
        certificate: Some(certificate),
        note: None,
    };
    let (json, signature) = answer.sign(&key).unwrap();
    assert_eq!(verify_answer(&json, &signature, &key.verifying_key()).unwrap(), answer);
    let altered = String::from_utf8(json).unwrap().replace("done", "received");
    verify_answer(altered.as_bytes(), &signature, &key.verifying_key()).unwrap_err();
    Answer { outcome: AnswerOutcome::Received, ..answer.clone() }.sign(&key).unwrap_err();
    Answer { note: Some("two\nlines".into()), ..answer }.sign(&key).unwrap_err();
}

#[test]
fn what_is_sealed_to_ourselves_opens_with_our_key_alone() {
    let (own, other) = (Identity::generate(), Identity::generate());
    let sealed = seal_own(&own.recipient(), b"draft").unwrap();
    assert_eq!(&**unseal_own(&sealed, &Identities::new(vec![own])).unwrap(), b"draft");
    unseal_own(&sealed, &Identities::new(vec![other])).unwrap_err();
}
