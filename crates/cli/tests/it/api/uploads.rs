//! Does a file come whole, piece by piece, whatever is cut, and is what is said to be here on the disk?

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use super::intakes::{AT_ONCE, Desk};
use super::place::{Reply, at_work, http_bytes};
use crate::accept::documents::NUMBERS;
use crate::accept::scene::{id, record};

/// Where whoever takes pieces in is killed.
pub const MARKS: [&str; 3] = ["upload-piece-kept", "upload-whole", "upload-ended"];
pub const GIVEN_UP: [&str; 1] = ["upload-given-up"];

impl Desk {
    fn upload(&self, token: &str, (method, path): (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str())];
        if method != "HEAD" {
            all.push(("content-type", "application/octet-stream"));
        }
        all.extend(headers);
        http_bytes(&self.gateway.address, method, &format!("/api/v1{path}"), &all, body)
    }

    fn begin(&self, exchange: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.upload(&self.bearer, ("POST", &format!("/exchanges/{exchange}/uploads")), headers, body)
    }

    /// An upload with its first piece.
    pub fn begun(&self, body: &[u8]) -> String {
        let reply = self.begin(NUMBERS, &[("upload-complete", "?0")], body);
        assert_eq!(
            (reply.status, reply.header("upload-offset")),
            (201, Some(body.len().to_string().as_str())),
            "{reply:?}"
        );
        let upload = reply.json()["upload"].as_str().unwrap().to_owned();
        assert_eq!(reply.header("location"), Some(format!("/api/v1/uploads/{upload}").as_str()));
        upload
    }

    fn piece(&self, upload: &str, from: usize, body: &[u8], is_last: bool) -> Reply {
        let (from, last) = (from.to_string(), if is_last { "?1" } else { "?0" });
        let headers = [("upload-offset", from.as_str()), ("upload-complete", last)];
        self.upload(&self.bearer, ("PATCH", &format!("/uploads/{upload}")), &headers, body)
    }

    /// How much is here, and whether that is all.
    fn here(&self, upload: &str) -> (u16, Option<String>, Option<String>) {
        let begun = Instant::now();
        loop {
            let reply = self.upload(&self.bearer, ("HEAD", &format!("/uploads/{upload}")), &[], b"");
            if reply.status != 503 || begun.elapsed() > Duration::from_secs(30) {
                let header = |name: &str| reply.header(name).map(str::to_owned);
                return (reply.status, header("upload-offset"), header("upload-complete"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn envelope(&self, number: u64, of: usize) -> Vec<u8> {
        std::fs::read(self.scene.envelope(number, &[record(&format!("m{of}"), 10, of)])).unwrap()
    }

    fn folder(&self) -> PathBuf {
        self.scene.street.home().join("data/uploads")
    }

    /// Names of files of uploads that are here.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn killed(&mut self, dies_at: Option<&str>) {
        let who = self.gateway.worker.id().to_string();
        assert!(std::process::Command::new("kill").args(["-KILL", &who]).status().unwrap().success());
        self.gateway.worker.died();
        self.gateway.worker = at_work(&self.scene.street, dies_at);
    }
}

fn is_at(received: usize) -> (u16, Option<String>, Option<String>) {
    (204, Some(received.to_string()), Some("?0".to_owned()))
}

#[test]
fn a_file_that_is_cut_goes_on_and_is_taken_in_once() {
    let mut desk = Desk::open();
    let bytes = desk.envelope(1, 1);
    let (third, rest) = (bytes.len() / 3, bytes.len() / 3 * 2);
    let upload = desk.begun(&bytes[..third]);
    assert_eq!(desk.here(&upload), is_at(third));
    // The same again, one from elsewhere, and one whose answer was lost.
    for from in [0, third - 1, third + 1, bytes.len()] {
        let elsewhere = desk.piece(&upload, from, b"other bytes", true);
        assert_eq!((elsewhere.status, elsewhere.code().as_str()), (409, "upload-elsewhere"), "{elsewhere:?}");
        assert_eq!(elsewhere.header("upload-offset"), Some(third.to_string().as_str()));
    }
    desk.killed(None);
    assert_eq!(desk.here(&upload), is_at(third));
    let grown = desk.piece(&upload, third, &bytes[third..rest], false);
    assert_eq!((grown.status, grown.header("upload-offset")), (204, Some(rest.to_string().as_str())), "{grown:?}");
    desk.killed(None);
    assert_eq!(desk.here(&upload), is_at(rest));
    let last = desk.piece(&upload, rest, &bytes[rest..], true);
    assert_eq!(last.status, 202, "{last:?}");
    let intake = last.json()["intake"].as_str().unwrap().to_owned();
    assert_eq!(last.header("content-location"), Some(format!("/api/v1/intakes/{intake}").as_str()));
    let ended = desk.ended_as(&intake, "acknowledged");
    assert_eq!((&ended["way"], &ended["number"]), (&json!("upload"), &json!(1)));
    assert_eq!(desk.scene.tables()[1], format!("{}|INVENTED001|ACC|2026-05-01|10|1", id(1)));
    assert_eq!(desk.here(&upload), (204, Some(bytes.len().to_string()), Some("?1".to_owned())));
    let again = desk.piece(&upload, rest, &bytes[rest..], true);
    assert_eq!((again.status, &again.json()["intake"]), (202, &json!(intake)), "{again:?}");
    assert_eq!(desk.piece(&upload, bytes.len(), b"more", false).status, 409);
    assert_eq!(desk.files(), [""; 0]);
    // In one piece; and the very same file is the same intake.
    let whole = desk.begin(NUMBERS, &[("upload-complete", "?1")], &bytes);
    assert_eq!((whole.status, &whole.json()["intake"]), (202, &json!(intake)), "{whole:?}");
    assert_eq!(desk.files(), [""; 0]);
    desk.ended();
}

#[test]
fn what_is_not_as_it_was_said_is_refused_and_nobody_elses_is_there() {
    let desk = Desk::open();
    let bytes = desk.envelope(1, 2);
    let size = bytes.len().to_string();
    let refused = |reply: Reply, said: &str| {
        assert_eq!((reply.status, reply.code().as_str()), (422, "makes-no-sense"), "{said}: {reply:?}");
        assert!(reply.body.contains(said), "{said}: {reply:?}");
    };
    refused(desk.begin(AT_ONCE, &[("upload-complete", "?0")], b""), "does not collect by `upload`");
    let plain = json!({ "nin": "INVENTED" }).to_string();
    refused(desk.begin(NUMBERS, &[("upload-complete", "?0")], plain.as_bytes()), "no envelope");
    refused(desk.begin(NUMBERS, &[("upload-complete", "?1")], b""), "no bytes");
    let too_long = [("upload-complete", "?0"), ("upload-length", "300000000")];
    refused(desk.begin(NUMBERS, &too_long, b""), "its exchange takes");
    let short = [("upload-complete", "?1"), ("upload-length", size.as_str())];
    refused(desk.begin(NUMBERS, &short, &bytes[1..3]), "no envelope");
    refused(desk.begin(NUMBERS, &short, &bytes[..30]), "were said");
    for (headers, status) in [
        (&[("upload-complete", "yes")][..], 400),
        (&[], 400),
        (&[("upload-complete", "?0"), ("upload-length", "-1")], 400),
        (&[("upload-complete", "?0"), ("upload-length", "99999999999999999999")], 400),
        (&[("upload-complete", "?0"), ("upload-complete", "?1")], 400),
    ] {
        assert_eq!(desk.begin(NUMBERS, headers, &bytes).status, status, "{headers:?}");
    }
    let said = desk.begin(NUMBERS, &[("upload-complete", "?0"), ("upload-length", &size)], &bytes[..10]);
    let upload = said.json()["upload"].as_str().unwrap().to_owned();
    refused(desk.piece(&upload, 10, &[&bytes[10..], b"x"].concat(), true), "more than");
    refused(desk.piece(&upload, 10, &bytes[10..20], true), "were said");
    let path = format!("/uploads/{upload}");
    let no_offset = desk.upload(&desk.bearer, ("PATCH", &path), &[("upload-complete", "?0")], b"x");
    assert_eq!(no_offset.code(), "header-wrong");
    let offset = [("upload-offset", "10"), ("upload-complete", "?0")];
    let (others, of_nobody) = (
        desk.upload(&desk.others, ("PATCH", &path), &offset, b"x"),
        desk.upload(&desk.others, ("PATCH", "/uploads/up-of-nobody"), &offset, b"x"),
    );
    assert_eq!((others.status, &others.body), (404, &of_nobody.body));
    assert_eq!(desk.upload(&desk.others, ("HEAD", &path), &[], b"").status, 404);
    assert_eq!(desk.here(&upload), is_at(10));
    // So many are unfinished, and no more; what was refused keeps no place.
    (1..16).for_each(|_| drop(desk.begun(&bytes[..10])));
    refused(desk.begin(NUMBERS, &[("upload-complete", "?0")], &bytes[..10]), "unfinished");
    let scene = desk.ended();
    let denied = crate::copied::leaves_of(&scene.street);
    let denied = denied.iter().filter(|leaf| leaf.event == "attempt-denied" && leaf.actor == "client/acacia-sync");
    assert_eq!(denied.filter(|leaf| leaf.subject == upload).count(), 2);
}

#[test]
fn dying_anywhere_a_file_is_taken_in_once_and_leaves_nothing_behind() {
    let mut desk = Desk::open();
    let died = ["intake-body-kept", "intake-received"].into_iter().chain(MARKS);
    for (round, mark) in died.enumerate() {
        let bytes = desk.envelope(round as u64 + 1, round);
        let half = bytes.len() / 2;
        let upload = desk.begun(&bytes[..half]);
        desk.killed(Some(mark));
        let cut = desk.piece(&upload, half, &bytes[half..], true);
        assert_eq!(cut.status, 503, "{mark}: {cut:?}");
        desk.gateway.worker.died();
        desk.gateway.worker = at_work(&desk.scene.street, None);
        let (_, received, complete) = desk.here(&upload);
        let received: usize = received.unwrap().parse().unwrap();
        assert!(received == half || mark != "upload-piece-kept", "{mark}: nobody was told of it");
        assert_eq!(complete.as_deref() == Some("?1"), mark == "upload-ended", "{mark}");
        let last = desk.piece(&upload, received, &bytes[received..], true);
        assert_eq!(last.status, 202, "{mark}: {last:?}");
        let intake = last.json()["intake"].as_str().unwrap().to_owned();
        assert_eq!(desk.ended_as(&intake, "acknowledged")["counts"]["updated"], 1, "{mark}");
        assert_eq!(desk.get("/intakes").json()["items"].as_array().unwrap().len(), round + 1, "{mark}");
    }
    // The first thing that whoever works does is clear up.
    desk.killed(None);
    let begun = Instant::now();
    while !desk.files().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", desk.files());
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.ended();
}

#[test]
fn what_its_program_gives_up_is_gone_with_its_bytes() {
    let mut desk = Desk::open();
    let bytes = desk.envelope(1, 3);
    let away = |desk: &Desk, token: &str, upload: &str| {
        desk.upload(token, ("DELETE", &format!("/uploads/{upload}")), &[], b"").status
    };
    let upload = desk.begun(&bytes[..20]);
    assert_eq!(away(&desk, &desk.others, &upload), 404, "another partner's");
    assert_eq!(desk.here(&upload), is_at(20));
    assert_eq!(away(&desk, &desk.bearer, &upload), 204);
    assert_eq!((desk.here(&upload).0, away(&desk, &desk.bearer, &upload)), (404, 404));
    assert_eq!(desk.piece(&upload, 20, &bytes[20..], true).status, 404);
    assert_eq!(desk.files(), [""; 0]);
    let whole = desk.begun(&bytes[..20]);
    assert_eq!(desk.piece(&whole, 20, &bytes[20..], true).status, 202);
    assert_eq!(away(&desk, &desk.bearer, &whole), 409, "it is an intake");
    // Whoever dies of it has given it up, and its bytes go.
    let cut = desk.begun(&bytes[..20]);
    desk.killed(Some(GIVEN_UP[0]));
    assert_eq!(away(&desk, &desk.bearer, &cut), 503);
    desk.gateway.worker.died();
    desk.gateway.worker = at_work(&desk.scene.street, None);
    assert_eq!(desk.here(&cut).0, 404);
    let begun = Instant::now();
    while !desk.files().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", desk.files());
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.ended();
}

#[test]
fn what_nothing_came_to_for_a_day_is_given_up_with_its_bytes() {
    let mut desk = Desk::open();
    let bytes = desk.envelope(1, 3);
    let (old, young) = (desk.begun(&bytes[..20]), desk.begun(&bytes[..20]));
    // Its bytes are gone, as after a database was brought back: nothing is said of it that is not so.
    let lost = desk.begun(&bytes[..20]);
    std::fs::remove_file(desk.folder().join(&lost)).unwrap();
    assert_eq!(desk.here(&lost).0, 404);
    desk.gateway.worker.end();
    let database = Connection::open(desk.scene.street.home().join("data/causeway.sqlite")).unwrap();
    let aged = "UPDATE upload SET updated_at = updated_at - 86400000000 WHERE id = ?1";
    assert_eq!(database.execute(aged, [&old]).unwrap(), 1);
    drop(database);
    desk.gateway.worker = at_work(&desk.scene.street, None);
    let begun = Instant::now();
    while desk.files() != [young.clone()] {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", desk.files());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(desk.here(&old).0, 404);
    assert_eq!(desk.piece(&old, 20, &bytes[20..], true).status, 404);
    assert_eq!(desk.here(&young), is_at(20));
    desk.ended();
}
