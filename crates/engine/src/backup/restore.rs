//! How does a backup become an installation again, beside keys that were kept elsewhere?

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use causeway_model::Person;
use causeway_model::permission::{self, Action, Actor, Role, Thing};
use causeway_package::PackageError;
use causeway_package::report::ReportReader;
use causeway_store::backup::{BackupRow, Restored, Restoring};
use causeway_store::{Changed, Opening, Place, Stamp};
use serde_json::json;

use super::{FORMAT, Header, Line, Tally, Trailer, last_day};
use crate::error::EngineError;
use crate::home::{Home, private_folder};
use crate::house::{Surroundings, audit, server};
use crate::keys::Keys;

/// What came back.
#[derive(Clone, Debug)]
pub struct Back {
    /// When the backup was made.
    pub made_at: jiff::Timestamp,
    /// How many files came back.
    pub files: u64,
    /// What came back of the database.
    pub database: Restored,
}

struct Reader {
    sealed: ReportReader,
    tally: Tally,
}

impl Reader {
    /// The next line; the last one is held against what was read.
    fn line(&mut self) -> Result<Line, EngineError> {
        let line: Option<Line> = self.sealed.next_line()?;
        let line = line.ok_or_else(|| wrong("it ends before its last line: it was not finished"))?;
        match &line {
            Line::End(said) => {
                let read: Trailer = std::mem::take(&mut self.tally).trailer();
                if *said != read || self.sealed.next_line::<Line>()?.is_some() {
                    return Err(wrong("its counts or its digest are not those of its lines"));
                }
            }
            _ => self.tally.add(&line),
        }
        Ok(line)
    }
}

/// Restores a backup into an installation that has its keys, and neither rows nor packages. `accept_loss` is how many
/// ledger entries may be lost, by the word of `loss_accepted_by`. Who may do so is said by the people in the backup.
pub async fn restore(
    home: &Home,
    surroundings: Surroundings,
    actor: &str,
    path: &Path,
    accept_loss: Option<u64>,
    loss_accepted_by: Option<&str>,
) -> Result<Back, EngineError> {
    let keys = Keys::load(home)?;
    let sealed = ReportReader::open(path, &keys.operation).map_err(|error| match error {
        error @ PackageError::Io { .. } => error.into(),
        _ => EngineError::Wrong(format!(
            "`{}` is no backup that this installation's operation key opens: it is another file, is damaged, or was made \
             under other keys",
            path.display()
        )),
    })?;
    let mut reader = Reader { sealed, tally: Tally::default() };
    let Line::Backup(header) = reader.line()? else { return Err(wrong("it does not say what it is")) };
    check(&header, home)?;
    let last = last_day(header.made_at, home);
    if (surroundings.now)() > last {
        let days = home.config().backup_days;
        return Err(wrong(&format!(
            "it was made on {} and may not be kept longer than {days} days: what was purged since would come back; `backup_days` \
             in `causeway.toml` says how long",
            header.made_at.to_zoned(jiff::tz::TimeZone::UTC).date()
        )));
    }
    home.make_hidden()?;
    for folder in [home.packages(), home.sealed(), home.staging(), home.intakes()] {
        private_folder(&folder)?;
        let is_empty = std::fs::read_dir(&folder).map_err(EngineError::file("read", &folder))?.next().is_none();
        if !is_empty {
            return Err(EngineError::Wrong(format!("`{}` is not empty: restore into an empty one", folder.display())));
        }
    }
    let server = server(home, surroundings)?;
    let (file, head) = (home.database(), home.ledger_head());
    let place = server.as_ref().map_or(Place::File(&file), Place::Server);
    let mut database = Restoring::begin(Opening { place, head: &head, key: keys.ledger.public() }).await?;
    let body = json!({
        "backup_made_at": header.made_at.to_string(),
        "database": place.kind().name(),
        "loss_accepted_by": loss_accepted_by,
    });
    let told = Changed::new((), audit(actor, "backup-restored", "backup", body));
    let entropy = surroundings.entropy;
    let stamp = Stamp::new((surroundings.now)(), &mut |buffer| entropy(buffer));
    // Dying from here on: the files of a restore that was cut off lie here with a database that is empty: they are taken away by hand,
    // and it begins again.
    let filled = async {
        let (files, people) = fill(&mut reader, &mut database, home).await?;
        let operation = &home.config().operation;
        people.permit(actor, Action::Restore, operation)?;
        if accept_loss.is_some() {
            people.permit(loss_accepted_by.unwrap_or(actor), Action::AcceptLoss, operation)?;
        }
        Ok((files, database.finish(accept_loss, told, stamp).await?))
    };
    match filled.await {
        Ok((files, database)) => Ok(Back { made_at: header.made_at, files, database }),
        Err(error) => {
            // Nothing was in them before.
            for folder in [home.packages(), home.sealed(), home.intakes()] {
                let _ = std::fs::remove_dir_all(&folder);
                private_folder(&folder)?;
            }
            Err(error)
        }
    }
}

/// Writes rows and files as they come; how many files, and the people among the rows.
async fn fill(reader: &mut Reader, database: &mut Restoring, home: &Home) -> Result<(u64, People), EngineError> {
    let (mut files, mut open) = (0, None);
    let mut people = People::default();
    loop {
        match reader.line()? {
            Line::Row(row) => {
                people.take(&row);
                database.row(&row).await?;
            }
            Line::File(name) => {
                close(open.take())?;
                open = Some(create(&home.data(), &name)?);
                files += 1;
            }
            Line::Bytes(bytes) => {
                let bytes = hex::decode(bytes).map_err(|_| wrong("it holds bytes that are none"))?;
                let Some((file, path)) = &mut open else { return Err(wrong("it holds bytes of no file")) };
                file.write_all(&bytes).map_err(EngineError::file("write", path.as_path()))?;
            }
            Line::End(_) => break,
            Line::Backup(_) => return Err(wrong("it begins twice")),
        }
    }
    close(open)?;
    Ok((files, people))
}

/// The people of a backup, who are to be asked before it is made this installation's.
#[derive(Default)]
struct People(BTreeMap<String, Actor>);

impl People {
    fn take(&mut self, row: &BackupRow) {
        let text = |column: &str| row.values.get(column).and_then(serde_json::Value::as_str).unwrap_or_default();
        let name = text(if row.table == "officer" { "name" } else { "officer" });
        let revoked = row.values.get("revoked_at").is_some_and(|at| !at.is_null());
        if revoked || !matches!(row.table.as_str(), "officer" | "officer_role") {
            return;
        }
        let partner = Some(text("partner")).filter(|partner| !partner.is_empty()).map(str::to_owned);
        let person = || Actor {
            person: Person::new(name, text("fingerprint")),
            roles: BTreeSet::new(),
            operation: String::new(),
            partner,
        };
        if row.table == "officer" {
            self.0.insert(name.to_owned(), person());
        }
        if let Some(actor) = self.0.get_mut(name) {
            actor.roles.extend(text("role").parse::<Role>().ok());
        }
    }

    /// Nothing stands in a ledger that is not there yet: the refusal is told, no more.
    fn permit(&self, name: &str, action: Action, operation: &str) -> Result<(), EngineError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let nobody =
            || Actor { person: Person::new(name, ""), roles: BTreeSet::new(), operation: String::new(), partner: None };
        let mut actor = self.0.get(name).cloned().unwrap_or_else(nobody);
        actor.operation = operation.to_owned();
        let permitted = permission::decide(&actor, action, &Thing::of_operation("backup", operation));
        permitted.map(|_| ()).map_err(|violation| EngineError::Denied {
            what: action.as_str().to_owned(),
            subject: "backup".to_owned(),
            violations: vec![violation],
        })
    }
}

fn check(header: &Header, home: &Home) -> Result<(), EngineError> {
    if header.format != FORMAT {
        return Err(wrong(&format!("its format is {}, this program reads {FORMAT}", header.format)));
    }
    if header.operation != home.config().operation {
        return Err(wrong(&format!("it is of operation `{}`", header.operation)));
    }
    if header.environment != home.config().environment {
        let (of, own) = (header.environment, home.config().environment);
        return Err(wrong(&format!("it is of an installation for {of}, and this one is for {own}")));
    }
    let known = causeway_store::newest_schema();
    if header.schema > known {
        return Err(wrong(&format!("its schema is {}, this program knows {known}: use the newer one", header.schema)));
    }
    Ok(())
}

/// A new file at a place that a backup may name: below the packages or the sealed reports.
fn create(data: &Path, name: &str) -> Result<(std::fs::File, PathBuf), EngineError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let relative = Path::new(name);
    let is_ours = relative.starts_with("packages") || relative.starts_with("sealed");
    if !is_ours || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(wrong("it names a file outside of packages and reports"));
    }
    let path = data.join(relative);
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path);
    Ok((file.map_err(EngineError::file("make", &path))?, path))
}

fn close(open: Option<(std::fs::File, PathBuf)>) -> Result<(), EngineError> {
    let Some((file, path)) = open else { return Ok(()) };
    file.sync_all().map_err(EngineError::file("write", path))
}

fn wrong(what: &str) -> EngineError {
    EngineError::Wrong(format!("the backup cannot be used: {what}"))
}
