//! A key that is missing, open to others, or another one.

use super::*;

#[test]
fn wrong_keys_say_which_and_what_to_do() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let sent = street.transfer("food-people").unwrap();
    let package = sent.package.display().to_string();
    let keys = dir.path().join("wrong");
    fs::create_dir(&keys).unwrap();
    let made = Command::new("sh")
        .args(["-euc", "umask 077; cd \"$0\"; age-keygen -o other.txt 2>/dev/null"])
        .arg(&keys)
        .status()
        .unwrap();
    assert!(made.success());
    let path = |path: &Path| path.display().to_string();
    let (other, identity, sender) =
        (path(&keys.join("other.txt")), path(&street.partner().join("identity.txt")), path(&street.sender()));
    let not_the_sender = path(&street.partner().join("signing.pub.pem"));
    let out = path(&dir.path().join("opened"));

    let ended =
        street.run(&["package", "open", &package, "--sender", &sender, "--identity", &other, "--out", &out]).unwrap();
    teaches("another identity", &ended, 2, &["no key given opens part", "use the identity file"]);
    let ended = street
        .run(&["package", "open", &package, "--sender", &not_the_sender, "--identity", &identity, "--out", &out])
        .unwrap();
    teaches("another sender", &ended, 3, &["signing key", "check which sender"]);
    let left: Vec<PathBuf> = entries(&dir.path().join("opened"));
    assert_eq!(left, Vec::<PathBuf>::new(), "something was opened with the wrong key");
    let ended = street.run(&["package", "verify", &package, "--sender", &identity]).unwrap();
    teaches("an identity as a sender's key", &ended, 2, &["identity.txt", "holds no usable key"]);

    let wrong_print = ["0000"; 8].join(" ");
    let recipient = path(&street.partner().join("recipient.txt"));
    let ended = street
        .run(&[
            "partner",
            "add",
            "nobody",
            "--title",
            "Nobody (invented)",
            "--jurisdiction",
            "KEN",
            "--hosting-country",
            "KEN",
            "--recipient",
            &recipient,
            "--recipient-fingerprint",
            &wrong_print,
            "--signing-key",
            &not_the_sender,
            "--signing-fingerprint",
            &wrong_print,
        ])
        .unwrap();
    teaches("a fingerprint that was not confirmed", &ended, 2, &["fingerprint"]);
    let officer = path(&street.home().join("officers/protection.pem"));
    let sign = ["arrangement", "sign", "food-2026", "--officer", "representative", "--key", &officer];
    teaches(
        "another officer's key",
        &street.run(&sign).unwrap(),
        4,
        &["key-not-verified", "not the one that is registered"],
    );

    for (case, key) in entries(&street.home().join("keys"))
        .into_iter()
        .filter(|key| key.is_file() && !is_public(key))
        .map(|key| (path(&key), key))
    {
        let text = fs::read(&key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let ended = street.run(&["status"]).unwrap();
        teaches(&case, &ended, 2, &["chmod 600", &case]);
        fs::write(&key, "nothing of use").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        teaches(&case, &street.run(&["status"]).unwrap(), 2, &[&case]);
        fs::remove_file(&key).unwrap();
        teaches(&case, &street.run(&["status"]).unwrap(), 5, &[&case]);
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }
    street.good(&["status"]).unwrap();
}

/// Whether a file of the key folder is no private key: a public half, or the ledger's saved head.
fn is_public(key: &Path) -> bool {
    let name = key.file_name().unwrap().to_string_lossy();
    name.contains(".pub") || name.ends_with(".vkey") || name.ends_with(".head") || name.ends_with("recipient.txt")
}
