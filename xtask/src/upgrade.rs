//! Does an installation of the previous program go on under this one, with a transfer in flight, and the previous program on the
//! tables of this one? `cargo xtask upgrade [COMMIT]` builds both and tries it.
//!
//! The previous program is the commit given; else the newest release. It is built in a work tree and a target directory of its own,
//! its own demo makes the installation, and both programs have the hooks of the tests, so that a transfer can be cut off at a mark.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::street::{Delivered, Street, delivered};

use crate::{Outcome, shell};

/// The mark at which the transfer in flight is cut off: one part is at the partner's.
const CUT: &str = "deliver-part-sent";
const PARTNER: &str = "lantern-relief";
const MIGRATIONS: &str = "crates/store/migrations";
/// Compared with until there is a release.
const BEFORE_ANY_RELEASE: &str = "0fdd0c0";
/// The programs before it took any word for a name, and any keys for a partner's.
const FIRST_WITH_PEOPLE: &str = "0010_life";

/// Builds both programs and walks the upgrade.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let commit = match arguments.first() {
        Some(commit) => commit.clone(),
        None => released(root)?,
    };
    let folder = target(root)?.join("upgrade");
    fs::create_dir_all(&folder)?;
    let tree = work_tree(root, &folder, &commit)?;
    step("building the previous program, and making an installation by its own demo");
    let previous = built(root, &tree, &folder.join("causeway-previous"))?;
    let made = folder.join("made");
    demo(root, &tree, &made)?;
    step("building this program");
    let current = built(root, root, &folder.join("causeway-current"))?;
    let knows_people = migrations(root, &commit)?.iter().any(|line| line.contains(FIRST_WITH_PEOPLE));
    let both = Both { previous, current, examples: examples(root, &folder)?, folder, knows_people };
    both.cut_off(&made)?;
    both.forward(&made)?;
    both.back(&made)?;
    println!("\nthe upgrade from {commit} holds, both ways");
    Ok(())
}

/// Both programs, and where they work.
struct Both {
    previous: PathBuf,
    current: PathBuf,
    examples: PathBuf,
    folder: PathBuf,
    /// Whether the previous program knows who acts, and partners that live.
    knows_people: bool,
}

impl Both {
    fn previous(&self, home: &Path) -> Street {
        // Both programs know this option, where the first ones know no other.
        Street::new(&self.previous, home, &self.examples).naming_the_actor_by("--actor")
    }

    fn current(&self, home: &Path) -> Street {
        Street::new(&self.current, home, &self.examples)
    }

    /// The previous program begins a transfer and dies in the middle of its delivery.
    fn cut_off(&self, home: &Path) -> Outcome {
        step("the previous program dies in the middle of a delivery");
        let mut cut = self.previous(home).command(&["transfer", "run", "food-people"]);
        let died = cut.env("CAUSEWAY_CRASH_AT", CUT).output()?;
        holds(died.status.code().is_none(), "it was to die at the mark", &String::from_utf8_lossy(&died.stderr))
    }

    /// This program takes over: the transfer in flight ends under the terms that it began with, what is new needs the new rules.
    fn forward(&self, made: &Path) -> Outcome {
        step("forward: this program takes the installation over");
        let home = copied(made, &self.folder.join("forward"))?;
        let street = self.current(&home);
        let waits = held(&home)?;
        street.good(&["ledger", "verify", "--against", &text(&receipt(&home))])?;
        if !self.knows_people {
            registered(&street)?;
        }
        let said = street.good(&["status"])?;
        holds(said.contains("delivering"), "the transfer in flight is known", &said)?;
        if !self.knows_people {
            let refused = street.run(&["transfer", "resume"])?;
            let right =
                refused.code == Some(4) && refused.err.contains("partner-not-active") && packages(&home)?.len() == 1;
            holds(right, "nothing goes to a partner before it is known who it is", &refused.err)?;
            street.bring_in(PARTNER)?;
        }
        let said = street.good(&["transfer", "resume"])?;
        let sent = delivered(&said.replace("1 transfers carried on\n", "")).ok_or("nothing was delivered")?;
        let name = sent.package.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        holds(waits.contains(&name), "it is the package that the previous program sealed", &said)?;
        receipted(&street, &sent)?;
        if !self.knows_people {
            let refused = street.run(&["transfer", "run", "food-people"])?;
            holds(refused.code == Some(4), "nothing new begins under terms that not every party signed", &refused.err)?;
            street.agree("food")?;
        }
        let sent = street.transfer("food-people")?;
        receipted(&street, &sent)?;
        street.good(&["ledger", "verify", "--against", &text(&receipt(&home))])?;
        Ok(())
    }

    /// This program has changed the tables, and the previous one goes on working on them: forth and back while both run.
    fn back(&self, made: &Path) -> Outcome {
        step("back: the previous program on the tables of this one");
        let home = copied(made, &self.folder.join("back"))?;
        let (current, previous) = (self.current(&home), self.previous(&home));
        if self.knows_people {
            current.good(&["status"])?;
        } else {
            registered(&current)?;
        }
        let said = previous.good(&["transfer", "run", "food-people"])?;
        let sent = delivered(&said).ok_or("the previous program did not carry its transfer on")?;
        receipted(&previous, &sent)?;
        let sent = previous.transfer("food-people")?;
        receipted(&previous, &sent)?;
        for street in [&previous, &current] {
            street.good(&["ledger", "verify", "--against", &text(&receipt(&home))])?;
            let said = street.good(&["status"])?;
            holds(said.matches("receipted").count() == 3, "both know the three transfers", &said)?;
        }
        step("a schema that is for newer programs alone is refused");
        let database = home.join("data/causeway.sqlite");
        let raise = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
                     db.execute('UPDATE schema_writer SET oldest_schema = 9000'); \
                     db.execute(\"INSERT INTO schema_version (version, description, success, checksum, execution_time) \
                     VALUES (9000, 'from the future', 1, x'00', 0)\"); db.commit()";
        if !shell::succeeds(Command::new("python3").args(["-c", raise]).arg(&database))? {
            return Err("the schema could not be raised".into());
        }
        for street in [&previous, &current] {
            let refused = street.run(&["transfer", "run", "food-people"])?;
            let right = refused.code.is_some_and(|code| code != 0) && refused.err.contains("9000");
            holds(right, "neither program touches it", &refused.err)?;
        }
        Ok(())
    }
}

/// Registers who acts: the first programs took any word for a name.
fn registered(street: &Street) -> Outcome {
    let roles = ["registration-officer", "data-protection-focal-point", "configuration-engineer"];
    let roles: Vec<&str> = roles.iter().flat_map(|role| ["--role", *role]).collect();
    Ok(street.officer("registration", "representative", &roles)?)
}

/// Signs a receipt as the partner, and adds it.
fn receipted(street: &Street, sent: &Delivered) -> Outcome {
    let signed = street.sign_receipt(&sent.package, "accepted")?;
    let said = street.good(&["receipt", "add", &text(&signed)])?;
    fs::copy(&signed, receipt(street.home()))?;
    holds(said.contains("accepted"), "the receipt is taken", &said)
}

/// The newest receipt; the demo's at first.
fn receipt(home: &Path) -> PathBuf {
    home.join("partner/opened/receipt.json")
}

/// Packages that the partner has.
fn packages(home: &Path) -> Outcome<Vec<String>> {
    names(&home.join("outbox").join(PARTNER))
}

/// Packages that the installation holds.
fn held(home: &Path) -> Outcome<Vec<String>> {
    names(&home.join("data/packages"))
}

fn names(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

fn holds(right: bool, what: &str, said: &str) -> Outcome {
    if right {
        println!("ok    {what}");
        return Ok(());
    }
    Err(format!("{what}, and it is not so:\n{said}").into())
}

/// The newest release that this line comes from; before the first, the last program that was taken in without what changes now.
fn released(root: &Path) -> Outcome<String> {
    let mut tag = Command::new("git");
    tag.current_dir(root).args(["tag", "--merged", "HEAD", "--sort=-creatordate", "v*"]);
    let tags = shell::output(&mut tag)?;
    Ok(tags.lines().next().unwrap_or(BEFORE_ANY_RELEASE).to_owned())
}

/// Migrations of a commit, each with the digest of its bytes.
fn migrations(root: &Path, commit: &str) -> Outcome<BTreeSet<String>> {
    let mut list = Command::new("git");
    list.current_dir(root).args(["ls-tree", "-r", commit, "--", MIGRATIONS]);
    Ok(shell::output(&mut list)?.lines().map(str::to_owned).collect())
}

/// A work tree of the repository at `commit`.
fn work_tree(root: &Path, folder: &Path, commit: &str) -> Outcome<PathBuf> {
    let tree = folder.join("previous");
    let mut git = Command::new("git");
    if tree.join(".git").exists() {
        git.current_dir(&tree).args(["checkout", "--quiet", "--force", "--detach", commit]);
    } else {
        git.current_dir(root).args(["worktree", "prune"]);
        shell::output(&mut git)?;
        git = Command::new("git");
        git.current_dir(root).args(["worktree", "add", "--quiet", "--force", "--detach"]).arg(&tree).arg(commit);
    }
    shell::output(&mut git)?;
    Ok(tree)
}

/// Builds the program of a work tree with the hooks of the tests, and keeps it under a name of its own.
fn built(root: &Path, tree: &Path, to: &Path) -> Outcome<PathBuf> {
    let mut build = shell::cargo(tree);
    build.args(["build", "--quiet", "--workspace", "--features", "causeway/test-hooks"]);
    let target = target_of(root, tree)?;
    if !shell::succeeds(build.env("CARGO_TARGET_DIR", &target))? {
        return Err(format!("`{}` does not build", tree.display()).into());
    }
    fs::copy(target.join("debug/causeway"), to)?;
    Ok(to.to_owned())
}

/// Has the demo of the previous program make an installation in `home`.
fn demo(root: &Path, tree: &Path, home: &Path) -> Outcome {
    let mut demo = shell::cargo(tree);
    demo.args(["run", "--quiet", "--package", "xtask", "--", "demo"]).env("CARGO_TARGET_DIR", target_of(root, tree)?);
    // Not of ours: the manifest that names the folder of the work tree.
    demo.env_remove("CARGO_MANIFEST_DIR");
    if shell::output(&mut demo).is_err() {
        return Err("the demo of the previous program does not run".into());
    }
    copied(&tree.join(".demo"), home).map(|_| ())
}

/// A copy of an installation in a new folder.
fn copied(from: &Path, to: &Path) -> Outcome<PathBuf> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    if !shell::succeeds(Command::new("cp").arg("-a").arg(from).arg(to))? {
        return Err(format!("`{}` could not be copied", from.display()).into());
    }
    Ok(to.to_owned())
}

/// The example documents of today, the arrangement as the next version of the one that is there.
fn examples(root: &Path, folder: &Path) -> Outcome<PathBuf> {
    let examples = copied(&root.join("examples/kenya"), &folder.join("examples"))?;
    let arrangement = examples.join("arrangement-food.yaml");
    let next = fs::read_to_string(&arrangement)?.replace("version: 1\n", "version: 2\n");
    fs::write(arrangement, next)?;
    Ok(examples)
}

fn target(root: &Path) -> Outcome<PathBuf> {
    let metadata = shell::output(shell::cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(PathBuf::from(target.ok_or("cargo names no target directory")?))
}

/// Where a work tree is built: the previous program beside itself, so that neither has the other's builds thrown away.
fn target_of(root: &Path, tree: &Path) -> Outcome<PathBuf> {
    if tree == root { target(root) } else { Ok(tree.with_extension("target")) }
}

fn step(what: &str) {
    println!("\n── {what}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
