//! Is nothing half done when a connection breaks, or we die at any statement of applying or undoing?

use std::path::Path;
use std::process::{Command, Stdio};

use causeway_flow::accept::target::{Before, Group, Onto, Outcome, Session};
use causeway_model::Code;

use crate::target_fixture::{Registry, Sealer, apply, event, group, layout, on_each, person, turned};

/// Tells a process where to die.
const DIES: &str = "CAUSEWAY_TEST_DIES_AT";

on_each!(
    a_connection_that_breaks_leaves_nothing_half_done,
    dying_at_any_statement_leaves_nothing_half_done,
    dying_at_any_statement_of_undoing_leaves_what_can_be_repeated,
);

/// Three groups: a person with events, another one, and a change of the first.
fn groups(session: &mut dyn Session) -> Vec<Group> {
    let mut family = person("A-1", "first");
    family.nested = vec![event("served"), event("referred")];
    let found =
        session.find(0, &[("code".to_owned(), causeway_flow::accept::target::Datum::Text("S-1".into()))]).unwrap();
    let mut change = person("S-1", "changed");
    change.nested = vec![event("closed")];
    change.onto = Onto::Update(found.rows[0].clone());
    vec![group("i", 1, "x", 1, family), group("i", 2, "y", 1, person("A-2", "second")), group("i", 3, "z", 1, change)]
}

/// As a run does: everything is asked for again, whatever was applied before.
fn whole_run(registry: &Registry) {
    let mut session = registry.open();
    for wanted in [0, 1, 2] {
        // What was applied is found as applied, before anything is matched.
        let groups = groups(&mut *session);
        let answer = apply(&mut *session, &groups[wanted]);
        assert!(matches!(answer.outcome, Outcome::Inserted | Outcome::Updated), "{:?}", answer.outcome);
    }
}

fn seed(registry: &Registry) {
    for table in ["causeway_applied", "event", "person"] {
        registry.sql(&format!("DELETE FROM {table}"));
    }
    let again = if registry.is_postgres() {
        "ALTER TABLE person ALTER id RESTART WITH 1; ALTER TABLE event ALTER id RESTART WITH 1"
    } else if registry.is_sqlite() {
        "DELETE FROM person"
    } else {
        "ALTER TABLE person AUTO_INCREMENT = 1; ALTER TABLE event AUTO_INCREMENT = 1"
    };
    registry.sql(again);
    registry.sql("INSERT INTO person (code, name) VALUES ('S-1', 'seed')");
}

/// What stands there, without the numbers that a server gives: those of a transaction that came to nothing are not given again.
fn standing(registry: &Registry) -> String {
    let people = "SELECT code, name, note, status FROM person ORDER BY code";
    let events = "SELECT p.code, e.kind, e.status, e.version FROM event e JOIN person p ON p.id = e.person ORDER BY p.code, e.kind";
    let markers =
        "SELECT external_id, digest, intake, group_number, outcome FROM causeway_applied ORDER BY group_number";
    [people, events, markers].map(|sql| registry.sql(sql)).join("\n--\n")
}

fn a_connection_that_breaks_leaves_nothing_half_done(registry: &Registry) {
    if registry.is_sqlite() {
        return;
    }
    seed(registry);
    let untouched = standing(registry);
    whole_run(registry);
    let uninterrupted = standing(registry);
    // At the first mark of a group, in the middle of it, and right before its commit.
    for mark in [1, 4, 7, 9] {
        seed(registry);
        let mut session = registry.open();
        let wanted = groups(&mut *session).remove(0);
        let error = std::thread::scope(|scope| {
            let (ask, asked) = std::sync::mpsc::sync_channel::<()>(0);
            let (done, over) = std::sync::mpsc::sync_channel::<()>(0);
            scope.spawn(move || {
                if asked.recv().is_ok() {
                    registry.end_sessions();
                    done.send(()).unwrap();
                }
            });
            let cut = Box::new(move || {
                ask.send(()).unwrap();
                over.recv().unwrap();
            });
            let mut sealer = Sealer { at: Some((mark, cut)), ..Sealer::default() };
            session.apply(&wanted, &mut sealer).unwrap_err()
        });
        assert!(error.code == Code::TargetUnreachable && error.may_pass(), "{mark}: {error}");
        // The session is of no use any more, and says so.
        assert_eq!(session.latest("x").unwrap_err().code, Code::TargetUnreachable);
        assert_eq!(standing(registry), untouched, "{mark}");
        whole_run(registry);
        assert_eq!(standing(registry), uninterrupted, "{mark}");
    }
}

/// Runs a test of this file in a process of its own that dies when so many marks were passed; whether it came to its end all the same.
fn lived(test: &str, registry: &Registry, mark: u32) -> bool {
    let told = format!("{mark} {} {}", registry.path().display(), serde_json::to_string(&registry.target).unwrap());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("target_deaths::{test}"), "--test-threads=1"]).env(DIES, told);
    child.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// What such a process works with; none in any other.
fn told_to_die() -> Option<(Box<dyn Session>, Sealer)> {
    let told = std::env::var(DIES).ok()?;
    let (mark, rest) = told.split_once(' ').unwrap();
    let (base, target) = rest.split_once(' ').unwrap();
    let target: causeway_model::catalogue::Target = serde_json::from_str(target).unwrap();
    let session = causeway_connect::target::open(&target, Path::new(base)).open(&layout()).unwrap();
    let at: (usize, Box<dyn FnMut()>) = (mark.parse().unwrap(), Box::new(|| std::process::abort()));
    Some((session, Sealer { at: Some(at), ..Sealer::default() }))
}

/// The child of [`dying_at_any_statement_leaves_nothing_half_done`]: applies, and dies as it is told to.
#[test]
fn child_that_dies() {
    let Some((mut session, mut sealer)) = told_to_die() else { return };
    for wanted in [0, 1, 2] {
        let groups = groups(&mut *session);
        session.apply(&groups[wanted], &mut sealer).unwrap();
    }
}

fn dying_at_any_statement_leaves_nothing_half_done(registry: &Registry) {
    seed(registry);
    whole_run(registry);
    let uninterrupted = standing(registry);
    let mut deaths = 0;
    for mark in 1.. {
        seed(registry);
        if lived("child_that_dies", registry, mark) {
            break;
        }
        deaths += 1;
        // Whole groups only: as many people besides the seed as markers of new ones, and no event without its person's.
        let halves = "SELECT (SELECT COUNT(*) FROM person WHERE code <> 'S-1') \
                        - (SELECT COUNT(*) FROM causeway_applied WHERE outcome = 'inserted')";
        assert_eq!(registry.sql(halves), "0", "mark {mark}");
        let halves =
            "SELECT COUNT(*) FROM event e JOIN person p ON p.id = e.person WHERE p.code = 'S-1' AND p.name = 'seed'";
        assert_eq!(registry.sql(halves), "0", "mark {mark}");
        whole_run(registry);
        assert_eq!(standing(registry), uninterrupted, "mark {mark}");
    }
    // A statement is passed before and after it: 3 rows and a marker, 1 and a marker, 2 and a marker; a commit likewise.
    assert_eq!(deaths, 2 * (4 + 2 + 3) + 2 * 3);
}

/// Undoes as many groups of a whole run, the newest first, or is told what came of them.
fn undo(session: &mut dyn Session, groups: usize, sealer: &mut Sealer) {
    for marker in session.markers("i", None).unwrap().into_iter().take(groups) {
        let before = match session.sealed(&marker.place).unwrap() {
            Some(sealed) => turned(&sealed),
            None => Before::default().to_bytes("registry").unwrap(),
        };
        session.undo(&marker.place, &before, sealer).unwrap();
    }
}

/// The child of [`dying_at_any_statement_of_undoing_leaves_what_can_be_repeated`].
#[test]
fn child_that_dies_undoing() {
    let Some((mut session, mut sealer)) = told_to_die() else { return };
    undo(&mut *session, 3, &mut sealer);
}

fn dying_at_any_statement_of_undoing_leaves_what_can_be_repeated(registry: &Registry) {
    let after = |groups: usize| {
        seed(registry);
        whole_run(registry);
        undo(&mut *registry.open(), groups, &mut Sealer::default());
        standing(registry)
    };
    let whole = [0, 1, 2, 3].map(after);
    let mut deaths = 0;
    for mark in 1.. {
        seed(registry);
        whole_run(registry);
        if lived("child_that_dies_undoing", registry, mark) {
            break;
        }
        deaths += 1;
        assert!(whole.contains(&standing(registry)), "mark {mark}: a group is half undone: {}", standing(registry));
        undo(&mut *registry.open(), 3, &mut Sealer::default());
        assert_eq!(standing(registry), whole[3], "mark {mark}");
    }
    // Four rows, of which one is put back, three markers; before and after each commit.
    assert!(deaths >= 3 + 2 * 3, "{deaths}");
}
