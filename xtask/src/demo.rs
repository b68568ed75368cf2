//! What does the gateway do? `cargo xtask demo` walks invented people through it once, from stores to a proven receipt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::population::{Spec, Truth};
use causeway_testkit::street::{Delivered, Street, delivered};

use crate::{Outcome, shell, test};

/// Runs the demo in `.demo`, afresh each time.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    crate::none(arguments)?;
    test::tools()?;
    step("building causeway");
    if !shell::succeeds(shell::cargo(root).args(["build", "--package", "causeway"]))? {
        return Err("causeway does not build".into());
    }
    let home = root.join(".demo");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let binary = binary(root)?;
    let street = Street::new(&binary, &home, root.join("examples/kenya")).shown();
    walk(root, &street)?;
    println!(
        "\nIt is all in {home}. Try next:\n  \
         causeway=\"{binary} --home {home} --as registration\"\n  \
         $causeway exchange check examples/kenya/exchange-households.yaml\n  \
         $causeway status\n  \
         $causeway quarantine open TRANSFER --reason 'mending the register'\n  \
         docs/guides/operator.md and docs/guides/partner.md say how it is done for real",
        home = home.display(),
        binary = binary.display()
    );
    Ok(())
}

fn walk(root: &Path, street: &Street) -> Outcome {
    step("inventing people");
    let truth = street.people(&Spec::default())?;
    let scripts: Vec<&str> = truth.scripts.keys().map(String::as_str).collect();
    println!(
        "{} people in {} households, in {} scripts: {}",
        truth.people,
        truth.households,
        scripts.len(),
        scripts.join(", ")
    );
    println!(
        "on purpose: {} to be withheld, {} to be quarantined, {} outside the population",
        truth.withheld().count(),
        truth.broken().count(),
        truth.outside()
    );
    step("the operation: keys, officers, partner, catalogue, arrangement, exchange");
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")])?;
    step("the transfer: stores → aggregate → transform → enforce → seal → deliver");
    let said = street.good(&["transfer", "run", "food-people"])?;
    let sent = delivered(&said).ok_or("the transfer was not delivered")?;
    step("the partner: sha256sum, openssl, age and zstd, word for word as docs/guides/partner.md says");
    let receipt = partner(root, street, &sent.package)?;
    step("the operation: receipt and ledger");
    street.good(&["receipt", "add", &text(&receipt)])?;
    let ledger = street.home().join("ledger.export");
    street.good(&["ledger", "export", "--out", &text(&ledger)])?;
    street.good(&["ledger", "verify", "--against", &text(&receipt)])?;
    let verifier = root.join("crates/ledger/verifier/verify_ledger.py");
    if !shell::succeeds(Command::new("python3").arg(verifier).arg(&ledger).arg("--against").arg(checkpoint(street)?))? {
        return Err("the independent verifier refuses the ledger".into());
    }
    println!("ledger export: {} bytes, accepted by the independent verifier", fs::metadata(&ledger)?.len());
    street.good(&["status"])?;
    step("comparing counts");
    compare(street, &truth, &sent)
}

/// The partner opens the package with plain tools and signs a receipt.
fn partner(root: &Path, street: &Street, package: &Path) -> Outcome<PathBuf> {
    let out = street.partner().join("opened");
    fs::create_dir_all(&out)?;
    let mut shell = Command::new("sh");
    shell.arg("-eu").arg("-c").arg(guide(root)?).env("PKG", package).env("OUT", &out).env("SENDER", street.sender());
    shell
        .env("IDENTITY", street.partner().join("identity.txt"))
        .env("SIGNING_KEY", street.partner().join("signing.pem"));
    if !shell::succeeds(&mut shell)? {
        return Err("a command of the partner's guide failed".into());
    }
    Ok(out.join("receipt.json"))
}

/// The commands of the partner's guide, but for the making of keys.
fn guide(root: &Path) -> Outcome<String> {
    let guide = fs::read_to_string(root.join("docs/guides/partner.md"))?;
    let mut script = String::new();
    let mut inside = false;
    for line in guide.lines() {
        match line {
            "```" => inside = false,
            "```sh guide" => inside = true,
            line if inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    Ok(script)
}

/// The checkpoint that the partner saw, in a file.
fn checkpoint(street: &Street) -> Outcome<PathBuf> {
    let inner = inner(street)?;
    let text = inner.pointer("/about/checkpoint").and_then(serde_json::Value::as_str).ok_or("no checkpoint")?;
    let path = street.partner().join("checkpoint.txt");
    fs::write(&path, text)?;
    Ok(path)
}

fn inner(street: &Street) -> Outcome<serde_json::Value> {
    Ok(serde_json::from_str(&fs::read_to_string(street.partner().join("opened/inner-manifest.json"))?)?)
}

/// What was planted must be what was found, and what the partner opened.
fn compare(street: &Street, truth: &Truth, sent: &Delivered) -> Outcome {
    let [released, withheld, quarantined] = sent.counts;
    let inside = u64::from(truth.people) - u64::from(truth.outside());
    println!("in the population {inside} = released {released} + withheld {withheld} + quarantined {quarantined}");
    let opened = inner(street)?.get("released").and_then(serde_json::Value::as_u64);
    let records = rows(&street.partner().join("opened/data.csv"))?;
    println!("the partner opened {records} records; its manifest says {}", opened.unwrap_or_default());
    let planted = [truth.withheld().count() as u64, truth.broken().count() as u64];
    let right = [withheld, quarantined] == planted
        && released + withheld + quarantined == inside
        && opened == Some(released)
        && records == released;
    if right {
        Ok(())
    } else {
        Err(format!("planted were {planted:?} to withhold and to quarantine: the counts disagree").into())
    }
}

/// Records of the CSV file: line breaks inside quotes do not count, the header does not either.
fn rows(path: &Path) -> Outcome<u64> {
    let mut quoted = false;
    let mut lines = 0;
    for byte in fs::read(path)? {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => lines += 1,
            _ => {}
        }
    }
    Ok(u64::saturating_sub(lines, 1))
}

fn step(what: &str) {
    println!("\n── {what}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The binary that was built.
fn binary(root: &Path) -> Outcome<PathBuf> {
    let metadata = shell::output(shell::cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str)
        .ok_or("cargo names no target directory")?;
    Ok(Path::new(target).join("debug/causeway"))
}
